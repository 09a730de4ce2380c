"""What holds for all tests."""

from collections.abc import Iterator

import pytest

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
