"""What is asked of the service in a soak, and what a right answer looks like."""

import random
from collections.abc import Awaitable, Callable, Mapping
from datetime import date, timedelta
from typing import Any, Final

import httpx

BATCH: Final = 40
PAGES: Final = (
    "/",
    "/?threshold=ge_5_0",
    "/stations/{station}",
    "/what-if?station={station}",
    "/verification",
    "/drift",
    "/model",
    "/alerts",
    "/about",
)
CHANCES: Final = ("p_ge_0_2", "p_gt_1_0", "p_ge_5_0", "p_ge_10_0", "p_ge_25_0")


class Wrong(Exception):
    """An answer that is not what it should be."""


class Questions:
    """Asks one kind of question at a time; each raises `Wrong` where the answer is wrong."""

    def __init__(self, client: httpx.AsyncClient, passwords: Mapping[str, str], *, seed: int = 7) -> None:
        self._client = client
        self._passwords = passwords
        self._random = random.Random(seed)
        self._stations: list[str] = []
        self._newest: dict[str, date] = {}
        self._known: dict[str, tuple[str, bytes]] = {}
        """Address to the newest tag and the body that it stands for."""
        self.versions: set[int] = set()
        """Versions of the model that answered."""
        self.unchanged = 0
        """Answers that need not be sent again."""

    async def prepare(self) -> None:
        """Sign in and learn which stations there are."""
        await self.sign_in()
        for place in _json(await self._client.get("/api/v1/stations")):
            if place["newest_observation"]:
                self._stations.append(place["station"])
                self._newest[place["station"]] = date.fromisoformat(place["newest_observation"])

    @property
    def kinds(self) -> Mapping[str, tuple[int, Callable[[], Awaitable[None]]]]:
        """What can be asked, by name: how often in a hundred, and how."""
        return {
            "forecast of a station": (30, self.forecast),
            "forecasts of all": (5, self.forecasts),
            "page": (15, self.page),
            "what-if": (28, self.what_if),
            f"batch of {BATCH} what-ifs": (5, self.batch),
            "sign-in for a token": (2, self.sign_in),
            "sign-in with a browser": (1, self.browse),
            "health": (10, self.health),
            "metrics": (4, self.metrics),
        }

    async def sign_in(self) -> None:
        """A new token, which all that follows is asked with."""
        form = {"username": "user", "password": self._passwords["user"]}
        token = _json(await self._client.post("/api/v1/login", data=form))["access_token"]
        self._client.headers["Authorization"] = f"Bearer {token}"

    async def forecast(self) -> None:
        """Past and newest forecasts of a station, not sent again where they are known."""
        station = self._random.choice(self._stations)
        told = await self._revalidated(f"/api/v1/forecasts/{station}")
        if told is None:
            return
        _require(told["station"] == station, f"asked for {station}, told of {told['station']}")
        _require(len(told["forecasts"]) > 0, f"no forecasts of {station}")
        for each in told["forecasts"]:
            _require_chances(each)

    async def forecasts(self) -> None:
        """The newest forecast of every station."""
        told = await self._revalidated("/api/v1/forecasts")
        if told is None:
            return
        _require(len(told["forecasts"]) >= len(self._stations), "not every station has a forecast")
        for each in told["forecasts"]:
            if each["newest"]:
                _require_chances(each["newest"])

    async def page(self) -> None:
        """A page as a browser reads it."""
        path = self._random.choice(PAGES).format(station=self._random.choice(self._stations))
        _require_page(await self._client.get(path, headers={"Accept": "text/html"}))

    async def what_if(self) -> None:
        """A single what-if."""
        question = self._question()
        told = _json(await self._client.post("/api/v1/predictions", json=question))
        self._note([question], [told])

    async def batch(self) -> None:
        """Many at once, of one model."""
        asked = [self._question() for _ in range(BATCH)]
        told = _json(await self._client.post("/api/v1/predictions", json=asked))
        self._note(asked, told)

    async def browse(self) -> None:
        """Sign in with the form, read the first page with the session alone."""
        async with httpx.AsyncClient(base_url=self._client.base_url, timeout=self._client.timeout) as browser:
            form = {"name": "user", "password": self._passwords["user"], "next": "/"}
            signed_in = await browser.post("/sign-in", data=form)
            _require(signed_in.status_code == httpx.codes.SEE_OTHER, f"sign-in {signed_in.status_code}")
            _require_page(await browser.get("/", headers={"Accept": "text/html"}))

    async def health(self) -> None:
        """Alive and ready."""
        _require(_json(await self._client.get("/health/live"))["status"] == "alive", "not alive")
        told = _json(await self._client.get("/health/ready"))
        self.versions.add(told["model"]["version"])

    async def metrics(self) -> None:
        """What Prometheus reads."""
        answer = await self._client.get("/metrics")
        _require(answer.status_code == httpx.codes.OK, f"metrics {answer.status_code}")
        _require("meteo_model_version" in answer.text, "no version of the model among the metrics")

    def _question(self) -> dict[str, Any]:
        station = self._random.choice(self._stations)
        day = self._newest[station] - timedelta(days=self._random.randrange(20))
        return {
            "station": station,
            "date": day.isoformat(),
            "issue": self._random.choice(("morning", "evening")),
            "humidity_9am": self._random.randrange(101),
            "pressure_9am": self._random.randrange(9900, 10350) / 10,
        }

    def _note(self, asked: list[dict[str, Any]], told: list[dict[str, Any]]) -> None:
        require_answers(asked, told)
        self.versions.add(told[0]["model_version"])

    async def _revalidated(self, path: str) -> Any:
        """The JSON at `path`, or None where it is as it was."""
        known = self._known.get(path)
        answer = await self._client.get(path, headers={"If-None-Match": known[0]} if known else {})
        if known and answer.status_code == httpx.codes.NOT_MODIFIED:
            self.unchanged += 1
            return None
        told, tag = _json(answer), answer.headers["etag"]
        # What the tag stands for may have been sent to another request meanwhile.
        newest = self._known.get(path)
        _require(newest is None or newest[0] != tag or newest[1] == answer.content, "one tag, two bodies")
        self._known[path] = (tag, answer.content)
        return told


