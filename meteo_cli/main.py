"""`meteo`: history, backtests, the simulated Bureau site, the service and the demo."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from meteo_cli.alerts import alerts
from meteo_cli.drift import drift
from meteo_cli.state_folder import HomeOption, use
from meteo_cli.users import users
from meteo_cli.warehouse import warehouse
from meteo_core.calendar import Issue

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
history = typer.Typer(help="Past observations.", no_args_is_help=True)
app.add_typer(history, name="history")
model = typer.Typer(help="Versions of the model.", no_args_is_help=True)
app.add_typer(model, name="model")

app.add_typer(drift, name="drift")
app.add_typer(users, name="users")
app.add_typer(alerts, name="alerts")
app.add_typer(warehouse, name="warehouse")


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"meteo {version('meteo')}")
        raise typer.Exit


@app.callback()
def _meteo(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit."),
    ] = False,
) -> None:
    """How likely is rain tomorrow at Australian weather stations."""


@history.command("import")
def history_import(
    file: Annotated[
        Path, typer.Argument(help="weatherAUS.csv, plain or gzipped", exists=True, dir_okay=False)
    ],
    home: HomeOption = None,
) -> None:
    """Take a weatherAUS archive through every asset: observations, features, model, hindcasts, snapshot.

    Example: meteo history import weatherAUS.csv.gz
    """
    from meteo_cli.console import plain_errors
    from meteo_cli.history import import_archive

    use(home)
    with plain_errors():
        import_archive(file)


@app.command()
def backtest(
    train_before: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="First day not trained on")],
    first: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="First day forecast")],
    last: Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day forecast")],
    out: Annotated[Path, typer.Option(help="Parquet file to write", dir_okay=False)],
    issue: Annotated[Issue, typer.Option(help="Issue time")] = Issue.EVENING,
    home: HomeOption = None,
) -> None:
    """Forecast past days by a model that saw only days before them, and score it. Touches no champion.

    Writes the chances at all five thresholds, the references and the outcome where it is known, for every
    observed day.

    Example: meteo backtest --train-before 2015-07-01 --from 2015-07-01 --to 2016-06-30 --out b.parquet
    """
    from meteo_cli.console import plain_errors
    from meteo_cli.history import run_backtest

    use(home)
    with plain_errors():
        run_backtest(
            train_before=train_before.date(), first=first.date(), last=last.date(), issue=issue, out=out
        )


ReasonOption = Annotated[str, typer.Option("--reason", help="Why, for the audit", show_default=False)]
VersionArgument = Annotated[
    int | None, typer.Argument(min=1, help="Version; default: the champion", show_default=False)
]


@model.command("list")
def model_list(home: HomeOption = None) -> None:
    """Every version, its scores, and which is champion.

    Example: meteo model list
    """
    from meteo_cli.console import plain_errors
    from meteo_cli.models import list_versions

    use(home)
    with plain_errors():
        list_versions()


@model.command("show")
def model_show(version: VersionArgument = None, home: HomeOption = None) -> None:
    """All that is known of a version: data, code, checks, scores, promotions.

    Example: meteo model show 3
    """
    from meteo_cli.console import plain_errors
    from meteo_cli.models import show_version

    use(home)
    with plain_errors():
        show_version(version)


@model.command("promote")
def model_promote(
    version: Annotated[int, typer.Argument(min=1, help="Version that becomes champion")],
    reason: ReasonOption,
    despite_checks: Annotated[
        bool, typer.Option("--despite-checks", help="Even though its checks did not pass")
    ] = False,
    home: HomeOption = None,
) -> None:
    """Make a version champion by hand. The service takes it over within seconds.

    Example: meteo model promote 3 --reason "new gauge at Cobar"
    """
    from meteo_cli.console import plain_errors
    from meteo_cli.models import promote

    use(home)
    with plain_errors():
        promote(version, reason=reason, despite_checks=despite_checks)


@model.command("rollback")
def model_rollback(reason: ReasonOption, home: HomeOption = None) -> None:
    """Make the version champion again that the present one replaced.

    Example: meteo model rollback --reason "chances too high in the north"
    """
    from meteo_cli.console import plain_errors
    from meteo_cli.models import roll_back

    use(home)
    with plain_errors():
        roll_back(reason=reason)


@model.command("reproduce")
def model_reproduce(version: VersionArgument = None, home: HomeOption = None) -> None:
    """Train a version again from the data as they stood; say whether it is identical, or what differs.

    Exits with 1 where it is not. Example: meteo model reproduce 3
    """
    from meteo_cli.console import plain_errors
    from meteo_cli.models import reproduce

    use(home)
    with plain_errors():
        reproduce(version)


@model.command("relocate")
def model_relocate(home: HomeOption = None) -> None:
    """Let the models of a state folder that was moved be found where they are now.

    Example: meteo model relocate --home /srv/meteo
    """
    from meteo_cli.console import plain_errors

    use(home)
    with plain_errors():
        from meteo_cli.models import relocate_models

        relocate_models()


@model.command("cards")
def model_cards(
    version: VersionArgument = None,
    out: Annotated[Path, typer.Option(help="Folder to write into", file_okay=False)] = Path("docs"),
    home: HomeOption = None,
) -> None:
    """Write the model card and the data card of a version.

    Example: meteo model cards --out docs
    """
    from meteo_cli.console import plain_errors
    from meteo_cli.models import write_cards

    use(home)
    with plain_errors():
        write_cards(version, out)


@app.command()
def backup(
    out: Annotated[
        Path | None,
        typer.Option(
            help="File to write: .tar, .tar.gz or .tar.zst. Default: named after the moment", dir_okay=False
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there")] = False,
    home: HomeOption = None,
) -> None:
    """Write the whole state into one file: warehouse, documents, users, models, runs.

    Nothing need be stopped for it.

    Example: meteo backup --out /backups/meteo.tar.zst
    """
    from meteo_cli.console import plain_errors

    use(home)
    with plain_errors():
        from meteo_cli.backup import back_up

        back_up(out, force=force)


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="Backup to restore", exists=True, dir_okay=False)],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check the backup and replace nothing")] = False,
    force: Annotated[bool, typer.Option("--force", help="Move a state that is there aside")] = False,
    home: HomeOption = None,
) -> None:
    """Make the state be what a backup says, once everything in it has been checked. Stop Meteo first.

    Example: meteo restore /backups/meteo.tar.zst --home data
    """
    from meteo_cli.console import plain_errors

    use(home)
    with plain_errors():
        from meteo_cli.backup import restore as run

        run(file, dry_run=dry_run, force=force)


StoryOption = Annotated[
    Path | None,
    typer.Option(
        help="TOML file of what goes wrong on the site", exists=True, dir_okay=False, show_default=False
    ),
]


@app.command()
def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for programs")] = False,
    home: HomeOption = None,
) -> None:
    """Look whether everything is as it should be, and say what to do. Exits with 1 where something fails.

    Example: meteo doctor
    """
    from meteo_cli.doctor import examine

    use(home)
    if not examine(as_json=as_json):
        raise typer.Exit(1)


@app.command()
def simulate(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on 127.0.0.1; 0 takes a free one")] = 8010,
    seed: Annotated[int, typer.Option(help="Another seed is another Australia")] = 2007,
    story: StoryOption = None,
) -> None:
    """Serve the simulated Bureau site: pages and monthly files of 49 stations, any date to this minute.

    Example: meteo simulate --story docs/stories/offset.toml
    """
    from meteo_cli.console import console, plain_errors
    from meteo_cli.signals import wait_for_interrupt
    from meteo_cli.stories import story_of
    from meteo_core.sources.simulator.site import BureauSite

    with plain_errors(), BureauSite(seed=seed, port=port, story=story_of(story)) as site:
        console.print(f"Simulated Bureau site on {site.url} (Ctrl-C stops it)")
        wait_for_interrupt()


@app.command()
def serve() -> None:
    """Run the HTTP service: forecasts and what-if predictions. Settings: METEO_API_HOST, METEO_API_PORT.

    Example: METEO_API_PORT=8001 meteo serve
    """
    from meteo_api.server import serve as run
    from meteo_api.settings import Settings
    from meteo_cli.console import plain_errors

    with plain_errors():
        run(Settings())


@app.command()
def exporter(
    host: Annotated[
        str | None, typer.Option(help="Address; default: METEO_EXPORTER_HOST, or loopback")
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(
            min=0, max=65535, help="Port; default: METEO_EXPORTER_PORT, or 8011; 0 takes a free one"
        ),
    ] = None,
    home: HomeOption = None,
) -> None:
    """Tell Prometheus of the pipeline: assets, runs, checks, alerts. There when service and daemon are not.

    Reads the Dagster instance that DAGSTER_HOME names, or that of the state folder.

    Example: meteo exporter --port 8011
    """
    from meteo_assets.exporter.server import exporting
    from meteo_assets.settings import Settings
    from meteo_cli.console import console, plain_errors
    from meteo_cli.signals import wait_for_interrupt

    use(home)
    with plain_errors(), exporting(Settings(), host=host, port=port) as url:
        console.print(f"Metrics of the pipeline on {url} (Ctrl-C stops it)")
        wait_for_interrupt()


@app.command()
def demo(
    once: Annotated[bool, typer.Option("--once", help="Build, forecast once, check itself and exit")] = False,
    days: Annotated[int, typer.Option(min=420, help="Simulated days")] = 3 * 365,
    home: HomeOption = None,
    dagster_port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the Dagster UI")] = 3000,
    api_port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the HTTP service")] = 8000,
    mlflow_port: Annotated[int, typer.Option(min=1, max=65535, help="Port of MLflow")] = 5000,
    simulator_port: Annotated[
        int, typer.Option(min=1, max=65535, help="Port of the simulated Bureau site")
    ] = 8010,
    story: StoryOption = None,
) -> None:
    """Build everything from a simulated Bureau site, forecast, and stay up with all its pages.

    Example: meteo demo --once
    """
    from meteo_cli.console import plain_errors
    from meteo_cli.demo import Ports, run_demo

    use(home)
    ports = Ports(dagster=dagster_port, api=api_port, mlflow=mlflow_port, simulator=simulator_port)
    with plain_errors():
        run_demo(ports, days=days, once=once, story=story)


if __name__ == "__main__":
    app()
