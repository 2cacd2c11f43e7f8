"""PKCE, the proof that whoever exchanges a code is who asked for it: pure.

A verifier is made and kept; its challenge goes into the address that the user opens; the code that comes back is worth
nothing without the verifier. Specification: <https://www.rfc-editor.org/rfc/rfc7636>; the service takes the challenge
in base64url without padding.
"""

from __future__ import annotations

import base64
import hashlib
import re
from urllib.parse import urlencode, urlsplit

from ..errors import ConfigurationError

__all__ = ["authorization_url", "challenge_of", "check_callback", "check_verifier", "verifier_from"]

_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")  # RFC 7636, section 4.1


def verifier_from(random: bytes) -> str:
    """Return the verifier that 32 random bytes give: 43 characters, as RFC 7636, 4.1 recommends."""
    return base64.urlsafe_b64encode(random).decode().rstrip("=")


def challenge_of(verifier: str) -> str:
    """Return what is shown of a verifier: the SHA-256 of it."""
    # `S256` of RFC 7636, 4.2; without padding as its appendix A.
    digest = hashlib.sha256(check_verifier(verifier).encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def check_verifier(verifier: str) -> str:
    """Return a verifier that is well formed.

    Raises:
        ConfigurationError: it is not; it is not shown.
    """
    if not isinstance(verifier, str) or _VERIFIER.fullmatch(verifier) is None:
        raise ConfigurationError(
            "verifier is not a PKCE verifier; expected 43 to 128 letters, digits and -._~, as new_verifier() makes it"
        )
    return verifier


def authorization_url(
    base_url: str, *, verifier: str, callback_url: str | None, key_label: str | None
) -> str:
    """Return the address of the page where a user agrees, at the root of the host of `base_url`.

    Raises:
        ConfigurationError: the service does not accept the verifier, the callback or the label.
    """
    query = {"code_challenge": challenge_of(verifier), "code_challenge_method": "S256"}
    if callback_url is not None:
        query = {"callback_url": check_callback(callback_url), **query}
    if key_label is not None:
        if not isinstance(key_label, str) or not key_label:
            raise ConfigurationError(f"key_label is {key_label!r}; expected text that is not empty")
        query["key_label"] = key_label
    parts = urlsplit(base_url)
    return f"{parts.scheme}://{parts.netloc}/auth?{urlencode(query)}"


def check_callback(url: str) -> str:
    """Return an address to which a browser may be sent with a code.

    Raises:
        ConfigurationError: it is neither https nor of this machine.
    """
    # Without TLS only to this machine, as in RFC 8252, 7.3.
    try:
        parts = urlsplit(url if isinstance(url, str) else "")
        is_fine = parts.scheme == "https" and bool(parts.hostname)
        is_fine |= parts.scheme == "http" and parts.hostname in ("localhost", "127.0.0.1")
    except ValueError:
        is_fine = False
    if not is_fine:
        raise ConfigurationError(
            f"callback_url is {url!r}; expected an https address, or one of localhost or 127.0.0.1"
        )
    return url
