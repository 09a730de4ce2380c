"""What a model was trained on: its hash, and the table that is kept with it."""

import hashlib
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

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


def write_training_set(record: Record, file: Path) -> None:
    """Write the training set of a record as Parquet, window by window; raises OSError."""
    writer = None
    for _, features, labels in record.labelled_windows():
        rows = pa.Table.from_pandas(training_set(features, labels), preserve_index=False)
        writer = writer or pq.ParquetWriter(file, rows.schema, compression="zstd")
        writer.write_table(rows.cast(writer.schema))
    if writer is not None:
        writer.close()


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
