"""Runs are started in turn, in one process and by replicas that share a PostgreSQL."""

import asyncio
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from meteo_api.runs.turns import OneAtATime
from meteo_core.service_database import ServiceDatabase

WAITING = sa.text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")


@pytest.fixture
def databases(server: str) -> Iterator[tuple[ServiceDatabase, ServiceDatabase]]:
    """Of two replicas."""
    both = ServiceDatabase(server), ServiceDatabase(server)
    yield both
    for database in both:
        database.close()


@pytest.mark.fault("start pressed at two replicas at once", "one after the other: the second finds the run")
def test_of_two_replicas_one_waits_for_the_other(databases: tuple[ServiceDatabase, ServiceDatabase]):
    done: list[str] = []

    async def start(turns: OneAtATime, name: str) -> None:
        async with turns.turn():
            done.append(name)

    def somebody_waits() -> bool:
        with databases[0].reading() as connection:
            return connection.execute(WAITING).scalar_one() == 1

    async def scene() -> None:
        here, there = (OneAtATime(database) for database in databases)
        async with here.turn():
            other = asyncio.create_task(start(there, "second"))
            async with asyncio.timeout(20):
                while not await asyncio.to_thread(somebody_waits):
                    await asyncio.sleep(0.02)
            done.append("first")
        await other
        await start(here, "first again")

    asyncio.run(scene())

    assert done == ["first", "second", "first again"]
