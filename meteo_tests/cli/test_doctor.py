"""The doctor says what is wrong, names what to do, and ends as a program can tell."""

import json
import shutil
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.resources import files
from pathlib import Path

import pandas as pd
import pytest
import sqlalchemy as sa
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink
from typer.testing import CliRunner

from meteo_cli.doctor import connections, machine
from meteo_cli.main import app
from meteo_core import serving
from meteo_core.forecasting import HINDCAST, ISSUED
from meteo_core.home import Home
from meteo_core.service_database import ServiceDatabase
from meteo_core.stations import TABLE
from meteo_core.warehouse import Warehouse
from meteo_tests.api.clients import free_port
from meteo_tests.api.people import url_of


@pytest.fixture
def home(built_home: Home, tmp_path: Path) -> Home:
    return Home(shutil.copytree(built_home.root, tmp_path / "state"))


def findings(meteo: CliRunner, home: Home) -> tuple[int, dict[str, dict[str, str]]]:
    done = meteo.invoke(app, ["doctor", "--home", str(home.root), "--json"])
    return done.exit_code, json.loads(done.output)


def test_a_sound_state_has_no_failure(meteo: CliRunner, built_home: Home):
    code, found = findings(meteo, built_home)

    failed = {name: said for name, said in found.items() if said["state"] == "fail"}
    assert (code, failed) == (0, {})
    sound = {name for name, said in found.items() if said["state"] == "ok"}
    assert sound >= {
        "settings",
        "python",
        "state folder",
        "secrets",
        "secret",
        "warehouse",
        "service database",
    }
    assert sound >= {"service database", "registry", "model files", "champion", "snapshot", "source"}
    assert "none that was issued" in found["forecast"]["says"]  # the weather of 2016
    assert all(said["do"] for said in found.values() if said["state"] in ("warn", "fail"))


@pytest.mark.parametrize(("kind", "state"), [(ISSUED, "ok"), (HINDCAST, "warn")])
def test_a_forecast_that_was_made_late_is_no_current_one(
    meteo: CliRunner, built_home: Home, monkeypatch: pytest.MonkeyPatch, kind: str, state: str
):
    name = serving.current_name(built_home.serving)
    assert name is not None
    snapshot = serving.read(built_home.serving, name)
    now = pd.Timestamp.now(tz=UTC)
    current = snapshot.forecasts.assign(kind=kind, valid_to=now + pd.Timedelta(hours=1))
    monkeypatch.setattr(serving, "read", lambda *_: replace(snapshot, forecasts=current))

    _, found = findings(meteo, built_home)

    assert found["forecast"]["state"] == state


