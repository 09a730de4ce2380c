import pandas as pd
import pytest

from meteo_core.drift.alarms import ALARM_COLUMNS, alarm_table, begun, episodes, no_alarms
from meteo_core.drift.hard import rejection_alarms, spell_alarms
from meteo_core.parameters import NUMBERS
from meteo_tests.core.days import JUNE_1

DAYS = pd.date_range(JUNE_1, periods=12)


def alarms(days: list[int], *, parameter: str = "pressure_3pm", score: float = 2.0) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "date": DAYS[days],
            "kind": "station",
            "station": "Sydney",
            "parameter": parameter,
            "score": score,
            "threshold": 1.5,
        }
    )


def observed(**values: list[float]) -> pd.DataFrame:
    length = len(next(iter(values.values())))
    rows = pd.DataFrame({"station": "Hobart", "date": DAYS[:length], **dict.fromkeys(NUMBERS, float("nan"))})
    return rows.assign(**values)


def test_a_table_of_no_alarms_has_the_columns_and_types_of_one_with_some():
    nothing, something = alarm_table([no_alarms()]), alarm_table([no_alarms(), alarms([0])])

    assert tuple(nothing.columns) == ALARM_COLUMNS
    pd.testing.assert_series_equal(nothing.dtypes, something.dtypes)


def test_a_day_told_twice_is_told_once_with_the_higher_score():
    told = alarm_table([alarms([1, 0], score=2.0), alarms([1], score=3.0)])

    assert told["date"].tolist() == [DAYS[0], DAYS[1]]
    assert told["score"].tolist() == [2.0, 3.0]


def test_an_alarm_of_no_known_kind_is_refused():
    with pytest.raises(ValueError, match="no kind of alarm guess"):
        alarm_table([alarms([0]).assign(kind="guess")])


def test_days_at_most_three_apart_are_one_episode():
    told = episodes(alarm_table([alarms([0, 1, 4, 8, 9]), alarms([1], parameter="pressure_9am")]))
    told = told.sort_values(["parameter", "first"])

    assert told[["parameter", "first", "last", "days"]].to_numpy().tolist() == [
        ["pressure_3pm", DAYS[0], DAYS[4], 3],
        ["pressure_3pm", DAYS[8], DAYS[9], 2],
        ["pressure_9am", DAYS[1], DAYS[1], 1],
    ]
    assert episodes(no_alarms()).empty


def test_an_alarm_begins_on_its_first_day_and_again_after_more_than_three_quiet_ones():
    told = begun(alarm_table([alarms([0, 1, 4, 8, 9]), alarms([1], parameter="pressure_9am")]))

    assert told[["date", "parameter"]].to_numpy().tolist() == [
        [DAYS[0], "pressure_3pm"],
        [DAYS[1], "pressure_9am"],
        [DAYS[8], "pressure_3pm"],
    ]
    assert list(told.columns) == list(ALARM_COLUMNS)
    assert begun(no_alarms()).empty


def test_a_sensor_that_sticks_is_an_alarm_from_the_day_that_its_rule_is_over():
    rows = observed(pressure_3pm=[1010.0, 1012.0, *[1013.2] * 5, 1009.0])

    told = spell_alarms(rows, first=JUNE_1)

    assert told["date"].tolist() == list(DAYS[5:7])
    assert told["score"].tolist() == [4.0, 5.0]
    assert set(told["threshold"]) == {3.0}
    assert (told["kind"] == "hard").all()


def test_a_rejected_value_is_an_alarm_until_another_takes_its_place():
    findings = pd.DataFrame(
        {
            "station": "Hobart",
            "date": DAYS[[0, 1, 2, 3]],
            "parameter": ["temp_3pm", "temp_3pm", "pressure_9am", "wind_dir_9am"],
            "value": ["71.6", "45.0", "100.9", "XX"],
            "verdict": "rejected",
        }
    )
    rows = observed(
        temp_3pm=[float("nan"), 21.0, 22.0, 23.0], pressure_9am=[1010.0, 1011.0, float("nan"), 1009]
    )

    told = rejection_alarms(findings, rows)

    assert told[["parameter", "score", "threshold"]].to_numpy().tolist() == [
        ["temp_3pm", 71.6, 53.0],
        ["pressure_9am", 100.9, 880.0],
    ]


def test_a_flagged_value_is_no_alarm():
    findings = pd.DataFrame(
        {
            "station": "Hobart",
            "date": DAYS[:1],
            "parameter": "temp_3pm",
            "value": "49.0",
            "verdict": "flagged",
        }
    )

    assert rejection_alarms(findings, observed(temp_3pm=[float("nan")])).empty
