"""Stage 1 of 7: observations as the source gave them."""

from datetime import date, timedelta
from pathlib import Path

import dagster as dg
import pandas as pd

from meteo_assets.metadata import counts, markdown_table, parameter_schema
from meteo_assets.partitions import days_of, observation_days
from meteo_assets.settings import Settings, SourceName
from meteo_assets.sources import open_source
from meteo_core.ingestion import Gathered, gather
from meteo_core.parameters import NUMBERS, PARAMETERS
from meteo_core.quality.findings import count_kinds
from meteo_core.quality.suspicions import LOOK_BACK_DAYS, SUSPECTED, find_suspicions
from meteo_core.sources.protocol import SourceBlocked
from meteo_core.stations import stations
from meteo_core.warehouse import Warehouse


class RawConfig(dg.Config):
    """Choices of one ingestion."""

    archive: str | None = None
    """Read this weatherAUS.csv, plain or gzipped, instead of the configured source."""


@dg.asset(
    partitions_def=observation_days,
    group_name="raw",
    kinds={"duckdb", "python"},
    owners=["team:meteo"],
    backfill_policy=dg.BackfillPolicy.single_run(),
    pool="duckdb",
    metadata={"dagster/column_schema": parameter_schema(), "dagster/table_name": "raw.observations"},
)
def raw_observations(
    context: dg.AssetExecutionContext,
    config: RawConfig,
    warehouse: dg.ResourceParam[Warehouse],
    settings: dg.ResourceParam[Settings],
) -> dg.MaterializeResult:
    """What each station observed on its day, as fetched. Append-only: a revised value is a new revision.

    Fetching the same documents again adds nothing. Impossible values go to `raw.quarantine` with a reason,
    documents that cannot be trusted are refused whole and listed in `raw.source_failures`. Values that look
    wrong only beside the days before and the stations near by are flagged there and kept.
    """
    first, last = days_of(context)
    with open_source(settings, archive=Path(config.archive) if config.archive else None) as source:
        _refuse_to_mix(warehouse, source.name)
        gathered = gather(source, list(stations().values()), first, last, landing=settings.home.landing)
        source_name = source.name

    if gathered.observations.empty:
        warehouse.record_failures(gathered.failures)
        raise dg.Failure(
            f"{source_name} gave no observations for {first}..{last}"
            + (f": {gathered.failures['reason'].iloc[0]}" if len(gathered.failures) else ""),
            metadata={
                "source": source_name,
                "documents": gathered.documents,
                "documents_refused": len(gathered.failures),
                "documents_blocked": _blocked(gathered),
            },
        )
    added = warehouse.add_revisions(gathered.observations, gathered.findings, gathered.failures)

    suspicions = _look_over(warehouse, first, last)
    warehouse.add_revisions(gathered.observations.iloc[:0], suspicions, gathered.failures.iloc[:0])

    judged = gathered.findings["verdict"].value_counts()
    return dg.MaterializeResult(
        metadata={
            "source": source_name,
            "documents": gathered.documents,
            "documents_refused": len(gathered.failures),
            "documents_blocked": _blocked(gathered),
            "station_days": len(gathered.observations),
            "new_revisions": added,
            "values_rejected": int(judged.get("rejected", 0)),
            "values_flagged": int(judged.get("flagged", 0)),
            "suspicions": len(suspicions),
            "quarantine": markdown_table(
                ["parameter", "verdict", "reason", "values"],
                count_kinds(gathered.findings, suspicions).itertuples(index=False),
            ),
        }
    )


def _blocked(gathered: Gathered) -> int:
    """Documents that the source refused to give us, or was not asked for because it had."""
    return int((gathered.failures["kind"] == SourceBlocked.__name__).sum())


def _look_over(warehouse: Warehouse, first: date, last: date) -> pd.DataFrame:
    """Suspicions of the window, from all that is on record of it and of the days that lead up to it."""
    provenance = ("source", "content_sha256", "fetched_at")
    observations = warehouse.read(
        "raw.observations",
        first - timedelta(days=LOOK_BACK_DAYS),
        last,
        columns=["station", "date", *SUSPECTED, *provenance],
    )
    return find_suspicions(observations, first=first)


def _refuse_to_mix(warehouse: Warehouse, source: str) -> None:
    """Simulated weather must not train a model of real weather, nor the other way."""
    held = set(warehouse.query("SELECT DISTINCT source FROM raw.observation_revisions")["source"])
    if held and (source == SourceName.SIMULATOR) != (held == {SourceName.SIMULATOR}):
        raise dg.Failure(
            f"{warehouse.place} holds observations of {', '.join(sorted(held))}; those of {source} "
            "need a state folder of their own: name another with METEO_HOME or --home"
        )


@dg.asset_check(asset=raw_observations, blocking=True)
def observations_keep_to_the_schema(warehouse: dg.ResourceParam[Warehouse]) -> dg.AssetCheckResult:
    """The raw table has the 21 parameters of the parameter table, each with its type."""
    columns = warehouse.query(
        "SELECT column_name, data_type FROM information_schema.columns "
        "WHERE table_schema = 'raw' AND table_name = 'observation_revisions'"
    )
    held = dict(columns.itertuples(index=False))
    wrong = {p.name: held.get(p.name) for p in PARAMETERS.values() if held.get(p.name) != p.sql_type}
    return dg.AssetCheckResult(passed=not wrong, metadata={"wrong_columns": str(wrong)})


@dg.asset_check(asset=raw_observations, blocking=True)
def observations_lie_within_limits(warehouse: dg.ResourceParam[Warehouse]) -> dg.AssetCheckResult:
    """No value lies outside the limits of the parameter table: those that did are in quarantine."""
    outside = ", ".join(
        f"count(*) FILTER ({name} NOT BETWEEN {PARAMETERS[name].minimum} AND {PARAMETERS[name].maximum})"
        f" AS {name}"
        for name in NUMBERS
    )
    found = warehouse.query(f"SELECT {outside} FROM raw.observations").iloc[0]
    return dg.AssetCheckResult(passed=not found.any(), metadata=counts(found[found > 0]))


@dg.asset_check(asset=raw_observations, blocking=True)
def each_station_day_is_there_once(warehouse: dg.ResourceParam[Warehouse]) -> dg.AssetCheckResult:
    """The newest revision of a station and day is a single row."""
    twice = warehouse.query(
        "SELECT count(*) - count(DISTINCT (station, date)) AS extra FROM raw.observations"
    )["extra"]
    return dg.AssetCheckResult(passed=int(twice.iloc[0]) == 0, metadata={"extra_rows": int(twice.iloc[0])})
