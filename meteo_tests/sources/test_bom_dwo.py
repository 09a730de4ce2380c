"""Fetching the Bureau's documents over real HTTP, from the simulated site and from sites that misbehave."""

import json
import logging
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import httpx
import pandas as pd
import pytest

from meteo_core.sources.bom_dwo import BureauDailyWeatherObservations, TermsNotAccepted
from meteo_core.sources.observations import join_observations
from meteo_core.sources.polite_client import Manners
from meteo_core.sources.protocol import (
    Delivery,
    MalformedDocument,
    SourceBlocked,
    SourceFailure,
    SourceUnavailable,
)
from meteo_core.sources.simulator.site import BureauSite
from meteo_core.sources.simulator.weather import WeatherGenerator
from meteo_core.stations import find_station

from .builders import FIRST_OF_MAY, HEADING, MAY_2024, MELBOURNE, month_file
from .scripted_site import Answer, ScriptedSite

SYDNEY = find_station("Sydney")
NOON_10_JULY_2024 = datetime(2024, 7, 10, 2, tzinfo=UTC)  # in Melbourne and Sydney
HURRIED = Manners(min_interval_s=0.0, first_pause_s=0.01, wait_s=2.0, deadline_s=5.0)
GOOD = Answer(body=month_file(FIRST_OF_MAY))
CHALLENGE = Answer(body=b"<html><body>Please prove that you are human</body></html>")


def source(url: str, **settings: object) -> BureauDailyWeatherObservations:
    return BureauDailyWeatherObservations(
        url, **{"manners": HURRIED, "now": lambda: NOON_10_JULY_2024, **settings}
    )


def fetch_may(url: str, **settings: object) -> Delivery | SourceFailure:
    (document,) = source(url, **settings).fetch([MELBOURNE], MAY_2024, date(2024, 5, 31))
    return document


def fetch_months(fetcher: BureauDailyWeatherObservations, months: int) -> Sequence[Delivery | SourceFailure]:
    return list(fetcher.fetch([MELBOURNE], date(2024, 7 - months, 1), date(2024, 6, 30)))


def test_a_month_is_delivered_with_its_provenance() -> None:
    with ScriptedSite([GOOD]) as site:
        document = fetch_may(site.url)

        assert isinstance(document, Delivery)
        assert document.source == "bom_dwo"
        assert document.origin == f"{site.url}/climate/dwo/202405/text/IDCJDW3050.202405.csv"
        assert document.fetched_at == NOON_10_JULY_2024
        assert document.content == GOOD.body
        assert document.observations["rainfall"].tolist() == [0.2]


def test_the_simulated_site_gives_the_generators_weather_in_order() -> None:
    stations, first, last = [SYDNEY, MELBOURNE], date(2023, 12, 5), date(2024, 2, 10)
    weather = WeatherGenerator(seed=5).days(date(2023, 12, 1), date(2024, 2, 29))

    with BureauSite(seed=5, now=lambda: NOON_10_JULY_2024) as site:
        fetcher = BureauDailyWeatherObservations.simulated(site.url, now=lambda: NOON_10_JULY_2024)
        documents = list(fetcher.fetch(stations, first, last))

    assert [document.source for document in documents] == ["simulator"] * 6
    for station, of_station in zip(stations, (documents[:3], documents[3:]), strict=True):
        expected = weather[weather["station"] == station.station].reset_index(drop=True)
        pd.testing.assert_frame_equal(join_observations(d.observations for d in of_station), expected)


def test_several_workers_keep_the_order() -> None:
    stations = [SYDNEY, MELBOURNE, find_station("Perth")]

    with BureauSite(seed=5, now=lambda: NOON_10_JULY_2024) as site:
        one, four = (
            [
                d.origin
                for d in source(site.url, workers=workers).fetch(stations, date(2024, 1, 1), date(2024, 6, 1))
            ]
            for workers in (1, 4)
        )

    assert len(one) == 18
    assert one == four


def test_months_to_come_are_not_asked_for() -> None:
    with ScriptedSite([Answer(status=404)]) as site:
        documents = list(source(site.url).fetch([MELBOURNE], date(2024, 8, 1), date(2024, 12, 31)))

        assert documents == []
        assert site.requests == []


@pytest.mark.fault("clock in another zone", "the date at the station counts")
def test_the_month_at_the_station_counts_not_the_month_in_utc() -> None:
    last_evening_of_june_utc = datetime(2024, 6, 30, 20, tzinfo=UTC)  # 1 July in Sydney and in Perth
    with BureauSite(seed=5, now=lambda: last_evening_of_june_utc) as site:
        fetcher = source(site.url, now=lambda: last_evening_of_june_utc)

        (july,) = fetcher.fetch([SYDNEY], date(2024, 7, 1), date(2024, 7, 31))

    assert isinstance(july, Delivery)
    assert len(july.observations) == 0


def test_the_web_page_serves_where_the_csv_is_not_there() -> None:
    with BureauSite(seed=5, now=lambda: NOON_10_JULY_2024) as simulated:
        csv = fetch_may(simulated.url)
        assert isinstance(csv, Delivery)
        page = httpx.get(f"{simulated.url}/climate/dwo/202405/html/IDCJDW3050.202405.shtml").content
    with ScriptedSite([Answer(status=404), Answer(body=page)]) as site:
        document = fetch_may(site.url)

    assert isinstance(document, Delivery)
    assert document.origin.endswith("/html/IDCJDW3050.202405.shtml")
    pd.testing.assert_frame_equal(document.observations, csv.observations)


def test_a_month_that_is_nowhere_is_unavailable() -> None:
    with ScriptedSite([Answer(status=404)]) as site:
        document = fetch_may(site.url)

        assert isinstance(document, SourceUnavailable)
        assert document.station == "Melbourne"
        assert len(site.requests) == 2


