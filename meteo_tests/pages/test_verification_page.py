"""The verification page says what the tables say, and what they do not prove."""

from datetime import UTC, date, datetime

import pytest
from litestar.testing import TestClient
from playwright.sync_api import expect

from meteo_api.pages.scored import BAR, expectation_said, hindcasts_said, meaning, score_rows, skill_said
from meteo_api.snapshot.schemas import SnapshotInService
from meteo_api.verification.reliability import ReliabilityBin
from meteo_api.verification.rolling import WINDOW_COLUMNS, ExpectedSkill, SkillWindow
from meteo_api.verification.schemas import Reliability
from meteo_api.verification.scores import SCORE_COLUMNS, GroupScores
from meteo_core.calendar import Issue
from meteo_tests.api.clients import pointers, problem_of
from meteo_tests.pages.browsing import Visitor

PAGE = "/verification"


def plain(sentences: tuple[str, ...]) -> str:
    return " ".join(sentences).replace("\u202f", " ").replace("\u2212", "-")


def reliability(*bins: ReliabilityBin) -> Reliability:
    snapshot = SnapshotInService(
        name="a", created_at=datetime(2016, 6, 26, tzinfo=UTC), newest_observation=date(2016, 6, 25)
    )
    return Reliability(
        snapshot=snapshot,
        issue=Issue.EVENING,
        threshold="gt_1_0",
        event="more than 1 mm",
        station=None,
        first=None,
        last=None,
        bins=list(bins),
    )


def sixties(count: int, came: float, low: float | None, high: float | None) -> ReliabilityBin:
    return ReliabilityBin(
        chance_from=0.6,
        chance_to=0.7,
        count=count,
        mean_chance=0.65 if count else None,
        observed_frequency=came if count else None,
        gap=came - 0.65 if count else None,
        gap_low=low,
        gap_high=high,
    )


def group(**values: object) -> GroupScores:
    row = dict.fromkeys(SCORE_COLUMNS)
    return GroupScores(
        **row  # pyright: ignore[reportArgumentType]
        | {"group": "overall", "issue": Issue.EVENING, "threshold": "gt_1_0", "rows": 100, "days": 50}
        | values
    )


def window(**values: object) -> SkillWindow:
    row = dict.fromkeys(WINDOW_COLUMNS)
    return SkillWindow(
        **row  # pyright: ignore[reportArgumentType]
        | {"issue": Issue.EVENING, "threshold": "gt_1_0", "window_days": 30, "rows": 700, "days": 20}
        | {"first": date(2016, 6, 1), "last": date(2016, 6, 30), "verdict": "insufficient data"}
        | values
    )


def of_all_seasons(skill: float) -> ExpectedSkill:
    return ExpectedSkill(
        issue=Issue.EVENING,
        threshold="gt_1_0",
        season="all",
        first=date(2015, 1, 1),
        last=date(2015, 12, 31),
        days=365,
        brier_score=0.1,
        brier_climatology=0.1 / (1 - skill),
        skill=skill,
    )


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (sixties(200, 0.6, -0.12, 0.02), "On 120 of them, 60 %, more than 1 mm of rain came."),
        (sixties(200, 0.6, -0.12, 0.02), "said 60 to 70 % on 200 station days, 65 % on average"),
        (sixties(200, 0.6, -0.12, 0.02), "-5 points is no more than chance explains"),
        (
            sixties(200, 0.5, -0.2, -0.1),
            "It came less often than said, beyond what chance explains: -15 points",
        ),
        (sixties(200, 0.8, 0.1, 0.2), "It came more often than said"),
        (sixties(49, 0.6, -0.12, 0.02), "Fewer than 50 forecasts say little"),
        (sixties(200, 0.6, None, None), "The days are too few to tell luck from error."),
        (sixties(0, 0.0, None, None), "No evening forecast said 60 to 70 % yet."),
    ],
)
def test_what_62_percent_has_meant_is_said_with_what_it_proves(told: ReliabilityBin, said: str):
    assert said in plain(meaning(reliability(told)))


def test_skill_is_said_with_its_interval_and_when_it_is_not_sure():
    sure = skill_said(
        group(
            skill_over_climatology=0.45,
            skill_over_climatology_low=0.37,
            skill_over_climatology_high=0.51,
            skill_over_markov=-0.1,
            skill_over_markov_low=-0.3,
            skill_over_markov_high=0.1,
        )
    )

    assert "45 % less squared error than climatology (skill 0.45, 95 % interval 0.37 to 0.51)" in plain(sure)
    assert "10 % more squared error than persistence: not surely different" in plain(sure)
    assert "not defined" in plain(skill_said(group()))


