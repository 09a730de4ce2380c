"""Accounts as clients see them."""

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from meteo_api.accounts.account import Kind, Role
from meteo_api.accounts.passwords import LEAST_CHARACTERS, MOST_CHARACTERS
from meteo_api.accounts.users import NAME_PATTERN, User

Name = Annotated[
    str,
    Meta(
        pattern=f"^{NAME_PATTERN}$",
        description="Small letters a-z, digits and . _ -",
        examples=["anna"],
    ),
]
Password = Annotated[
    str,
    Meta(
        min_length=LEAST_CHARACTERS,
        max_length=MOST_CHARACTERS,
        description="Without the name in it",
        examples=["seven small wet umbrellas"],
    ),
]
RoleField = Annotated[Role, Meta(description="user: read and ask; admin: everything")]


class Token(Struct, frozen=True, kw_only=True):
    """What a program sends along: `Authorization: Bearer ...`."""

    access_token: Annotated[str, Meta(description="Keep it to yourself")]
    token_type: Literal["bearer"] = "bearer"  # noqa: S105 (a word, not a secret)
    expires_in: Annotated[int, Meta(description="Seconds until it is worth nothing")]


class Me(Struct, frozen=True, kw_only=True):
    """Whoever asks."""

    name: Annotated[str, Meta(description="Name")]
    role: RoleField
    signed_in_by: Annotated[Kind, Meta(description="token: a program; session: a browser")]
    expires_at: Annotated[datetime, Meta(description="When the sign-in ends at the latest, UTC")]


class NewUser(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A user to add."""

    name: Name
    password: Password
    role: RoleField = Role.USER


class UserChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change; what is not given stays."""

    role: RoleField | UnsetType = UNSET
    disabled: Annotated[bool, Meta(description="Shut out, at once")] | UnsetType = UNSET
    password: Password | UnsetType = UNSET

    @property
    def given(self) -> dict[str, Any]:
        """The values that are given."""
        return {name: value for name in self.__struct_fields__ if (value := getattr(self, name)) is not UNSET}


class PasswordChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Another password for whoever asks."""

    present: Annotated[str, Meta(max_length=1000, description="The password until now")]
    password: Password


class Listed(Struct, frozen=True, kw_only=True):
    """A user as administrators see them."""

    name: Annotated[str, Meta(description="Name")]
    role: RoleField
    disabled: Annotated[bool, Meta(description="Shut out")]
    created_at: Annotated[datetime, Meta(description="When added, UTC")]

    @classmethod
    def of(cls, user: User) -> "Listed":
        """Without what is nobody's business."""
        return cls(name=user.name, role=user.role, disabled=user.disabled, created_at=user.created_at)
