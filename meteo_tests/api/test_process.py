"""The process: what it listens on, how it starts and stops, what it reads from the environment."""

import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from meteo_api.hosts import NotLoopback, is_loopback_name, require_loopback
from meteo_api.settings import Settings
from meteo_core.home import Home
from meteo_tests.api.clients import PREDICTIONS, answers_at, eventually, free_port, process
from meteo_tests.api.people import populate, sign_in, url_of
from meteo_tests.builders import LAST_DAY


def test_the_service_starts_from_its_own_copy_answers_and_stops_when_told(served_home: Home, tmp_path: Path):
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    settings = {"METEO_HOME": str(served_home.root), "METEO_API_PORT": str(port)}

    populate(url_of(served_home))
    with process("meteo_api", log=tmp_path / "log", **settings) as started:
        eventually(lambda: answers_at(f"{address}/health/ready"), within_seconds=30)
        with httpx.Client(base_url=address, timeout=10) as client:
            answer = sign_in(client).post(PREDICTIONS, json={"station": "Albury", "date": str(LAST_DAY)})
        started.send_signal(signal.SIGTERM)
        code = started.wait(timeout=15)

    assert answer.status_code == 200
    assert answer.headers.get("server") is None
    assert code in (0, -signal.SIGTERM)
    assert "Traceback" not in (tmp_path / "log").read_text()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.4", "example.org", "", "127.0.0.1.example.org"])
def test_an_address_that_others_reach_is_refused_with_the_reason(host: str):
    with pytest.raises(NotLoopback, match="METEO_ALLOWED_HOSTS"):
        require_loopback(host)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.10", "::1", "localhost"])
def test_addresses_of_this_machine_are_taken(host: str):
    require_loopback(host)

    assert is_loopback_name(f"[{host}]:8000" if ":" in host else f"{host}:8000")


@pytest.mark.fault("service opened to others without names and HTTPS", "no start, one line says why")
def test_the_process_refuses_to_listen_for_others_in_one_line(tmp_path: Path):
    refused = subprocess.run(
        [sys.executable, "-m", "meteo_api"],
        env={"METEO_API_HOST": "0.0.0.0", "METEO_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert refused.returncode == 1
    assert "0.0.0.0" in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.fault("wrong settings of the service", "no start, one line for each")
def test_the_process_names_every_setting_that_is_wrong(tmp_path: Path):
    refused = subprocess.run(
        [sys.executable, "-m", "meteo_api"],
        env={"METEO_API_PORT": "high", "METEO_SECURITY_CONTACT": "nobody", "METEO_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert refused.returncode == 1
    said = refused.stderr.splitlines()
    assert [line.split(": ")[1] for line in said] == ["METEO_API_PORT", "METEO_SECURITY_CONTACT"]
    assert "nobody" not in refused.stderr


def test_importing_the_service_makes_nothing_and_loads_no_mlflow():
    script = (
        "import sys, threading, meteo_api.app, meteo_api.server\n"
        "assert 'mlflow' not in sys.modules\n"
        "assert threading.active_count() == 1\n"
    )

    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("METEO_HOME", "state")
    monkeypatch.setenv("METEO_MAX_BATCH", "12")
    monkeypatch.delenv("METEO_MLFLOW_URI", raising=False)

    settings = Settings()

    assert settings.home.root == tmp_path / "state"
    assert settings.registry_uri == f"sqlite:///{tmp_path}/state/mlflow/mlflow.db"
    assert settings.max_batch == 12
    assert (settings.api_host, settings.api_port) == ("127.0.0.1", 8000)
