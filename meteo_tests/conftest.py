"""What holds for all tests."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from meteo_core.warehouse import Warehouse
from meteo_tests.lakes import Lakes, opened_warehouse, running_lakes
from meteo_tests.postgresql import postgresql

LONGEST = ("test_demo.py", "test_pipeline.py", "test_runs.py", "test_administration.py", "test_registry.py")
"""Files that take minutes begin first: else one worker ends with them while the other has nothing to do."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest files; let reports of tests with a `fault` marker say which fault it is."""
    place = {name: at for at, name in enumerate(LONGEST)}
    items.sort(key=lambda item: place.get(item.path.name, len(LONGEST)))
    for item in items:
        for marker in item.iter_markers("fault"):
            item.user_properties.append(("fault", tuple(marker.args)))


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """Address of an empty database on a PostgreSQL of the module's own."""
    with postgresql() as url:
        yield url


@pytest.fixture(scope="session")
def lakes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lakes]:
    """A PostgreSQL of this process's own, in which lakes are made."""
    with running_lakes(tmp_path_factory.mktemp("lakes")) as made:
        yield made


@pytest.fixture(params=["file", "lake"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str | None:
    """What METEO_WAREHOUSE says: nothing, or a lake. A test that takes it holds of both."""
    return None if request.param == "file" else request.getfixturevalue("lakes").address(tmp_path)


@pytest.fixture
def open_warehouse(address: str | None, tmp_path: Path) -> Callable[[], Warehouse]:
    """Opens the warehouse of a test anew."""
    return partial(opened_warehouse, address, tmp_path)
