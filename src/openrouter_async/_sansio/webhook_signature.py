"""Whether a webhook comes from the service: HMAC-SHA256 over its time, a comma and its body. Pure.

The header is `X-OpenRouter-Signature: t=<seconds since 1970>,v1=<hex>`. It may contain several `v1` while a secret is
being replaced.
"""

from __future__ import annotations

import hashlib
import hmac
import re

__all__ = ["signature_fault"]


def signature_fault(
    header: str | None, body: bytes, secret: bytes, *, now: float, tolerance: float
) -> str | None:
    """Return why a signature is not to be trusted; None where it is right.

    `now` is the time in seconds since 1970, `tolerance` how many seconds the webhook may differ from it.
    """
    if header is None:
        return "it has no signature"
    parts = [part.strip().partition("=") for part in header.split(",")]
    times = [value for name, _, value in parts if name == "t"]
    given = [value for name, _, value in parts if name == "v1"]
    if len(times) != 1 or not re.fullmatch(r"[0-9]{1,15}", times[0]) or not given:
        return "its signature cannot be read"
    expected = hmac.new(secret, times[0].encode() + b"," + body, hashlib.sha256).hexdigest().encode()
    # Each is compared, whatever the others are, so that the time tells nothing.
    matches = [hmac.compare_digest(expected, each.encode()) for each in given]
    if not any(matches):
        return "its signature is not that of the secret and of these bytes"
    if abs(now - int(times[0])) > tolerance:
        return f"it was signed {abs(now - int(times[0])):.0f} s away from now; expected at most {tolerance:g}"
    return None
