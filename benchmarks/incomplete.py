"""What a what-if is worth when little is known: 21, 5 and 0 fields, with and without the other stations.

Asked of the service's own what-if, in the context of a snapshot that holds the test year, or of one that
holds none of it.
"""

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd

from meteo_api.forecasts.issued import ISSUED_COLUMNS
from meteo_api.predictions.what_if import WhatIf
from meteo_api.snapshot.world import World
from meteo_core.calendar import Issue
from meteo_core.drift.alarms import no_alarms
from meteo_core.drift.skill import expected_scores, judged
from meteo_core.features.daily import LOOK_BACK_DAYS
from meteo_core.labels import PREDICTAND
from meteo_core.model.blanking import BEST_KNOWN
from meteo_core.model.held_out import scores_of, with_outcomes
from meteo_core.model.rain_model import RainModel
from meteo_core.model.rain_models import RainModels
from meteo_core.model.training import train
from meteo_core.parameters import PARAMETERS, KnownAt
from meteo_core.serving import Snapshot
from meteo_core.verification.published import no_pairs, reliabilities, summaries
from meteo_core.verification.rolling import rolling

CUT, LAST = pd.Timestamp("2014-07-01"), pd.Timestamp("2015-06-30")
LATE = tuple(name for name, p in PARAMETERS.items() if p.known_at is KnownAt.MIDNIGHT)


def incomplete_requests(
    observations: pd.DataFrame, features: pd.DataFrame, labels: pd.DataFrame
) -> list[dict[str, Any]]:
    """Scores of the evening's model, trained before 2014-07, on the year after, by what is known."""
    model = train(features[features["date"] < CUT], labels[labels["date"] < CUT]).model
    days = observations[observations["date"].between(CUT, LAST)].reset_index(drop=True)
    look_back = pd.Timedelta(days=LOOK_BACK_DAYS + 1)
    around = observations[observations["date"].between(CUT - look_back, LAST)]
    evening = around.assign(**{name: _unknown(name) for name in LATE})
    elsewhere = observations[observations["date"] < CUT - pd.Timedelta(days=365)]

    contexts = {"known": around, "as known at 7:30 pm": evening, "unknown": elsewhere.tail(5_000)}
    asked = {
        "all": days,
        "all but the late ones": _blanked(days, LATE),
        "the five best known": _blanked(days, [n for n in PARAMETERS if n not in BEST_KNOWN[Issue.EVENING]]),
        "none": _blanked(days, list(PARAMETERS)),
    }
    wanted = [
        *(("all", "known"), ("all but the late ones", "as known at 7:30 pm")),
        *(("the five best known", "known"), ("none", "known")),
        *(("all", "unknown"), ("the five best known", "unknown"), ("none", "unknown")),
    ]
    return [
        _scored(own, context, model, asked[own], contexts[context], features, labels)
        for own, context in wanted
    ]


def _scored(
    own: str,
    context: str,
    model: RainModel,
    days: pd.DataFrame,
    around: pd.DataFrame,
    features: pd.DataFrame,
    labels: pd.DataFrame,
) -> dict[str, Any]:
    what_if = WhatIf.of(RainModels({model.issue: model}), World.of(_snapshot(around)))
    asked = days.loc[days["station"].isin(model.predictors.stations), ["station", "date", *PARAMETERS]]
    made = what_if.forecast(asked.reset_index(drop=True).assign(issue=model.issue.value))
    scores = scores_of(with_outcomes(made, features, labels), PREDICTAND.name)
    return {
        "own": own,
        "context": context,
        "route": "/".join(sorted(made["route"].unique())),
        "rows": scores.rows,
        "roc_area": scores.roc_area,
        "skill": scores.skill_over_climatology,
        "accuracy": scores.accuracy,
        "ece": scores.calibration_error,
    }


def _unknown(name: str) -> float | None:
    return np.nan if PARAMETERS[name].sql_type == "DOUBLE" else None


def _blanked(days: pd.DataFrame, names: list[str] | tuple[str, ...]) -> pd.DataFrame:
    return days.assign(**{name: _unknown(name) for name in names})


def _snapshot(observations: pd.DataFrame) -> Snapshot:
    pairs = no_pairs()
    return Snapshot(
        name="benchmark",
        created_at=datetime.now(UTC),
        observations=observations,
        forecasts=pd.DataFrame(columns=list(ISSUED_COLUMNS)),
        drift=_no_drift(),
        request_drift=_no_drift(),
        alarms=no_alarms(),
        verification=summaries(pairs),
        reliability=reliabilities(pairs),
        rolling=judged(rolling(pairs), None),
        expectation=expected_scores(None),
        verified=None,
        cards={},
    )


def _no_drift() -> pd.DataFrame:
    return pd.DataFrame(columns=["week", "parameter", "score", "threshold", "rows", "verdict"])
