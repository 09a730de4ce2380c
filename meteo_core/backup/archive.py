"""The file of a backup: a tar archive, plain or compressed, that is there whole or not at all."""

import hashlib
import io
import os
import shutil
import tarfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, Final

import pyarrow as pa

from meteo_core.backup.manifest import FILE, Manifest, Member, UnusableBackup, read_manifest

COMPRESSION: Final = {".tar": None, ".tar.gz": "gzip", ".tar.zst": "zstd"}
"""By the end of the file's name."""
_SPARE_BYTES: Final = 50_000_000
"""What unpacking leaves free on the disk."""


class ArchiveWriter:
    """Adds files under names, and remembers what each was."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        self.members: dict[str, Member] = {}

    def add(self, file: Path, name: str) -> None:
        """Add a file as it is now; one that grows meanwhile is added as long as it was at the beginning."""
        with file.open("rb") as opened:
            status = os.fstat(opened.fileno())
            self._add(opened, name, size=status.st_size, mode=status.st_mode & 0o777, mtime=status.st_mtime)

    def close_with(self, manifest: Manifest) -> None:
        """Add the manifest, last: it tells of everything before it."""
        text = manifest.as_json().encode()
        self._add(io.BytesIO(text), FILE, size=len(text), mode=0o600, mtime=manifest.created_at.timestamp())

    def _add(self, content: IO[bytes], name: str, *, size: int, mode: int, mtime: float) -> None:
        about = tarfile.TarInfo(name)
        about.size, about.mode, about.mtime = size, mode, int(mtime)
        hashing = _Hashing(content)
        self._tar.addfile(about, hashing)  # type: ignore[arg-type]
        self.members[name] = Member(hashing.sha256, size)


class _Hashing:
    """Reads on, and knows the hash of what it has read."""

    def __init__(self, content: IO[bytes]) -> None:
        self._content = content
        self._hash = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        read = self._content.read(size)
        self._hash.update(read)
        return read

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()


def compression_of(file: Path) -> str | None:
    """How a file of this name is compressed; raises `UnusableBackup` for a name that does not say."""
    for end, compression in COMPRESSION.items():
        if file.name.endswith(end):
            return compression
    raise UnusableBackup(f"{file.name}: a backup's name ends in {', '.join(COMPRESSION)}")


@contextmanager
def written(file: Path, *, replace: bool) -> Iterator[ArchiveWriter]:
    """Write an archive beside its place, readable by its owner only, and put it there when it is whole.

    Raises `UnusableBackup` where there is a file already that may not be replaced.
    """
    compression = compression_of(file)
    _require_free(file, replace=replace)
    unfinished = file.with_name(f".{file.name}.{uuid.uuid4().hex}")
    try:
        os.close(os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        with (
            pa.output_stream(str(unfinished), compression=compression) as out,
            tarfile.open(fileobj=out, mode="w|", format=tarfile.PAX_FORMAT) as tar,
        ):
            yield ArchiveWriter(tar)
        with unfinished.open("rb") as whole:
            os.fsync(whole.fileno())
        if replace:
            os.replace(unfinished, file)
        else:
            try:
                os.link(unfinished, file)
            except FileExistsError:
                _require_free(file, replace=False)
    finally:
        unfinished.unlink(missing_ok=True)


def _require_free(file: Path, *, replace: bool) -> None:
    if file.exists() and not replace:
        raise UnusableBackup(f"{file} exists: choose another name, or replace it with --force")


def unpacked(file: Path, folder: Path) -> Manifest:
    """Unpack an archive into an empty folder, and check every file against the manifest.

    Raises `UnusableBackup` for anything that is not a whole backup; members that would land elsewhere, or are
    other things than files, are refused.
    """
    compression, seen, manifest = compression_of(file), {}, None
    try:
        with (
            pa.input_stream(str(file), compression=compression) as packed,
            tarfile.open(fileobj=packed, mode="r|") as tar,
        ):
            for member, content in _files(tar):
                if member.name == FILE:
                    manifest = read_manifest(content.read())
                    continue
                _require_space(folder, member.size)
                seen[member.name] = _write(content, member, folder)
    except (tarfile.TarError, EOFError, pa.ArrowException, OSError) as error:
        raise UnusableBackup(f"{file} is not a whole backup: {error}") from error
    if manifest is None:
        raise UnusableBackup(f"{file} is no backup of Meteo, or was cut off: it has no {FILE}")
    _require_same(manifest, seen)
    return manifest


def _files(tar: tarfile.TarFile) -> Iterator[tuple[tarfile.TarInfo, IO[bytes]]]:
    for member in tar:
        path = PurePosixPath(member.name)
        content = tar.extractfile(member) if member.isreg() else None
        if content is None or path.is_absolute() or ".." in path.parts:
            raise UnusableBackup(f"the backup has {member.name!r} in it, which is no file of a state folder")
        yield member, content


def _write(content: IO[bytes], member: tarfile.TarInfo, folder: Path) -> Member:
    """Write a file whose name was checked; Debian 12's Python has no filters in tarfile."""
    place = folder / member.name
    place.parent.mkdir(parents=True, exist_ok=True)
    hashing = _Hashing(content)
    with os.fdopen(os.open(place, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as out:
        shutil.copyfileobj(hashing, out, length=1 << 20)  # type: ignore[type-var]
    place.chmod(member.mode & 0o755 | 0o600)  # nobody else may write to it
    os.utime(place, (member.mtime, member.mtime))
    return Member(hashing.sha256, place.stat().st_size)


def _require_space(folder: Path, size: int) -> None:
    free = shutil.disk_usage(folder).free
    if size + _SPARE_BYTES > free:
        raise UnusableBackup(f"{folder} has {free:,} bytes left, too few to unpack the next {size:,}")


def _require_same(manifest: Manifest, seen: dict[str, Member]) -> None:
    for name, member in manifest.members.items():
        if name not in seen:
            raise UnusableBackup(f"the backup misses {name}, which its {FILE} names")
        if seen[name] != member:
            raise UnusableBackup(f"{name} in the backup is not as it was put there")
    strangers = sorted(seen.keys() - manifest.members.keys())
    if strangers:
        raise UnusableBackup(f"the backup has {strangers[0]} in it, which its {FILE} does not name")
