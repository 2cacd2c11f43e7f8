"""Reads the headers of an answer: those that may be shown, and the ids that name the request."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from .redaction import redact

__all__ = ["generation_id", "request_id", "safe_headers"]

_PRIVATE = frozenset({"authorization", "cookie", "proxy-authorization", "set-cookie", "x-api-key"})


def safe_headers(headers: Mapping[str, str], secrets: Iterable[str] = ()) -> dict[str, str]:
    """Return the headers that may be shown, by lower-case name.

    Credentials and cookies are left out; a value that repeats a key is redacted.
    """
    shown = {lower: value for name, value in headers.items() if (lower := name.lower()) not in _PRIVATE}
    secrets = list(filter(None, secrets))
    text = "\n".join(shown.values())
    for mark in ("sk-", *secrets):
        if mark in text:
            break
    else:
        return shown  # nearly every answer: looked through once, and spared the patterns
    return {
        name: redact(value, secrets) if any(mark in value for mark in ("sk-", *secrets)) else value
        for name, value in shown.items()
    }


def request_id(headers: Mapping[str, str]) -> str | None:
    """Return the request id of the edge in front of the service, if it sent one."""
    return headers.get("x-request-id") or headers.get("cf-ray") or None


def generation_id(headers: Mapping[str, str]) -> str | None:
    """Return the id of the billed record, if the headers name it."""
    return headers.get("x-generation-id") or None
