"""Processes of the demo: when they count as ready, and what they are told in common."""

from pathlib import Path

import pytest

from meteo_assets.alerting import Links
from meteo_assets.settings import Settings
from meteo_cli.demo import Ports, environment_of
from meteo_cli.services import ServiceFailed, Services
from meteo_tests.receivers import free_port


def test_a_site_that_answers_with_an_error_counts_as_ready_where_any_answer_does(tmp_path: Path):
    port = free_port()
    missing = f"http://127.0.0.1:{port}/missing"
    with Services(logs=tmp_path, environment={}) as services:
        services.start("site", "http.server", str(port), "--bind", "127.0.0.1", cwd=tmp_path)

        services.wait_until_ready("site", missing, whatever_it_answers=True, timeout_seconds=30)
        with pytest.raises(ServiceFailed, match="did not answer"):
            services.wait_until_ready("site", missing, timeout_seconds=0.5)


def test_alerts_of_a_demo_link_to_where_it_listens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("METEO_HOME", str(tmp_path))
    monkeypatch.setenv("METEO_DAGSTER_LINK", "https://elsewhere.example.org/dagster")

    told = environment_of(Ports(dagster=3001, api=8001, mlflow=5001, simulator=8011))
    for name, value in told.items():
        monkeypatch.setenv(name, value)

    links = Links.of(Settings())
    assert (links.drift(), links.run("x")) == ("http://127.0.0.1:8001/drift", "http://127.0.0.1:3001/runs/x")
