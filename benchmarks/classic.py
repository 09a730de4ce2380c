"""The pipeline that most public notebooks on weatherAUS share, as a peer to be measured beside ours."""

import numpy as np
import pandas as pd
import xgboost as xgb
from numpy.typing import NDArray

from meteo_core.labels import PREDICTAND, as_float
from meteo_core.parameters import COMPASS, NUMBERS


def classic_chances(
    observations: pd.DataFrame, labels: pd.DataFrame, *, train_before: pd.Timestamp, keys: pd.DataFrame
) -> NDArray[np.float64]:
    """Chances for the station days in `keys`: means for the missing, category codes, the date as a number.

    100 trees of depth 6, as XGBoost grows them by default. One thing is put right: the label is that of the
    next calendar day.
    """
    rows = observations[["station", "date", *NUMBERS, *COMPASS, "rain_today"]].merge(
        labels[["station", "date", PREDICTAND.name]], on=["station", "date"]
    )
    table = pd.DataFrame({name: rows[name].astype(float) for name in NUMBERS})
    table = table.fillna(table[rows["date"] < train_before].mean())
    for name in ("station", *COMPASS, "rain_today"):
        table[name] = rows[name].astype("category").cat.codes
    table["date"] = rows["date"].map(pd.Timestamp.toordinal)

    wet = as_float(rows[PREDICTAND.name])
    train = (rows["date"] < train_before).to_numpy() & ~np.isnan(wet)
    model = xgb.XGBClassifier(n_estimators=100, max_depth=6, learning_rate=0.1, n_jobs=1, random_state=0)
    model.fit(table[train], wet[train])

    wanted = pd.MultiIndex.from_frame(keys).get_indexer(pd.MultiIndex.from_frame(rows[["station", "date"]]))
    chances = np.full(len(keys), np.nan)
    asked = wanted >= 0
    chances[wanted[asked]] = model.predict_proba(table[asked])[:, 1]
    return chances
