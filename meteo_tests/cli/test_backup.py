"""A backup holds the whole state, is whole or not there, and makes the same state again somewhere else."""

import io
import json
import multiprocessing
import os
import shutil
import sqlite3
import tarfile
from pathlib import Path
from typing import Any

import dagster as dg
import pandas as pd
import pyarrow as pa
import pytest
import sqlalchemy as sa
from typer.testing import CliRunner, Result

from meteo_cli.main import app
from meteo_core import serving
from meteo_core.backup import Places, make_backup, placing
from meteo_core.calendar import Issue
from meteo_core.errors import MeteoError
from meteo_core.features.daily import build_features
from meteo_core.home import Home
from meteo_core.model.rain_models import RainModels
from meteo_core.warehouse import Warehouse
from meteo_tests.api.people import ADMIN, USER, populate, url_of, users_in
from meteo_tests.cli.conftest import FIRST_VERSION, registry_of
from meteo_tests.cli.other_processes import hold, write_pairs
from meteo_tests.postgresql import client_programs


@pytest.fixture(scope="module")
def backup(tmp_path_factory: pytest.TempPathFactory, built_home: Home) -> Path:
    file = tmp_path_factory.mktemp("backups") / "b.tar.zst"
    make_backup(places_of(built_home), file)
    return file


def places_of(home: Home) -> Places:
    return Places.named(
        home, service_database_url=url_of(home), registry_uri=f"sqlite:///{home.mlflow / 'mlflow.db'}"
    )


def restored(meteo: CliRunner, file: Path, home: Path, *options: str) -> Result:
    return meteo.invoke(app, ["restore", str(file), "--home", str(home), *options])


def repacked(backup: Path, target: Path, change: Any) -> Path:
    """The same archive with its members as `change` gives them: names and contents, the manifest last."""
    with pa.input_stream(str(backup), compression="zstd") as packed:
        plain = io.BytesIO(packed.read())
    with tarfile.open(fileobj=plain) as tar:
        members = {m.name: tar.extractfile(m).read() for m in tar}  # type: ignore[union-attr]
    with tarfile.open(target, "w") as tar:
        for name, content in change(members).items():
            about = tarfile.TarInfo(name)
            about.size = len(content)
            tar.addfile(about, io.BytesIO(content))
    return target


def names_in(backup: Path) -> set[str]:
    with pa.input_stream(str(backup), compression="zstd") as packed:
        plain = io.BytesIO(packed.read())
    with tarfile.open(fileobj=plain) as tar:
        return set(tar.getnames())


def with_manifest(members: dict[str, bytes], **changed: Any) -> dict[str, bytes]:
    manifest = json.loads(members["manifest.json"]) | changed
    return members | {"manifest.json": json.dumps(manifest).encode()}


@pytest.mark.parametrize("end", [".tar", ".tar.gz", ".tar.zst"])
def test_a_state_comes_back_in_another_folder(
    end: str, meteo: CliRunner, built_home: Home, weather: pd.DataFrame, models: RainModels, tmp_path: Path
):
    file = tmp_path / f"b{end}"
    made = meteo.invoke(app, ["backup", "--home", str(built_home.root), "--out", str(file)])
    assert made.exit_code == 0, made.output

    done = restored(meteo, file, tmp_path / "new")

    assert done.exit_code == 0, done.output
    assert "Every file is as it was backed up" in done.output
    home, labels = Home(tmp_path / "new"), "FROM labels.daily ORDER BY ALL"
    pd.testing.assert_frame_equal(
        Warehouse(home.warehouse).query(labels), Warehouse(built_home.warehouse).query(labels)
    )
    document = Path("ab/abcdef.csv.gz")
    assert (home.landing / document).read_bytes() == (built_home.landing / document).read_bytes()
    assert home.secret.read_text() == built_home.secret.read_text()
    name = serving.current_name(home.serving)
    assert name is not None
    assert name == serving.current_name(built_home.serving)
    assert not serving.read(home.serving, name).forecasts.empty
    with users_in(url_of(home)) as users:
        assert {user.name for user in users.all()} == {USER, ADMIN}
    assert registry_of(home).history()[0].reason == "the first"


