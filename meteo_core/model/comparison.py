"""Champion against challenger: on the same days, forecast by each without having seen them."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from scipy.stats import binom

from meteo_core.calendar import Issue
from meteo_core.features.predictors import PREDICTOR_LOOK_BACK_DAYS
from meteo_core.labels import PREDICTAND, as_float
from meteo_core.model.rain_models import RainModels
from meteo_core.verification.intervals import (
    CONFIDENCE,
    Interval,
    paired_difference,
    paired_difference_by_group,
)
from meteo_core.verification.summary import season_of

LEAST_ROWS: Final = 1_000
"""Fewer station days that both forecast say too little."""
WORSE_BY_CHANCE: Final = (1 - CONFIDENCE) / 2
"""Share of stations whose interval lies above 0 although they are as good."""
SURE: Final = 0.99
"""How seldom, 1 - this, chance alone may keep a challenger back by its worse stations."""
MOST_NAMED: Final = 10
"""Stations named in a reason."""
REFRESH_DAYS: Final = 91
"""A challenger that is no worse replaces a champion that has not seen this many of the newest days: five
years without retraining cost 0.002 to 0.005 of ROC area, little by little."""

CHANCE: Final = f"p_{PREDICTAND.name}"
KEY: Final = ["station", "date", "issue"]


@dataclass(frozen=True)
class Comparison:
    """Two versions on the same days of one issue time; Brier scores at the main threshold."""

    issue: Issue
    first: str
    last: str
    rows: int
    brier_challenger: float
    brier_champion: float
    difference: Interval
    """Brier score of the challenger less that of the champion, with its interval: negative is better."""
    by_station: pd.DataFrame
    """`station`, `rows`, `difference`, `low`, `high`."""
    by_season: pd.DataFrame
    """`season`, then the same."""

    @property
    def is_worse(self) -> bool:
        """Whether the challenger's Brier score is larger beyond doubt."""
        return self.difference.low > 0

    @property
    def is_better(self) -> bool:
        """Whether it is smaller beyond doubt."""
        return self.difference.high < 0

    @property
    def worse_stations(self) -> list[str]:
        """Stations where the challenger is worse beyond doubt."""
        return self.by_station.loc[self.by_station["low"] > 0, "station"].tolist()

    @property
    def worse_by_chance(self) -> int:
        """How many stations seem worse by chance alone, at most, in 99 of 100 comparisons: 4 of 49."""
        compared = int(self.by_station["low"].notna().sum())
        return int(binom.ppf(SURE, compared, WORSE_BY_CHANCE)) if compared else 0

    @property
    def words(self) -> str:
        """The difference as a person reads it."""
        value, low, high = self.difference
        return f"{self.issue.value} Brier score {value:+.5f} [{low:+.5f}, {high:+.5f}] on {self.rows:,} days"

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for a JSON file."""
        return {
            **{name: value for name, value in asdict(self).items() if not name.startswith("by_")},
            "issue": self.issue.value,
            "difference": list(self.difference),
            "by_station": self.by_station.to_dict("records"),
            "by_season": self.by_season.to_dict("records"),
        }


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether a challenger becomes champion, and why."""

    promote: bool
    reason: str


def honest_forecasts(
    held_out: pd.DataFrame, models: RainModels | None, features: pd.DataFrame, since: pd.Timestamp
) -> pd.DataFrame:
    """A version's forecasts of days that it had not seen: `station`, `date`, `issue` and the chance.

    Those of its twin for the days held out in training, and its own for the days after training, where the
    model can still be used. `features` must hold the days from `since` on, and the look-back.
    """
    parts = [held_out.loc[held_out["date"] >= since, [*KEY, CHANCE]]]
    if models is not None:
        for model in models:
            first = max(since, model.trained_until + pd.Timedelta(days=1))
            window = features[features["date"] >= first - pd.Timedelta(days=PREDICTOR_LOOK_BACK_DAYS)]
            if window.empty or window["date"].max() < first:
                continue
            made = model.forecast(window, since=first)[["station", "date", CHANCE]]
            parts.append(made.assign(issue=model.issue.value))
    return pd.concat(parts, ignore_index=True).drop_duplicates(KEY)


