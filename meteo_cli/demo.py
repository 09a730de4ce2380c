"""The demo: a simulated Bureau site, three years through every asset, and the service on top."""

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import httpx

from meteo_assets.instance import PROJECT_ROOT, prepare_instance
from meteo_assets.model import git_sha
from meteo_assets.pipeline import open_pipeline
from meteo_assets.schedules import REREAD_DAYS
from meteo_assets.settings import Settings
from meteo_assets.tracking import registry_of
from meteo_cli.console import console, progress_lines, show_scores, show_stage
from meteo_cli.demo_users import ensure_demo_users
from meteo_cli.services import ServiceFailed, Services, require_free
from meteo_cli.signals import interrupts_raise
from meteo_cli.stories import story_of
from meteo_core import jobs
from meteo_core.errors import MeteoError
from meteo_core.model.registry import CHAMPION

STATION = "Sydney"
LOOPBACK = "127.0.0.1"


class DemoFailed(MeteoError):
    """The demo ran, but what it served was not what it had built."""


@dataclass(frozen=True, slots=True)
class Ports:
    """Where the parts of the demo listen."""

    dagster: int
    api: int
    mlflow: int
    simulator: int


def run_demo(ports: Ports, *, days: int, once: bool, story: Path | None = None) -> None:
    """Build, serve, forecast once; then stay up until Ctrl-C, or with `once` check and leave.

    `story` is a file of what goes wrong on the simulated site.
    """
    story_of(story)  # what is wrong with it is said before anything starts
    started = time.monotonic()
    needed = {"--simulator-port": ports.simulator, "--api-port": ports.api}
    if not once:
        needed |= {"--dagster-port": ports.dagster, "--mlflow-port": ports.mlflow}
    require_free(needed)

    environment = environment_of(ports)
    os.environ.update(environment)
    settings = Settings()
    with interrupts_raise(), Services(logs=settings.home.root / "logs", environment=environment) as services:
        try:
            seed = str(settings.simulator_seed)
            told = () if story is None else ("--story", str(story.resolve()))
            services.start(
                "simulator", "meteo_cli", "simulate", "--port", str(ports.simulator), "--seed", seed, *told
            )
            # A story of an outage answers 503 from the beginning.
            services.wait_until_ready(
                "simulator", f"http://{LOOPBACK}:{ports.simulator}/", whatever_it_answers=True
            )
            console.print(
                f"Simulated Bureau site on http://{LOOPBACK}:{ports.simulator}; state in {settings.home.root}"
            )

            _build(settings, days)

            people = ensure_demo_users(settings.home)
            _serve_once(services, ports, people)
            console.print(f"Built, served and checked in {time.monotonic() - started:.0f} s.")
            if not once:
                _stay_up(services, ports, settings, people)
            else:
                _show_people(people)
        except KeyboardInterrupt:
            console.print("\nStopping.")


def environment_of(ports: Ports) -> Mapping[str, str]:
    """What the processes of the demo have in common."""
    home = Settings().home
    return {
        "METEO_HOME": str(home.root),
        "METEO_MLFLOW_URI": f"sqlite:///{home.mlflow / 'mlflow.db'}",
        "METEO_SOURCE": "simulator",
        "METEO_SOURCE_URL": f"http://{LOOPBACK}:{ports.simulator}",
        "METEO_API_HOST": LOOPBACK,
        "METEO_API_PORT": str(ports.api),
        "METEO_PUBLIC_URL": f"http://{LOOPBACK}:{ports.api}",
        "METEO_DAGSTER_URL": f"http://{LOOPBACK}:{ports.dagster}",
        "METEO_DAGSTER_LINK": f"http://{LOOPBACK}:{ports.dagster}",
        "METEO_MLFLOW_LINK": f"http://{LOOPBACK}:{ports.mlflow}",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        # Evaluations of language models run as jobs: seven processes of 250 MB that have nothing to do here.
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        "DO_NOT_TRACK": "true",
    }


def _build(settings: Settings, days: int) -> None:
    """Every asset over the last `days` days; of a demo run before, what has changed since."""
    today = jobs.today(datetime.now(UTC))
    first, week = today - timedelta(days=days - 1), jobs.last_complete_week(today)
    registry = registry_of(settings)
    with open_pipeline(settings) as pipeline, progress_lines():
        missing = pipeline.first_missing_day(first, today)
        champion = registry.alias(CHAMPION)
        up_to_date = (
            champion is not None
            and champion.tags["week"] == week
            and champion.tags["git_sha"] == git_sha(settings)
        )
        # Sources revise recent days: read again as the morning's schedule does.
        since = (
            max(first, min(missing, today) - timedelta(days=REREAD_DAYS - 1)) if missing > first else first
        )
        if since > first:
            console.print(f"  {first} to {since - timedelta(days=1)} is there from a run before")
        training_day = None if up_to_date else date.fromisoformat(week)
        pipeline.run_all(since, today, training_day=training_day, report=show_stage)
    champion = registry.alias(CHAMPION)
    if champion is None:
        raise DemoFailed("everything ran, but no model was promoted")
    show_scores(champion)