def require_answers(asked: list[dict[str, Any]], told: list[dict[str, Any]]) -> None:
    """Raise `Wrong` unless these are the answers, in order, of one model and one snapshot."""
    _require(len(told) == len(asked), f"{len(told)} answers to {len(asked)} questions")
    for question, answer in zip(asked, told, strict=True):
        for name in ("station", "date", "issue"):
            _require(
                answer[name] == question[name], f"asked for {name} {question[name]}, told of {answer[name]}"
            )
        _require_chances(answer)
    _require(len({answer["model_version"] for answer in told}) == 1, "a batch of mixed versions")
    _require(len({answer["snapshot"]["name"] for answer in told}) == 1, "a batch of mixed snapshots")


def _require_chances(told: Mapping[str, Any]) -> None:
    chances = [told[name] for name in CHANCES if told[name] is not None]
    _require(all(0 <= chance <= 1 for chance in chances), f"no chances: {chances}")
    _require(chances == sorted(chances, reverse=True), f"more rain is likelier than less: {chances}")


def _require_page(answer: httpx.Response) -> None:
    _require(answer.status_code == httpx.codes.OK, f"{answer.request.url.path} {answer.status_code}")
    _require("</html>" in answer.text, f"{answer.request.url.path} is no whole page")
    _require("<title>" in answer.text, f"{answer.request.url.path} has no title")


def _json(answer: httpx.Response) -> Any:
    _require(answer.status_code == httpx.codes.OK, f"{answer.request.url.path} {answer.status_code}")
    return answer.json()


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise Wrong(otherwise)