def test_a_refusal_stops_all_asking_for_a_day(tmp_path: Path) -> None:
    times = [NOON_10_JULY_2024]
    with ScriptedSite([Answer(status=403), GOOD]) as site:
        fetcher = source(site.url, breaker_file=tmp_path / "state.json", now=lambda: times[-1])

        documents = fetch_months(fetcher, 3)
        asked_at_first = len(site.requests)
        times.append(NOON_10_JULY_2024 + timedelta(hours=23, minutes=59))
        (next_day_too_early,) = fetcher.fetch([MELBOURNE], MAY_2024, MAY_2024)
        asked_too_early = len(site.requests)
        times.append(NOON_10_JULY_2024 + timedelta(hours=24))
        (next_day,) = fetcher.fetch([MELBOURNE], MAY_2024, MAY_2024)

    assert [type(document) for document in documents] == [SourceBlocked] * 3
    assert isinstance(next_day_too_early, SourceBlocked)
    assert (asked_at_first, asked_too_early) == (1, 1)
    assert isinstance(next_day, Delivery)


@pytest.mark.fault("source: refusal, then a restart", "still not asked for a day")
def test_a_refusal_is_remembered_across_restarts(tmp_path: Path) -> None:
    state = tmp_path / "new folder" / "state.json"
    with ScriptedSite([Answer(status=403), GOOD]) as site:
        fetch_may(site.url, breaker_file=state)

        after_restart = fetch_may(site.url, breaker_file=state)

        assert isinstance(after_restart, SourceBlocked)
        assert "not asked before 2024-07-11 02:00 UTC" in after_restart.reason
        assert len(site.requests) == 1
    assert json.loads(state.read_text())["refused"]["until"] == "2024-07-11T02:00:00+00:00"


@pytest.mark.fault("damaged state file of a source", "taken as none")
def test_a_damaged_state_file_stops_nothing(tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    state.write_text('{"refused": {"until": "tomor')

    with ScriptedSite([GOOD]) as site:
        document = fetch_may(site.url, breaker_file=state)

    assert isinstance(document, Delivery)


@pytest.mark.fault("source: challenge page", "told as a refusal, not asked again")
def test_a_challenge_page_is_a_refusal() -> None:
    with ScriptedSite([CHALLENGE, GOOD]) as site:
        documents = fetch_months(source(site.url), 3)

        assert [type(document) for document in documents] == [SourceBlocked] * 3
        assert len(site.requests) == 1


def test_a_refusal_reaches_all_workers() -> None:
    with ScriptedSite([Answer(status=403)]) as site:
        documents = fetch_months(source(site.url, workers=2), 6)

        assert [type(document) for document in documents] == [SourceBlocked] * 6
        assert len(site.requests) <= 2


@pytest.mark.fault("source: one broken document", "the others are read")
def test_a_broken_document_does_not_cost_the_others() -> None:
    cut = Answer(body=month_file(FIRST_OF_MAY)[:-30])
    june = [line.replace("202405", "202406") for line in HEADING]
    good_june = Answer(body=month_file(FIRST_OF_MAY.replace("2024-05", "2024-06"), heading=june))
    with ScriptedSite([cut, good_june]) as site:
        may, after = fetch_months(source(site.url), 2)

    assert isinstance(may, MalformedDocument)
    assert may.line == 6
    assert isinstance(after, Delivery)


def test_a_document_of_another_station_is_refused() -> None:
    with ScriptedSite([GOOD]) as site:
        (document,) = source(site.url).fetch([SYDNEY], MAY_2024, MAY_2024)

    assert isinstance(document, MalformedDocument)
    assert "other station in it" in document.reason


def test_a_change_of_the_real_station_is_warned_of_with_both_numbers(
    caplog: pytest.LogCaptureFixture,
) -> None:
    moved = [line.replace("086071", "086338") for line in HEADING]
    with ScriptedSite([GOOD, Answer(body=month_file(FIRST_OF_MAY, heading=moved))]) as site:
        fetcher = source(site.url)
        with caplog.at_level(logging.WARNING, logger="meteo_core"):
            for _ in range(3):
                list(fetcher.fetch([MELBOURNE], MAY_2024, MAY_2024))

    (warning,) = [record.getMessage() for record in caplog.records if record.name.startswith("meteo_core")]
    assert "now come from station 086338, before from 086071" in warning


def test_requests_carry_a_true_name_and_contact() -> None:
    with ScriptedSite([GOOD]) as site:
        fetch_may(site.url, contact="weather@example.org")

        agent = site.requests[0].headers["User-Agent"]

    assert agent.startswith("meteo/")
    assert agent.endswith("(rain forecasting; weather@example.org)")


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({}, "terms of use"),
        ({"base_url": "https://reg.bom.gov.au"}, "terms of use"),
        ({"accept_terms": True}, "contact"),
        (
            {"accept_terms": True, "contact": "a@example.org", "base_url": "http://www.bom.gov.au"},
            "https only",
        ),
    ],
)
def test_the_bureaus_own_site_needs_the_operators_word(settings: dict, reason: str) -> None:
    with pytest.raises(TermsNotAccepted, match=reason):
        BureauDailyWeatherObservations(**settings)


def test_the_bureaus_own_site_is_not_asked_before_a_fetch() -> None:
    fetcher = BureauDailyWeatherObservations(accept_terms=True, contact="weather@example.org")

    assert fetcher.name == "bom_dwo"


@pytest.mark.parametrize("address", ["ftp://example.org", "example.org", "https://"])
def test_an_address_that_is_no_web_site_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="not the address of a web site"):
        BureauDailyWeatherObservations(address)
