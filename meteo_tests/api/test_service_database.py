"""The service's database: SQLite or PostgreSQL, brought up to date, never taken back."""

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from meteo_api.accounts.account import Role
from meteo_api.accounts.throttle import MOST_PER_NAME
from meteo_api.accounts.users import LastAdministrator
from meteo_api.database.schema import NewerDatabase, _config, bring_up_to_date, known_revisions
from meteo_api.database.tables import audit, metadata
from meteo_core.service_database import DatabaseAway, ServiceDatabase, UnusableDatabase
from meteo_tests.api.accounts_service import ME, START, bearing, serving
from meteo_tests.api.clients import problem_of
from meteo_tests.api.people import ADMIN, LOGIN, PASSWORD, USER, users_in


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Address of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'service.db'}"
    server = request.getfixturevalue("server")
    name = f"test_{abs(hash(request.node.name))}"
    engine = sa.create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return sa.make_url(server).set(database=name).render_as_string(hide_password=False)


@pytest.fixture
def database(url: str) -> Iterator[ServiceDatabase]:
    database = ServiceDatabase(url)
    bring_up_to_date(database)
    yield database
    database.close()


def test_migrations_make_the_tables_that_the_code_declares(database: ServiceDatabase):
    with database.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_bringing_up_to_date_again_changes_nothing(database: ServiceDatabase):
    with database.writing() as connection:
        connection.execute(audit.insert().values(at=START, who="w", action="a", subject="s", detail=""))

    bring_up_to_date(database)

    with database.reading() as connection:
        assert connection.execute(sa.select(audit.c.at)).scalars().all() == [START]


@pytest.mark.parametrize("revision", sorted(known_revisions()))
def test_a_database_of_each_earlier_release_comes_up_to_date_with_its_rows(url: str, revision: str):
    database = ServiceDatabase(url)
    with database.writing() as connection:
        command.upgrade(_config(connection), revision)
        connection.execute(
            sa.text(
                "INSERT INTO audit (at, who, action, subject, detail) "
                "VALUES ('2020-06-01 01:02:03', 'w', 'a', 's', '')"
            )
        )

    bring_up_to_date(database)

    with database.reading() as connection:
        assert connection.execute(sa.select(audit.c.who, audit.c.action)).all() == [("w", "a")]
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    database.close()


@pytest.mark.fault("services that migrate at the same moment", "they take turns")
def test_services_that_start_together_take_turns(url: str):
    faults: list[Exception] = []

    def start() -> None:
        database = ServiceDatabase(url)
        try:
            bring_up_to_date(database)
        except Exception as error:
            faults.append(error)
        finally:
            database.close()

    together = [threading.Thread(target=start) for _ in range(6)]
    for thread in together:
        thread.start()
    for thread in together:
        thread.join()

    assert faults == []


@pytest.mark.fault("service database of a newer release", "refused with the reason")
def test_a_newer_database_is_refused_with_the_reason(database: ServiceDatabase):
    with database.writing() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(NewerDatabase, match=r"9999.*newer version has used it"):
        bring_up_to_date(database)


