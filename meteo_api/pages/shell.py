"""What surrounds every page: navigation, who is signed in, and how old the data are."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from litestar import MediaType, Request
from litestar.response import Template

from meteo_api.alerts.service import AlertService
from meteo_api.clock import Clock
from meteo_api.language.spoken import Language, spoken
from meteo_api.language.texts import N_, _
from meteo_api.model.store import ModelStore
from meteo_api.snapshot.store import OLD_AFTER, SnapshotStore

NAVIGATION: Final = (
    ("map", N_("Map"), "/"),
    ("what-if", N_("What-if"), "/what-if"),
    ("verification", N_("Verification"), "/verification"),
    ("drift", N_("Drift"), "/drift"),
    ("alerts", N_("Alerts"), "/alerts"),
    ("model", N_("Model"), "/model"),
)
FOR_ADMINISTRATORS: Final = ("administration", N_("Administration"), "/administration")
ORIGIN: Final = {"simulator": N_("simulated, no real weather")}
"""Where observations come from, in words; all other sources carry those of the Bureau."""
BUREAU: Final = N_("Bureau of Meteorology")


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the navigation."""

    words: str
    address: str
    current: bool


@dataclass(frozen=True, slots=True)
class DataAge:
    """How old what a page says is."""

    published_at: datetime
    """UTC."""
    seconds: float
    newest_observation: Any
    """Date on the stations' calendar."""
    old: bool
    """Whether the pipeline is late."""
    origin: str


@dataclass(frozen=True, slots=True)
class Shell:
    """What `base.html` shows around a page, as `page`."""

    title: str
    language: Language
    can_switch: bool
    """Whether the page may be asked for again in another language: an answer to a form may not."""
    navigation: tuple[Entry, ...]
    account: str | None
    """Name of who is signed in."""
    data: DataAge | None
    """None while there is no snapshot, and for whoever is not signed in."""
    model_version: int | None
    open_alerts: int
    """How many alerts last, for administrators; 0 for others."""


class Pages:
    """Puts a view into its template and the shell around it."""

    def __init__(
        self, snapshots: SnapshotStore, models: ModelStore, alerts: AlertService, *, now: Clock
    ) -> None:
        self._snapshots = snapshots
        self._alerts = alerts
        self._models = models
        self.now = now
        """The service's clock."""

    def show(
        self,
        request: Request[Any, Any, Any],
        template: str,
        *,
        title: str,
        section: str | None = None,
        view: object = None,
        status: int = 200,
        headers: dict[str, str] | None = None,
        navigation: bool = True,
    ) -> Template:
        """The whole page. `section` is the entry of the navigation that it belongs to."""
        page = self.shell(request, title=title, section=section, navigation=navigation)
        return _rendered(template, {"page": page, "view": view}, status=status, headers=headers)

    def fragment(
        self, template: str, *, view: object, status: int = 200, headers: dict[str, str] | None = None
    ) -> Template:
        """A part of a page, for HTMX to put in its place."""
        return _rendered(template, {"view": view}, status=status, headers=headers)

    def shell(
        self, request: Request[Any, Any, Any], *, title: str, section: str | None, navigation: bool = True
    ) -> Shell:
        """What surrounds a page at this moment, for whoever asks."""
        # Read from the scope: the property raises where nobody looked who it is, as for an unknown address.
        account = request.scope.get("user")
        entries = NAVIGATION if navigation else ()
        is_admin = getattr(account, "is_admin", False)
        if is_admin:
            entries += (FOR_ADMINISTRATORS,)
        served = self._models.current
        return Shell(
            title=title,
            language=spoken(),
            can_switch=request.method == "GET",
            navigation=tuple(
                Entry(_(words), address, current=key == section) for key, words, address in entries
            ),
            account=getattr(account, "name", None),
            data=self._data() if account else None,
            model_version=served.version.version if served else None,
            open_alerts=self._alerts.open_count if is_admin and section != "alerts" else 0,
        )

    def _data(self) -> DataAge | None:
        world = self._snapshots.current
        if world is None:
            return None
        age = world.age(self.now)
        return DataAge(
            published_at=age.created_at,
            seconds=age.age_seconds,
            newest_observation=age.newest_observation,
            old=age.age_seconds > OLD_AFTER.total_seconds(),
            origin=", ".join(dict.fromkeys(_(ORIGIN.get(each, BUREAU)) for each in world.sources))
            or _(BUREAU),
        )


def is_htmx(request: Request[Any, Any, Any]) -> bool:
    """Whether HTMX asks, and wants a part of a page rather than all of it."""
    return "hx-request" in request.headers and "hx-history-restore-request" not in request.headers


def _rendered(
    template: str, context: dict[str, Any], *, status: int, headers: dict[str, str] | None = None
) -> Template:
    # A page belongs to who asked and to this moment; one address gives HTMX a part and everyone else all.
    kept = {
        "Cache-Control": "private, no-cache",
        "Vary": "HX-Request, Cookie, Accept-Language",
        "Content-Language": spoken().tag,
    }
    return Template(
        template,
        context=context,
        status_code=status,
        media_type=MediaType.HTML,
        headers=kept | (headers or {}),
    )
