"""A lake whose files are in an object store."""

import traceback
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest

from meteo_core.warehouse import Warehouse, WarehouseError
from meteo_tests.core.days import JUNE_1
from meteo_tests.core.test_warehouse import labelled
from meteo_tests.lakes import Lakes, lake_at
from meteo_tests.object_store import KEY_ID, SECRET, object_store

DATA = "s3://meteo/lake"
LAST = JUNE_1 + timedelta(days=29)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with object_store(tmp_path_factory.mktemp("objects")) as address:
        yield address


def opened(address: str, store: str, secret: str) -> Warehouse:
    return lake_at(address, Path("/nowhere"), data=DATA, endpoint=store, key_id=KEY_ID, secret=secret)


def test_what_is_written_to_the_store_is_read_from_it(lakes: Lakes, store: str):
    warehouse = opened(lakes.empty(), store, SECRET)

    warehouse.replace("labels.daily", labelled(30, rain=1.0), JUNE_1, LAST)

    files = warehouse.query("FROM ducklake_list_files(current_database(), 'daily', schema => 'labels')")
    pd.testing.assert_frame_equal(
        warehouse.read("labels.daily")[["station", "date", "rain_mm"]],
        labelled(30, rain=1.0)[["station", "date", "rain_mm"]],
        check_dtype=False,
    )
    assert files["data_file"].str.startswith(DATA).all()
    assert len(files) == 1


@pytest.mark.fault("wrong key to the object store", "one clear error that names the settings, not the key")
def test_a_wrong_secret_is_refused_and_not_told(lakes: Lakes, store: str):
    address = lakes.empty()
    # Written and not read: what this process has read is in its memory, and no store is asked for it.
    opened(address, store, SECRET).replace("labels.daily", labelled(30, rain=1.0), JUNE_1, LAST)
    warehouse = opened(address, store, "a-wrong-secret")

    with pytest.raises(WarehouseError, match=r"refused the key.*METEO_S3_KEY_ID and METEO_S3_SECRET") as told:
        warehouse.read("labels.daily")

    assert "a-wrong-secret" not in "".join(traceback.format_exception(told.value))
    assert opened(address, store, SECRET).read("labels.daily")["rain_mm"].tolist() == [1.0] * 30


def test_a_new_lake_is_not_made_with_a_wrong_secret(lakes: Lakes, store: str):
    made = lakes.empty()

    with pytest.raises(WarehouseError, match="refused the key"):
        opened(made, store, "a-wrong-secret").replace("labels.daily", labelled(30), JUNE_1, LAST)

    assert opened(made, store, SECRET).read("labels.daily").empty
