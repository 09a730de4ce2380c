"""The app of the service's tests behind a real server, and a real browser that looks at its pages.

To test a page: `def test_x(visitor): page = visitor.look("/drift")` is run in all four ways (phone and desk,
light and dark) and fails on serious findings by axe, sideways scrolling and console errors. A journey that
needs one way only takes `desk`.
"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from meteo_api.app import create_app
from meteo_api.settings import Settings
from meteo_core.home import Home
from meteo_tests.api.clients import listening
from meteo_tests.api.conftest import *  # noqa: F403 (fixtures)
from meteo_tests.api.conftest import NOW
from meteo_tests.api.people import populate
from meteo_tests.pages.browsing import WAYS, Visitor, chromium, visiting


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """For one file: while it lives its event loop runs in this thread, where others want one of their own."""
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="session")
def site(served_home: Home) -> Iterator[str]:
    """Address of the app over the state folder that only reading tests share."""
    settings = Settings(home_dir=served_home.root, database_url=f"sqlite:///{served_home.root / 'site.db'}")
    populate(settings.service_database_url)
    with listening(create_app(settings, now=lambda: NOW)) as address:
        yield address


@pytest.fixture(params=WAYS)
def visitor(request: pytest.FixtureRequest, browser: Browser, site: str) -> Iterator[Visitor]:
    """Somebody with a phone or a desk, by day or night."""
    with visiting(browser, site, request.param) as visitor:
        yield visitor.signed_in()


@pytest.fixture
def desk(browser: Browser, site: str) -> Iterator[Visitor]:
    """Somebody at a desk by day."""
    with visiting(browser, site) as visitor:
        yield visitor.signed_in()
