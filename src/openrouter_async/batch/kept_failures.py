"""Failures of earlier runs: which of them are asked again, and the error of one that is not. Pure.

A transient failure says nothing of the item: a limit, an overload, a lost connection, an empty reply. Any other is
likely to repeat, and to be paid for again: a refused request, a model that is not there, a reply that does not fit.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from pydantic import JsonValue

from .. import errors
from ..errors import (
    APIStatusError,
    ConfigurationError,
    ConnectError,
    ConnectionLost,
    DeadlineExceeded,
    InvalidResponseError,
    OpenRouterError,
    RateLimited,
    RequestTimeout,
    ServerError,
    StreamError,
)

__all__ = ["RetryFailed", "is_transient", "kept_error", "was_transient"]

RetryFailed: TypeAlias = Literal["never", "transient", "all"]
"""Selects the failures of earlier runs that are sent again."""

TRANSIENT = (
    RateLimited,
    ServerError,
    ConnectError,
    ConnectionLost,
    RequestTimeout,
    DeadlineExceeded,
    InvalidResponseError,
    StreamError,
    ConfigurationError,  # nothing was sent: it costs nothing to see whether the file is there now
)


def is_transient(error: OpenRouterError, retry_on: tuple[type[OpenRouterError], ...]) -> bool:
    """Whether a failure may go away; what `retry_on` names does."""
    return isinstance(error, (*TRANSIENT, *retry_on))


def was_transient(said: JsonValue, noted: JsonValue) -> bool:
    """The same of a failure in the journal; `noted` is what was found when it happened, if that was written down."""
    return noted if isinstance(noted, bool) else issubclass(_class_of(said), TRANSIENT)


def kept_error(said: JsonValue) -> OpenRouterError:
    """Return the error recorded in a journal, with its class, message and status; other facts are not kept."""
    facts = said if isinstance(said, dict) else {}
    message, status, kind = str(facts.get("message", "")), facts.get("status"), _class_of(said)
    if issubclass(kind, APIStatusError):
        return kind(message, status=status if isinstance(status, int) else 500)
    if issubclass(kind, RequestTimeout):
        return DeadlineExceeded(message)  # which clock it was is not kept
    if issubclass(kind, errors.ResponseTooLarge):
        return OpenRouterError(message)
    return kind(message)


def _class_of(said: JsonValue) -> type[OpenRouterError]:
    name = said.get("type") if isinstance(said, dict) else None
    kind = getattr(errors, name, None) if isinstance(name, str) else None
    return kind if isinstance(kind, type) and issubclass(kind, OpenRouterError) else OpenRouterError