def test_the_process_refuses_a_newer_database_in_a_line(tmp_path: Path):
    with users_in(f"sqlite:///{tmp_path / 'service.db'}"):
        pass
    with sqlite3.connect(tmp_path / "service.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")

    refused = subprocess.run(
        [sys.executable, "-m", "meteo_api"],
        env={"METEO_HOME": str(tmp_path), "METEO_API_PORT": "0"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert refused.returncode != 0
    assert "9999" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_transaction_is_kept_as_a_whole_or_not_at_all(database: ServiceDatabase):
    entry = audit.insert().values(at=START, who="w", action="a", subject="s", detail="")

    def fail_half_way() -> None:
        with database.writing() as connection:
            connection.execute(entry)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_half_way()

    with database.reading() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(audit)).scalar_one() == 0


def test_writers_wait_for_each_other(database: ServiceDatabase):
    def write() -> None:
        for _ in range(20):
            with database.writing() as connection:
                last = connection.execute(sa.select(sa.func.max(audit.c.id))).scalar()
                connection.execute(
                    audit.insert().values(at=START, who="w", action="a", subject=str(last), detail="")
                )

    writers = [threading.Thread(target=write) for _ in range(5)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()

    with database.reading() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(audit)).scalar_one() == 100


def test_two_administrators_cannot_shut_each_other_out(url: str):
    with users_in(url) as users:
        for name in (USER, ADMIN):
            users.add(name, PASSWORD, Role.ADMIN, by="a test")
        outcomes: list[str] = []

        def shut_out(name: str) -> None:
            try:
                users.change(name, disabled=True, by="a test")
                outcomes.append("done")
            except LastAdministrator:
                outcomes.append("refused")

        both = [threading.Thread(target=shut_out, args=(name,)) for name in (USER, ADMIN)]
        for thread in both:
            thread.start()
        for thread in both:
            thread.join()

        assert sorted(outcomes) == ["done", "refused"]
        assert [user.disabled for user in users.all()].count(True) == 1


def test_accounts_work_the_same_on_both(url: str, tmp_path: Path):
    with serving(tmp_path / "home", url=url) as service:
        token, admin = service.token(), service.token(ADMIN)
        assert service.get(token).json()["expires_at"] == "2016-06-25T08:30:00Z"
        added = {"name": "clara", "password": "nine dry yellow deserts"}
        assert service.client.post("/api/v1/users", json=added, headers=bearing(admin)).status_code == 201
        problem_of(service.client.post("/api/v1/users", json=added, headers=bearing(admin)), 409)
        entries = service.client.get("/api/v1/audit", headers=bearing(admin)).json()["entries"]
        assert [entry["subject"] for entry in entries] == ["clara", ADMIN, USER]
        assert service.client.post("/api/v1/logout", headers=bearing(token)).status_code == 204
        problem_of(service.get(token), 401)
        wrong = [service.login("no\x00body", "x").status_code for _ in range(MOST_PER_NAME + 1)]
        assert wrong == [401] * MOST_PER_NAME + [429]
        form = {"name": "clara", "password": added["password"]}
        assert service.client.post("/sign-in", data=form).status_code == 303
        assert service.client.get(ME).json()["name"] == "clara"


@pytest.mark.fault("PostgreSQL down at start", "503 without secrets")
def test_a_server_that_is_down_is_503_and_says_nothing_of_itself(tmp_path: Path):
    with serving(tmp_path) as service:
        token = service.token()
        database = service.app.dependencies["database"].dependency()
        broken = ServiceDatabase("postgresql+psycopg2://meteo:very-private@127.0.0.1:1/meteo")
        database.engine = broken.engine

        answer = service.client.post(LOGIN, data={"username": USER, "password": PASSWORD})

        problem_of(answer, 503)
        assert answer.headers["retry-after"]
        assert "127.0.0.1:1" not in answer.text
        problem_of(service.get(token), 503)
        for path in ("/health/live", "/sign-in", "/schema/openapi.json"):
            assert service.get(token, path).status_code == 200, path
            cookie = {"Cookie": f"meteo-session={'x' * 43}"}
            assert service.client.get(path, headers=cookie).status_code == 200, path


@pytest.mark.fault("a database's password in errors and settings", "never shown")
def test_the_password_of_a_database_is_never_shown():
    database = ServiceDatabase("postgresql+psycopg2://meteo:very-private@127.0.0.1:1/meteo")

    with pytest.raises(DatabaseAway) as away, database.reading():
        pass

    assert "very-private" not in str(away.value)


@pytest.mark.parametrize(
    "address",
    ["", "nonsense", "mysql://host/meteo", "sqlite://", "sqlite:///:memory:", "sqlite:////dev/null/x"],
)
def test_an_address_of_no_usable_database_is_refused(address: str):
    with pytest.raises(UnusableDatabase):
        ServiceDatabase(address)


def test_only_the_owner_reads_the_file(tmp_path: Path):
    with users_in(f"sqlite:///{tmp_path / 'service.db'}") as users:
        users.add(USER, PASSWORD, Role.USER, by="a test")

        modes = {file.name: file.stat().st_mode & 0o777 for file in tmp_path.iterdir()}

    assert modes == dict.fromkeys(("service.db", "service.db-wal", "service.db-shm"), 0o600)
