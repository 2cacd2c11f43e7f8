"""The service answered with an error, as a status or inside a 200; `_sansio/error_mapping.py` chooses the class."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from .base import Facts, OpenRouterError

if TYPE_CHECKING:
    from pydantic import JsonValue
    from typing_extensions import Unpack

__all__ = [
    "APIStatusError",
    "AuthenticationError",
    "Availability",
    "BadRequest",
    "Conflict",
    "ContextLengthExceeded",
    "GuardrailError",
    "InsufficientCredits",
    "ModerationError",
    "NotFound",
    "Overloaded",
    "PayloadTooLarge",
    "PermissionDenied",
    "ProviderError",
    "RateLimited",
    "ServerError",
    "SpendingLimitExceeded",
    "StatusFacts",
    "UnprocessableRequest",
]


@dataclass(frozen=True, slots=True)
class Availability:
    """Why no endpoint could serve the request, and which could (`error.availability`)."""

    code: str | None = None
    """`model_not_found`, `no_endpoints`, `capacity_exhausted`, ...; new ones appear without notice."""
    retryable: bool | None = None
    """Whether the same request may succeed later; it decides over the status."""
    retry_after: float | None = None
    """Seconds."""
    requested_models: tuple[str, ...] = ()
    fallback_models: tuple[str, ...] = ()
    """Models that could serve the request instead."""
    affected_providers: tuple[str, ...] = ()
    excluded_by: tuple[str, ...] = ()
    """Filters that left no endpoint, e.g. `max_price`, `data_policy:zdr`."""
    constraint: Mapping[str, JsonValue] | None = None
    """`field` and `detail` of the constraint that was not met."""
    docs_url: str | None = None
    raw: Mapping[str, JsonValue] = field(default_factory=dict)
    """The object as it came."""


class StatusFacts(Facts, total=False):
    """What every `APIStatusError` is made from."""

    status: int
    code: int | str | None
    error_type: str | None
    provider: str | None
    metadata: Mapping[str, JsonValue]
    availability: Availability | None
    body: str | None
    is_reported: bool


class APIStatusError(OpenRouterError):
    """The service answered with an error: as a status, inside a 200, or inside a stream."""

    def __init__(self, message: str, **facts: Unpack[StatusFacts]) -> None:
        super().__init__(message, **cast("Facts", facts))
        self.status: int = facts.get("status", 500)
        """The HTTP status, or the code of an error that came inside a 200 (500 if it had no number)."""
        self.code: int | str | None = facts.get("code")
        """`error.code` as it came: a number, or a text such as `server_error`."""
        self.error_type: str | None = facts.get("error_type")
        """The stable name of the failure, e.g. `rate_limit_exceeded`, if the service sent one."""
        self.provider: str | None = facts.get("provider")
        """The upstream provider that failed, if the service named one."""
        self.metadata: Mapping[str, JsonValue] = facts.get("metadata", {})
        """`error.metadata` unchanged, except for secrets; empty if missing."""
        self.availability: Availability | None = facts.get("availability")
        self.body: str | None = facts.get("body")
        """The first characters of an error body that is not JSON."""
        self.is_reported: bool = facts.get("is_reported", False)
        """Whether the body is an error in the service's own form; any other may come from a proxy in front of it, which
        does not know what the service did."""


class BadRequest(APIStatusError):
    """400, and any 4xx without a class of its own: a parameter the service refuses."""


class ContextLengthExceeded(BadRequest):
    """The prompt, with the tokens asked for, does not fit the model's context."""


class AuthenticationError(APIStatusError):
    """401: the key is missing, wrong, disabled or expired."""


class InsufficientCredits(APIStatusError):
    """402: the account or the key has no credits left."""


class PermissionDenied(APIStatusError):
    """403: the wrong kind of key, a region, ..."""


class SpendingLimitExceeded(PermissionDenied):
    """403: the key, or a budget of the workspace, has spent what it may; the account may have credits left."""


class ModerationError(PermissionDenied):
    """403: the input was flagged by moderation."""

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why it was flagged, in the provider's words; may be empty."""
        return _strings(self.metadata.get("reasons"))

    @property
    def flagged_input(self) -> str | None:
        """The text that was flagged, cut in the middle by the service to 100 characters."""
        return _string(self.metadata.get("flagged_input"))

    @property
    def model_slug(self) -> str | None:
        """The model whose moderation flagged the input."""
        return _string(self.metadata.get("model_slug"))


class GuardrailError(PermissionDenied):
    """403: a guardrail of the account blocked the request."""

    @property
    def patterns(self) -> tuple[str, ...]:
        """The patterns that matched; may be empty."""
        return _strings(self.metadata.get("patterns"))


class NotFound(APIStatusError):
    """404: no such thing, or no endpoint is left after routing; see `availability`."""


class Conflict(APIStatusError):
    """409: the thing has changed or exists already; read it again."""


class PayloadTooLarge(APIStatusError):
    """413: the request body is too large."""


class UnprocessableRequest(APIStatusError):
    """422: well formed, but its meaning was refused."""


class RateLimited(APIStatusError):
    """429: the account's or the provider's rate limit; see `retry_after`."""


class ServerError(APIStatusError):
    """408, any 5xx, and errors inside a 200 whose code is not known."""


class ProviderError(ServerError):
    """502, 504, 524: the upstream provider failed."""

    @property
    def provider_code(self) -> str | None:
        """The provider's own code for the failure."""
        value = self.metadata.get("provider_code")
        return None if value is None else str(value)

    @property
    def raw(self) -> JsonValue:
        """The provider's own error, as text or JSON, if the service passed it on."""
        return self.metadata.get("raw")


class Overloaded(ServerError):
    """503, 529: no provider has capacity now."""


def _string(value: JsonValue) -> str | None:
    return value if isinstance(value, str) else None


def _strings(value: JsonValue) -> tuple[str, ...]:
    return tuple(str(item) for item in value) if isinstance(value, list) else ()
