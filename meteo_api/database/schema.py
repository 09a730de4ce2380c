"""Bringing the tables of the service database to what this code expects."""

import logging
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, text

from meteo_core.errors import MeteoError
from meteo_core.service_database import ServiceDatabase

log = logging.getLogger(__name__)

MIGRATIONS: Final = Path(__file__).parent / "migrations"
_LOCK: Final = 0x6D6574656F
"""PostgreSQL advisory lock: two services that start together take turns."""


class NewerDatabase(MeteoError):
    """Tables that a later version of the service has made."""


def bring_up_to_date(database: ServiceDatabase) -> None:
    """Run the migrations that are missing, all or none; raises `NewerDatabase`, `DatabaseAway`."""
    with database.writing() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        config = _config(connection)
        scripts = ScriptDirectory.from_config(config)
        present, newest = (
            MigrationContext.configure(connection).get_current_revision(),
            scripts.get_current_head(),
        )
        if present == newest:
            return
        if present is not None and not _knows(scripts, present):
            raise NewerDatabase(
                f"the service database {database.engine.url!r} is at revision {present}, which this version "
                f"of Meteo does not know (its newest is {newest}): a newer version has used it. Start that "
                "version, or put back a copy of the database made before."
            )
        command.upgrade(config, "head")
        log.info("service database brought from revision %s to %s", present or "none", newest)


def known_revisions() -> frozenset[str]:
    """Every revision that this version can bring up to date."""
    return frozenset(
        script.revision for script in ScriptDirectory.from_config(_config(None)).walk_revisions()
    )


def _config(connection: Connection | None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _knows(scripts: ScriptDirectory, revision: str) -> bool:
    try:
        return scripts.get_revision(revision) is not None
    except CommandError:
        return False
