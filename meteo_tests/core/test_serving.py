"""What publishing leaves behind: the newest snapshots, and nothing of those that failed."""

import json
import os
from pathlib import Path

import pandas as pd
import pytest

from meteo_core import serving
from meteo_core.serving import FORMAT, KEEP, MANIFEST, POINTER, UnusableSnapshot, current_name, publish, read
from meteo_core.whole_file import replace_file

TABLES = dict.fromkeys(("observations", "forecasts", "drift"), pd.DataFrame({"station": ["Sydney"]}))


def folder_of(place: Path, name: str, manifest: dict[str, object] | None = None) -> Path:
    """A folder as somebody else left it, long ago."""
    folder = place / name
    folder.mkdir()
    if manifest is not None:
        (folder / MANIFEST).write_text(json.dumps(manifest))
    os.utime(folder, (0, 0))
    return folder


@pytest.mark.fault("disk full while a snapshot is published", "the one before serves, nothing is left of it")
def test_a_publication_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    before = publish(tmp_path, **TABLES)

    def full(self: pd.DataFrame, path: Path, **_: object) -> None:
        path.write_bytes(b"PAR1")
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(pd.DataFrame, "to_parquet", full)
        with pytest.raises(OSError, match="No space left"):
            publish(tmp_path, **TABLES)

    assert {path.name for path in tmp_path.iterdir()} == {before, POINTER}
    assert current_name(tmp_path) == before


def test_a_snapshot_that_cannot_be_read_back_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    before = publish(tmp_path, **TABLES)

    with monkeypatch.context() as patch:
        patch.setattr(serving, "_sha256", lambda _: os.urandom(8).hex())  # as bytes that change on the disk
        with pytest.raises(UnusableSnapshot):
            publish(tmp_path, **TABLES)

    assert {path.name for path in tmp_path.iterdir()} == {before, POINTER}
    assert read(tmp_path, before).name == before


def test_an_interruption_after_the_switch_keeps_what_is_current(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    whole = serving.replace_file

    def interrupted(path: Path, content: bytes) -> None:
        whole(path, content)
        raise KeyboardInterrupt

    monkeypatch.setattr(serving, "replace_file", interrupted)
    with pytest.raises(KeyboardInterrupt):
        publish(tmp_path, **TABLES)

    name = current_name(tmp_path)
    assert name is not None
    assert read(tmp_path, name).name == name


@pytest.mark.fault("killed while a snapshot is published", "what it left is cleared away after a day")
def test_what_killed_publications_left_is_cleared_away_after_a_day(tmp_path: Path):
    left = folder_of(tmp_path, "20200101T000000-aaaaaa")
    foreign = folder_of(tmp_path, "lost+found")
    under_way = tmp_path / "20200101T000000-bbbbbb"
    under_way.mkdir()
    pointers = [tmp_path / f"{POINTER}.20200101T000000-aaaaaa", tmp_path / f".{POINTER}.1.unfinished"]
    for pointer in pointers:
        pointer.touch()
        os.utime(pointer, (0, 0))

    publish(tmp_path, **TABLES)

    assert not left.exists()
    assert under_way.exists()
    assert foreign.exists()
    assert not any(pointer.exists() for pointer in pointers)


def test_whoever_reads_a_file_while_it_is_replaced_has_the_old_one_whole(tmp_path: Path):
    replace_file(tmp_path / POINTER, b"the old one")

    with (tmp_path / POINTER).open("rb") as reader:
        replace_file(tmp_path / POINTER, b"another")
        read_meanwhile = reader.read()

    assert read_meanwhile == b"the old one"
    assert (tmp_path / POINTER).read_bytes() == b"another"
    assert [path.name for path in tmp_path.iterdir()] == [POINTER]


def test_snapshots_that_cannot_be_read_take_no_place_of_those_that_can(tmp_path: Path):
    readable = [publish(tmp_path, **TABLES) for _ in range(KEEP - 1)]
    later = [
        folder_of(tmp_path, f"20991231T00000{number}-ffffff", {"format": FORMAT + 1})
        for number in range(KEEP)
    ]

    name = publish(tmp_path, **TABLES)

    assert {path.name for path in tmp_path.iterdir()} == {*readable, name, POINTER}
    assert not any(folder.exists() for folder in later)
