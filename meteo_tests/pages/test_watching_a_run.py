"""The page of a run looks again and again: without taking the focus away, and never silently in vain."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from meteo_api.app import create_app
from meteo_api.settings import Settings
from meteo_tests.api.clients import listening
from meteo_tests.api.people import ADMIN, populate
from meteo_tests.api.stand_in_dagster import RUN_ID, standing_in, told_of_run
from meteo_tests.pages.browsing import visiting


@pytest.mark.fault("Dagster goes away while a run is watched", "said above it, until it is back")
def test_a_look_keeps_the_focus_and_one_in_vain_is_said(browser: Browser, tmp_path: Path):
    with standing_in() as dagster:
        settings = Settings(home_dir=tmp_path, dagster_url=dagster.address)
        populate(settings.service_database_url)
        with listening(create_app(settings)) as address, visiting(browser, address) as visitor:
            page = visitor.signed_in(ADMIN).open(f"/administration/runs/{RUN_ID}")
            run, trouble = page.locator("#run"), page.locator("#trouble")
            page.locator("#cancel").focus()

            dagster.said["Run"] = told_of_run(done=1)
            expect(run).to_contain_text("1 of 3 steps")
            assert page.evaluate("document.activeElement.id") == "cancel"

            dagster.away.add("Run")
            expect(trouble.get_by_role("alert")).to_contain_text("Dagster does not answer")
            expect(run).to_contain_text("1 of 3 steps")

            dagster.said["Run"] = told_of_run(done=2)
            dagster.away.clear()
            expect(run).to_contain_text("2 of 3 steps")
            expect(trouble).to_be_empty()
