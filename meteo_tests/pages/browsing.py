"""A real browser over the real app: what people would notice on any page."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from meteo_tests.api.people import PASSWORD, USER

CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
WAYS = ("phone light", "phone dark", "desktop light", "desktop dark")
"""In which every page is looked at."""
SIZES = {"phone": (360, 740), "desktop": (1280, 900)}
SERIOUS = ("serious", "critical")


@contextmanager
def chromium() -> Iterator[Browser]:
    """The machine's browser. Without one tests are skipped, but not where everything must run."""
    if not CHROMIUM.exists():
        reason = f"there is no browser at {CHROMIUM} (apt-get install chromium, or set CHROMIUM)"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Visitor:
    """Somebody with a browser in one of the `WAYS`; notes what the console says."""

    context: BrowserContext
    address: str
    complaints: list[str] = field(default_factory=list)

    def signed_in(self, name: str = USER) -> "Visitor":
        """The same visitor, with the session of someone who has signed in."""
        answer = self.context.request.post(
            f"{self.address}/sign-in", form={"name": name, "password": PASSWORD}, max_redirects=0
        )
        assert answer.status == 303, answer.text()
        return self

    def open(self, path: str, *, status: int = 200) -> Page:
        """Go to a path and wait until it is there."""
        page = self.context.new_page()
        page.on("console", lambda said: self._note(said.type, said.text))
        page.on("pageerror", lambda error: self._note("error", str(error)))
        answer = page.goto(self.address + path)
        assert answer is not None
        assert answer.status == status, f"{path}: {answer.status}"
        return page

    def look(self, path: str, *, status: int = 200) -> Page:
        """Go to a path; fail where a person would be hindered: see `require_sound`."""
        page = self.open(path, status=status)
        self.require_sound(page)
        return page

    def require_sound(self, page: Page) -> None:
        """No serious finding by axe, no sideways scrolling, one h1, nothing refused or broken."""
        found = Axe().run(page).response["violations"]
        serious = [
            f"{each['id']}: {each['help']}: {node['html'][:200]}"
            for each in found
            if each["impact"] in SERIOUS
            for node in each["nodes"]
        ]
        assert not serious, serious
        width = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
        assert width[0] <= width[1], f"{page.url} is {width[0]} px wide on a screen of {width[1]}"
        assert page.locator("h1").count() == 1
        assert not self.complaints, self.complaints

    def _note(self, kind: Literal["error", "warning"] | str, text: str) -> None:
        # The browser itself remarks on every status from 400 on; tests say which status they expect.
        if kind in ("error", "warning") and "the server responded with a status of" not in text:
            self.complaints.append(f"{kind}: {text}")


@contextmanager
def visiting(
    browser: Browser, address: str, way: str = "desktop light", **options: object
) -> Iterator[Visitor]:
    """A visitor with cookies of their own."""
    size, scheme = way.split()
    width, height = SIZES[size]
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if scheme == "dark" else "light",
        **options,  # pyright: ignore[reportArgumentType]
    )
    context.set_default_timeout(15_000)
    try:
        yield Visitor(context, address)
    finally:
        context.close()
