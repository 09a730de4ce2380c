"""PostgreSQL databases of a state, by the server's own client programs."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, create_engine, inspect, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import SQLAlchemyError

from meteo_core.backup.manifest import Rows, UnusableBackup

CONNECT_SECONDS: Final = 10
LAST_LINES: Final = 3
"""Of what a client program says when it fails."""


def dump(address: str, target: Path) -> Rows:
    """Write one moment of a database into a file, in `pg_dump`'s own format; give the rows of each table.

    The rows are counted at the moment that is dumped. Raises `UnusableBackup`.
    """
    url = _url(address)
    program = _program("pg_dump")
    engine = create_engine(url, connect_args={"connect_timeout": CONNECT_SECONDS})
    try:
        with engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
            moment = connection.execute(text("SELECT pg_export_snapshot()")).scalar_one()
            _run(
                [
                    program,
                    *("--no-password", f"--dbname={_without_password(url)}", "--schema=public"),
                    *("--format=custom", f"--snapshot={moment}", f"--file={target}"),
                ],
                what=f"dumping {url!r}",
                password=url.password,
            )
            target.chmod(0o600)
            return _rows(connection)
    except SQLAlchemyError as error:
        raise UnusableBackup(f"{url!r} does not answer: {error}") from error
    finally:
        engine.dispose()


def restore(address: str, source: Path) -> Rows:
    """Make a database be what a dump says, in one transaction; give the rows that it then has.

    Tables that the dump does not have are dropped. Raises `UnusableBackup`, and then nothing is changed.
    """
    script = source.with_suffix(".sql")
    script.touch(mode=0o600)
    _run(
        [_program("pg_restore"), "--no-owner", "--no-privileges", f"--file={script}", str(source)],
        what="reading the dump",
    )
    url = _url(address)
    _run(
        [
            _program("psql"),
            *("--no-password", f"--dbname={_without_password(url)}", "--quiet", "--no-psqlrc"),
            *("--single-transaction", "--set=ON_ERROR_STOP=1"),
            # pg_restore's own clean-up drops what the dump names: tables of a newer release would stay.
            *("--command=DROP SCHEMA IF EXISTS public CASCADE", f"--file={script}"),
        ],
        what=f"restoring into {url!r}",
        password=url.password,
    )
    return rows(address)


def rows(address: str) -> Rows:
    """Rows of each table; raises `UnusableBackup` where the database does not answer."""
    url = _url(address)
    engine = create_engine(url, connect_args={"connect_timeout": CONNECT_SECONDS})
    try:
        with engine.connect() as connection:
            return _rows(connection)
    except SQLAlchemyError as error:
        raise UnusableBackup(f"{url!r} does not answer: {error}") from error
    finally:
        engine.dispose()


def _rows(connection: Connection) -> Rows:
    quote = connection.dialect.identifier_preparer.quote
    return {
        name: int(connection.execute(text(f"SELECT count(*) FROM {quote(name)}")).scalar_one())
        for name in sorted(inspect(connection).get_table_names())
    }


def revision(address: str) -> str | None:
    """Alembic's revision of a database; None where it has none."""
    engine = create_engine(_url(address), connect_args={"connect_timeout": CONNECT_SECONDS})
    try:
        with engine.connect() as connection:
            if not inspect(connection).has_table("alembic_version"):
                return None
            return connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
    except SQLAlchemyError as error:
        raise UnusableBackup(f"{engine.url!r} does not answer: {error}") from error
    finally:
        engine.dispose()


def _url(address: str) -> URL:
    return make_url(address).set(drivername="postgresql+psycopg2")


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise UnusableBackup(
            f"a state with PostgreSQL takes its client {name}, which is not installed here: install "
            "PostgreSQL's client programs (Debian: postgresql-client) of the server's release or newer"
        )
    return found


def _without_password(url: URL) -> str:
    return url.set(drivername="postgresql", password=None).render_as_string()


def _run(command: list[str], *, what: str, password: object = None) -> None:
    # The password goes by the environment: arguments can be read by every user of the machine.
    environment = os.environ | {"PGOPTIONS": "--client-min-messages=warning"}
    if password:
        environment["PGPASSWORD"] = str(password)
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        told = "\n".join(done.stderr.strip().splitlines()[-LAST_LINES:])
        raise UnusableBackup(f"{what} failed: {told}")
