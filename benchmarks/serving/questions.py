"""What the load asks: what-ifs about many stations and days, with different fields."""

import json
import random
from datetime import date, timedelta
from typing import Any, Final

import pandas as pd

from meteo_core.parameters import PARAMETERS
from meteo_core.serving import SERVED_DAYS, Snapshot

MORNING_SHARE: Final = 0.25
"""Questions about the morning's forecast: they go to another model."""
Question = dict[str, Any]


def what_ifs(snapshot: Snapshot, count: int, *, seed: int = 0) -> list[Question]:
    """Bodies of `POST /predictions`: any station and day served, any of the 21 fields, no two alike.

    Values are those of another real day of the station, so that they agree among themselves.
    """
    chance, days = random.Random(seed), _observed(snapshot)
    last = max(date.fromisoformat(day["date"]) for day in days)
    questions = []
    for _ in range(count):
        day = chance.choice(days)
        known = [name for name in PARAMETERS if day[name] is not None]
        given = chance.sample(known, k=chance.randint(0, len(known)))
        questions.append(
            {
                "station": day["station"],
                "date": str(last - timedelta(days=chance.randrange(SERVED_DAYS))),
                "issue": "morning" if chance.random() < MORNING_SHARE else "evening",
                **{name: day[name] for name in given},
            }
        )
    return questions


def whole_days(snapshot: Snapshot, count: int, *, seed: int = 1) -> list[Question]:
    """The evening's questions with all that is known of a day: what a batch of re-forecasts would ask."""
    chance, days = random.Random(seed), _observed(snapshot)
    chosen = (chance.choice(days) for _ in range(count))
    return [{name: value for name, value in day.items() if value is not None} for day in chosen]


def _observed(snapshot: Snapshot) -> list[Question]:
    rows = snapshot.observations[["station", "date", *PARAMETERS]]
    newest = rows["date"].max()
    rows = rows[rows["date"] > newest - pd.Timedelta(days=SERVED_DAYS)]
    rows = rows.assign(date=rows["date"].dt.strftime("%Y-%m-%d"))
    # Through JSON: the values as a client would send them, null for unknown.
    return json.loads(rows.to_json(orient="records"))