def _serve_once(services: Services, ports: Ports, people: Mapping[str, str]) -> None:
    """Start the service, sign in, fetch a forecast and a what-if over HTTP; check that they make sense."""
    api = f"http://{LOOPBACK}:{ports.api}"
    services.start("api", "meteo_api")
    services.wait_until_ready("api", f"{api}/health/ready")
    with httpx.Client(base_url=f"{api}/api/v1", timeout=10.0) as client:
        if client.get("/stations").status_code != httpx.codes.UNAUTHORIZED:
            raise DemoFailed("the service answers whoever is not signed in")
        signed_in = client.post("/login", data={"username": "user", "password": people["user"]})
        token = signed_in.raise_for_status().json()["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"
        forecast = client.get(f"/forecasts/{STATION}").raise_for_status().json()
        newest = next(iter(forecast["forecasts"]), None)
        if newest is None:
            raise DemoFailed(f"the service has no forecast of {STATION}")
        what_if = (
            client.post("/predictions", json={"station": STATION, "date": newest["date"], "humidity_3pm": 95})
            .raise_for_status()
            .json()
        )
    for name, answer in {"forecast": newest, "what-if": what_if}.items():
        if not 0 <= answer["p_gt_1_0"] <= 1:
            raise DemoFailed(f"the {name} of {STATION} is not a probability: {answer['p_gt_1_0']!r}")
    console.print(
        f"  GET {api}/api/v1/forecasts/{STATION}\n"
        f"  {STATION}, {newest['valid_from']} to {newest['valid_to']}: "
        f"[bold]{newest['p_gt_1_0']:.0%}[/] chance of more than 1 mm of rain "
        f"(usual for the month: {newest['climatology_gt_1_0']:.0%}; "
        f"were the air at 3 pm at 95 % humidity: {what_if['p_gt_1_0']:.0%})"
    )


def _show_people(people: Mapping[str, str]) -> None:
    """The passwords that were generated; they are kept beside the state."""
    for name, password in people.items():
        console.print(f"  Sign in as [bold]{name:<5}[/] password [bold]{password}[/]")


def _stay_up(services: Services, ports: Ports, settings: Settings, people: Mapping[str, str]) -> None:
    """Start the UIs beside the service and wait."""
    os.environ["DAGSTER_HOME"] = str(prepare_instance(settings))
    services.add_environment({"DAGSTER_HOME": os.environ["DAGSTER_HOME"], "DAGSTER_DISABLE_TELEMETRY": "1"})
    services.start(
        "dagster",
        "dagster",
        "dev",
        "-w",
        "workspace.yaml",
        "-h",
        LOOPBACK,
        "-p",
        str(ports.dagster),
        cwd=PROJECT_ROOT,
    )
    services.start(
        "mlflow",
        "mlflow",
        *("server", "--backend-store-uri", settings.registry_uri),
        *("--artifacts-destination", str(settings.home.mlflow / "artifacts")),
        *("--host", LOOPBACK, "--port", str(ports.mlflow), "--workers", "1"),
    )
    services.wait_until_ready("dagster", f"http://{LOOPBACK}:{ports.dagster}/server_info")
    services.wait_until_ready("mlflow", f"http://{LOOPBACK}:{ports.mlflow}/health")
    console.print(
        f"\n  Dagster  http://{LOOPBACK}:{ports.dagster}/asset-groups   assets, runs, schedules"
        f"\n  Meteo    http://{LOOPBACK}:{ports.api}/   forecasts and what-if; API at /schema"
        f"\n  MLflow   http://{LOOPBACK}:{ports.mlflow}/#/models/meteo-rain   models and training runs"
        f"\n  Source   http://{LOOPBACK}:{ports.simulator}   the simulated Bureau site\n"
    )
    _show_people(people)
    console.print("\nCtrl-C stops all of them.")
    try:
        services.wait_for_any_end()
    except ServiceFailed as error:
        raise DemoFailed(f"{error}\nAll other parts were stopped.") from error
