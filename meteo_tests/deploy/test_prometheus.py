"""Prometheus' and Alertmanager's files: sound by their own tools, every alert tried out."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from meteo_tests.deploy.programs import DEPLOY, run

HERE = Path(__file__).parent
PROMETHEUS = DEPLOY / "prometheus"
ALERTMANAGER = DEPLOY / "alertmanager/alertmanager.yml"
TOLD_BY_METEO = ("ForecastLate", "RunsFailing", "CheckFailed", "DriftAlarms", "SkillBelowExpectation")
RULE_TESTS = sorted(HERE.glob("alerting_rules*_test.yml"))


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text())


def alerts() -> dict[str, dict[str, Any]]:
    """Alerting rules by name."""
    groups = read(PROMETHEUS / "alerting_rules.yml")["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    assert len({rule["alert"] for rule in rules}) == len(rules)
    return {rule["alert"]: rule for rule in rules}


def test_configuration_and_rules_are_sound():
    said = run("promtool", "check", "config", PROMETHEUS / "prometheus.yml")
    run("promtool", "check", "rules", "--lint=all", "--lint-fatal", *PROMETHEUS.glob("*_rules.yml"))

    assert "2 rule files found" in said


@pytest.mark.parametrize("file", RULE_TESTS, ids=lambda file: file.stem)
def test_alerts_fire_when_they_should_and_only_then(file: Path):
    run("promtool", "test", "rules", file)


def test_each_alert_is_tried_out():
    tested = [test for file in RULE_TESTS for test in read(file)["tests"]]
    expected = [
        sample["labels"]
        for test in tested
        for asked in test["promql_expr_test"]
        for sample in asked["exp_samples"]
    ]

    fired = set(re.findall(r'alertname="(\w+)"', " ".join(expected)))
    assert fired == set(alerts())
    assert all(any(not asked["exp_samples"] for asked in test["promql_expr_test"]) for test in tested[:-1])


def test_each_alert_says_how_urgent_it_is_and_what_it_is_about():
    for name, rule in alerts().items():
        assert rule["labels"]["severity"] in {"critical", "warning", "info"}, name
        assert set(rule["annotations"]) == {"summary", "description"}, name


def test_messages_are_routed_by_urgency_and_secrets_are_files(tmp_path: Path):
    text = ALERTMANAGER.read_text()
    # Debian's amtool is older than this field of the Alertmanager that is deployed.
    older = tmp_path / "alertmanager.yml"
    older.write_text(re.sub(r"url_file: .*", "url: http://127.0.0.1:1/", text))

    run("amtool", "check-config", older)
    routes = {
        severity: run("amtool", "config", "routes", "test", f"--config.file={older}", f"severity={severity}")
        for severity in ("critical", "warning", "info")
    }

    assert {severity: said.strip().splitlines()[-1] for severity, said in routes.items()} == {
        "critical": "mail and webhook",
        "warning": "mail",
        "info": "mail",
    }
    for name in TOLD_BY_METEO:
        labels = (f"alertname={name}", f"severity={alerts()[name]['labels']['severity']}")
        said = run("amtool", "config", "routes", "test", f"--config.file={older}", *labels)
        assert said.strip() == "told by meteo itself", name
    assert set(read(older)["receivers"][0]) == {"name"}
    assert set(re.findall(r"(\w*(?:password|secret|url|token)\w*):", text)) == {
        "smtp_auth_password_file",
        "url_file",
    }


def test_what_is_inhibited_are_alerts_that_there_are():
    rules = read(ALERTMANAGER)["inhibit_rules"]

    named = {
        name
        for rule in rules
        for matcher in (*rule["source_matchers"], *rule["target_matchers"])
        for name in re.findall(r'"([^"]+)"', matcher)[0].split("|")
    }

    assert named <= set(alerts())
