"""The same assets in a file and in a lake: the same tables, by setting alone."""

from datetime import timedelta
from pathlib import Path

import dagster as dg
import pandas as pd
import pytest

from meteo_assets.features import features, labels
from meteo_assets.settings import Settings
from meteo_assets.upkeep import warehouse_upkeep
from meteo_core.jobs import range_tags
from meteo_tests.builders import LAST_DAY, NO_FAILURES, NO_FINDINGS, observations
from meteo_tests.lakes import Lakes

FIRST = LAST_DAY - timedelta(days=2)
TABLES = ("raw.observations", "features.daily", "labels.daily")


def run(settings: Settings, *assets: dg.AssetsDefinition) -> None:
    tags = {} if assets == (warehouse_upkeep,) else dict(range_tags(FIRST, LAST_DAY))
    with dg.DagsterInstance.ephemeral() as instance:
        done = dg.materialize(
            list(assets),
            instance=instance,
            tags=tags,
            resources={"warehouse": settings.tables(), "settings": settings},
        )
    assert done.success


def tables_of(settings: Settings) -> dict[str, pd.DataFrame]:
    return {table: settings.tables().query(f"FROM {table} ORDER BY ALL") for table in TABLES}


@pytest.fixture
def homes(lakes: Lakes, tmp_path: Path) -> tuple[Settings, Settings]:
    """Settings that differ in where the tables are; the same was observed in both."""
    in_file = Settings(home_dir=tmp_path / "one")
    in_lake = Settings(home_dir=tmp_path / "many", warehouse=lakes.address(tmp_path / "many"))
    weather = observations(days=60, stations=3).assign(content_sha256="0" * 64)
    for settings in (in_file, in_lake):
        settings.tables().add_revisions(weather, NO_FINDINGS, NO_FAILURES)
    return in_file, in_lake


def test_both_hold_the_same_after_the_same_runs(homes: tuple[Settings, Settings]):
    for settings in homes:
        run(settings, features, labels)
    in_file, in_lake = map(tables_of, homes)

    for settings in homes:
        run(settings, features, labels)  # rebuilt days are the same days
        run(settings, warehouse_upkeep)
    rebuilt = [tables_of(settings) for settings in homes]

    assert len(in_file["features.daily"]) == 3 * 3
    for table in TABLES:
        for other in (in_lake, *rebuilt):
            pd.testing.assert_frame_equal(other[table], in_file[table], obj=table)
