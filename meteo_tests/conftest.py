"""What holds for all tests."""

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let reports of tests with a `fault` marker say which fault they are about."""
    for item in items:
        for marker in item.iter_markers("fault"):
            item.user_properties.append(("fault", tuple(marker.args)))
