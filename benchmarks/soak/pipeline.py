"""What an administrator does meanwhile: ingest, train, promote, roll back, again and again."""

import asyncio
import time
from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

import httpx

from benchmarks.soak.load import Asked

POLL_SECONDS: Final = 2.0
RUN_SECONDS: Final = 1200.0
"""A run that has not ended by then counts as failed."""
PAUSE_SECONDS: Final = 5.0
ENDED: Final = ("succeeded", "failed", "canceled")


class RunFailed(Exception):
    """A run did not succeed, or could not be started."""


class Administrator:
    """Goes round: a day is ingested, a week is trained on, the new version promoted and rolled back."""

    def __init__(self, client: httpx.AsyncClient, password: str) -> None:
        self._client = client
        self._password = password
        self.asked = Asked()
        self.done: Counter[str] = Counter()
        self.failures: list[str] = []
        self.called_off: list[str] = []
        """Jobs that were under way at the end."""
        self.doing = "nothing yet"

    async def run(self, until: float) -> None:
        """Go round until the monotonic clock says `until`."""
        while time.monotonic() < until:
            try:
                await self._round(until)
            except (RunFailed, httpx.HTTPError, KeyError, ValueError) as error:
                self._note(error)
            await asyncio.sleep(PAUSE_SECONDS)
        self.doing = "nothing any more"

    async def champions(self) -> set[int]:
        """Every version that was ever champion, from the registry's audit."""
        return {change["version"] for version in await self._versions() for change in version["changes"]}

    async def _round(self, until: float) -> None:
        await self._sign_in()
        for job in ("ingest", "train"):
            if time.monotonic() < until:
                await self._have_run(job, until)
            if time.monotonic() < until:
                await self._exchange()

    async def _sign_in(self) -> None:
        form = {"username": "admin", "password": self._password}
        token = (await self._asked("POST", "/login", data=form))["access_token"]
        self._client.headers["Authorization"] = f"Bearer {token}"

    async def _have_run(self, job: str, until: float) -> None:
        """Start a run and see it succeed; what is not done at the end of the soak is called off."""
        self.doing = job
        run = await self._asked("POST", "/runs", json={"job": job})
        began = time.monotonic()
        while run["status"] not in ENDED:
            if time.monotonic() > until:
                await self._asked("POST", f"/runs/{run['id']}/cancel")
                self.called_off.append(job)
                return
            if time.monotonic() > began + RUN_SECONDS:
                raise RunFailed(f"{run['id']} is still {run['status']}")
            await asyncio.sleep(POLL_SECONDS)
            try:
                run = await self._asked("GET", f"/runs/{run['id']}")
            except (RunFailed, httpx.HTTPError) as error:
                # It counts, and the run goes on all the same.
                self._note(error)
        if run["status"] != "succeeded":
            raise RunFailed(f"{run['id']} {run['status']}: {run.get('outcome')}")
        self.done[job] += 1

    def _note(self, error: Exception) -> None:
        """Say at once what went wrong: a soak is long."""
        self.failures.append(f"{self.doing}: {type(error).__name__} {error}"[:300])
        print(f"  FAILED  {self.failures[-1]}", flush=True)

    async def _exchange(self) -> None:
        """The newest version that may be becomes champion for a while, and then the one before it again."""
        versions = await self._versions()
        champion = next(each["version"] for each in versions if "champion" in each["aliases"])
        others = [
            each["version"] for each in versions if each["may_be_promoted"] and each["version"] != champion
        ]
        if not others:
            return
        self.doing = f"promotion of version {others[0]}"
        await self._change(f"/models/{others[0]}/promote", champion, others[0])
        self.done["promote"] += 1
        await asyncio.sleep(PAUSE_SECONDS)
        self.doing = f"rollback to version {champion}"
        await self._change("/models/rollback", others[0], champion)
        self.done["rollback"] += 1

    async def _change(self, path: str, before: int, after: int) -> None:
        decision = {"reason": "the soak says so", "expected_champion": before}
        told = await self._asked("POST", path, json=decision)
        if (told["in_service"], told["trouble"]) != (after, None):
            raise RunFailed(f"version {told['in_service']} is in service, not {after}: {told['trouble']}")

    async def _versions(self) -> list[Mapping[str, Any]]:
        return await self._asked("GET", "/models")

    async def _asked(self, method: str, path: str, **content: Any) -> Any:
        began = time.monotonic()
        try:
            answer = await self._client.request(method, f"/api/v1{path}", **content)
            if not answer.is_success:
                raise RunFailed(f"{method} {path} {answer.status_code}: {answer.text[:200]}")
            return answer.json()
        except (RunFailed, httpx.HTTPError):
            self.asked.failed += 1
            raise
        finally:
            self.asked.seconds.append(time.monotonic() - began)
