"""Judgement on whether the service can answer."""

from datetime import timedelta
from importlib.metadata import version

from meteo_api.clock import Clock
from meteo_api.errors import NotReady
from meteo_api.health.schemas import Alive, ModelInService, Readiness
from meteo_api.model.store import ModelStore
from meteo_api.prediction_log.log import PredictionLog
from meteo_api.predictions.service import PredictionService
from meteo_api.snapshot.store import OLD_AFTER, SnapshotStore


class HealthService:
    """Asks both stores and the log how they are, and whether what is held is ready for questions."""

    def __init__(
        self,
        models: ModelStore,
        snapshots: SnapshotStore,
        predictions: PredictionService,
        log: PredictionLog,
        *,
        now: Clock,
    ) -> None:
        self._models = models
        self._snapshots = snapshots
        self._predictions = predictions
        self._log = log
        self._now = now
        self._version = version("meteo")

    def alive(self) -> Alive:
        """The process answers, that is all."""
        return Alive(version=self._version)

    def readiness(self) -> Readiness:
        """What answers and how old it is; raises `NotReady` with every reason why nothing can."""
        reasons = []
        for store in (self._models, self._snapshots):
            try:
                store.require()
            except NotReady as error:
                reasons.append(error)
        if reasons:
            raise NotReady(
                " ".join(f"{reason}." for reason in reasons),
                retry_after_seconds=max(reason.retry_after_seconds for reason in reasons),
            )

        ready = self._predictions.require()
        served, world = ready.served, ready.world
        age, troubles = world.age(self._now), self._troubles()
        if timedelta(seconds=age.age_seconds) > OLD_AFTER:
            troubles.append(
                f"the snapshot is {age.age_seconds / 3600:.0f} hours old, it should be new each day"
            )
        return Readiness(
            status="degraded" if troubles else "ready",
            reasons=troubles,
            version=self._version,
            model=ModelInService(
                version=served.version.version,
                source=served.source,
                loaded_at=served.loaded_at,
                age_seconds=round((self._now() - served.version.created_at).total_seconds()),
                trained_until=served.models.trained_until.date(),
            ),
            snapshot=age,
        )

    def _troubles(self) -> list[str]:
        told = (
            self._models.trouble,
            self._snapshots.trouble,
            self._predictions.trouble,
            self._log.trouble,
        )
        return [trouble for trouble in told if trouble]
