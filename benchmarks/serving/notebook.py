"""The usual deployment of a notebook's model, as a peer: FastAPI, a one-row DataFrame, `predict_proba`."""

import json
import os
from pathlib import Path
from typing import Any, Final

import pandas as pd
import xgboost as xgb
from fastapi import FastAPI
from pydantic import BaseModel

from meteo_core.labels import PREDICTAND, as_float, label_days
from meteo_core.parameters import COMPASS, COMPASS_POINTS, NUMBERS, PARAMETERS
from meteo_core.stations import stations

COLUMNS: Final = ("station", *NUMBERS, *COMPASS, "rain_today")
MODEL: Final = "classic.ubj"
FOLDER_SETTING: Final = "BENCH_CLASSIC_MODEL"
_STATION_CODES: Final = {key: code for code, key in enumerate(stations())}
_COMPASS_CODES: Final = {point: code for code, point in enumerate(COMPASS_POINTS)}


class Weather(BaseModel):
    """The 21 fields and the station; what is left out is unknown."""

    station: str
    date: str
    min_temp: float | None = None
    max_temp: float | None = None
    rainfall: float | None = None
    evaporation: float | None = None
    sunshine: float | None = None
    wind_gust_dir: str | None = None
    wind_gust_speed: float | None = None
    wind_gust_time: str | None = None
    temp_9am: float | None = None
    humidity_9am: float | None = None
    cloud_9am: float | None = None
    wind_dir_9am: str | None = None
    wind_speed_9am: float | None = None
    pressure_9am: float | None = None
    temp_3pm: float | None = None
    humidity_3pm: float | None = None
    cloud_3pm: float | None = None
    wind_dir_3pm: str | None = None
    wind_speed_3pm: float | None = None
    pressure_3pm: float | None = None
    rain_today: bool | None = None


def encode(day: dict[str, Any]) -> dict[str, float | None]:
    """A day as the columns of the model: numbers as they are, the rest as codes, unknown as null."""
    row: dict[str, float | None] = {name: day.get(name) for name in NUMBERS}
    row["station"] = _STATION_CODES[day["station"]]
    row |= {name: _COMPASS_CODES.get(day.get(name) or "") for name in COMPASS}
    row["rain_today"] = None if day.get("rain_today") is None else int(day["rain_today"])
    return row


def train(observations: pd.DataFrame, folder: Path) -> xgb.XGBClassifier:
    """100 trees of depth 6, as the notebooks grow them; kept in `folder` for the server."""
    labels = label_days(observations)[["station", "date", PREDICTAND.name]]
    rows = observations.merge(labels, on=["station", "date"])
    rows = rows[rows[PREDICTAND.name].notna()]
    known = json.loads(rows[["station", *PARAMETERS]].to_json(orient="records"))
    table = pd.DataFrame([encode(day) for day in known])
    model = xgb.XGBClassifier(n_estimators=100, max_depth=6, learning_rate=0.1, n_jobs=1, random_state=0)
    model.fit(table[list(COLUMNS)].astype(float), as_float(rows[PREDICTAND.name]))
    model.save_model(folder / MODEL)
    return model


def create_app() -> FastAPI:
    """The classic handler, given every advantage: no pool of threads between it and its one core."""
    app = FastAPI()
    model = xgb.XGBClassifier(n_jobs=1)
    model.load_model(Path(os.environ[FOLDER_SETTING]) / MODEL)

    @app.post("/predict")
    async def predict(weather: Weather) -> dict[str, Any]:
        row = pd.DataFrame([encode(weather.model_dump())], columns=list(COLUMNS)).astype(float)
        chance = float(model.predict_proba(row)[0, 1])
        return {"rain_tomorrow": chance > 0.5, "probability": chance}

    return app
