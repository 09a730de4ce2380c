import gzip
import os
from datetime import UTC, date, datetime
from pathlib import Path

import pandas as pd
import pytest

from meteo_core.ingestion import gather
from meteo_core.quality import Inspection, inspect, newest_of_each_day
from meteo_core.sources.protocol import Delivery, SourceUnavailable
from meteo_core.stations import find_station
from meteo_tests.core.days import days_of

A_WEEK_LATER = datetime(2020, 6, 8, tzinfo=UTC)


def inspected(observations: pd.DataFrame, *, fetched_at: datetime = A_WEEK_LATER) -> Inspection:
    rows = observations.drop(columns="status")
    return inspect([Delivery("test", "memory", fetched_at, b"document", rows)])


@pytest.mark.fault("source: impossible value", "quarantined, missing for the model")
@pytest.mark.parametrize(
    ("parameter", "impossible"),
    [
        ("rainfall", -1.0),
        ("temp_3pm", 99.0),
        ("humidity_9am", 150.0),
        ("cloud_9am", 10.0),
        ("pressure_9am", 101.3),
        ("wind_gust_speed", -5.0),
        ("sunshine", 25.0),
    ],
)
def test_an_impossible_value_becomes_missing_and_is_quarantined_with_its_limits(
    parameter: str, impossible: float
):
    result = inspected(days_of(**{parameter: [impossible]}))

    assert result.observations[parameter].isna().all()
    finding = result.findings.iloc[0]
    assert (finding["parameter"], finding["value"], finding["verdict"]) == (
        parameter,
        str(impossible),
        "rejected",
    )
    assert "outside" in finding["reason"]


@pytest.mark.parametrize(
    ("parameter", "extreme"), [("rainfall", 371.0), ("cloud_3pm", 9.0), ("max_temp", 48.1)]
)
def test_a_legal_extreme_is_kept_without_remark(parameter: str, extreme: float):
    result = inspected(days_of(**{parameter: [extreme]}))

    assert result.observations[parameter].tolist() == [extreme]
    assert result.findings.empty


def test_an_unheard_of_value_is_kept_and_flagged():
    result = inspected(days_of(rainfall=[500.0]))

    assert result.observations["rainfall"].tolist() == [500.0]
    assert result.findings["verdict"].tolist() == ["flagged"]


def test_a_minimum_above_the_maximum_is_flagged():
    result = inspected(days_of(min_temp=[20.0], max_temp=[10.0]))

    assert result.findings["parameter"].tolist() == ["min_temp"]


@pytest.mark.parametrize(
    # Between 15 and 30 °C: beyond by 2.0 °C is not clear, by 2.1 °C is.
    ("parameter", "value", "flagged"),
    [
        ("temp_3pm", 32.0, False),
        ("temp_3pm", 32.1, True),
        ("temp_9am", 32.1, True),
        ("temp_9am", 13.0, False),
        ("temp_9am", 12.9, True),
        ("temp_3pm", 6.0, False),  # a cold change came through at noon
    ],
)
def test_a_temperature_clearly_beyond_the_days_extremes_is_kept_and_flagged(
    parameter: str, value: float, flagged: bool
):
    result = inspected(days_of(min_temp=[15.0], max_temp=[30.0], **{parameter: [value]}))

    assert result.observations[parameter].tolist() == [value]
    assert result.findings["parameter"].tolist() == [parameter] * flagged


def test_an_unknown_compass_point_and_a_direction_of_a_calm_are_rejected():
    result = inspected(days_of(wind_dir_9am=["NORTH", "N"], wind_speed_9am=[5.0, 0.0]))

    assert result.observations["wind_dir_9am"].isna().all()
    assert sorted(result.findings["reason"]) == ["a calm has no direction", "not a compass point"]


def test_rain_today_follows_from_rain_and_stands_alone_where_rain_is_unknown():
    observations = days_of(rainfall=[1.0, 1.2, None, None]).assign(rain_today=[None, None, True, None])

    result = inspected(observations)

    today = [None if pd.isna(v) else bool(v) for v in result.observations["rain_today"]]
    assert today == [False, True, True, None]
    assert result.findings.empty


def test_rain_measured_wins_over_a_contradicting_flag():
    result = inspected(days_of(rainfall=[0.0]).assign(rain_today=[True]))

    assert not result.observations["rain_today"].iloc[0]
    assert result.findings["reason"].tolist() == ["contradicts the rain measured"]


@pytest.mark.fault("source: a day of the future", "refused")
def test_a_day_that_has_not_begun_at_the_station_is_refused():
    # 15:00 UTC on 1 June is 1 am on 2 June in Sydney: the third has not begun.
    result = inspected(days_of(rainfall=[0.0, 0.0, 0.0]), fetched_at=datetime(2020, 6, 1, 15, tzinfo=UTC))

    assert result.observations["date"].dt.day.tolist() == [1, 2]
    assert result.findings["parameter"].tolist() == ["date"]


