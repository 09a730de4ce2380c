"""Blocking checks see what they say that they see."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import dagster as dg
import pandas as pd
import pytest

from meteo_assets.features import labels_follow_the_calendar
from meteo_assets.forecast import chances_are_probabilities
from meteo_assets.model import rain_model_beats_climatology, rain_model_is_calibrated
from meteo_assets.promotion import champion_model
from meteo_assets.serving import the_snapshot_is_complete
from meteo_assets.settings import Settings
from meteo_core.labels import LABELLED_FROM, THRESHOLDS, label_days
from meteo_core.model.registry import CHAMPION, DECISION, PROMOTION_DUE, STATUS
from meteo_core.serving import publish
from meteo_core.warehouse import Warehouse
from meteo_tests.builders import NO_FAILURES, NO_FINDINGS, no_drift
from meteo_tests.core.days import JUNE_1, days_of

LAST = JUNE_1 + timedelta(days=2)
SKILLS = (
    *(f"skill_over_{reference}" for reference in ("climatology", "persistence", "markov")),
    "morning_skill_over_climatology",
)
ERRORS = ("calibration_error", "morning_calibration_error")


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    made = Warehouse(tmp_path / "meteo.duckdb")
    observed = days_of(rainfall=[0.0, 7.0, 0.2]).assign(
        source="test", fetched_at=pd.Timestamp("2020-06-10", tz=UTC), content_sha256="0" * 64
    )
    made.add_revisions(
        observed.assign(rain_today=observed["rain_today"].astype("boolean")), NO_FINDINGS, NO_FAILURES
    )
    return made


def forecast_of(station: str) -> pd.DataFrame:
    nine = pd.Timestamp(datetime(2020, 5, 31, 23, tzinfo=UTC))
    return pd.DataFrame(
        {
            "station": [station],
            "date": [pd.Timestamp(JUNE_1)],
            "issue": "evening",
            "kind": "issued",
            "issued_at": nine,
            "valid_from": nine,
            "valid_to": nine + pd.Timedelta(days=1),
            "route": "full",
            "model_version": 1,
            "in_sample": False,
            **{f"{kind}_{rule}": 0.2 for kind in ("p", "climatology", "markov") for rule in THRESHOLDS},
        }
    )


def evaluated(check: dg.AssetChecksDefinition, **resources: object) -> dg.AssetCheckResult:
    result = check(**resources)
    assert isinstance(result, dg.AssetCheckResult)
    return result


@pytest.mark.parametrize("wrong", THRESHOLDS)
def test_a_label_that_its_rain_contradicts_is_seen_at_every_threshold(warehouse: Warehouse, wrong: str):
    right = label_days(warehouse.read("raw.observations", columns=LABELLED_FROM))
    warehouse.replace("labels.daily", right, JUNE_1, LAST)
    assert evaluated(labels_follow_the_calendar, warehouse=warehouse).passed

    warehouse.replace("labels.daily", right.assign(**{wrong: ~right[wrong]}), JUNE_1, LAST)

    assert not evaluated(labels_follow_the_calendar, warehouse=warehouse).passed


@pytest.mark.parametrize(
    ("column", "value", "told"),
    [
        ("climatology_ge_5_0", 1.2, "chances"),
        ("markov_ge_0_2", -0.1, "chances"),
        ("p_ge_5_0", 0.9, "not_monotone"),
    ],
)
def test_a_chance_that_is_none_and_one_that_grows_with_the_amount_are_seen(
    warehouse: Warehouse, column: str, value: float, told: str
):
    sound = forecast_of("Sydney")
    warehouse.issue_forecasts(sound)
    assert evaluated(chances_are_probabilities, warehouse=warehouse).passed

    warehouse.issue_forecasts(forecast_of("Perth").assign(**{column: value}))

    seen = evaluated(chances_are_probabilities, warehouse=warehouse)
    assert not seen.passed
    assert seen.metadata[told].value == 1


def test_a_snapshot_that_was_damaged_after_it_was_published_is_seen(warehouse: Warehouse, tmp_path: Path):
    settings = Settings(home_dir=tmp_path)
    name = publish(
        settings.home.serving,
        observations=warehouse.read("raw.observations"),
        forecasts=forecast_of("Sydney"),
        drift=no_drift(),
    )
    assert evaluated(the_snapshot_is_complete, settings=settings).passed

    (settings.home.serving / name / "forecasts.parquet").write_bytes(b"PAR1")

    seen = evaluated(the_snapshot_is_complete, settings=settings)
    assert not seen.passed
    assert "forecasts" in str(seen.metadata["reason"].value)


class OneChallenger:
    """A registry whose challenger has these scores and its checks before it; keeps what they note."""

    def __init__(self, **changed: float) -> None:
        scores = dict.fromkeys(SKILLS, 0.2) | dict.fromkeys(ERRORS, 0.01) | changed
        tags = {f"score.{name}": str(value) for name, value in scores.items()}
        self.challenger = SimpleNamespace(version=3, tags=tags)
        self.noted: dict[str, bool] = {}

    def alias(self, _name: str) -> SimpleNamespace:
        return self.challenger

    def note_check(self, _version: int, check: str, *, passed: bool, required: object) -> None:
        self.noted[check] = passed


@pytest.mark.parametrize(
    ("changed", "passed"),
    [({}, [True, True])]
    + [({name: -0.01}, [False, True]) for name in SKILLS]
    + [({name: 0.2}, [True, False]) for name in ERRORS],
)
def test_each_score_of_either_issue_time_stops_a_challenger(changed: dict[str, float], passed: list[bool]):
    registry = OneChallenger(**changed)

    seen = [
        evaluated(check, registry=registry).passed
        for check in (rain_model_beats_climatology, rain_model_is_calibrated)
    ]

    assert seen == passed
    assert list(registry.noted.values()) == passed


class ChampionAndChallenger:
    """A registry whose challenger is to be promoted but for what is changed; keeps what was promoted."""

    def __init__(self, **changed: str) -> None:
        self.champion = SimpleNamespace(version=2, tags={"trained_until": "2020-05-30"})
        tags = {"week": "2020-05-31", STATUS: "passed", "trained_until": "2020-06-06", "compared_with": "2"}
        tags |= {PROMOTION_DUE: "yes", DECISION: "better", "score.skill_over_climatology": "0.4"}
        self.challenger = SimpleNamespace(version=3, tags=tags | changed)
        self.promoted: list[tuple[int, int]] = []

    def alias(self, name: str) -> SimpleNamespace:
        return self.champion if name == CHAMPION else self.challenger

    def promote(self, version: int, *, expected_champion: int, **_said: str) -> None:
        self.promoted.append((version, expected_champion))


def decide_on_champion(registry: ChampionAndChallenger) -> None:
    dg.materialize([champion_model], partition_key="2020-05-31", resources={"registry": registry})


def test_a_challenger_replaces_the_very_champion_that_it_was_compared_with():
    registry = ChampionAndChallenger()

    decide_on_champion(registry)

    assert registry.promoted == [(3, 2)]


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"compared_with": "1"}, "was not compared with the champion, version 2"),
        ({"trained_until": "2020-05-23"}, "it was trained to 2020-05-23, the champion, version 2"),
        ({STATUS: "pending"}, "its checks are 'pending'"),
        ({"week": "2020-05-24"}, "is of week 2020-05-24"),
    ],
)
def test_a_challenger_that_may_not_replace_the_champion_is_refused(changed: dict[str, str], says: str):
    registry = ChampionAndChallenger(**changed)

    with pytest.raises(dg.Failure, match=says):
        decide_on_champion(registry)

    assert registry.promoted == []
