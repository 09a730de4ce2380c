"""Addresses of the stations."""

from litestar import Controller, get
from litestar.di import NamedDependency

from meteo_api.problems import documented
from meteo_api.snapshot.store import SnapshotStore
from meteo_api.stations.schemas import StationPlace
from meteo_core.stations import stations


class StationController(Controller):
    """Stations."""

    path = "/stations"
    tags = ("stations",)

    @get(operation_id="list_stations", responses=documented(kept=True), sync_to_thread=False)
    def list_stations(self, snapshots: NamedDependency[SnapshotStore]) -> list[StationPlace]:
        """All stations, where they stand, and the newest day observed at each."""
        newest = snapshots.current.newest if snapshots.current else {}
        return [
            StationPlace(
                station=key,
                name=place.name,
                state=place.state,
                latitude=place.latitude,
                longitude=place.longitude,
                elevation_m=place.elevation_m,
                timezone=place.timezone,
                newest_observation=newest.get(key),
            )
            for key, place in stations().items()
        ]
