"""The Compose file keeps what the documents promise of it."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import yaml

from meteo_api.wrong_settings import variable
from meteo_assets.runners.launcher import RunnerLauncher
from meteo_cli.doctor.examination import ALL_SETTINGS

ROOT = Path(__file__).resolve().parents[2]
ONE_SHOT = {"setup", "backup"}


@pytest.fixture(scope="module")
def services() -> dict[str, dict[str, Any]]:
    return yaml.safe_load((ROOT / "docker-compose.yaml").read_text())["services"]


def test_only_the_gateway_publishes_a_port_and_on_loopback_unless_told_otherwise(services):
    assert {name: service["ports"] for name, service in services.items() if "ports" in service} == {
        "gateway": ["${METEO_PUBLISH:-127.0.0.1:8080}:${METEO_GATEWAY_PORT:-8080}"]
    }


def test_every_part_is_read_only_without_rights_and_bounded(services):
    for name, service in services.items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert "no-new-privileges:true" in service["security_opt"], name
        assert service["mem_limit"], name
        assert service["pids_limit"], name


def test_every_part_starts_again_by_itself_but_for_the_one_that_is_done_once(services):
    kept = {name for name, service in services.items() if service["restart"] == "unless-stopped"}

    assert kept == set(services) - ONE_SHOT


def test_parts_that_others_wait_for_say_whether_they_are_well(services):
    assert {name for name, service in services.items() if "healthcheck" not in service} == ONE_SHOT


def test_nobody_is_given_the_engine(services):
    mounts = [str(mount) for service in services.values() for mount in service.get("volumes", [])]

    assert not [mount for mount in mounts if "docker.sock" in mount]


def test_no_secret_is_in_the_file(services):
    """Passwords are files: neither an address nor an environment holds one."""
    for name, service in services.items():
        for key, value in (service.get("environment") or {}).items():
            assert "PASSWORD" not in key or key.endswith(("_FILE", "__FILE")), name
            assert not re.search("//[^/@]*:[^/@]*@", str(value)), (name, key)


@pytest.fixture(scope="module")
def scaled(services) -> dict[str, dict[str, Any]]:
    """What docker-compose.scale.yaml says beside the other file; what extends a part of that, in full."""
    told = yaml.safe_load((ROOT / "docker-compose.scale.yaml").read_text())["services"]
    return {name: _extended(part, services) for name, part in told.items()}


def _extended(part: dict[str, Any], others: dict[str, dict[str, Any]]) -> dict[str, Any]:
    whole = dict(others[part["extends"]["service"]]) if "extends" in part else {}
    for key, value in part.items():
        if isinstance(value, list) and key != "command":
            whole[key] = [*whole.get(key, []), *value]
        elif isinstance(value, dict) and key != "healthcheck":
            whole[key] = {**whole.get(key, {}), **value}
        else:
            whole[key] = value
    return whole


def test_at_scale_nobody_else_publishes_a_port_or_gets_rights(scaled, services):
    for name, service in scaled.items():
        assert "ports" not in service, name
        assert not [mount for mount in service.get("volumes", []) if "docker.sock" in str(mount)], name
        if name not in services:
            assert service["read_only"] is True, name
            assert service["cap_drop"] == ["ALL"], name
            assert "no-new-privileges:true" in service["security_opt"], name
            assert service["mem_limit"], name
            assert service["healthcheck"], name
            # Whoever reaches Dask may run what he likes. A runner listens to nobody, and reads the source.
            assert service["networks"] == (["inside", "out"] if name == "runner" else ["inside"]), name


def test_at_scale_the_heavy_steps_of_runs_go_to_several_workers(scaled):
    port = scaled["scheduler"]["command"][scaled["scheduler"]["command"].index("--port") + 1]

    assert scaled["runner"]["environment"]["METEO_DASK_SCHEDULER"] == f"tcp://scheduler:{port}"
    assert f"tcp://scheduler:{port}" in scaled["worker"]["command"]
    assert scaled["worker"]["deploy"]["replicas"] == "${METEO_WORKERS:-2}"
    assert "volumes" not in scaled["worker"]


def test_at_scale_runs_go_to_several_runners_that_have_what_the_code_has(scaled, services):
    runner, code = scaled["runner"], services["code"]
    shared = scaled["daemon"]["environment"]

    assert runner["deploy"]["replicas"] == shared["METEO_RUNNERS"] == "${METEO_RUNNERS:-2}"
    assert runner["environment"].keys() == code["environment"].keys() | shared.keys()
    assert set(runner["secrets"]) == {*code["secrets"], "broker_password"}
    assert runner["volumes"] == code["volumes"]
    # Each of Dagster's processes must know where runs are.
    for name in ("code", "dagster", "daemon", "runner"):
        assert shared.items() <= scaled[name]["environment"].items(), name
        assert "broker_password" in scaled[name]["secrets"], name


def test_the_brokers_password_is_in_no_command_and_no_environment(scaled):
    kept = scaled["broker"]

    assert "environment" not in kept
    assert "<<END\nrequirepass $$(cat /run/secrets/broker_password)\n" in kept["command"][-1]
    for name, service in scaled.items():
        for key, value in (service.get("environment") or {}).items():
            assert not re.search("//[^/@]*:[^/@]*@", str(value)), (name, key)


def test_dagster_at_scale_differs_in_what_is_about_runners_only():
    one, many = (
        yaml.safe_load((ROOT / f"deploy/{name}/dagster.yaml").read_text())
        for name in ("dagster", "dagster_scale")
    )

    assert many.pop("run_launcher") == {
        "module": "meteo_assets.runners.launcher",
        "class": "RunnerLauncher",
    }
    assert many.pop("run_coordinator")["class"] == "RunnerQueue"
    assert many["run_monitoring"].pop("poll_interval_seconds") < 120  # Dagster's own
    assert one["concurrency"].pop("runs") == {"max_concurrent_runs": 2}
    assert one == many


def test_dagster_at_scale_lets_as_many_runs_go_as_there_are_runners(monkeypatch: pytest.MonkeyPatch):
    told = yaml.safe_load((ROOT / "deploy/dagster_scale/dagster.yaml").read_text())
    about_runs = {name: told[name] for name in told if name.startswith(("run_", "concurrency"))}
    monkeypatch.setenv("METEO_BROKER", "redis://broker:6379/0")
    monkeypatch.setenv("METEO_RUNNERS", "7")

    with dg.instance_for_test(overrides=about_runs) as instance:
        limits = instance.get_concurrency_config()
        assert isinstance(instance.run_launcher, RunnerLauncher)

    assert limits.run_queue_config
    assert limits.run_queue_config.max_concurrent_runs == 7
    assert limits.pool_config.default_pool_limit == 1


def test_a_replica_of_the_service_writes_nothing_that_another_reads(scaled, services):
    api = scaled["api"]

    assert api["deploy"]["replicas"] == "${METEO_API_REPLICAS:-3}"
    assert api["volumes"] == ["state:/state:ro"]
    assert api["environment"]["METEO_MODEL_CACHE_DIR"].startswith("/tmp/")
    assert services["api"]["environment"]["METEO_DATABASE_URL"].startswith("postgresql")
    assert "container_name" not in services["api"]


def test_the_gateway_and_prometheus_find_every_replica(scaled):
    gateway = (ROOT / "deploy/gateway/Caddyfile").read_text()
    of_one, of_many = (
        yaml.safe_load((ROOT / f"deploy/prometheus/{name}").read_text())
        for name in ("prometheus.yml", "prometheus.scale.yml")
    )

    assert f"({scaled['gateway']['environment']['METEO_SERVICE']}) {{" in gateway
    assert "import {$METEO_SERVICE:one_service}" in gateway
    assert "dynamic a api 8000" in gateway
    assert "--config.file=/etc/prometheus/prometheus.scale.yml" in scaled["prometheus"]["command"]
    api = next(job for job in of_many["scrape_configs"] if job["job_name"] == "api")
    assert api["dns_sd_configs"][0]["names"] == ["api"]
    others = [
        [job for job in each["scrape_configs"] if job["job_name"] != "api"] for each in (of_one, of_many)
    ]
    assert others[0] == others[1]
    assert of_one["rule_files"] == of_many["rule_files"]


def test_a_lake_is_a_matter_of_setting_for_all_who_open_the_warehouse(services):
    named = {
        name for name, service in services.items() if "METEO_WAREHOUSE" in str(service.get("environment"))
    }

    assert named == {"code", "daemon", "exporter", "backup"}
    assert "CREATE DATABASE lake OWNER meteo" in (ROOT / "deploy/postgres/10-databases.sh").read_text()


def test_every_setting_is_in_the_example_and_every_variable_of_compose_too():
    example = (ROOT / ".env.example").read_text()
    named = set(re.findall(r"^#?(\w+)=", example, re.MULTILINE))
    settings = {variable(name) for kind in ALL_SETTINGS for name in kind.model_fields}
    taken = {
        name
        for file in ("docker-compose.yaml", "docker-compose.scale.yaml")
        for name in re.findall(r"\$\{(\w+):-", (ROOT / file).read_text())
    }

    # The folder of a dagster.yaml that the stack brings along is for nobody else to set.
    assert settings - {"METEO_HOME_DIR", "METEO_DAGSTER_HOME"} <= named
    assert taken <= named


def test_secrets_are_made_once_and_kept_from_others(tmp_path: Path):
    make = ["sh", str(ROOT / "deploy/make_secrets.sh"), str(tmp_path / "secrets")]

    subprocess.run(make, check=True, capture_output=True)
    first = {path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()}
    subprocess.run(make, check=True, capture_output=True)
    second = {path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()}

    assert set(first) == {
        Path(secret["file"]).name
        for file in ("docker-compose.yaml", "docker-compose.scale.yaml")
        for secret in yaml.safe_load((ROOT / file).read_text())["secrets"].values()
    }
    given = {name: first.pop(name) for name in ("smtp_password", "alert_webhook", "s3_secret")}
    assert set(given.values()) == {""}  # not ours to make
    assert len(set(first.values())) == len(first)
    assert all(len(value) == 64 for value in first.values())
    assert second == {**first, **given}
    assert (tmp_path / "secrets").stat().st_mode & 0o077 == 0


@pytest.mark.fault("a backup of the stack that breaks off", "no half file with secrets in it stays")
def test_a_backup_that_breaks_off_leaves_nothing(tmp_path: Path):
    half = tmp_path / "compose"
    half.write_text("#!/bin/sh\necho half of it\nexit 1\n")
    half.chmod(0o755)

    done = subprocess.run(
        ["bash", str(ROOT / "deploy/backup.sh"), str(tmp_path / "backup.tar.zst")],
        env={**os.environ, "COMPOSE": str(half)},
        capture_output=True,
    )

    assert done.returncode == 1
    assert list(tmp_path.iterdir()) == [half]


def has_compose() -> bool:
    asked = ["docker", "compose", "version"]
    return shutil.which("docker") is not None and subprocess.run(asked, capture_output=True).returncode == 0


@pytest.mark.skipif(not has_compose(), reason="no docker client with Compose on this machine")
@pytest.mark.parametrize("files", [[], ["docker-compose.yaml", "docker-compose.scale.yaml"]])
def test_compose_can_read_it(files: list[str]):
    environment = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")}
    read = subprocess.run(
        ["docker", "compose", *(f"--file={name}" for name in files), "config", "-q"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
    )

    assert read.returncode == 0, read.stderr
