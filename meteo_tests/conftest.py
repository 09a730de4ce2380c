"""What holds for all tests."""

from collections.abc import Iterator

import pytest

from meteo_tests.postgresql import postgresql


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let reports of tests with a `fault` marker say which fault they are about."""
    for item in items:
        for marker in item.iter_markers("fault"):
            item.user_properties.append(("fault", tuple(marker.args)))


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """Address of an empty database on a PostgreSQL of the module's own."""
    with postgresql() as url:
        yield url
