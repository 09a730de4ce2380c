"""A small state folder with every part: warehouse, documents, users, registry, Dagster's files, snapshot."""

import os
from pathlib import Path

import dagster as dg
import pandas as pd
import pytest
from typer.testing import CliRunner

from meteo_api.accounts.secret import secret_made_in
from meteo_assets.instance import prepare_instance
from meteo_assets.settings import Settings
from meteo_core.home import Home
from meteo_core.model.rain_models import RainModels
from meteo_core.model.registry import ModelRegistry
from meteo_core.warehouse import Warehouse
from meteo_core.whole_file import replace_file
from meteo_tests import builders
from meteo_tests.api.people import populate, url_of

FIRST_VERSION = 1


@pytest.fixture(scope="session")
def weather() -> pd.DataFrame:
    return builders.observations(days=430, stations=3)


@pytest.fixture(scope="session")
def models(weather: pd.DataFrame) -> RainModels:
    return builders.rain_models(weather)


@pytest.fixture(scope="session")
def built_home(tmp_path_factory: pytest.TempPathFactory, weather: pd.DataFrame, models: RainModels) -> Home:
    """State folder that only reading tests share."""
    home = Home(tmp_path_factory.mktemp("built") / "state")
    labels = weather[["station", "date"]].assign(rain_mm=0.5, gt_1_0=False)
    labels = labels.assign(ge_0_2=True, ge_5_0=False, ge_10_0=False, ge_25_0=False)
    first, last = labels["date"].min().date(), labels["date"].max().date()
    Warehouse(home.warehouse).replace("labels.daily", labels, first, last)
    replace_file(home.landing / "ab" / "abcdef.csv.gz", os.urandom(5000))
    secret_made_in(home.secret)
    populate(url_of(home))
    home.mlflow.mkdir()
    registry = registry_of(home)
    builders.registered(registry, [models], home.root.parent / "workspace")
    registry.promote(FIRST_VERSION, reason="the first", who="a test")
    builders.snapshot(home.serving, weather, models)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("METEO_HOME", str(home.root))
        settings = Settings()
        with dg.DagsterInstance.from_config(str(prepare_instance(settings))) as instance:
            instance.add_run_tags(instance.create_run_for_job(_nothing).run_id, {"asked": "once"})
    return home


@dg.op
def _rest() -> None:
    """Does nothing."""


@dg.job
def _nothing() -> None:
    _rest()


def registry_of(home: Home) -> ModelRegistry:
    return ModelRegistry(f"sqlite:///{home.mlflow / 'mlflow.db'}", artifacts=home.mlflow / "artifacts")


@pytest.fixture
def meteo(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> CliRunner:
    """The command line, without the settings of this machine."""
    for name in [name for name in os.environ if name.startswith("METEO_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return CliRunner()