def compare(
    challenger: pd.DataFrame, champion: pd.DataFrame, labels: pd.DataFrame
) -> Mapping[Issue, Comparison]:
    """Compare honest forecasts on the days that both made and whose outcome is known.

    Issue times with fewer than `LEAST_ROWS` such station days are left out.
    """
    outcomes = labels[["station", "date"]].assign(wet=as_float(labels[PREDICTAND.name])).dropna()
    both = challenger.merge(champion, on=KEY, suffixes=("", "_champion")).merge(
        outcomes, on=["station", "date"]
    )
    both = both.assign(
        error=(both[CHANCE] - both["wet"]) ** 2,
        error_champion=(both[f"{CHANCE}_champion"] - both["wet"]) ** 2,
        season=season_of(both["date"]),
    )
    return {
        Issue(issue): _comparison(Issue(issue), rows)
        for issue, rows in both.groupby("issue")
        if len(rows) >= LEAST_ROWS
    }


def decide(comparisons: Mapping[Issue, Comparison], *, unseen_days: int) -> Decision:
    """Whether the challenger becomes champion.

    It does if it is better beyond doubt at some issue time, or no worse and the champion has not seen the
    `REFRESH_DAYS` newest days; never if it is worse beyond doubt at any issue time, or at more stations than
    chance explains.
    `unseen_days` is how many days of training the challenger has beyond the champion's last.
    """
    if not comparisons:
        return Decision(promote=False, reason="there are too few days that both versions forecast unseen")
    said = "; ".join(comparison.words for comparison in comparisons.values())
    if worse := why_worse(comparisons):
        return Decision(promote=False, reason=f"{worse}: {said}")
    if any(comparison.is_better for comparison in comparisons.values()):
        return Decision(promote=True, reason=f"better than the champion: {said}")
    if unseen_days >= REFRESH_DAYS:
        return Decision(
            promote=True, reason=f"no worse, and trained on {unseen_days} days beyond the champion's: {said}"
        )
    return Decision(promote=False, reason=f"not better beyond doubt: {said}")


def why_worse(comparisons: Mapping[Issue, Comparison]) -> str | None:
    """In which way the challenger is worse than the champion, or None where it is not."""
    for issue, comparison in comparisons.items():
        if comparison.is_worse:
            return f"worse than the champion in the {issue.value}"
        if len(worse := comparison.worse_stations) > comparison.worse_by_chance:
            unnamed = len(worse) - MOST_NAMED
            others = f" and {unnamed} more" if unnamed > 0 else ""
            return f"worse in the {issue.value} at {', '.join(worse[:MOST_NAMED])}{others}"
    return None


def _comparison(issue: Issue, rows: pd.DataFrame) -> Comparison:
    return Comparison(
        issue=issue,
        first=f"{rows['date'].min():%Y-%m-%d}",
        last=f"{rows['date'].max():%Y-%m-%d}",
        rows=len(rows),
        brier_challenger=float(rows["error"].mean()),
        brier_champion=float(rows["error_champion"].mean()),
        difference=paired_difference(rows["date"], rows["error"], rows["error_champion"]),
        by_station=_by(rows, "station"),
        by_season=_by(rows, "season"),
    )


def _by(rows: pd.DataFrame, column: str) -> pd.DataFrame:
    groups, names = pd.factorize(rows[column], sort=True)
    found = paired_difference_by_group(rows["date"], rows["error"], rows["error_champion"], groups)
    return pd.DataFrame(
        {
            column: names,
            "rows": np.bincount(groups),
            "difference": found.value,
            "low": found.low,
            "high": found.high,
        }
    )
