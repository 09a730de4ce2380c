"""Stories of the simulated site: what is told happens, there and then, and nothing else changes."""

import http.client
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

import pandas as pd
import pytest

from meteo_core.drift.injection import Injection
from meteo_core.parameters import PARAMETERS
from meteo_core.sources.bureau_csv import read_bureau_csv
from meteo_core.sources.simulator.site import BureauSite
from meteo_core.sources.simulator.story import Story, UnusableStory, parse_story, read_story
from meteo_core.sources.simulator.weather import WeatherGenerator

TODAY = date(2024, 6, 20)
NOW = datetime(2024, 6, 20, 2, tzinfo=UTC)
"""Noon in Sydney."""
MELBOURNE_MAY = "/climate/dwo/202405/text/IDCJDW3050.202405.csv"
EXAMPLES = Path(__file__).parents[2] / "docs" / "stories"


@contextmanager
def asking(text: str) -> Iterator[http.client.HTTPConnection]:
    with BureauSite(seed=9, now=lambda: NOW, story=parse_story(text, today=TODAY)) as site:
        connection = http.client.HTTPConnection(site.url.removeprefix("http://"), timeout=20)
        yield connection
        connection.close()


def get(connection: http.client.HTTPConnection, path: str) -> tuple[int, bytes]:
    connection.request("GET", path)
    response = connection.getresponse()
    return response.status, response.read()


def told(text: str) -> pd.DataFrame:
    """May of Melbourne as the site publishes it."""
    with asking(text) as connection:
        _, content = get(connection, MELBOURNE_MAY)
    return read_bureau_csv(content, origin="a test")


@pytest.fixture(scope="module")
def as_it_was() -> pd.DataFrame:
    may = WeatherGenerator(9).days(date(2024, 5, 1), date(2024, 5, 31))
    return may[may["station"] == "Melbourne"].reset_index(drop=True)


def event(kind: str, **fields: object) -> str:
    lines = [f"{name.rstrip('_')} = {value}" for name, value in fields.items()]
    return "\n".join(["[[event]]", f'kind = "{kind}"', *lines])


def test_an_offset_is_added_between_its_days_and_nowhere_else(as_it_was: pd.DataFrame):
    found = told(
        event("sensor_offset", station='"Melbourne"', parameter='"pressure_3pm"', add=2.0, from_=-41, to=-36)
    )

    added = (found["pressure_3pm"] - as_it_was["pressure_3pm"]).round(1)
    hit = found["date"].between("2024-05-10", "2024-05-15")
    assert set(added[hit].dropna()) == {2.0}
    assert set(added[~hit].dropna()) == {0.0}
    others = [name for name in PARAMETERS if name not in ("pressure_3pm", "rain_today")]
    pd.testing.assert_frame_equal(found[others], as_it_was[others], check_dtype=False)


def test_a_stuck_sensor_keeps_its_last_value_also_over_the_turn_of_the_year():
    text = event("stuck_sensor", station='"Melbourne"', parameter='"pressure_3pm"', from_="2023-12-20")
    last_year = WeatherGenerator(9).days(date(2023, 12, 1), date(2023, 12, 20))
    known = last_year[(last_year["station"] == "Melbourne") & last_year["pressure_3pm"].notna()]

    assert set(told(text)["pressure_3pm"].dropna()) == {known["pressure_3pm"].iloc[-1]}


def test_fahrenheit_is_nine_fifths_and_thirty_two(as_it_was: pd.DataFrame):
    found = told(event("unit_change", parameter='"temp_3pm"', unit='"fahrenheit"', from_="2024-05-01"))

    assert found["temp_3pm"].tolist() == pytest.approx(
        (as_it_was["temp_3pm"] * 1.8 + 32).round(1).tolist(), abs=0.051, nan_ok=True
    )


def test_a_closed_station_has_no_days_and_a_month_without_any_no_file():
    with asking(event("closed_station", station='"Melbourne"', from_="2024-05-11")) as connection:
        _, may = get(connection, MELBOURNE_MAY)
        june, _ = get(connection, MELBOURNE_MAY.replace("202405", "202406"))
        elsewhere, _ = get(connection, "/climate/dwo/202406/text/IDCJDW2124.202406.csv")

    assert read_bureau_csv(may, origin="a test")["date"].max() == pd.Timestamp("2024-05-10")
    assert june == 404
    assert elsewhere == 200


