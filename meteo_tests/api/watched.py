"""A service with everything that there is to measure: skill, drift, a station that fell silent."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd

from meteo_core.home import Home
from meteo_core.model.rain_models import RainModels
from meteo_tests import builders
from meteo_tests.api.conftest import DRIFTED, NOW, cached
from meteo_tests.builders import LAST_DAY
from meteo_tests.core.verified import held_out, pairs_of

SILENT = "Albury"
"""Last heard of four days before the others."""

VERIFIED = pd.concat(
    [
        pairs_of(
            # Three quarters and one quarter that come true: half of climatology's mean squared error.
            [1, 1, 1, 0, 0, 0, 0, 1] * 15,
            [0.75, 0.75, 0.75, 0.75, 0.25, 0.25, 0.25, 0.25] * 15,
            station="Brisbane",
            climatology=0.5,
            markov=0.5,
            date=pd.date_range(end=LAST_DAY - timedelta(days=1), periods=120),
            issue=issue,
        )
        for issue in ("evening", "morning")
    ],
    ignore_index=True,
)


DUE = pd.DataFrame(
    [
        (issue, "gt_1_0", day, 1)
        for issue in ("evening", "morning")
        for day in pd.date_range(end=LAST_DAY, periods=121)
    ],
    columns=["issue", "threshold", "date", "due"],
)
"""A forecast each day; the outcome of the last day's is not known yet."""

ALARMS = pd.DataFrame(
    [
        ("2016-06-25", "hard", "Cobar", "pressure_3pm", 5.0, 4.0),
        ("2016-06-24", "hard", "Cobar", "pressure_3pm", 4.0, 4.0),
        ("2016-06-24", "hard", "Moree", "humidity_3pm", 5.0, 5.0),
        ("2016-06-20", "station", "Moree", "pressure_9am", 2.0, 1.6),
        ("2016-06-24", "skill", "", "skill_evening_30", 0.2, 0.1),
    ],
    columns=["date", "kind", "station", "parameter", "score", "threshold"],
).astype({"date": "datetime64[ns]"})
"""Three that last, one of them over two days, and one that is over."""


def watched_home(root: Path, weather: pd.DataFrame, models: RainModels) -> Home:
    """State folder of such a service, model version 7."""
    home = Home(root)
    silent = (weather["station"] == SILENT) & (weather["date"] > pd.Timestamp(LAST_DAY - timedelta(days=4)))
    builders.snapshot(
        home.serving,
        weather[~silent],
        models,
        version=7,
        issued_at=NOW,
        pairs=VERIFIED,
        drift=DRIFTED,
        alarms=ALARMS,
        due=DUE,
        held_out=held_out(summer=0.2, other=0.2),
    )
    cached(home, models, version=7)
    return home


AT_NINE_IN_SYDNEY = datetime(2016, 6, 24, 23, tzinfo=UTC)
"""9 am of the last day."""
