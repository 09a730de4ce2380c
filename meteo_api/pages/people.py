"""Administration of people: users, and what administrators did."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Final

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from litestar.response import Redirect, Template

from meteo_api.accounts.account import Role
from meteo_api.accounts.forms import form_of
from meteo_api.accounts.guards import SignedInRequest, requires_admin
from meteo_api.accounts.passwords import LEAST_CHARACTERS, WeakPassword
from meteo_api.accounts.service import Accounts
from meteo_api.accounts.users import BadName, LastAdministrator, NameTaken, User
from meteo_api.language.texts import _, told
from meteo_api.pages.shell import Pages
from meteo_api.pages.words import day_with_year, moment_utc

ENTRIES: Final = 50
"""Of the audit on a page."""


@dataclass(frozen=True, slots=True)
class UserRow:
    """A user in the list."""

    name: str
    role: str
    is_admin: bool
    disabled: bool
    since: str
    is_you: bool


@dataclass(frozen=True, slots=True)
class UsersView:
    """Everyone, and a form for one more."""

    users: tuple[UserRow, ...]
    fault: str | None
    new_name: str
    least_characters: int


@dataclass(frozen=True, slots=True)
class AuditRow:
    """An act."""

    at: str
    iso: str
    who: str
    action: str
    subject: str
    detail: str


@dataclass(frozen=True, slots=True)
class AuditView:
    """Acts, newest first."""

    entries: tuple[AuditRow, ...]
    older: int | None
    """The page before this one begins below this number."""
    is_first: bool


class PeoplePage(Controller):
    """Users and audit, for administrators."""

    path = "/administration"
    include_in_schema = False
    guards = (requires_admin,)

    @get("/users")
    async def users(
        self,
        request: SignedInRequest,
        pages: NamedDependency[Pages],
        accounts: NamedDependency[Accounts],
    ) -> Template:
        """Everyone who may sign in, or might once."""
        return await _users_page(request, pages, accounts)

    @post("/users")
    async def add(
        self,
        request: SignedInRequest,
        pages: NamedDependency[Pages],
        accounts: NamedDependency[Accounts],
    ) -> Template | Redirect:
        """Add a user."""
        fields = await form_of(request, "name", "password", "role")
        name, password = fields.get("name", "").strip(), fields.get("password", "")
        role = Role.ADMIN if fields.get("role") == Role.ADMIN else Role.USER
        try:
            await accounts.change(
                lambda users: users.add(name, password, role, by=request.user), with_password=True
            )
        except (BadName, WeakPassword, NameTaken) as error:
            return await _users_page(request, pages, accounts, fault=told(error), new_name=name)
        return _back()

    @post("/users/{name:str}")
    async def change(
        self,
        request: SignedInRequest,
        pages: NamedDependency[Pages],
        accounts: NamedDependency[Accounts],
        name: FromPath[str],
    ) -> Template | Redirect:
        """Change role or password, shut out, let in again."""
        fields, given = await form_of(request, "role", "disabled", "password"), {}
        if fields.get("role") in set(Role):
            given["role"] = Role(fields["role"])
        if fields.get("disabled") in ("yes", "no"):
            given["disabled"] = fields["disabled"] == "yes"
        if "password" in fields:
            given["password"] = fields["password"]
        try:
            await accounts.change(
                lambda users: users.change(name, by=request.user, **given),
                with_password="password" in given,  # pragma: allowlist secret (a name)
            )
        except (WeakPassword, LastAdministrator) as error:
            return await _users_page(request, pages, accounts, fault=told(error))
        return _back()

    @get("/audit", sync_to_thread=True)
    def audit(
        self,
        request: SignedInRequest,
        pages: NamedDependency[Pages],
        accounts: NamedDependency[Accounts],
        before: Annotated[int | None, QueryParameter(name="before", ge=1, le=2**63 - 1)] = None,
    ) -> Template:
        """What administrators did, newest first."""
        entries = accounts.audit.newest(limit=ENTRIES, before=before)
        view = AuditView(
            entries=tuple(
                AuditRow(
                    at=moment_utc(entry.at),
                    iso=entry.at.isoformat(timespec="seconds"),
                    who=entry.who,
                    action=told(entry.action),
                    subject=entry.subject,
                    detail=entry.detail,
                )
                for entry in entries
            ),
            older=entries[-1].id if len(entries) == ENTRIES else None,
            is_first=before is None,
        )
        return pages.show(
            request, "administration/audit.html", title=_("Audit"), section="administration", view=view
        )


async def _users_page(
    request: SignedInRequest,
    pages: Pages,
    accounts: Accounts,
    *,
    fault: str | None = None,
    new_name: str = "",
) -> Template:
    view = UsersView(
        users=tuple(_row(user, you=request.user.name) for user in await accounts.users()),
        fault=fault,
        new_name=new_name[:100],
        least_characters=LEAST_CHARACTERS,
    )
    return pages.show(
        request,
        "administration/users.html",
        title=_("Users"),
        section="administration",
        view=view,
        status=HTTPStatus.UNPROCESSABLE_ENTITY if fault else HTTPStatus.OK,
    )


def _row(user: User, *, you: str) -> UserRow:
    return UserRow(
        name=user.name,
        role=_("administrator") if user.role is Role.ADMIN else _("user"),
        is_admin=user.role is Role.ADMIN,
        disabled=user.disabled,
        since=day_with_year(user.created_at.date()),
        is_you=user.name == you,
    )


def _back() -> Redirect:
    return Redirect("/administration/users", status_code=303)
