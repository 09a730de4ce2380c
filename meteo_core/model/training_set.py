"""What a model was trained on: its hash, and the table that is kept with it."""

import hashlib

import numpy as np
import pandas as pd

from meteo_core.features.daily import OWN_VALUES, derive_features
from meteo_core.labels import THRESHOLDS
from meteo_core.model.record import Record

COLUMNS = ("station", "date", *OWN_VALUES, "rain_mm")


def training_set(features: pd.DataFrame, labels: pd.DataFrame) -> pd.DataFrame:
    """Own values and rain of each station day, in order: all that features and outcomes follow from."""
    rows = features[["station", "date", *OWN_VALUES]].merge(
        labels[["station", "date", "rain_mm"]], on=["station", "date"], how="left"
    )
    return rows.sort_values(["date", "station"], ignore_index=True)


def training_set_of(record: Record) -> pd.DataFrame:
    """The training set of a record."""
    parts = [training_set(features, labels) for _, features, labels in record.labelled_windows()]
    return pd.concat(parts, ignore_index=True)


def from_training_set(rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Features and labels as they were, from the table that was kept."""
    outcomes = {name: rule.is_met(rows["rain_mm"]) for name, rule in THRESHOLDS.items()}
    return derive_features(rows), rows[["station", "date", "rain_mm"]].assign(**outcomes)


def training_set_sha256(features: pd.DataFrame, labels: pd.DataFrame) -> str:
    """Hash of the training set: station, day and every value, in order of day and station."""
    rows = training_set(features, labels)
    digest = hashlib.sha256()
    digest.update(pd.util.hash_pandas_object(rows[["station", "date"]], index=False).to_numpy().tobytes())
    digest.update(np.ascontiguousarray(rows[[*OWN_VALUES, "rain_mm"]].to_numpy(np.float64)).tobytes())
    return digest.hexdigest()


def record_sha256(record: Record) -> str:
    """`training_set_sha256` of a record; of one in several windows, the hash of theirs."""
    hashes = [training_set_sha256(features, labels) for _, features, labels in record.labelled_windows()]
    return hashes[0] if len(hashes) == 1 else hashlib.sha256(" ".join(hashes).encode()).hexdigest()