def test_secrets_stay_their_owners_alone(backup: Path, meteo: CliRunner, tmp_path: Path):
    restored(meteo, backup, tmp_path / "new")

    for file in (backup, tmp_path / "new" / "secret", tmp_path / "new" / "service.db"):
        assert file.stat().st_mode & 0o777 == 0o600


def test_a_restored_model_loads_from_its_new_place_and_says_the_same(
    backup: Path,
    built_home: Home,
    meteo: CliRunner,
    weather: pd.DataFrame,
    models: RainModels,
    tmp_path: Path,
):
    restored(meteo, backup, tmp_path / "new")
    hidden = built_home.mlflow.rename(built_home.mlflow.with_name("hidden"))  # or its files would be found
    try:
        loaded = registry_of(Home(tmp_path / "new")).load(FIRST_VERSION, tmp_path / "workspace")
    finally:
        hidden.rename(built_home.mlflow)

    rows = build_features(weather).tail(30)
    for issue in Issue:
        pd.testing.assert_frame_equal(loaded[issue].forecast(rows), models[issue].forecast(rows))


def test_dagsters_runs_come_back(
    backup: Path, meteo: CliRunner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    restored(meteo, backup, tmp_path / "new")

    monkeypatch.setenv("METEO_HOME", str(tmp_path / "new"))
    with dg.DagsterInstance.from_config(str(tmp_path / "new" / "dagster")) as instance:
        assert [run.tags["asked"] for run in instance.get_runs()] == ["once"]


def test_nothing_is_replaced_unless_told_and_then_the_old_stays_aside(
    backup: Path, meteo: CliRunner, tmp_path: Path
):
    home = tmp_path / "state"
    home.mkdir()
    (home / "mine.txt").write_text("mine")

    refused = restored(meteo, backup, home)
    assert refused.exit_code == 1
    assert "--force" in refused.output
    assert [entry.name for entry in home.iterdir()] == ["mine.txt"]

    done = restored(meteo, backup, home, "--force")
    assert done.exit_code == 0, done.output
    (aside,) = tmp_path.glob("state-before-restore-*")
    assert (aside / "state" / "mine.txt").read_text() == "mine"
    assert Home(home).warehouse.exists()


def test_a_dry_run_checks_everything_and_replaces_nothing(backup: Path, meteo: CliRunner, tmp_path: Path):
    home = tmp_path / "state"
    home.mkdir()
    (home / "mine.txt").write_text("mine")

    done = restored(meteo, backup, home, "--dry-run")

    assert done.exit_code == 0, done.output
    assert "Nothing was replaced" in done.output
    assert [entry.name for entry in tmp_path.iterdir()] == ["state"]
    assert [entry.name for entry in home.iterdir()] == ["mine.txt"]


@pytest.mark.fault("restore over a running system", "refused")
def test_the_python_of_debian_12_restores_too(
    backup: Path, meteo: CliRunner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Its 3.11.2 has no filters in tarfile, and a backup that only other machines can read is none."""
    monkeypatch.delattr(tarfile, "data_filter")

    done = restored(meteo, backup, tmp_path / "new", "--dry-run")

    assert done.exit_code == 0, done.output


def test_a_state_in_use_is_not_replaced(backup: Path, meteo: CliRunner, tmp_path: Path):
    home = tmp_path / "state"
    Warehouse(home / "meteo.duckdb").query("SELECT 1")
    context = multiprocessing.get_context("spawn")
    opened, done = context.Event(), context.Event()
    holder = context.Process(target=hold, args=(home / "meteo.duckdb", opened, done))
    holder.start()
    try:
        assert opened.wait(60)
        refused = restored(meteo, backup, home, "--force")
    finally:
        done.set()
        holder.join(60)

    assert refused.exit_code == 1
    assert f"process {holder.pid}" in refused.output.replace("\n", " ")


def _flipped(members: dict[str, bytes]) -> dict[str, bytes]:
    content = members["landing/ab/abcdef.csv.gz"]
    return members | {"landing/ab/abcdef.csv.gz": content[:-1] + bytes([content[-1] ^ 1])}


def _without(name: str) -> Any:
    return lambda members: {key: content for key, content in members.items() if key != name}


def _fewer_rows(members: dict[str, bytes]) -> dict[str, bytes]:
    rows = json.loads(members["manifest.json"])["rows"]
    rows["meteo.duckdb"]["labels.daily"] += 1
    return with_manifest(members, rows=rows)


@pytest.mark.fault("backup damaged, or of a newer release", "refused, nothing replaced")
@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_flipped, "abcdef.csv.gz in the backup is not as it was put there"),
        (_without("secret"), "misses secret"),
        (_without("manifest.json"), "no backup of Meteo"),
        (lambda members: {"stranger": b"x", **members}, "stranger"),
        (lambda members: {"../escaped": b"x", **members}, "no file of a state folder"),
        (lambda members: {"/tmp/escaped": b"x", **members}, "no file of a state folder"),
        (_fewer_rows, "labels.daily has"),
        (lambda members: with_manifest(members, meteo="99.0"), "newer release, Meteo 99.0"),
        (lambda members: with_manifest(members, format=9), "newer release"),
        (lambda members: with_manifest(members, scripts=["0099_later.sql"]), "0099_later.sql"),
        (lambda members: with_manifest(members, service_revision="9999"), "service database 9999"),
    ],
)
def test_a_backup_that_is_not_whole_or_too_new_replaces_nothing(
    change: Any, words: str, backup: Path, meteo: CliRunner, tmp_path: Path
):
    bad = repacked(backup, tmp_path / "bad.tar", change)

    refused = restored(meteo, bad, tmp_path / "new")

    assert refused.exit_code == 1
    assert words in refused.output.replace("\n", " ")
    assert [entry.name for entry in tmp_path.iterdir()] == ["bad.tar"]
    assert not Path("/tmp/escaped").exists()


@pytest.mark.fault("backup with a link out of the folder", "refused")
def test_a_link_in_a_backup_is_refused(backup: Path, meteo: CliRunner, tmp_path: Path):
    bad = repacked(backup, tmp_path / "bad.tar", lambda members: members)
    with tarfile.open(bad, "a") as tar:
        link = tarfile.TarInfo("landing/link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)

    refused = restored(meteo, bad, tmp_path / "new")

    assert refused.exit_code == 1
    assert "landing/link" in refused.output


@pytest.mark.fault("truncated backup", "refused, nothing replaced")
@pytest.mark.parametrize("lost", [1, 1000, 100_000])
def test_a_cut_off_backup_is_refused(lost: int, backup: Path, meteo: CliRunner, tmp_path: Path):
    cut = tmp_path / "cut.tar.zst"
    cut.write_bytes(backup.read_bytes()[:-lost])

    refused = restored(meteo, cut, tmp_path / "new")

    assert refused.exit_code == 1
    assert "Traceback" not in refused.output
    assert [entry.name for entry in tmp_path.iterdir()] == ["cut.tar.zst"]


def test_a_backup_is_not_written_over_another_unless_told(built_home: Home, meteo: CliRunner, tmp_path: Path):
    file = tmp_path / "b.tar"
    file.write_bytes(b"the one of yesterday")
    command = ["backup", "--home", str(built_home.root), "--out", str(file)]

    refused = meteo.invoke(app, command)
    assert (refused.exit_code, file.read_bytes()) == (1, b"the one of yesterday")

    assert meteo.invoke(app, [*command, "--force"]).exit_code == 0
    assert tarfile.is_tarfile(file)


@pytest.mark.fault("backup that fails", "no half a file")
def test_a_backup_that_fails_leaves_nothing(built_home: Home, meteo: CliRunner, tmp_path: Path):
    home = Home(shutil.copytree(built_home.root, tmp_path / "state"))
    home.warehouse.write_bytes(b"no database")

    failed = meteo.invoke(app, ["backup", "--home", str(home.root), "--out", str(tmp_path / "b.tar")])

    assert failed.exit_code == 1
    assert "meteo.duckdb" in failed.output
    assert [entry.name for entry in tmp_path.iterdir()] == ["state"]


def test_a_backup_of_nothing_or_into_the_state_itself_is_refused(
    built_home: Home, meteo: CliRunner, tmp_path: Path
):
    nothing = meteo.invoke(app, ["backup", "--home", str(tmp_path / "none"), "--out", "b.tar"])
    within = meteo.invoke(
        app, ["backup", "--home", str(built_home.root), "--out", str(built_home.root / "b.tar")]
    )

    assert (nothing.exit_code, within.exit_code) == (1, 1)
    assert "no state folder" in nothing.output
    assert "in the state folder itself" in within.output


@pytest.mark.fault("backup while all write", "of one moment")
def test_a_backup_under_writers_is_of_one_moment(tmp_path: Path, meteo: CliRunner):
    home = Home(tmp_path / "state")
    with Warehouse(home.warehouse).connect() as connection:
        connection.execute("CREATE TABLE main.one (n INTEGER); CREATE TABLE main.two (n INTEGER)")
    with sqlite3.connect(home.service_database) as other:
        other.execute("PRAGMA journal_mode = WAL")
        other.execute("CREATE TABLE one (n)")
        other.execute("CREATE TABLE two (n)")
    context = multiprocessing.get_context("spawn")
    started, stop = context.Event(), context.Event()
    writer = context.Process(target=write_pairs, args=(home.warehouse, home.service_database, started, stop))
    writer.start()
    try:
        assert started.wait(60)
        manifests = [make_backup(places_of(home), tmp_path / f"{n}.tar") for n in range(5)]
        still_writing = writer.is_alive()
    finally:
        stop.set()
        writer.join(60)

    assert still_writing
    assert writer.exitcode == 0
    for manifest in manifests:
        assert manifest.rows["meteo.duckdb"]["main.one"] == manifest.rows["meteo.duckdb"]["main.two"] > 0
        assert manifest.rows["service.db"]["one"] == manifest.rows["service.db"]["two"] > 0
    assert set(manifests[-1].members) == {"meteo.duckdb", "service.db"}
    counts = [manifest.rows["meteo.duckdb"]["main.one"] for manifest in manifests]
    assert counts[0] < counts[-1]  # it went on writing
    assert restored(meteo, tmp_path / "4.tar", tmp_path / "new").exit_code == 0


def test_users_in_postgresql_come_back_and_what_was_there_is_kept(
    server: str, meteo: CliRunner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("PATH", f"{client_programs()}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("METEO_DATABASE_URL", server)
    populate(server)
    home, file = tmp_path / "state", tmp_path / "b.tar"
    Warehouse(home / "meteo.duckdb").query("SELECT 1")
    made = meteo.invoke(app, ["backup", "--home", str(home), "--out", str(file)])
    assert made.exit_code == 0, made.output
    engine = sa.create_engine(server)
    with engine.begin() as connection:
        connection.execute(sa.text("DELETE FROM users; CREATE TABLE of_a_newer_release (n INTEGER)"))

    refused = restored(meteo, file, tmp_path / "new")
    done = restored(meteo, file, tmp_path / "new", "--force")

    assert (refused.exit_code, done.exit_code) == (1, 0), done.output
    assert "has tables: --force" in refused.output
    with users_in(server) as users:
        assert {user.name for user in users.all()} == {USER, ADMIN}
    assert not sa.inspect(engine).has_table("of_a_newer_release")
    assert list(tmp_path.glob("new-before-restore-*/service.dump"))
    engine.dispose()


def test_without_postgresqls_client_the_fix_is_named(
    server: str, meteo: CliRunner, built_home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("METEO_DATABASE_URL", server)

    failed = meteo.invoke(app, ["backup", "--home", str(built_home.root), "--out", "b.tar"])

    assert failed.exit_code == 1
    assert "postgresql-client" in failed.output
    assert list(tmp_path.iterdir()) == []


def test_a_backup_with_postgresql_is_not_half_restored_into_a_state_without(
    server: str, backup: Path, meteo: CliRunner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("METEO_DATABASE_URL", server)

    refused = restored(meteo, backup, tmp_path / "new")

    assert refused.exit_code == 1
    assert "the backup holds none" in refused.output.replace("\n", " ")
    assert not (tmp_path / "new").exists()


def test_a_folder_that_a_disk_is_mounted_on_is_filled_not_renamed(
    backup: Path, meteo: CliRunner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    home = tmp_path / "state"
    home.mkdir()
    (home / "mine.txt").write_text("mine")
    mounted = home.stat().st_ino
    monkeypatch.setattr(Path, "is_mount", lambda path: path == home)

    done = restored(meteo, backup, home, "--force")

    assert done.exit_code == 0, done.output
    assert home.stat().st_ino == mounted
    assert Home(home).warehouse.exists()
    (aside,) = home.glob("before-restore-*")
    assert (aside / "mine.txt").read_text() == "mine"
    assert [entry.name for entry in tmp_path.iterdir()] == ["state"]
    again = meteo.invoke(app, ["backup", "--home", str(home), "--out", str(tmp_path / "b.tar")])
    assert again.exit_code == 0, again.output
    with tarfile.open(tmp_path / "b.tar") as tar:
        assert not any("mine.txt" in name for name in tar.getnames())


def test_a_disk_mounted_within_the_state_gets_what_belongs_on_it(
    backup: Path, meteo: CliRunner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """As in the stack, where the models are a volume that the tracking server writes to."""
    home = Home(tmp_path / "state")
    artifacts = home.mlflow / "artifacts"
    artifacts.mkdir(parents=True)
    (artifacts / "old.txt").write_text("old")
    (home.mlflow / "mine.txt").write_text("mine")
    mounted = artifacts.stat().st_ino
    monkeypatch.setattr(Path, "is_mount", lambda path: path == home.root)
    monkeypatch.setattr(placing, "mounts_below", lambda folder: [artifacts] if folder == home.root else [])

    done = restored(meteo, backup, home.root, "--force")

    assert done.exit_code == 0, done.output
    assert artifacts.stat().st_ino == mounted
    (aside,) = home.root.glob("before-restore-*")
    assert (aside / "mlflow/mine.txt").read_text() == "mine"
    assert (artifacts / aside.name / "old.txt").read_text() == "old"
    assert [entry.name for entry in artifacts.glob("before-restore-*")] == [aside.name]
    assert registry_of(home).load(FIRST_VERSION, tmp_path / "workspace")
    again = meteo.invoke(app, ["backup", "--home", str(home.root), "--out", str(tmp_path / "b.tar.zst")])
    assert again.exit_code == 0, again.output
    first, second = (names_in(file) for file in (backup, tmp_path / "b.tar.zst"))
    assert first == second


def test_volumes_of_one_disk_are_seen_and_names_with_blanks_too():
    told = (
        "24 1 254:0 / / rw - ext4 /dev/vda rw\n"
        "31 24 254:0 /volumes/state /srv/my\\040state rw,relatime - ext4 /dev/vda rw\n"
    )

    assert list(placing.mount_points(told)) == ["/", "/srv/my state"]


def test_a_lake_in_the_state_folder_stays_where_its_catalog_says(
    backup: Path, meteo: CliRunner, tmp_path: Path
):
    home = Home(tmp_path / "state")
    home.lake.mkdir(parents=True)
    (home.lake / "rows.parquet").write_text("rows")
    (home.root / "mine.txt").write_text("mine")

    done = restored(meteo, backup, home.root, "--force")

    assert done.exit_code == 0, done.output
    assert (home.lake / "rows.parquet").read_text() == "rows"
    assert not (home.root / "mine.txt").exists()


def test_a_moved_state_finds_its_models_once_told(
    built_home: Home, meteo: CliRunner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    home = Home(shutil.copytree(built_home.root, tmp_path / "moved place"))
    hidden = built_home.mlflow.rename(built_home.mlflow.with_name("hidden"))
    try:
        with pytest.raises(MeteoError):
            registry_of(home).load(FIRST_VERSION, tmp_path / "before")

        done = meteo.invoke(app, ["model", "relocate", "--home", str(home.root)])

        assert done.exit_code == 0, done.output
        registry_of(home).load(FIRST_VERSION, tmp_path / "after")
    finally:
        hidden.rename(built_home.mlflow)
    assert "are where" in meteo.invoke(app, ["model", "relocate", "--home", str(home.root)]).output
