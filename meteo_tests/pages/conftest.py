"""The app of the service's tests, and a real browser that looks at its pages."""

from meteo_tests.api.conftest import *  # noqa: F403 (fixtures)
