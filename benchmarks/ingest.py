"""Fetching and reading monthly documents over HTTP, against fetching the same bytes unread."""

import time
from datetime import date

import httpx

from benchmarks.report import show
from meteo_core.sources.bom_dwo import BureauDailyWeatherObservations
from meteo_core.sources.protocol import Delivery
from meteo_core.sources.simulator.site import BureauSite
from meteo_core.stations import stations

FIRST, LAST = date(2022, 1, 1), date(2023, 12, 31)


def run() -> None:
    """Print documents a second of the bare client and of the source."""
    with BureauSite(seed=1) as site:
        source = BureauDailyWeatherObservations.simulated(site.url)
        wanted = list(stations().values())
        origins = _origins(
            source.fetch(wanted, FIRST, LAST)
        )  # the simulator has its years at hand after this

        started = time.perf_counter()
        with httpx.Client() as client:
            for origin in origins:
                client.get(origin).raise_for_status()
        bare = len(origins) / (time.perf_counter() - started)

        started = time.perf_counter()
        read = len(_origins(source.fetch(wanted, FIRST, LAST))) / (time.perf_counter() - started)
    show(
        ["what", "documents", "documents a second", "ratio"],
        [
            ("bare httpx", len(origins), f"{bare:.0f}", "1.00"),
            ("fetch and read", len(origins), f"{read:.0f}", f"{read / bare:.2f}"),
        ],
    )
    print(f"ingest: {read:.0f} documents a second, {read / bare:.0%} of the bare client")


def _origins(given) -> list[str]:
    documents = list(given)
    failures = [document for document in documents if not isinstance(document, Delivery)]
    if failures:
        raise RuntimeError(f"{len(failures)} documents failed, the first: {failures[0]}")
    return [document.origin for document in documents]
