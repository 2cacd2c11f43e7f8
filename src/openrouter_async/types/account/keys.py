"""The limits and the use of a key, and the credits of its account.

Source: the replies of `getCurrentKey`, `list`, `createKeys`, `getCredits` and `exchangeAuthCodeForAPIKey` in the
service's OpenAPI document.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal, TypeAlias

from pydantic import SecretStr

from .._base import WireType
from ..common import Lenient, MaybeBool, MaybeDecimal, MaybeInt, MaybeMoment, MaybeStr, MaybeWords

__all__ = [
    "APIKey",
    "AuthorizedKey",
    "CreatedKey",
    "Credits",
    "CurrentKey",
    "FreeRequests",
    "KeyBudget",
    "Reset",
]

Reset: TypeAlias = Annotated[Literal["daily", "weekly", "monthly"] | str | None, Lenient()]
"""When an amount begins anew, always at midnight UTC; weeks begin on Monday. None: never."""


class KeyBudget(WireType):
    """A spending limit; amounts in US dollars."""

    scope: MaybeStr = None
    """Whom it is set for: `api_key`, `key_limit`, `member`, `workspace`, ..."""
    limit_usd: MaybeDecimal = None
    spend_usd: MaybeDecimal = None
    remaining_usd: MaybeDecimal = None
    reset_interval: Reset = None
    resets_at: MaybeMoment = None
    include_byok: MaybeBool = None
    """Whether the use of one's own provider keys counts."""
    budget_id: MaybeStr = None
    guardrail_id: MaybeStr = None


class FreeRequests(WireType):
    """Requests of today to models that cost nothing."""

    limit: MaybeInt = None
    used: MaybeInt = None
    remaining: MaybeInt = None


class _KeyFacts(WireType):
    """The facts about every key; amounts in US dollars, days and months by UTC."""

    label: MaybeStr = None
    """The key with its middle left out."""
    limit: MaybeDecimal = None
    """Its limit; None: the credits of the account."""
    limit_remaining: MaybeDecimal = None
    """The rest of `limit`; None without a limit."""
    limit_reset: Reset = None
    include_byok_in_limit: MaybeBool = None
    """Whether the use of one's own provider keys counts for `limit`."""
    usage: Decimal
    """Spent by it, since it was made."""
    usage_daily: MaybeDecimal = None
    usage_weekly: MaybeDecimal = None
    usage_monthly: MaybeDecimal = None
    byok_usage: MaybeDecimal = None
    """The use of one's own provider keys, since it was made."""
    byok_usage_daily: MaybeDecimal = None
    byok_usage_weekly: MaybeDecimal = None
    byok_usage_monthly: MaybeDecimal = None
    expires_at: MaybeMoment = None
    creator_user_id: MaybeStr = None
    workspace_id: MaybeStr = None


class CurrentKey(_KeyFacts):
    """The key that asked; amounts in US dollars, days and months by UTC."""

    is_free_tier: MaybeBool = None
    """Whether the account never bought credits; free models then have a lower daily limit."""
    is_management_key: MaybeBool = None
    """Whether it administers the account; such a key cannot ask models."""
    organization_id: MaybeStr = None
    allowed_data_regions: MaybeWords = None
    """`global`, `us`, `europe`."""
    free_model_daily_requests: Annotated[FreeRequests | None, Lenient()] = None
    budgets: Annotated[list[KeyBudget] | None, Lenient()] = None
    """All limits of the key."""
    effective_budget: Annotated[KeyBudget | None, Lenient()] = None
    """The one of them that will be reached first."""


class APIKey(_KeyFacts):
    """An inference key of the account, without the key itself; amounts in US dollars."""

    hash: str
    """What names it: the SHA-256 of the key, in hex."""
    name: MaybeStr = None
    disabled: MaybeBool = None
    """Whether it is refused, with 401."""
    created_at: MaybeMoment = None
    updated_at: MaybeMoment = None
    last_used_at: MaybeMoment = None
    external_user: MaybeStr = None
    """Your id of the person it was created for, if you set one."""


class CreatedKey(WireType):
    """A new key. The service shows the key itself only now."""

    key: SecretStr
    """Can be given to a client as it is; `get_secret_value()` is its text."""
    data: APIKey


class Credits(WireType):
    """The credits of an account, in US dollars."""

    total_credits: Decimal
    """Bought so far."""
    total_usage: Decimal
    """Used so far."""

    @property
    def remaining(self) -> Decimal:
        """The amount left; below zero after more was used."""
        return self.total_credits - self.total_usage


class AuthorizedKey(WireType):
    """An inference key of the user who agreed; it spends the credits of that user."""

    key: SecretStr
    """Can be given to a client as it is; `get_secret_value()` is its text."""
    user_id: MaybeStr = None
