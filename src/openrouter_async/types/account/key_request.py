"""The settings of a key of the account.

An absent field is not sent: a new key then gets the service's default, and a changed key keeps its value. None is
sent as null, which removes a limit. Source: `createKeys` and `updateKeys` in the service's OpenAPI document.
"""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Annotated, Literal, Required, TypeAlias

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError
from typing_extensions import TypedDict

from ..requests.fields import Between, NonEmptyText, OneOfOrText, Text, ValidatedAs, closed

__all__ = [
    "Dollars",
    "ExternalUser",
    "KeyChanges",
    "KeyFields",
    "LimitReset",
    "Moment",
    "NewKey",
]

LimitReset: TypeAlias = Annotated[Literal["daily", "weekly", "monthly"] | str, OneOfOrText()]
"""When an amount begins anew: at midnight UTC; weeks begin on Monday."""


def _as_number(value: object) -> object:
    return float(value) if isinstance(value, Decimal) else value


def _as_utc_text(value: object) -> object:
    if isinstance(value, str) and value:
        try:
            datetime.datetime.fromisoformat(value)
        except ValueError:
            raise PydanticCustomError(
                "moment", "a moment in ISO 8601, such as '2026-12-31T23:59:59Z'"
            ) from None
    if not isinstance(value, datetime.datetime):
        return value
    if value.tzinfo is None:
        raise PydanticCustomError("moment", "a moment with its time zone, such as datetime.now(UTC)")
    return value.astimezone(datetime.UTC).isoformat().replace("+00:00", "Z")


_Dollars: TypeAlias = Annotated[float, Between(0), BeforeValidator(_as_number)]
_Moment: TypeAlias = Annotated[str, Text(least=1), BeforeValidator(_as_utc_text)]

Dollars: TypeAlias = Annotated[float | Decimal, ValidatedAs(_Dollars)]
"""US dollars."""
Moment: TypeAlias = Annotated[datetime.datetime | str, ValidatedAs(_Moment)]
"""A moment; as text in ISO 8601 and UTC."""


@closed
class ExternalUser(TypedDict, total=False):
    """Whom a key is made for."""

    user: Required[Annotated[str, Text(least=1, most=512)]]
    """Your own id of the person."""
    api_key: NonEmptyText
    """Your own id of the key."""


@closed
class KeyFields(TypedDict, total=False):
    """The settings of a key, on creation and later."""

    limit: Dollars | None
    """US dollars it may spend; None: as much as the account has."""
    limit_reset: LimitReset | None
    """When `limit` begins anew; None: never."""
    include_byok_in_limit: bool
    """Whether the use of one's own provider keys counts for `limit`."""
    workspace_id: NonEmptyText


class NewKey(KeyFields, total=False):
    """Keyword arguments of `client.keys.create`."""

    expires_at: Moment | None
    """When it ends; None: never."""
    creator_user_id: NonEmptyText | None
    """The member of an organization who makes it."""
    external: ExternalUser


class KeyChanges(KeyFields, total=False):
    """Keyword arguments of `client.keys.update`; omitted settings do not change."""

    name: NonEmptyText
    disabled: bool
    """Whether it is refused, with 401."""