@pytest.mark.parametrize(
    # 9 am of 2 June in Sydney is 23:00 UTC of 1 June; in Perth it is 01:00 UTC of 2 June.
    ("station", "fetched_at", "status"),
    [
        ("Sydney", datetime(2020, 6, 1, 22, 59, tzinfo=UTC), "provisional"),
        ("Sydney", datetime(2020, 6, 1, 23, 0, tzinfo=UTC), "final"),
        ("Perth", datetime(2020, 6, 1, 23, 0, tzinfo=UTC), "provisional"),
        ("Perth", datetime(2020, 6, 2, 1, 0, tzinfo=UTC), "final"),
    ],
)
def test_a_day_is_final_when_9_am_of_the_next_has_passed_at_the_station(
    station: str, fetched_at: datetime, status: str
):
    result = inspected(days_of(station, rainfall=[0.0]), fetched_at=fetched_at)

    assert result.observations["status"].tolist() == [status]


def test_of_two_deliveries_of_a_day_the_later_counts():
    early = inspected(days_of(rainfall=[1.0])).observations
    late = inspected(days_of(rainfall=[2.0]), fetched_at=datetime(2020, 6, 9, tzinfo=UTC)).observations

    newest = newest_of_each_day(pd.concat([late, early]))

    assert newest["rainfall"].tolist() == [2.0]


class MonthInFahrenheit:
    name = "month_in_fahrenheit"

    def fetch(self, stations, first, last):
        rows = days_of(max_temp=[50.0] * 10).drop(columns="status")
        yield Delivery(self.name, "month", datetime(2020, 6, 20, tzinfo=UTC), b"the bytes", rows)


def test_a_day_asked_for_alone_is_judged_by_its_whole_document(tmp_path):
    gathered = gather(
        MonthInFahrenheit(), [find_station("Sydney")], date(2020, 6, 3), date(2020, 6, 3), landing=tmp_path
    )

    assert gathered.observations["max_temp"].isna().tolist() == [True]
    assert gathered.findings["date"].tolist() == [pd.Timestamp("2020-06-03")]


class TwoDocuments:
    name = "two_documents"

    def fetch(self, stations, first, last):
        rows = days_of(rainfall=[0.0, 1.0, 2.0]).drop(columns="status")
        yield Delivery(self.name, "good", A_WEEK_LATER, b"the bytes", rows)
        yield SourceUnavailable("bad", "no answer", station="Perth")


@pytest.mark.fault("source: one document of nonsense among good ones", "the others are kept")
def test_one_bad_document_costs_none_of_the_others(tmp_path):
    gathered = gather(
        TwoDocuments(), [find_station("Sydney")], date(2020, 6, 2), date(2020, 6, 3), landing=tmp_path
    )

    assert gathered.observations["rainfall"].tolist() == [1.0, 2.0]
    assert gathered.failures[["origin", "kind", "reason"]].values.tolist() == [
        ["bad", "SourceUnavailable", "no answer"]
    ]
    assert gathered.findings.empty
    (digest,) = set(gathered.observations["content_sha256"])
    assert gzip.decompress((tmp_path / digest[:2] / f"{digest}.gz").read_bytes()) == b"the bytes"


class OneDayTwice:
    name = "one_day_twice"

    def fetch(self, stations, first, last):
        for value in (-1.0, -2.0, -2.0):
            rows = days_of(rainfall=[value]).drop(columns="status")
            yield Delivery(self.name, "day", A_WEEK_LATER, f"{value}".encode(), rows)


def test_each_value_that_was_rejected_of_a_day_is_in_quarantine_once(tmp_path: Path):
    gathered = gather(
        OneDayTwice(), [find_station("Sydney")], date(2020, 6, 1), date(2020, 6, 1), landing=tmp_path
    )

    assert gathered.findings["value"].tolist() == ["-1.0", "-2.0"]
    assert gathered.observations["rainfall"].isna().tolist() == [True]


def gathered_into(landing: Path) -> None:
    gather(MonthInFahrenheit(), [find_station("Sydney")], date(2020, 6, 3), date(2020, 6, 3), landing=landing)


@pytest.mark.fault("two containers with the same process number keep one document at once", "it is kept")
def test_a_document_that_two_keep_at_the_same_moment_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    whole = os.replace

    def after_another(source: Path, target: Path) -> None:
        monkeypatch.setattr(os, "replace", whole)
        gathered_into(tmp_path)  # the other comes between writing and renaming
        whole(source, target)

    monkeypatch.setattr(os, "getpid", lambda: 7)
    monkeypatch.setattr(os, "replace", after_another)
    gathered_into(tmp_path)

    (kept,) = (path for path in tmp_path.rglob("*") if path.is_file())
    assert gzip.decompress(kept.read_bytes()) == b"the bytes"


def test_a_kept_document_is_as_readable_as_any_new_file(tmp_path: Path):
    gathered_into(tmp_path / "landing")
    (tmp_path / "any").touch()

    (kept,) = (tmp_path / "landing").glob("*/*.gz")
    assert kept.stat().st_mode == (tmp_path / "any").stat().st_mode


def test_what_a_killed_run_left_half_written_is_cleared_away_after_a_day(tmp_path: Path):
    left, new = (tmp_path / "ab" / f".{name}.gz.1.unfinished" for name in ("left", "new"))
    left.parent.mkdir()
    left.touch()
    new.touch()
    os.utime(left, (0, 0))

    gathered_into(tmp_path)

    assert (left.exists(), new.exists()) == (False, True)
