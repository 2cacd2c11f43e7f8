"""The browser's view of a failure: a status and a JSON object, without internal details.

Messages of `OpenRouterError` are written for people and contain no key, prompt or header. Any other exception is only
reported as such; its details go to the log.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse

from ...errors import (
    APIStatusError,
    AuthenticationError,
    BudgetExceeded,
    ConnectError,
    ConnectionLost,
    ContextLengthExceeded,
    DeadlineExceeded,
    InsufficientCredits,
    ModerationError,
    OpenRouterError,
    Overloaded,
    ProviderError,
    RateLimited,
    RequestTimeout,
    StreamError,
)
from ...tools.result import Run

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import JsonValue
    from starlette.responses import Response

    from ...types.chat.model_reply import ModelReply

__all__ = [
    "ServerStopping",
    "Stopped",
    "StreamLost",
    "WebError",
    "error_object",
    "error_response",
    "message_error",
    "partial_of",
    "status_of",
]

_ADVICE: dict[type[Exception], str] = {
    AuthenticationError: "The server's API key was refused; whoever runs it has to give it another.",
    InsufficientCredits: "The account has no credits left; buy some at openrouter.ai, or pick a free model.",
    BudgetExceeded: "The spending limit of this server is reached; raise it, or lower max_tokens.",
    ContextLengthExceeded: "Shorten the conversation, or pick a model with a longer context.",
    ModerationError: "The provider flagged the input; rephrase it, or pick another model.",
    RateLimited: "Too many requests; wait a little and try again, or pick another model.",
    Overloaded: "No provider has room now; try again in a moment, or pick another model.",
    ProviderError: "The provider failed; try again, or pick another model.",
    RequestTimeout: "The model took too long; try again, or pick another model.",
    DeadlineExceeded: "The model took too long; try again, or pick another model.",
    ConnectError: "The server cannot reach OpenRouter; check its network.",
    ConnectionLost: "The connection to OpenRouter broke; try again.",
    StreamError: "The answer broke off; its beginning is kept. Try again for a whole one.",
}
"""Advice for the classes that have some; the first match counts."""


class WebError(Exception):
    """A request that is refused here, before anything is sent to the service."""

    def __init__(
        self, status: int, message: str, *, kind: str = "BadRequest", headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.kind = kind
        """The `type` of the error object."""
        self.headers = dict(headers or {})
        self.partial: object = None
        """The part of an answer that arrived: a reply, or a `Run`."""


class Stopped(WebError):
    """An answer that was stopped on purpose."""

    def __init__(self) -> None:
        super().__init__(499, "the answer was stopped", kind="Stopped")


class ServerStopping(WebError):
    """An answer that ends since its server does."""

    def __init__(self) -> None:
        super().__init__(
            503,
            "the server stops, and the answer with it",
            kind="ServerStopping",
            headers={"retry-after": "1"},
        )


class StreamLost(WebError):
    """An answer whose rest cannot come."""

    def __init__(self) -> None:
        super().__init__(
            502,
            "the server that wrote the answer is gone, and the rest with it; ask again",
            kind="StreamLost",
        )


def status_of(error: Exception) -> int:
    """Return the HTTP status that tells a failure to the browser.

    A key that the service refuses is the server's matter, so it is 502 here: 401 would mean the browser's own token.
    """
    match error:
        case WebError():
            return error.status
        case AuthenticationError():
            return 502
        case APIStatusError(status=408):
            return 504
        case APIStatusError(status=status) if 400 <= status <= 599:
            return status
        case BudgetExceeded():
            return 402
        case RequestTimeout() | DeadlineExceeded():
            return 504
        case OpenRouterError():
            return 502
    return 500


def error_object(error: Exception) -> dict[str, JsonValue]:
    """Return the data of a failure: `message`, `code`, `type`, and, if known, advice and ids."""
    told: dict[str, JsonValue] = {
        "message": "internal error",
        "code": status_of(error),
        "type": "InternalError",
    }
    if isinstance(error, WebError):
        return told | {"message": error.message, "type": error.kind}
    if not isinstance(error, OpenRouterError):
        return told
    told |= {"message": error.message, "type": type(error).__name__}
    more: dict[str, JsonValue] = {
        "advice": next((text for kind, text in _ADVICE.items() if isinstance(error, kind)), None),
        "generation_id": error.generation_id,
        "retry_after": error.retry_after,
    }
    return told | {name: value for name, value in more.items() if value is not None}


def message_error(error: Exception) -> dict[str, JsonValue]:
    """Return the data of a failure for clients of Messages."""
    told = error_object(error)
    status = status_of(error)
    kind = _MESSAGE_ERRORS.get(status, "api_error" if status >= 500 else "invalid_request_error")
    return {
        "type": "error",
        "error": {**told, "type": kind, "message": told["message"]},
        "request_id": told.get("generation_id"),
    }


_MESSAGE_ERRORS = {
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    503: "overloaded_error",
    504: "timeout_error",
    529: "overloaded_error",
}
MESSAGES_PATHS = re.compile(r".*/v1/messages(/count_tokens)?")
"""Where errors have the form of Messages."""


def error_response(error: Exception, *, headers: Mapping[str, str] | None = None, path: str = "") -> Response:
    """Return the failure as a status and a JSON body, in the form that the path asks for."""
    told = dict(headers or {})
    if isinstance(error, WebError):
        told |= error.headers
    elif isinstance(error, OpenRouterError) and error.retry_after is not None:
        told["retry-after"] = str(math.ceil(error.retry_after))
    body = message_error(error) if MESSAGES_PATHS.fullmatch(path) else {"error": error_object(error)}
    return JSONResponse(body, status_code=status_of(error), headers=told)


def partial_of(error: Exception) -> ModelReply[object] | None:
    """Return what had arrived of a reply before it failed."""
    found: Any = getattr(error, "partial", None) or getattr(error, "completion", None)
    if isinstance(found, Run):
        found = found.completion if found.steps else None
    partial: ModelReply[object] | None = found
    return partial
