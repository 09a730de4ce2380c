"""Checks of the machine: Python and packages, the state folder, secrets, room on the disk."""

import os
import re
import shutil
import sys
import tempfile
from importlib import metadata
from pathlib import Path
from typing import Final

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from meteo_api.accounts.secret import Secret, UnusableSecret, secret_in
from meteo_api.settings import Settings as ServiceSettings
from meteo_assets.instance import PROJECT_ROOT
from meteo_assets.settings import Settings
from meteo_cli.doctor.finding import Finding, fail, ok, skip, warn

LOCK: Final = PROJECT_ROOT / "requirements.lock"
FEW_BYTES: Final = 2_000_000_000
"""Less is worth a look: a training and its copies take some hundred MB."""
TOO_FEW_BYTES: Final = 200_000_000
SHOWN: Final = 5
"""Packages named at most."""


def python_is_supported(_settings: Settings, _service: ServiceSettings) -> Finding:
    """Python is of a release that Meteo is made for."""
    wanted, here = metadata.metadata("meteo")["Requires-Python"], ".".join(map(str, sys.version_info[:3]))
    if here in SpecifierSet(wanted):
        return ok(f"{here}, Meteo {metadata.version('meteo')}")
    return fail(
        f"{here}, and Meteo takes {wanted}", "make it anew with another one: make clean setup PYTHON=..."
    )


def packages_are_the_locked_ones(_settings: Settings, _service: ServiceSettings) -> Finding:
    """Every package that the lock file names for this machine is installed in just that release."""
    if not LOCK.is_file():
        return skip(f"no {LOCK.name} beside the code to compare with")
    locked = [
        Requirement(line.rstrip(" \\\n"))
        for line in LOCK.read_text(encoding="utf-8").splitlines()
        if re.match(r"[A-Za-z0-9]", line)
    ]
    wanted = [each for each in locked if each.marker is None or each.marker.evaluate()]
    others = [
        f"{each.name} {have or 'missing'} (locked: {str(each.specifier)[2:]})"
        for each in wanted
        if (have := _installed(each.name)) is None or not each.specifier.contains(have, prereleases=True)
    ]
    if not others:
        return ok(f"all {len(wanted)} are those of {LOCK.name}")
    more = f" and {len(others) - SHOWN} more" if len(others) > SHOWN else ""
    return warn(f"not as locked: {', '.join(others[:SHOWN])}{more}", "make setup")


def _installed(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def state_folder_is_writable(settings: Settings, _service: ServiceSettings) -> Finding:
    """A file can be made and renamed in the state folder."""
    root = settings.home.root
    if not root.exists():
        return warn(
            f"{root} is not there yet", "make demo, or meteo history import, makes it; or set METEO_HOME"
        )
    try:
        with tempfile.NamedTemporaryFile(dir=root, prefix=".doctor-") as file:
            file.write(b"written")
    except OSError as error:
        return fail(
            f"{root} cannot be written: {error.strerror}",
            f"let the user {os.getuid()} write there, or mount it for writing",
        )
    foreign = [path.name for path in root.iterdir() if not os.access(path, os.W_OK)]
    if foreign:
        return fail(f"in {root}, {', '.join(foreign)} cannot be written", f"chown -R {os.getuid()} {root}")
    return ok(f"{root}")


MOUNTED: Final = Path("/run/secrets")


def secrets_are_private(settings: Settings, service: ServiceSettings) -> Finding:
    """Files with secrets in them can be read by their owner only, given ones by a group at most.

    What a container engine mounts is for whoever is in the container: its own folder keeps others out.
    """
    home = settings.home
    own = [home.secret, home.service_database, home.root / "demo-passwords.txt"]
    given = [
        service.secret_file,
        settings.smtp_password_file,
        settings.alert_webhook_url_file,
        settings.warehouse_password_file,
        settings.broker_password_file,
        settings.s3_secret_file,
    ]
    open_ones = [path for path in own if path.exists() and path.stat().st_mode & 0o077]
    # Container engines hand secrets to a group.
    open_ones += [
        path
        for path in given
        if path is not None
        and path.exists()
        and path.stat().st_mode & 0o007
        and not path.is_relative_to(MOUNTED)
    ]
    if open_ones:
        names = " ".join(map(str, open_ones))
        return fail(f"others can read {names}", f"chmod 600 {names}; have secrets been read, make new ones")
    unreadable = [str(path) for path in given if path is not None and not os.access(path, os.R_OK)]
    if unreadable:
        return fail(f"cannot be read: {', '.join(unreadable)}", "name a file that this user can read")
    return ok("their owner's alone")


def secret_is_strong(settings: Settings, service: ServiceSettings) -> Finding:
    """The secret that sign-ins rest on is one that nobody guesses."""
    file = service.secret_file or (settings.home.secret if settings.home.secret.exists() else None)
    try:
        if service.secret_key is not None:
            Secret(service.secret_key.get_secret_value())
            return ok("from METEO_SECRET_KEY")
        if file is None:
            return ok("made at the service's first start")
        secret_in(file)
        return ok(f"from {file}")
    except UnusableSecret as error:
        return fail(str(error), "a new one ends every sign-in")


def disk_has_room(settings: Settings, _service: ServiceSettings) -> Finding:
    """There is room where the state grows."""
    place = _nearest(settings.home.root)
    usage = shutil.disk_usage(place)
    says = f"{usage.free / 1e9:.1f} of {usage.total / 1e9:.0f} GB free at {place}"
    do = "make room: old backups and states moved aside (*before-restore-*) are nobody's but yours"
    if usage.free < TOO_FEW_BYTES:
        return fail(says, do)
    return warn(says, do) if usage.free < FEW_BYTES else ok(says)


def _nearest(path: Path) -> Path:
    while not path.exists():
        path = path.parent
    return path
