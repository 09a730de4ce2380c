"""What drove a chance, in words: up to eight kinds of evidence, each with direction and size."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from meteo_api.errors import InvalidRequest, NotReady
from meteo_api.language.texts import plain
from meteo_api.predictions.schemas import Prediction, PredictionRequest
from meteo_api.predictions.service import PredictionService
from meteo_core.calendar import Issue

MOST: Final = 8
LEAST_POINTS: Final = 0.0005
"""Evidence that moves a chance by less is not worth a line."""
NOTABLE: Final = 0.005
"""Difference from the issued chance from which the page says that it was worked out anew."""


@dataclass(frozen=True, slots=True)
class DriverRow:
    """One kind of evidence."""

    about: str
    points: float
    """Chance with it less chance without it, -1 to 1."""
    width: float
    """Length of its bar, share of the longest."""


@dataclass(frozen=True, slots=True)
class DriversView:
    """What drove a chance."""

    rows: tuple[DriverRow, ...]
    worked_out_anew: float | None
    """The chance that they explain, where it is not the one that the page shows."""


def drivers_view(prediction: Prediction, *, shown: float) -> DriversView | None:
    """The largest drivers of an explained answer beside the chance that is shown; None where it has none."""
    kept = [each for each in prediction.drivers or () if abs(each.points) >= LEAST_POINTS][:MOST]
    if not kept:
        return None
    longest = max(abs(each.points) for each in kept)
    differs = abs(prediction.p_gt_1_0 - shown) >= NOTABLE
    return DriversView(
        tuple(DriverRow(plain(each.about), each.points, abs(each.points) / longest) for each in kept),
        prediction.p_gt_1_0 if differs else None,
    )


async def drivers_of_day(
    predictions: PredictionService, station: str, day: date, issue: Issue, *, shown: float
) -> DriversView | None:
    """What drives the chance of a day as it is known now.

    None where it cannot be said: the model is not there yet, or does not know the station. The forecast that
    was issued stands all the same.
    """
    try:
        answer = await predictions.answer(
            PredictionRequest(station=station, date=day, issue=issue), explain=True
        )
    except (NotReady, InvalidRequest):
        return None
    return drivers_view(answer, shown=shown) if isinstance(answer, Prediction) else None