def test_a_table_of_stations_is_a_setting(
    meteo: CliRunner, built_home: Home, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv(TABLE, str(files("meteo_core") / "stations.csv"))

    _, found = findings(meteo, built_home)

    assert found["settings"]["state"] == "ok"


def test_lines_are_for_people_without_json(meteo: CliRunner, built_home: Home):
    done = meteo.invoke(app, ["doctor", "--home", str(built_home.root)])

    assert "ok    warehouse" in done.output
    assert "-> " in done.output


def test_every_invalid_setting_is_named(meteo: CliRunner, home: Home, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("METEO_SOURCE", "the moon")
    monkeypatch.setenv("METEO_API_PORT", "high")
    monkeypatch.setenv("METEO_BACKUP_DATABASES", "{")

    code, found = findings(meteo, home)

    assert code == 1
    for name in ("METEO_SOURCE", "METEO_API_PORT", "METEO_BACKUP_DATABASES"):
        assert name in found["settings"]["says"]
    assert found["warehouse"]["state"] == "skip"


def test_a_misspelled_setting_is_named(meteo: CliRunner, home: Home, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("METEO_SORCE", "bom_dwo")

    _, found = findings(meteo, home)

    assert found["settings"]["state"] == "warn"
    assert "METEO_SORCE" in found["settings"]["says"]


@pytest.mark.fault("doctor: secret others can read", "told")
def test_a_secret_that_others_can_read_or_guess_fails(meteo: CliRunner, home: Home):
    home.secret.write_text("changeme-changeme-changeme-changeme")
    home.secret.chmod(0o644)

    code, found = findings(meteo, home)

    assert code == 1
    assert f"chmod 600 {home.secret}" in found["secrets"]["do"]
    assert found["secret"]["state"] == "fail"
    assert "changeme" not in found["secret"]["says"]


@pytest.mark.fault("doctor: damaged and newer databases", "told apart, what to do")
def test_databases_of_a_newer_release_are_told_from_damaged_ones(meteo: CliRunner, home: Home):
    with Warehouse(home.warehouse).transaction() as connection:
        connection.execute("INSERT INTO main.schema_scripts VALUES ('0099_later.sql', now())")
    database = ServiceDatabase(url_of(home))
    with database.writing() as writing:
        writing.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    database.close()

    code, found = findings(meteo, home)
    home.warehouse.write_bytes(b"no database")
    _, damaged = findings(meteo, home)

    assert code == 1
    assert "0099_later.sql" in found["warehouse"]["says"]
    assert found["warehouse"]["do"] == "install that release"
    assert "9999" in found["service database"]["says"]
    assert "meteo restore" in damaged["warehouse"]["do"]


@pytest.mark.fault("doctor: moved state, torn snapshot", "told, what to do")
def test_models_of_a_moved_state_and_a_torn_snapshot_are_told(meteo: CliRunner, home: Home):
    next(home.serving.rglob("forecasts.parquet")).write_bytes(b"torn")

    code, found = findings(meteo, home)

    assert code == 1
    assert found["model files"]["do"] == "meteo model relocate"
    assert found["snapshot"]["state"] == "fail"


def test_nothing_there_yet_is_no_failure(meteo: CliRunner, tmp_path: Path):
    code, found = findings(meteo, Home(tmp_path / "new"))

    assert code == 0
    assert found["warehouse"]["state"] == "warn"
    assert not (tmp_path / "new").exists()


def test_a_full_disk_and_other_packages_are_told(
    meteo: CliRunner, home: Home, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    lock = tmp_path / "requirements.lock"
    lock.write_text(
        "duckdb==0.1 \\\n    --hash=x\nno-such-package==1\nwinonly==1 ; sys_platform == 'win32' \\\n"
    )
    monkeypatch.setattr(machine, "LOCK", lock)
    monkeypatch.setattr(machine, "TOO_FEW_BYTES", 10**18)

    code, found = findings(meteo, home)

    assert code == 1
    assert found["disk"]["state"] == "fail"
    assert "no-such-package missing" in found["packages"]["says"]
    assert "(locked: 0.1)" in found["packages"]["says"]
    assert "winonly" not in found["packages"]["says"]


def test_servers_that_are_away_are_named(meteo: CliRunner, home: Home, monkeypatch: pytest.MonkeyPatch):
    port = free_port()
    monkeypatch.setenv("METEO_MLFLOW_URI", f"http://127.0.0.1:{port}")
    monkeypatch.setenv("METEO_SOURCE_URL", f"http://127.0.0.1:{port}")
    monkeypatch.setenv("METEO_SMTP_HOST", "127.0.0.1")
    monkeypatch.setenv("METEO_SMTP_PORT", str(port))
    # pragma: allowlist nextline secret
    monkeypatch.setenv("METEO_DATABASE_URL", f"postgresql://nobody:hush@127.0.0.1:{port}/none")

    code, found = findings(meteo, home)

    assert code == 1
    for name in ("registry", "source", "mail", "service database"):
        assert found[name]["state"] == "fail", name
        assert str(port) in found[name]["says"], name
    assert "hush" not in json.dumps(found)
    assert found["dagster"]["state"] == "warn"


def test_a_mail_server_is_greeted(meteo: CliRunner, home: Home, monkeypatch: pytest.MonkeyPatch):
    server = Controller(Sink(), hostname="127.0.0.1", port=free_port())
    server.start()
    monkeypatch.setenv("METEO_SMTP_HOST", server.hostname)
    monkeypatch.setenv("METEO_SMTP_PORT", str(server.port))
    try:
        _, without = findings(meteo, home)
        monkeypatch.setenv("METEO_SMTP_TLS", "none")
        _, plain = findings(meteo, home)
    finally:
        server.stop()

    assert "offers no STARTTLS" in without["mail"]["says"]
    assert plain["mail"]["state"] == "ok"


@pytest.fixture
def wrong_clock() -> Iterator[str]:
    """A server that is ten minutes ahead."""

    class Ahead(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.send_response_only(200)
            self.send_header("Date", format_datetime(datetime.now(UTC) + timedelta(minutes=10), usegmt=True))
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = HTTPServer(("127.0.0.1", 0), Ahead)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.fault("doctor: clock off", "told")
def test_a_clock_that_is_off_fails_and_none_to_compare_with_is_said(
    meteo: CliRunner, home: Home, wrong_clock: str, monkeypatch: pytest.MonkeyPatch
):
    _, alone = findings(meteo, home)
    monkeypatch.setenv("METEO_SOURCE_URL", wrong_clock)
    monkeypatch.setattr(connections, "_LOOPBACK", ())

    code, found = findings(meteo, home)

    assert (alone["clock"]["state"], code) == ("skip", 1)
    assert found["clock"]["state"] == "fail"
    assert "s from that of 127.0.0.1" in found["clock"]["says"]
