"""Quality on real parts: a table read into DuckDB, quarantine and labels as the assets leave them."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from meteo_assets.pipeline import Pipeline, open_pipeline
from meteo_assets.settings import Settings
from meteo_core.warehouse import Warehouse

HEADER = (
    "Date,Location,MinTemp,MaxTemp,Rainfall,Evaporation,Sunshine,WindGustDir,WindGustSpeed,WindDir9am,"
    "WindDir3pm,WindSpeed9am,WindSpeed3pm,Humidity9am,Humidity3pm,Pressure9am,Pressure3pm,Cloud9am,Cloud3pm,"
    "Temp9am,Temp3pm,RainToday"
)
JUNE_1 = date(2020, 6, 1)


@pytest.fixture
def pipeline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pipeline]:
    monkeypatch.setenv("METEO_HOME", str(tmp_path / "home"))
    with open_pipeline(Settings()) as opened:
        yield opened


def june(day: int) -> date:
    return JUNE_1 + timedelta(days=day - 1)


def archive_of(path: Path, **columns: list[str]) -> Path:
    """weatherAUS table of Hobart from 1 June 2020 on, with these columns; the others are missing."""
    names = HEADER.split(",")
    lines = [HEADER]
    for number, values in enumerate(zip(*columns.values(), strict=True)):
        given = {"Date": june(number + 1).isoformat(), "Location": "Hobart"} | dict(
            zip(columns, values, strict=True)
        )
        lines.append(",".join(given.get(name, "NA") for name in names))
    path.write_text("\n".join(lines) + "\n")
    return path


def test_a_run_that_began_before_the_window_is_flagged_once_and_counted(pipeline: Pipeline, tmp_path: Path):
    archive = archive_of(tmp_path / "weather.csv", Pressure3pm=["1009.9"] + ["1013.2"] * 5)
    warehouse = Warehouse(pipeline.settings.home.warehouse)
    pipeline.run_days(["raw_observations"], june(1), june(4), archive=archive)
    before = warehouse.query("FROM raw.quarantine")

    counted = [
        pipeline.run_days(["raw_observations"], june(5), june(6), archive=archive).metadata for _ in range(2)
    ]

    assert before.empty
    found = warehouse.query("SELECT date, verdict, reason, source FROM raw.quarantine ORDER BY date")
    assert [day.date() for day in found["date"]] == [june(5), june(6)]
    assert found["reason"].tolist() == [
        f"identical run: the same value on {n} days in succession, since 2020-06-02" for n in (4, 5)
    ]
    assert set(found["verdict"]) == {"flagged"}
    assert set(found["source"]) == {"archive"}
    assert (warehouse.read("raw.observations", june(5), june(6))["pressure_3pm"] == 1013.2).all()
    for metadata in counted:
        summary = metadata["raw_observations"]
        assert (summary["values_rejected"], summary["values_flagged"], summary["suspicions"]) == (0, 0, 2)
        assert "pressure_3pm | flagged | identical run | 2" in summary["quarantine"]


def test_a_unit_error_is_counted_by_its_kind(pipeline: Pipeline, tmp_path: Path):
    archive = archive_of(
        tmp_path / "weather.csv",
        Pressure9am=["101.3", "101.4"],
        Rainfall=["371.0", "0.0"],
        Cloud9am=["9", "9"],
    )

    summary = pipeline.run_days(["raw_observations"], june(1), june(2), archive=archive).metadata[
        "raw_observations"
    ]

    assert (summary["values_rejected"], summary["values_flagged"], summary["suspicions"]) == (2, 0, 0)
    assert "pressure_9am | rejected | outside 880 to 1060 hPa, looks like kPa | 2" in summary["quarantine"]


def test_the_label_of_a_total_is_unknown_until_a_revision_fills_the_blank(pipeline: Pipeline, tmp_path: Path):
    warehouse = Warehouse(pipeline.settings.home.warehouse)

    def rain_after_each_day(*readings: str) -> list[float | None]:
        archive = archive_of(tmp_path / "weather.csv", Rainfall=list(readings))
        pipeline.run_days(["raw_observations", "labels"], june(1), june(len(readings)), archive=archive)
        amounts = warehouse.read("labels.daily")["rain_mm"]
        return [None if amount != amount else amount for amount in amounts]

    # The blocking check labels_follow_the_calendar passes in both, or the runs would fail.
    assert rain_after_each_day("0.0", "NA", "40.0", "0.0") == [None, None, 0.0, None]
    assert rain_after_each_day("0.0", "38.0", "2.0", "0.0") == [38.0, 2.0, 0.0, None]


def test_a_stuck_sensor_and_an_impossible_value_are_alarms_that_end_with_the_fault(
    pipeline: Pipeline, tmp_path: Path
):
    warehouse = Warehouse(pipeline.settings.home.warehouse)
    days = june(1), june(6)

    def alarms() -> list[tuple]:
        pipeline.run_days(["drift_alarms"], *days)
        told = warehouse.query("FROM monitoring.alarms ORDER BY date, parameter")
        return [(r.date.date(), r.kind, r.station, r.parameter, r.score) for r in told.itertuples()]

    stuck, hot = ["1009.9"] + ["1013.2"] * 5, ["18.0", "71.6", "19.0", "20.0", "21.0", "18.5"]
    broken = archive_of(tmp_path / "broken.csv", Pressure3pm=stuck, Temp3pm=hot)
    pipeline.run_days(["raw_observations"], *days, archive=broken)
    before, again = alarms(), alarms()
    mended = archive_of(
        tmp_path / "mended.csv",
        Pressure3pm=[*stuck[:4], "1013.9", "1010.0"],
        Temp3pm=[*["18.0"] * 3, *hot[3:]],
    )
    pipeline.run_days(["raw_observations"], *days, archive=mended)
    after = alarms()

    assert (
        before
        == again
        == [
            (june(2), "hard", "Hobart", "temp_3pm", 71.6),
            (june(5), "hard", "Hobart", "pressure_3pm", 4.0),
            (june(6), "hard", "Hobart", "pressure_3pm", 5.0),
        ]
    )
    assert after == []
