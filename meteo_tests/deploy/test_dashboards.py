"""Dashboards: every panel has something to show of a Meteo that runs, and says what it is."""

import json
import re
from collections.abc import Iterator
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from meteo_tests.api.clients import eventually
from meteo_tests.deploy.programs import DEPLOY, run
from meteo_tests.deploy.scraper import Scraper

GRAFANA = DEPLOY / "grafana"
DASHBOARDS = {path.stem: json.loads(path.read_text()) for path in sorted(GRAFANA.glob("dashboards/*.json"))}
NAME = re.compile(r"(?:\w+:)?meteo_\w+(?::\w+)?|process_\w+")


def panels() -> Iterator[tuple[str, dict[str, Any]]]:
    for name, dashboard in DASHBOARDS.items():
        for panel in dashboard["panels"]:
            yield f"{name}: {panel['title']}", panel


def expressions() -> list[tuple[str, str]]:
    """Panel and expression, with variables as Grafana fills them in where all is chosen."""
    found = []
    for title, panel in panels():
        for target in panel["targets"]:
            expression = re.sub(r"\$(issue|window_days)\b", ".+", target["expr"])
            found.append((title, expression.replace("$__rate_interval", "1m")))
    return found


def rules() -> list[str]:
    files = [yaml.safe_load(path.read_text()) for path in DEPLOY.glob("prometheus/*_rules.yml")]
    return [rule["expr"] for file in files for group in file["groups"] for rule in group["rules"]]


def test_every_panel_has_something_to_show(prometheus: Scraper):
    empty = expressions()
    assert len(empty) > 80

    def all_shown() -> bool:
        empty[:] = [asked for asked in empty if not prometheus.values(asked[1])]
        return not empty

    # A scrape that a busy machine lets fail makes a gauge disappear for two seconds.
    eventually(all_shown, within_seconds=30, shown=lambda: empty)


def test_every_choice_of_a_variable_is_there(prometheus: Scraper):
    for dashboard in DASHBOARDS.values():
        for variable in dashboard["templating"]["list"]:
            metric, label = re.findall(r"label_values\((\w+), (\w+)\)", variable["definition"])[0]
            series = prometheus.ask("series", **{"match[]": metric})
            assert len({each[label] for each in series}) == 2, variable["name"]


def test_every_name_in_rules_and_dashboards_is_told_by_one_of_us(prometheus: Scraper):
    annotations = [
        each["expr"]
        for dashboard in DASHBOARDS.values()
        for each in dashboard["annotations"]["list"]
        if "ALERTS" not in each["expr"]
    ]
    used = {
        name
        for text in [*rules(), *annotations, *(asked for _, asked in expressions())]
        for name in NAME.findall(text)
    }

    assert used <= prometheus.names()
    assert len(used) > 50


def test_rules_are_evaluated_without_a_failure(prometheus: Scraper):
    groups = prometheus.ask("rules")["groups"]

    health = {rule["name"]: rule["health"] for group in groups for rule in group["rules"]}
    assert set(health.values()) == {"ok"}
    assert len(health) > 30


@pytest.mark.parametrize("who", ["service", "exporter"])
def test_what_is_told_is_as_prometheus_likes_it(who: str, request: pytest.FixtureRequest):
    told = httpx.get(f"{request.getfixturevalue(who)}/metrics").text

    run("promtool", "check", "metrics", text=told)
    # Every name has help, and the whole is small.
    assert len(told) < 200_000


def test_every_panel_says_what_it_shows_in_which_unit():
    for title, panel in panels():
        assert len(panel["description"]) > 15, title
        defaults = panel["fieldConfig"]["defaults"]
        assert defaults["unit"], title
        steps = [step["value"] for step in defaults["thresholds"]["steps"]]
        assert steps[0] is None, title
        assert all(lower < upper for lower, upper in pairwise(steps[1:])), title
        assert panel["datasource"]["uid"] == "prometheus", title
        assert [target["refId"] for target in panel["targets"]] == [*"ABCDEFGH"][: len(panel["targets"])]


def test_dashboards_and_panels_are_told_apart_and_do_not_overlap():
    uids = [dashboard["uid"] for dashboard in DASHBOARDS.values()]
    assert sorted(uids) == ["meteo-data-quality", "meteo-forecast-quality", "meteo-pipeline", "meteo-service"]
    for name, dashboard in DASHBOARDS.items():
        ids = [panel["id"] for panel in dashboard["panels"]]
        assert len(set(ids)) == len(ids), name
        assert len({panel["title"] for panel in dashboard["panels"]}) == len(ids), name
        places = [panel["gridPos"] for panel in dashboard["panels"]]
        assert all(place["x"] + place["w"] <= 24 for place in places), name
        for one, other in combinations(places, 2):
            beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
            above = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
            assert beside or above, f"{name}: {one} {other}"


def test_grafana_finds_prometheus_and_the_dashboards():
    source = yaml.safe_load((GRAFANA / "provisioning/datasources/prometheus.yml").read_text())
    provider = yaml.safe_load((GRAFANA / "provisioning/dashboards/meteo.yml").read_text())

    assert [each["uid"] for each in source["datasources"]] == ["prometheus"]
    assert provider["providers"][0]["options"]["path"] == "/var/lib/grafana/dashboards"


def test_rules_are_tried_with_series_such_as_there_are(prometheus: Scraper):
    tests = [yaml.safe_load(path.read_text()) for path in Path(__file__).parent.glob("*_test.yml")]
    supposed = {
        series["series"] for file in tests for test in file["tests"] for series in test["input_series"]
    }

    unlike = []
    for series in supposed:
        name, _, labels = series.partition("{")
        wanted = set(re.findall(r"(\w+)=", labels))
        real = prometheus.ask("series", **{"match[]": name})
        if not any(wanted <= set(each) for each in real):
            unlike.append(series)

    assert not unlike
