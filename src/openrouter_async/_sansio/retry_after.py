"""The delay that a server demands, in any of its six forms.

Read in this order; the first usable one counts: the header `retry-after-ms`; `Retry-After` in seconds; the same as a
date, less the response's own `Date`, so a wrong clock of the server does not matter; the body's
`error.availability.retry_after`; in the provider's own error that the body quotes, the `RetryInfo` of Google;
`X-RateLimit-Reset` (epoch milliseconds) if nothing remains. A value that is negative, past, not finite, too long or
not a number counts as missing. Nothing here raises.

`Retry-After` is that of RFC 9110, 10.2.3, whose dates are those of 5.6.7.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime

__all__ = ["retry_after"]

_NUMBER = re.compile(r"[0-9]{1,15}(?:\.[0-9]{0,30})?", re.ASCII)
"""Stricter than `float()`, which also reads `1_0`, `infinity` and the digits of other scripts."""

_LONGEST_DATE = 64
"""Chosen: a date has 24 to 33 characters (RFC 9110, 5.6.7)."""


def retry_after(
    headers: Mapping[str, str], in_body: float | None = None, *, now: float | None = None
) -> float | None:
    """Return the delay that the server demands, in seconds, or None without a usable one.

    `headers` have lower-case names, or a case-insensitive lookup. `in_body` is the delay that the body names. `now` is
    the time in seconds since the epoch, and replaces a missing `Date`; without either, dates and `X-RateLimit-Reset`
    are ignored.
    """
    if (milliseconds := _number(headers.get("retry-after-ms"))) is not None:
        return milliseconds / 1_000
    value = headers.get("retry-after")
    if (seconds := _number(value)) is not None:
        return seconds
    sent = _date(headers.get("date"))
    if sent is None:
        sent = now
    if (seconds := _until(_date(value), sent)) is not None:
        return seconds
    if in_body is not None and math.isfinite(in_body) and in_body >= 0:
        return float(in_body)
    if _number(headers.get("x-ratelimit-remaining")) == 0:
        reset = _number(headers.get("x-ratelimit-reset"))
        return _until(None if reset is None else reset / 1_000, sent)
    return None


def _until(then: float | None, now: float | None) -> float | None:
    """Return the seconds from `now` to `then`; None where one is unknown, or `then` is past."""
    return then - now if then is not None and now is not None and then >= now else None


def _number(text: str | None) -> float | None:
    if text is None or not _NUMBER.fullmatch(text := text.strip()):
        return None
    return float(text)


def _date(text: str | None) -> float | None:
    """Return an HTTP date, in any of its three notations, as seconds since the epoch."""
    if text is None or len(text) > _LONGEST_DATE:
        return None
    try:
        moment = parsedate_to_datetime(text)
        # All are UTC (RFC 9110, 5.6.7); without a zone `timestamp()` would take one for the local time of this machine.
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
