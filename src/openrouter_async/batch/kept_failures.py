"""Failures of earlier runs: which of them are asked again, and the error of one that is not. Pure.

A transient failure says nothing of the item: a limit, an overload, a lost connection, an empty reply. Any other is
likely to repeat, and to be paid for again: a refused request, a model that is not there, a reply that does not fit.
"""

from __future__ import annotations

import re
from typing import Literal, TypeAlias, cast, get_args

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
    ResponseTooLarge,
    ServerError,
    StreamError,
)
from ..errors.base import TimeoutPhase

__all__ = ["RetryFailed", "error_to_keep", "is_transient", "kept_error", "was_transient"]

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


def error_to_keep(error: OpenRouterError) -> dict[str, JsonValue]:
    """Return the JSON of an error in a journal: its class, its message, and what its class cannot be without."""
    facts: dict[str, JsonValue] = {
        "type": type(error).__name__,
        "message": error.message,
        "status": getattr(error, "status", None),
    }
    if isinstance(error, RequestTimeout):
        facts["phase"] = error.phase
    if isinstance(error, ResponseTooLarge):
        facts["limit"] = error.limit
    return facts


def kept_error(said: JsonValue) -> OpenRouterError:
    """Return the error recorded in a journal, with its class and what `error_to_keep` kept; other facts are lost."""
    facts = said if isinstance(said, dict) else {}
    message, status, kind = str(facts.get("message", "")), facts.get("status"), _class_of(said)
    if issubclass(kind, APIStatusError):
        return kind(message, status=status if isinstance(status, int) else 500)
    if issubclass(kind, RequestTimeout):
        return kind(message, phase=_phase(facts.get("phase"), message))
    if issubclass(kind, ResponseTooLarge):
        limit = facts.get("limit") or (_LIMIT.findall(message) or [0])[-1]
        return kind(message, limit=int(limit) if isinstance(limit, int | str) else 0)
    return kind(message)


_NAMED = re.compile(r"Timeouts\((\w+)=")
_LIMIT = re.compile(r"\d+")
"""The last number of a message is the limit."""


def _phase(kept: JsonValue, message: str) -> TimeoutPhase:
    """Return the phase of a timeout; records of earlier versions have it in the message, except for one."""
    named = _NAMED.search(message)
    found = kept if kept is not None else "queue" if named is None else named[1]
    return cast("TimeoutPhase", found if found in get_args(TimeoutPhase) else "queue")


def _class_of(said: JsonValue) -> type[OpenRouterError]:
    name = said.get("type") if isinstance(said, dict) else None
    kind = getattr(errors, name, None) if isinstance(name, str) else None
    return kind if isinstance(kind, type) and issubclass(kind, OpenRouterError) else OpenRouterError