@pytest.mark.parametrize(
    ("kinds", "said"),
    [
        ({"issued": 40}, "All 40 forecasts were issued on their day."),
        ({"hindcast": 40}, "All 40 forecasts are hindcasts, made afterwards"),
        (
            {"issued": 10, "hindcast": 30},
            "10 forecasts of 40 were issued on their day; the other 30 are hindcasts",
        ),
    ],
)
def test_hindcasts_are_never_passed_off_as_forecasts(kinds: dict[str, int], said: str):
    told = hindcasts_said([group(group="kind", kind=kind, rows=rows) for kind, rows in kinds.items()])

    assert told is not None
    assert said in told


def test_points_stand_where_their_skill_is_and_say_when_it_is_worse():
    rows = score_rows(
        [
            group(
                skill_over_climatology=skill, skill_over_climatology_low=low, skill_over_climatology_high=high
            )
            for skill, low, high in (
                (-3.0, -5.0, -1.0),
                (0.375, 0.1, 0.6),
                (0.1, -0.1, 0.3),
                (None, None, None),
            )
        ],
        name=lambda row: str(row.skill_over_climatology),
        best_first=True,
    )

    assert [row.name for row in rows] == ["0.375", "0.1", "-3.0", "None"]
    assert rows[0].value == pytest.approx(BAR / 2)  # the scale goes from -0.25 to 1
    assert rows[2].value == 0.0
    assert [row.standing for row in rows] == ["", "unsure", "worse", "unsure"]


@pytest.mark.parametrize("query", ["", "?issue=morning", "?threshold=ge_25_0", "?station=Albury", "?days=90"])
def test_the_page_hinders_nobody(visitor: Visitor, query: str):
    visitor.look(PAGE + query)


def test_choices_keep_one_another(desk: Visitor):
    page = desk.open(f"{PAGE}?days=90")

    page.get_by_role("link", name="at least 25 mm").first.click()
    expect(page.get_by_text("Evening forecasts of at least 25 mm for all stations")).to_be_visible()
    page.get_by_label("Station", exact=True).select_option("Bendigo")
    expect(page.get_by_text("Evening forecasts of at least 25 mm for Bendigo")).to_be_visible()

    assert "days=90" in page.url
    assert "threshold=ge_25_0" in page.url
    assert not desk.complaints


def test_pictures_are_there_and_their_numbers_beside_them(desk: Visitor):
    page = desk.open(f"{PAGE}?threshold=ge_25_0")
    page.wait_for_load_state("networkidle")

    drawn = page.locator("figure img")
    assert drawn.count() == 2
    for picture in drawn.all():
        assert picture.evaluate("image => image.naturalWidth") > 0
    page.get_by_text("The same as a table").first.click()
    expect(page.get_by_role("row", name="70\u201380").first).to_contain_text("15")


def test_the_page_says_that_skill_is_below_what_was_expected_and_what_that_rests_on(desk: Visitor):
    page = desk.open(f"{PAGE}?threshold=ge_25_0")

    section = page.locator("#over-time")
    expect(section).to_contain_text(
        "Below expectation: a skill of 0.75 over climatology in the 30 days to 3 Jun 2016, where 0.84 was"
    )
    expect(section).to_contain_text("held out when it was trained, 1 Jan 2019 to 31 Dec 2019")
    section.get_by_text("The same as a table").click()
    expect(section.get_by_role("row", name="3 Jun 2016")).to_contain_text("below expectation")


def test_late_outcomes_are_said_to_be_late_and_not_bad():
    expectation = [of_all_seasons(0.5)]
    late = window(coverage=0.7, expected_skill=0.5)

    said = plain(expectation_said(late, expectation))
    assert said.startswith("Insufficient data for a verdict in the 30 days to 30 Jun 2016: only 70 % of the ")
    assert "not known what to expect" in plain(expectation_said(window(), []))
    assert expectation_said(None, expectation) == ()


@pytest.mark.parametrize(
    ("path", "at_fault"),
    [
        ("/verification?station=Sidney", "/station"),
        ("/verification?days=31", "/days"),
        ("/charts/reliability.svg?station=Sidney", "/station"),
        ("/charts/reliability.svg?theme=sepia", "/theme"),
        ("/charts/skill.svg?width=1e9", "/width"),
        ("/charts/drift.svg?week=1900-01-01", "/week"),
    ],
)
def test_what_there_is_not_is_refused_by_name(client: TestClient, path: str, at_fault: str):
    assert pointers(problem_of(client.get(path), 422)) == [at_fault]


def test_a_chart_is_drawn_once_and_known_by_its_tag(client: TestClient, stranger: TestClient):
    path = "/charts/reliability.svg?issue=evening&theme=dark"
    first = client.get(path)

    assert first.headers["content-type"].startswith("image/svg+xml")
    assert b"<svg" in first.content
    assert client.get(path).content == first.content
    assert client.get(path, headers={"If-None-Match": first.headers["etag"]}).status_code == 304
    asked = stranger.get(path, follow_redirects=False)
    assert (asked.status_code, asked.headers["location"][:8]) == (303, "/sign-in")
