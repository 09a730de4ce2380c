"""What drove a chance is said in points, and never in the way of the forecast."""

import asyncio
import re
from datetime import date
from types import SimpleNamespace

import pytest
from litestar.testing import TestClient

from meteo_api.errors import NotReady
from meteo_api.pages.drivers import drivers_of_day, drivers_view
from meteo_api.predictions.schemas import DriverOfChance, Prediction
from meteo_core.calendar import Issue
from meteo_tests.api.clients import PREDICTIONS

DAY = {"station": "Albury", "date": "2016-06-25", "issue": "evening"}


class Explained:
    """As much of a prediction as the page looks at."""

    def __init__(self, chance: float, *points: float) -> None:
        self.p_gt_1_0 = chance
        self.drivers = [
            DriverOfChance(about=f"Evidence {n}", log_odds=p, points=p) for n, p in enumerate(points)
        ]


def view_of(chance: float, *points: float, shown: float | None = None):
    explained = Explained(chance, *points)
    return drivers_view(explained, shown=chance if shown is None else shown)  # pyright: ignore[reportArgumentType]


def test_at_most_eight_are_shown_and_none_that_does_nothing():
    view = view_of(0.6, *[0.1] * 10)
    assert view is not None
    assert len(view.rows) == 8
    some = view_of(0.6, 0.2, -0.1, 0.0001)
    assert some is not None
    assert [(row.points, row.width) for row in some.rows] == [(0.2, 1.0), (-0.1, 0.5)]
    assert view_of(0.6) is None


def test_a_chance_that_is_not_the_issued_one_is_told_apart():
    same, other = view_of(0.6, 0.1, shown=0.603), view_of(0.6, 0.1, shown=0.55)

    assert same is not None
    assert same.worked_out_anew is None
    assert other is not None
    assert other.worked_out_anew == 0.6


@pytest.mark.parametrize("path", ["/stations/Albury", "/what-if?station=Albury&date=2016-06-25"])
def test_a_page_shows_the_drivers_of_the_endpoint(client: TestClient, path: str):
    told: list[dict] = client.post(f"{PREDICTIONS}?explain=true", json=DAY).json()["drivers"]

    page = re.sub(r"\s+", " ", client.get(path).text)

    shown = [each["about"] for each in told if abs(each["points"]) >= 0.0005][:8]
    assert shown
    table = page.partition("What drove it")[2].partition("</table>")[0]
    assert re.findall(r'<th scope="row">(.*?)</th>', table) == shown


async def _refuse(*_: object, **__: object) -> Prediction:
    raise NotReady("no model yet", retry_after_seconds=1)


def test_without_a_model_the_forecast_stands_alone():
    without = SimpleNamespace(answer=_refuse)

    drivers = drivers_of_day(without, "Albury", date(2016, 6, 25), Issue.EVENING, shown=0.5)  # pyright: ignore[reportArgumentType]

    assert asyncio.run(drivers) is None
