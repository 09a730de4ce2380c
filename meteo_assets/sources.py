"""The source that the settings name."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from meteo_assets.settings import Settings, SourceName
from meteo_core.errors import MeteoError
from meteo_core.sources.protocol import Source


class SourceNotConfigured(MeteoError):
    """A setting is missing that the chosen source needs."""


@contextmanager
def open_source(settings: Settings, *, archive: Path | None = None) -> Iterator[Source]:
    """Source for one fetch: the archive file where one is given, else what the settings name."""
    from meteo_core.sources.archive import Archive
    from meteo_core.sources.bom_dwo import BureauDailyWeatherObservations
    from meteo_core.sources.drop_folder import DropFolder
    from meteo_core.sources.simulator.site import BureauSite

    if archive is not None:
        yield Archive(archive)
    elif settings.source is SourceName.DROP_FOLDER:
        if settings.drop_folder is None:
            raise SourceNotConfigured("set METEO_DROP_FOLDER to the folder that holds the monthly files")
        yield DropFolder(settings.drop_folder)
    elif settings.source is SourceName.BUREAU:
        yield BureauDailyWeatherObservations(
            settings.source_url,
            accept_terms=settings.accept_bureau_terms,
            contact=settings.contact or "",
            breaker_file=settings.home.landing / "blocked.json",
            cache_folder=settings.home.landing / "http-cache",
        )
    elif settings.source_url is not None:
        yield BureauDailyWeatherObservations.simulated(settings.source_url)
    else:
        with BureauSite(seed=settings.simulator_seed) as site:
            yield BureauDailyWeatherObservations.simulated(site.url)
