"""Checks of the state: warehouse, models, snapshot, forecasts."""

from datetime import UTC, datetime, timedelta
from typing import Final

import pandas as pd

from meteo_api.settings import Settings as ServiceSettings
from meteo_assets.secret_settings import UnreadableSecret
from meteo_assets.settings import Settings
from meteo_assets.tracking import registry_of
from meteo_cli.doctor.finding import Finding, fail, ok, skip, warn
from meteo_core import serving
from meteo_core.errors import MeteoError
from meteo_core.forecasting import ISSUED
from meteo_core.model.artifact_places import elsewhere
from meteo_core.model.registry import CHAMPION
from meteo_core.serving import UnusableSnapshot
from meteo_core.warehouse import WarehouseError
from meteo_core.warehouse.migrations import missing_scripts, scripts

OLD: Final = timedelta(hours=24)
"""The schedules publish three times a day."""
TOO_OLD: Final = timedelta(hours=72)
_RUN_DAILY: Final = "look for failed runs in Dagster, and whether its daemon and schedules run"


def warehouse_opens(settings: Settings, _service: ServiceSettings) -> Finding:
    """The warehouse can be read, and its tables are of this release."""
    if_broken = (
        "end what holds it, or put a backup back: meteo restore FILE --force"
        if settings.warehouse is None
        else "see whether its catalog and its files can be reached, and to METEO_WAREHOUSE, METEO_LAKE_DATA "
        "and METEO_S3_*"
    )
    try:
        warehouse = settings.tables()
        if not warehouse.is_there():
            return warn(f"{warehouse.place} is not there yet", "the first run makes it")
        with warehouse.connect_as_it_is() as connection:
            missing = missing_scripts(connection)
    except (WarehouseError, UnreadableSecret) as error:
        return fail(str(error), "install that release" if "newer Meteo" in str(error) else if_broken)
    if missing:
        return ok(f"{warehouse.place} answers; {', '.join(missing)} will be applied at the next use")
    return ok(f"{warehouse.place} answers, schema {list(scripts())[-1].removesuffix('.sql')}")


def model_files_are_in_place(settings: Settings, _service: ServiceSettings) -> Finding:
    """MLflow looks for the models of this state folder in this state folder."""
    database = settings.home.mlflow / "mlflow.db"
    if settings.registry_uri != f"sqlite:///{database}":
        return skip("kept by the registry")
    if not database.exists():
        return warn("no models yet", "the first training makes them")
    wrong = elsewhere(database, settings.home.mlflow / "artifacts")
    if wrong:
        return fail(
            f"the state folder was moved: {len(wrong)} addresses name another, such as {wrong[0]}",
            "meteo model relocate",
        )
    return ok(f"in {settings.home.mlflow}")


def there_is_a_champion(settings: Settings, _service: ServiceSettings) -> Finding:
    """A version of the model forecasts."""
    registry = registry_of(settings)
    if registry.missing_file is not None:
        return warn("no model yet", "train one: the weekly job in Dagster, or meteo history import")
    champion = registry.alias(CHAMPION)
    if champion is None:
        return warn("no champion yet", "train one: the weekly job in Dagster, or meteo history import")
    return ok(
        f"version {champion.version}, trained until {champion.tags.get('trained_until', 'an unknown day')}"
    )


def snapshot_is_fresh(settings: Settings, _service: ServiceSettings) -> Finding:
    """What the service reads is whole, and was published lately."""
    name = serving.current_name(settings.home.serving)
    if name is None:
        return warn("nothing published yet", "the daily job publishes")
    try:
        age = datetime.now(UTC) - serving.read(settings.home.serving, name).created_at
    except UnusableSnapshot as error:
        return fail(str(error), "publish anew: the job `publish` in Dagster")
    says = f"{name}, {age.total_seconds() / 3600:.1f} hours old"
    if age > TOO_OLD:
        return fail(says, _RUN_DAILY)
    return warn(says, _RUN_DAILY) if age > OLD else ok(says)


def newest_forecast_is_current(settings: Settings, _service: ServiceSettings) -> Finding:
    """The newest forecast that was issued on its day is of a time that is not over."""
    name = serving.current_name(settings.home.serving)
    if name is None:
        return skip("nothing published yet")
    try:
        forecasts = serving.read(settings.home.serving, name).forecasts
    except MeteoError as error:
        return skip(str(error))
    # One that was made late, or afterwards, says nothing for the schedules.
    issued = forecasts[forecasts["kind"] == ISSUED]
    if issued.empty:
        return warn("the snapshot holds none that was issued on its day", _RUN_DAILY)
    newest = pd.Timestamp(issued["valid_to"].max())
    says = f"of {issued['date'].max():%Y-%m-%d}, valid until {newest:%Y-%m-%d %H:%M} UTC"
    return ok(says) if newest > pd.Timestamp.now(tz=UTC) else warn(f"{says}: it is over", _RUN_DAILY)