@pytest.mark.parametrize(("first", "answer"), [(-1, 503), (0, 503), (1, 200), ("2024-06-20", 503)])
def test_an_outage_is_told_by_the_clock(first: object, answer: int):
    with asking(event("source_outage", status=503, from_=first)) as connection:
        assert get(connection, MELBOURNE_MAY)[0] == answer
        assert get(connection, "/")[0] == answer


def test_a_wet_year_is_wetter_from_its_first_day_on_and_otherwise_the_same():
    dry = WeatherGenerator(9).year(2024)
    story = parse_story(event("wet_year", wetter=2.0, from_="2024-07-01"), today=TODAY)
    wet = WeatherGenerator(9, wetness=story.wetness).year(2024)

    begun = (dry["date"] > "2024-07-01").to_numpy()  # rain of a day fell to 9 am: that of the first before it
    assert 1.6 < (wet["rainfall"][begun] > 0).mean() / (dry["rainfall"][begun] > 0).mean() < 2.1
    assert wet["rainfall"][~begun].equals(dry["rainfall"][~begun])
    assert wet["humidity_3pm"].equals(dry["humidity_3pm"])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "it has no events: begin each with a line [[event]]"),
        ("[[event", "is not TOML"),
        (event("sensor_ofset"), "event 1: kind: 'sensor_ofset' is not known: did you mean sensor_offset?"),
        (event("sensor_offset", parameter='"presure_3pm"'), "parameter: 'presure_3pm' is not known: did you"),
        (event("stuck_sensor", station='"Sidney"'), "station: 'Sidney' is not known: did you mean Sydney?"),
        (
            event("sensor_offset", parameter='"temp_9am"', from_=0),
            "add is missing: add a line such as add = 2",
        ),
        (event("source_outage", status=500, from_=0), "status: 500 is not known: did you mean 503?"),
        (event("closed_station", station='"Cobar"', since=0), "'since' is not known"),
        (event("closed_station", station='"Cobar"', from_='"May"'), "from: 'May' is no day: write a date"),
        (event("closed_station", station='"Cobar"', from_=0, to=-3), "to: 2024-06-17 is before from"),
        (
            event("unit_change", parameter='"temp_9am"', unit='"knots"', from_=0),
            "temp_9am cannot be in 'knots': choose fahrenheit or kelvin",
        ),
        (event("wet_year", wetter=99), "wetter: 99 is not from 0.2 to 5.0"),
        (event("wet_year"), "year is missing"),
    ],
)
def test_what_is_wrong_is_named_with_the_field_and_what_it_takes(text: str, said: str):
    with pytest.raises(UnusableStory) as caught:
        parse_story(text, today=TODAY)

    assert said in str(caught.value)


@pytest.mark.parametrize("file", sorted(EXAMPLES.glob("*.toml")), ids=lambda file: file.stem)
def test_the_examples_can_be_told(file: Path):
    story = read_story(file, today=TODAY)

    assert story != Story()
    assert story.title


def test_a_file_that_is_not_there_is_named(tmp_path: Path):
    with pytest.raises(UnusableStory, match=r"nowhere\.toml cannot be read"):
        read_story(tmp_path / "nowhere.toml", today=TODAY)


def test_values_that_were_not_reported_stay_so_and_the_frame_stays_as_it_is():
    frame = pd.DataFrame(
        {
            "station": "Sydney",
            "date": pd.date_range("2024-05-01", periods=4),
            "humidity_3pm": [40.0, None, 50.0, 60.0],
        }
    )

    changed = Injection("humidity_3pm", date(2024, 5, 2), station="Sydney", stuck=True).apply(frame)

    assert changed["humidity_3pm"].tolist() == pytest.approx([40, float("nan"), 40, 40], nan_ok=True)
    assert frame["humidity_3pm"].tolist() == pytest.approx([40, float("nan"), 50, 60], nan_ok=True)
    with pytest.raises(ValueError, match="before it begins"):
        Injection("humidity_3pm", date(2024, 5, 2), last=date(2024, 5, 1))
    with pytest.raises(ValueError, match="no numeric parameter"):
        Injection("wind_dir_9am", date(2024, 5, 2))
