"""The two users of the demo: generated passwords, the same at every run over the same state folder."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from meteo_api.accounts import passwords
from meteo_api.accounts.account import Role
from meteo_cli.users import opened
from meteo_core.home import Home

USERS: Final = {"user": Role.USER, "admin": Role.ADMIN}
FILE: Final = "demo-passwords.txt"
WHO: Final = "cli:demo"


def ensure_demo_users(home: Home) -> Mapping[str, str]:
    """Make both users, or give them again the passwords that they had; gives name to password."""
    file = home.root / FILE
    kept = _read(file)
    chosen = {name: kept.get(name) or passwords.generated() for name in USERS}
    if chosen != kept:
        _write(file, chosen)
    with opened() as users:
        for name, role in USERS.items():
            user = users.find(name)
            if user is None:
                users.add(name, chosen[name], role, by=WHO)
            elif not passwords.is_right(chosen[name], user.password_hash):
                users.change(name, password=chosen[name], by=WHO)
            if user is not None and (user.disabled or user.role is not role):
                users.change(name, disabled=False, role=role, by=WHO)
    return chosen


def _read(file: Path) -> dict[str, str]:
    if not file.exists():
        return {}
    lines = (line.partition(": ") for line in file.read_text(encoding="utf-8").splitlines())
    return {name: password for name, _, password in lines if name in USERS and password}


def _write(file: Path, chosen: Mapping[str, str]) -> None:
    unfinished = file.with_suffix(".new")
    unfinished.unlink(missing_ok=True)
    with os.fdopen(os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as out:
        out.writelines(f"{name}: {password}\n" for name, password in chosen.items())
    unfinished.replace(file)
