"""The TLS settings of a client, made when first needed: loading the authorities takes 35 to 55 ms."""

from __future__ import annotations

import os
import ssl

import anyio
import anyio.to_thread

from ...errors import ConfigurationError
from ..library import httpx

__all__ = ["TLSSettings", "has_ended", "is_tls_failure"]


class TLSSettings:
    """An `ssl.SSLContext` for all connections: the one given, or httpx's default, made off the event loop."""

    def __init__(self, given: ssl.SSLContext | None) -> None:
        self._given = given
        self._context: ssl.SSLContext | None = None
        self._lock = anyio.Lock()

    async def get(self) -> ssl.SSLContext:
        """Return the settings.

        Raises:
            ConfigurationError: the certificate files that the environment names cannot be read.
        """
        if self._context is not None:
            return self._context
        async with self._lock:
            if self._context is None:
                context = self._given
                if context is None:
                    # A limiter of its own: the program's work may have taken all places of anyio's.
                    context = await anyio.to_thread.run_sync(
                        _default, abandon_on_cancel=True, limiter=anyio.CapacityLimiter(1)
                    )
                context.set_alpn_protocols(["http/1.1"])  # the only one spoken here; httpx sets it as well
                self._context = context
        return self._context


def has_ended(error: ssl.SSLError) -> bool:
    """Whether the peer ended the connection amid TLS, with its goodbye or without; event loops tell either."""
    return isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError)


def is_tls_failure(error: BaseException) -> bool:
    """Whether TLS itself failed, rather than that the connection ended meanwhile."""
    cause = error.__cause__
    while cause is not None and not isinstance(cause, ssl.SSLError):
        cause = cause.__cause__
    return cause is not None and not has_ended(cause)


def _default() -> ssl.SSLContext:
    try:
        return httpx.create_ssl_context()
    except OSError as error:
        named = {name: os.environ[name] for name in ("SSL_CERT_FILE", "SSL_CERT_DIR") if name in os.environ}
        raise ConfigurationError(
            f"no certificate authorities could be loaded: {error}; the environment names {named!r}"
        ) from error
