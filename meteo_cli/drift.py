"""`meteo drift`: what the alarms of a past period would have been."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from meteo_cli.state_folder import HomeOption, use

if TYPE_CHECKING:  # pandas takes a second to import: only where it is used
    import pandas as pd

drift = typer.Typer(help="Drift and faults of instruments.", no_args_is_help=True)


@drift.callback()
def _drift() -> None:
    """Drift and faults of instruments."""


@drift.command("replay")
def drift_replay(
    first: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="First day judged")],
    last: Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day judged")],
    out: Annotated[Path, typer.Option(help="Parquet file to write", dir_okay=False)],
    faults: Annotated[
        list[str] | None,
        typer.Option(
            "--inject",
            metavar="FIELDS",
            show_default=False,
            help="Fault to put in, may be repeated: station=KEY (or all),parameter=NAME,from=DATE, perhaps "
            "to=DATE, and one of add=NUMBER, multiply=NUMBER, unit=fahrenheit|m/s|knots|..., stuck",
        ),
    ] = None,
    archive: Annotated[
        Path | None,
        typer.Option(
            help="weatherAUS.csv, plain or gzipped, in place of the warehouse", exists=True, dir_okay=False
        ),
    ] = None,
    every_day: Annotated[
        bool, typer.Option("--every-day", help="A row for each day that an alarm lasts, not only its first")
    ] = False,
    home: HomeOption = None,
) -> None:
    """Go through a past period day by day as if live, and write every alarm that there would have been.

    Everything is fitted to the days before --from, and what is said of a day rests on that day and earlier
    ones. The file has a row for each alarm, of the day on which it begins: date, kind (pooled, station or
    hard), station (empty for all stations together), parameter, score, threshold. Days of the same kind,
    station and parameter at most three days apart are one alarm; --every-day writes a row for each of them.
    Skill is not replayed: it needs forecasts that were issued.

    Examples:
      meteo drift replay --from 2015-01-01 --to 2015-12-31 --out alarms.parquet

      meteo drift replay --archive weatherAUS.csv.gz --from 2013-01-01 --to 2016-06-30 --out a.parquet
      --inject station=Sydney,parameter=pressure_3pm,add=2,from=2015-03-01

      ... --inject station=Perth,parameter=temp_9am,unit=fahrenheit,from=2015-07-01

      ... --inject station=Cobar,parameter=humidity_3pm,stuck,from=2015-03-01,to=2015-03-20
    """
    from meteo_cli.console import plain_errors, progress_lines

    use(home)
    with plain_errors(), progress_lines(every_step=True):
        _replay(first, last, out, faults or [], archive, every_day=every_day)


def _replay(
    first: datetime, last: datetime, out: Path, faults: list[str], archive: Path | None, *, every_day: bool
) -> None:
    from meteo_cli.console import console
    from meteo_core.drift.alarms import begun, episodes
    from meteo_core.drift.injection_text import BadInjection, inject, parse_injection
    from meteo_core.drift.replay import replay

    if last < first:
        raise BadInjection(f"--to {last:%Y-%m-%d} is before --from {first:%Y-%m-%d}")
    injections = [parse_injection(text) for text in faults]
    observations = _observations(archive, last)
    known = observations["date"]
    if not known.between(first, last).any():
        there = f"those of {known.min():%Y-%m-%d} to {known.max():%Y-%m-%d}" if len(known) else "none"
        raise BadInjection(
            f"--from {first:%Y-%m-%d}, --to {last:%Y-%m-%d}: no observations of these days, but {there}"
        )
    watched = replay(inject(observations, injections), first.date(), last.date())
    out.parent.mkdir(parents=True, exist_ok=True)
    (watched.alarms if every_day else begun(watched.alarms)).to_parquet(out, index=False)

    unfitted = sum(threshold.value != threshold.value for threshold in watched.thresholds)
    if unfitted or not watched.thresholds:
        console.print(
            f"insufficient data before {first:%Y-%m-%d} for {unfitted or 'all'} thresholds: no such alarms",
            style="yellow",
        )
    told = episodes(watched.alarms)
    counts = ", ".join(f"{count} {kind}" for kind, count in told["kind"].value_counts().items()) or "none"
    console.print(f"{len(told)} alarms ({counts}) on {len(watched.alarms)} days of alarm, in {out}")


def _observations(archive: Path | None, last: datetime) -> "pd.DataFrame":
    """Station days of the record up to `last`: `station`, `date` and the numeric parameters."""
    from meteo_assets.settings import Settings
    from meteo_core.parameters import NUMBERS
    from meteo_core.sources.archive import read_archive
    from meteo_core.warehouse import WarehouseError

    columns = ["station", "date", *NUMBERS]
    if archive is not None:
        held = read_archive(archive.read_bytes(), origin=str(archive))[columns]
        return held[held["date"] <= last].drop_duplicates(["station", "date"], keep="last")
    warehouse = Settings().tables()
    if not warehouse.is_there():
        raise WarehouseError(
            f"there is no {warehouse.place}: import observations (meteo history import), or give --archive"
        )
    return warehouse.read("raw.observations", None, last.date(), columns=columns)
