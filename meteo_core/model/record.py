"""What a model is trained on, given window by window, so that no more than one of them is in memory."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Self

import pandas as pd

from meteo_core.errors import MeteoError
from meteo_core.features.daily import DAILY_COLUMNS, FEATURE_VERSION
from meteo_core.labels import PREDICTAND

Read = Callable[[pd.Timestamp, pd.Timestamp], pd.DataFrame]
"""Gives the rows of the days from the first up to and with the second."""


class UnfitTrainingData(MeteoError):
    """Data that no honest model can be trained on."""


@dataclass(frozen=True)
class Outcomes:
    """What is known of the main threshold's outcomes."""

    first: Any
    last: Any
    """First and last day with a known outcome, a timestamp; NaT where none is known."""
    kinds: frozenset[bool]
    """Which outcomes there are."""


@dataclass(frozen=True)
class Record:
    """Features and labels of a run of days."""

    features: Read
    labels: Read
    stations_of: Callable[[pd.Timestamp, pd.Timestamp], list[str]]
    """Stations with features in the days from the first up to and with the second, in alphabetical order."""
    first: pd.Timestamp
    last: pd.Timestamp
    days_at_once: int | None = None
    """Days of a window; None for all of them in one."""

    @classmethod
    def of(cls, features: pd.DataFrame, labels: pd.DataFrame) -> Self:
        """A record that is in memory already, as one window."""
        days = pd.concat([features["date"], labels["date"]])

        def within(rows: pd.DataFrame) -> Read:
            begin, end = rows["date"].min(), rows["date"].max()

            def of(first: pd.Timestamp, last: pd.Timestamp) -> pd.DataFrame:
                # All of them are given as they are: a copy would be as large again.
                whole = first <= begin and last >= end
                return rows if whole else rows[(rows["date"] >= first) & (rows["date"] <= last)]

            return of

        def stations_of(first: pd.Timestamp, last: pd.Timestamp) -> list[str]:
            return sorted(within(features)(first, last)["station"].unique())

        return cls(within(features), within(labels), stations_of, days.min(), days.max())

    def before(self, day: pd.Timestamp) -> Self:
        """The days before this one."""
        return replace(self, last=min(self.last, day - pd.Timedelta(days=1)))

    def windows(self, *, since: pd.Timestamp | None = None, look_back: int = 0) -> Iterator[pd.DataFrame]:
        """Features of the days from `since` on, each window with the days before it that are asked for.

        Raises `UnfitTrainingData` for features that another version of the code made.
        """
        for first, last in self._spans(since):
            features = self.features(first - pd.Timedelta(days=look_back), last)
            _require_one_definition(features)
            yield features

    def _spans(self, since: pd.Timestamp | None) -> Iterator[tuple[pd.Timestamp, pd.Timestamp]]:
        first = self.first if since is None else since
        if pd.isna(first):  # of no days at all
            return
        days = self.days_at_once or max((self.last - first).days + 1, 1)
        for start in pd.date_range(first, self.last, freq=pd.Timedelta(days=days)):
            yield start, min(self.last, start + pd.Timedelta(days=days - 1))

    def labelled_windows(
        self, *, since: pd.Timestamp | None = None, look_back: int = 0
    ) -> Iterator[tuple[pd.Timestamp, pd.DataFrame, pd.DataFrame]]:
        """First day, features and labels of each window; the features as `windows` gives them."""
        for (first, last), features in zip(
            self._spans(since), self.windows(since=since, look_back=look_back), strict=True
        ):
            yield first, features, self.labels(first, last)

    def stations(self) -> list[str]:
        """Stations with features, in alphabetical order."""
        return self.stations_of(self.first, self.last)

    def outcomes(self) -> Outcomes:
        """What is known of the outcomes."""
        days: list[pd.Timestamp] = []
        kinds: set[bool] = set()
        for first, last in self._spans(None):
            labels = self.labels(first, last)
            known = labels[labels[PREDICTAND.name].notna()]
            kinds.update(bool(kind) for kind in known[PREDICTAND.name].unique())
            days += [known["date"].min(), known["date"].max()]
        seen = [day for day in days if not pd.isna(day)]
        return Outcomes(min(seen, default=pd.NaT), max(seen, default=pd.NaT), frozenset(kinds))


def _require_one_definition(features: pd.DataFrame) -> None:
    versions = sorted(features["feature_version"].unique())
    if versions not in ([FEATURE_VERSION], []):
        raise UnfitTrainingData(
            f"the features are of version {', '.join(map(str, versions))}, this code makes version "
            f"{FEATURE_VERSION}: materialize features over the whole record"
        )
    if lacking := [name for name in DAILY_COLUMNS if name not in features]:
        raise UnfitTrainingData(
            f"the features lack {', '.join(lacking)}: materialize features over the whole record"
        )
