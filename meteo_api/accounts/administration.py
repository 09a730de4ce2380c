"""Addresses for administrators: users, and what was done."""

from http import HTTPStatus
from typing import Annotated

from litestar import Controller, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta, Struct

from meteo_api.accounts.audit import AuditEntry
from meteo_api.accounts.guards import SignedInRequest, requires_admin
from meteo_api.accounts.schemas import Listed, NewUser, UserChange
from meteo_api.accounts.service import Accounts
from meteo_api.problems import documented

_BODY = (HTTPStatus.BAD_REQUEST, HTTPStatus.UNSUPPORTED_MEDIA_TYPE, HTTPStatus.UNPROCESSABLE_ENTITY)
MOST_ENTRIES = 200


class UserController(Controller):
    """Users. For administrators."""

    path = "/users"
    tags = ("administration",)
    guards = (requires_admin,)

    @get(operation_id="list_users", responses=documented(HTTPStatus.FORBIDDEN))
    async def list_users(self, accounts: NamedDependency[Accounts]) -> list[Listed]:
        """Everyone who may sign in, or might once."""
        return [Listed.of(user) for user in await accounts.users()]

    @post(operation_id="add_user", responses=documented(*_BODY, HTTPStatus.FORBIDDEN, HTTPStatus.CONFLICT))
    async def add_user(
        self,
        request: SignedInRequest,
        data: JSONBody[NewUser],
        accounts: NamedDependency[Accounts],
    ) -> Listed:
        """Add a user with a first password. Kept in the audit."""
        user = await accounts.change(
            lambda users: users.add(data.name, data.password, data.role, by=request.user), with_password=True
        )
        return Listed.of(user)

    @patch(
        "/{name:str}",
        operation_id="change_user",
        responses=documented(*_BODY, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT),
    )
    async def change_user(
        self,
        request: SignedInRequest,
        name: FromPath[str],
        data: JSONBody[UserChange],
        accounts: NamedDependency[Accounts],
    ) -> Listed:
        """Change role or password, shut out or let in again; holds at once. Kept in the audit."""
        user = await accounts.change(
            lambda users: users.change(name, by=request.user, **data.given),
            with_password="password" in data.given,  # pragma: allowlist secret (a name)
        )
        return Listed.of(user)


class AuditPage(Struct, frozen=True, kw_only=True):
    """A part of the audit."""

    entries: Annotated[list[AuditEntry], Meta(description="Newest first")]
    next_before: Annotated[int, Meta(description="Ask for this `before` to go on")] | None


class AuditController(Controller):
    """The audit. For administrators."""

    path = "/audit"
    tags = ("administration",)
    guards = (requires_admin,)

    @get(
        operation_id="list_audit",
        responses=documented(HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN, HTTPStatus.UNPROCESSABLE_ENTITY),
        sync_to_thread=True,
    )
    def list_audit(
        self,
        accounts: NamedDependency[Accounts],
        limit: Annotated[int, QueryParameter(ge=1, le=MOST_ENTRIES, description="Entries at most")] = 50,
        before: Annotated[
            int | None, QueryParameter(ge=1, le=2**63 - 1, description="Entries before this number")
        ] = None,
    ) -> AuditPage:
        """What administrators did, and people at the machine: newest first."""
        entries = accounts.audit.newest(limit=limit, before=before)
        return AuditPage(entries=entries, next_before=entries[-1].id if len(entries) == limit else None)
