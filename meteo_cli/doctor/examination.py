"""The checks in order, and how they are run: one that breaks is a finding too, and ends no other."""

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Final, TypeVar

from pydantic import ValidationError
from pydantic_settings import BaseSettings, SettingsError

from meteo_api.settings import Settings as ServiceSettings
from meteo_api.wrong_settings import variable, wrong_settings
from meteo_assets.settings import Settings
from meteo_cli.backup import BackupSettings
from meteo_cli.console import console
from meteo_cli.doctor import connections, machine, state
from meteo_cli.doctor.finding import Finding, State, fail, ok, skip, warn
from meteo_core import stations

CHECKS: Final[dict[str, Callable[[Settings, ServiceSettings], Finding]]] = {
    "python": machine.python_is_supported,
    "packages": machine.packages_are_the_locked_ones,
    "state folder": machine.state_folder_is_writable,
    "secrets": machine.secrets_are_private,
    "secret": machine.secret_is_strong,
    "disk": machine.disk_has_room,
    "warehouse": state.warehouse_opens,
    "service database": connections.service_database_answers,
    "registry": connections.registry_answers,
    "model files": state.model_files_are_in_place,
    "champion": state.there_is_a_champion,
    "snapshot": state.snapshot_is_fresh,
    "forecast": state.newest_forecast_is_current,
    "source": connections.source_answers,
    "dagster": connections.dagster_answers,
    "mail": connections.mail_server_answers,
    "clock": connections.clock_is_right,
}
"""Each says how one thing is. `settings` comes before all of them."""
ALL_SETTINGS: Final[tuple[type[BaseSettings], ...]] = (Settings, ServiceSettings, BackupSettings)
OTHERS: Final = {"METEO_HOME", "METEO_POSTGRES_HOST", "METEO_RUNNERS", stations.TABLE}
"""Variables that others than the settings read, or that are spelled otherwise there."""
_Settings = TypeVar("_Settings", bound=BaseSettings)
_COLOURS: Final = {State.OK: "green", State.WARN: "yellow", State.FAIL: "red", State.SKIP: "dim"}


def examine(*, as_json: bool = False) -> bool:
    """Run every check and show what it says; gives whether none failed."""
    findings = dict(_findings())
    if as_json:
        console.print_json(json.dumps({name: asdict(finding) for name, finding in findings.items()}))
    else:
        for name, finding in findings.items():
            console.print(f"[{_COLOURS[finding.state]}]{finding.state.value:<5}[/] {name:<17}", end=" ")
            console.print(finding.says, markup=False)
            if finding.do:
                console.print(f"{'':<24}-> {finding.do}", markup=False)
    return all(finding.state is not State.FAIL for finding in findings.values())


def _findings() -> Iterator[tuple[str, Finding]]:
    faults: dict[str, str] = {}
    settings, service = _read(Settings, faults), _read(ServiceSettings, faults)
    _read(BackupSettings, faults)
    if settings is None or service is None or faults:
        told = "; ".join(f"{name}: {fault}" for name, fault in faults.items())
        yield "settings", fail(told, "set it right in the environment or in .env; .env.example explains each")
        yield from ((name, skip("the settings have to be right first")) for name in CHECKS)
        return
    yield "settings", _spelling(f"state in {settings.home.root}, source {settings.source.value}")
    for name, check in CHECKS.items():
        try:
            yield name, check(settings, service)
        except Exception as error:  # whatever is broken, the other checks are wanted
            yield (
                name,
                fail(f"{type(error).__name__}: {error}", "unexpected: report it with this line"),
            )


def _read(kind: type[_Settings], faults: dict[str, str]) -> _Settings | None:
    try:
        return kind()
    except (ValidationError, SettingsError) as error:
        faults |= wrong_settings(error)
    return None


def _spelling(says: str) -> Finding:
    known = {variable(name) for kind in ALL_SETTINGS for name in kind.model_fields} | OTHERS
    unknown = sorted(name for name in os.environ if name.startswith("METEO_") and name not in known)
    if unknown:
        return warn(f"no setting is called {', '.join(unknown)}", "see .env.example for how they are spelled")
    return ok(says)
