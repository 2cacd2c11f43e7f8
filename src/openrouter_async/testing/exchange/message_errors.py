"""Errors in the form of the Messages dialect."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import JsonValue

__all__ = ["MESSAGES_PATH", "error_json"]

MESSAGES_PATH = "/messages"
"""Below the base URL."""

_TYPES = {
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    408: "timeout_error",
    429: "rate_limit_error",
    503: "overloaded_error",
    504: "timeout_error",
    524: "timeout_error",
    529: "overloaded_error",
}


def error_json(
    code: int | str,
    message: str,
    *,
    error_type: str | None = None,
    metadata: Mapping[str, JsonValue] | None = None,
) -> dict[str, JsonValue]:
    """Return the JSON of an error with this status, or with a code in words."""
    status = code if isinstance(code, int) else 500
    kind = _TYPES.get(status, "api_error" if status >= 500 else "invalid_request_error")
    error: dict[str, JsonValue] = {"type": kind, "message": message}
    if error_type is not None:
        error["error_type"] = error_type
    body: dict[str, JsonValue] = {"type": "error", "error": error, "request_id": None}
    if metadata:
        body["metadata"] = dict(metadata)
    return body
