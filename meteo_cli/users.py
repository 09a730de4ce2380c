"""`meteo users`: who may use the service. Each change is in its audit."""

import getpass
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from meteo_cli.state_folder import HomeOption, use
from meteo_core.errors import MeteoError

if TYPE_CHECKING:  # the command line starts faster without a database
    from meteo_api.accounts.account import Role
    from meteo_api.accounts.users import Users

users = typer.Typer(help="Who may use the service.", no_args_is_help=True)

NameArgument = Annotated[str, typer.Argument(help="Name of the user", show_default=False)]
RoleOption = Annotated[str, typer.Option("--role", help="user: read and ask; admin: everything")]
StdinOption = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from the first line of standard input")
]


class NoPassword(MeteoError):
    """There is nobody to ask for a password."""


class UnknownRole(MeteoError):
    """A role that there is not."""


@users.command("add")
def add(
    name: NameArgument,
    role: RoleOption = "user",
    password_stdin: StdinOption = False,
    unless_there: Annotated[
        bool, typer.Option("--unless-there", help="Leave a user of this name as they are, without an error")
    ] = False,
    home: HomeOption = None,
) -> None:
    """Add a user. Asks for the password; it is never given on the command line.

    Example: meteo users add anna --role admin
    """
    from meteo_cli.console import console, plain_errors

    use(home)
    with plain_errors(), opened() as kept:
        if unless_there and any(user.name == name for user in kept.all()):
            console.print(f"{name} is there already.", markup=False)
            return
        added = kept.add(name, _password(password_stdin), _role(role), by=_who())
        console.print(f"{added.name} may sign in, as {added.role.value}.", markup=False)


@users.command("list")
def list_users(home: HomeOption = None) -> None:
    """Everyone, with role and since when. Example: meteo users list"""  # noqa: D415
    from rich.table import Table

    from meteo_cli.console import console, plain_errors

    use(home)
    with plain_errors(), opened() as kept:
        table = Table("name", "role", "may sign in", "added (UTC)")
        for user in kept.all():
            may = "no" if user.disabled else "yes"
            table.add_row(user.name, user.role.value, may, f"{user.created_at:%Y-%m-%d %H:%M}")
        console.print(table)


@users.command("disable")
def disable(name: NameArgument, home: HomeOption = None) -> None:
    """Shut a user out, at once. Example: meteo users disable anna"""  # noqa: D415
    from meteo_cli.console import console, plain_errors

    use(home)
    with plain_errors(), opened() as kept:
        changed = kept.change(name, disabled=True, by=_who())
        console.print(f"{changed.name} is shut out.", markup=False)


@users.command("enable")
def enable(name: NameArgument, home: HomeOption = None) -> None:
    """Let a user in again. Example: meteo users enable anna"""  # noqa: D415
    from meteo_cli.console import console, plain_errors

    use(home)
    with plain_errors(), opened() as kept:
        changed = kept.change(name, disabled=False, by=_who())
        console.print(f"{changed.name} may sign in again.", markup=False)


@users.command("passwd")
def passwd(name: NameArgument, password_stdin: StdinOption = False, home: HomeOption = None) -> None:
    """Give a user another password, and end the sign-ins until now.

    Example: meteo users passwd anna
    """
    from meteo_cli.console import console, plain_errors

    use(home)
    with plain_errors(), opened() as kept:
        user = kept.get(name)
        kept.change(user.name, password=_password(password_stdin), by=_who())
        console.print(f"{user.name} has another password.", markup=False)


@users.command("role")
def role(
    name: NameArgument,
    role: Annotated[str, typer.Argument(help="user or admin", show_default=False)],
    home: HomeOption = None,
) -> None:
    """Change what a user may do, at once. Example: meteo users role anna admin"""  # noqa: D415
    from meteo_cli.console import console, plain_errors

    use(home)
    with plain_errors(), opened() as kept:
        changed = kept.change(name, role=_role(role), by=_who())
        console.print(f"{changed.name} is {changed.role.value}.", markup=False)


@contextmanager
def opened() -> "Iterator[Users]":
    """The users of the service that the settings name."""
    from meteo_api.accounts.audit import Audit
    from meteo_api.accounts.users import Users
    from meteo_api.clock import utc_now
    from meteo_api.database.schema import bring_up_to_date
    from meteo_api.settings import Settings
    from meteo_core.service_database import ServiceDatabase

    database = ServiceDatabase(Settings().service_database_url)
    try:
        bring_up_to_date(database)
        yield Users(database, Audit(database, now=utc_now), now=utc_now)
    finally:
        database.close()


def _who() -> str:
    return f"cli:{getpass.getuser()}"


def _role(name: str) -> "Role":
    from meteo_api.accounts.account import Role

    try:
        return Role(name)
    except ValueError as error:
        raise UnknownRole(f"{name!r} is no role: user or admin") from error


def _password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise NoPassword("nobody to ask for the password: add --password-stdin and send it there")
    return typer.prompt("Password", hide_input=True, confirmation_prompt=True)
