"""The exceptions of httpx, and of httpx2, become ours, at this one place.

The original is kept as `__cause__` by the callers (`raise ... from`).
"""

from __future__ import annotations

import errno
import os
import ssl
from typing import Literal, cast

from ..errors import (
    ConfigurationError,
    ConnectError,
    ConnectionLost,
    InvalidResponseError,
    OpenRouterError,
    ProxyError,
    RequestTimeout,
    TLSError,
)
from .library import Library, httpx, library_of
from .pool.proxies import ProxyFailure
from .pool.tls import has_ended

__all__ = ["Phase", "answer_in", "from_httpx"]

Phase = Literal["headers", "body"]
"""How far an exchange had come: before the end of the response headers, or after it."""


def from_httpx(exc: Exception, phase: Phase, host: str, through: str = "") -> OpenRouterError | None:
    """Return the caller's error for `exc`; None if it is not a failure of the transport.

    `through` names the proxy in between, in words that follow the host's name; the proxy may be the cause.
    """
    its = library_of(exc) or httpx
    # A transport of the caller may raise what lies below httpx.
    if isinstance(exc, its.TimeoutException | TimeoutError):
        return _timeout(exc, its, phase, host, through)
    if isinstance(exc, its.ConnectError | its.ProxyError):
        return _connect_error(exc, its, host)
    if isinstance(exc, its.UnsupportedProtocol | its.LocalProtocolError | its.InvalidURL):
        return ConfigurationError(f"the request to {host} cannot be sent: {exc}")
    if isinstance(exc, its.DecodingError | its.TooManyRedirects):
        return InvalidResponseError(f"the answer of {host} cannot be read: {exc}")
    if isinstance(exc, its.HTTPError | its.StreamError | OSError):
        before = "before the answer began" if phase == "headers" else "before the answer was whole"
        reason = _reason(exc)
        return ConnectionLost(
            f"the connection to {host}{through} was lost {before}" + (f": {reason}" if reason else "")
        )
    return None


def answer_in(exc: Exception) -> httpx.Response | None:
    """Return the answer of which a hook of the caller's client has made an exception, by `raise_for_status`."""
    its = library_of(exc)
    if its is None or not isinstance(exc, its.HTTPStatusError):
        return None
    return cast("httpx.HTTPStatusError", exc).response


def _timeout(exc: Exception, its: Library, phase: Phase, host: str, through: str) -> RequestTimeout:
    if isinstance(exc, its.ConnectTimeout):
        waited_for = f": {exc}" if str(exc) else ""
        return RequestTimeout(
            f"no connection to {host} within the connect clock{waited_for}; see Timeouts(connect=...)",
            phase="connect",
            may_have_been_billed=False,
        )
    if isinstance(exc, its.PoolTimeout):
        return RequestTimeout(
            f"the pool of the HTTP client given had no free connection to {host} in time",
            phase="queue",
            may_have_been_billed=False,
        )
    if phase == "headers":
        return RequestTimeout(
            f"{host}{through} sent no answer within the headers clock; see Timeouts(headers=...)",
            phase="headers",
        )
    return RequestTimeout(
        f"{host}{through} stopped sending in the middle of the answer; see Timeouts(idle=...)", phase="idle"
    )


def _connect_error(exc: Exception, its: Library, host: str) -> ConnectError:
    if isinstance(exc, ProxyFailure) and exc.__cause__ is not None:
        host = f"the proxy {exc.proxy}"  # its own connection failed
    for cause in _causes(exc):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return TLSError(
                f"the certificate of {host} was refused: {cause.verify_message}; give an ssl_context"
                " that knows its authority",
                may_have_been_billed=False,
            )
        if isinstance(cause, ssl.SSLError) and not (isinstance(exc, ProxyFailure) and has_ended(cause)):
            return TLSError(
                f"the TLS handshake with {host} failed: {cause.reason or cause}", may_have_been_billed=False
            )
        if isinstance(cause, OSError) and cause.errno in (errno.EMFILE, errno.ENFILE):
            return ConnectError(
                f"no file descriptor is left for a connection to {host}; raise the limit of open files,"
                " or lower Limits(concurrency=...)",
                may_have_been_billed=False,
            )
    reason = _reason(exc)
    if isinstance(exc, ProxyFailure):
        said = str(exc).rstrip(".")
        return ProxyError(
            said if reason == said else f"{said}: {reason}",
            proxy=exc.proxy,
            status=exc.status,
            refused=exc.refused,
            may_have_been_billed=False,
        )
    if isinstance(exc, its.ProxyError):
        return ProxyError(f"no connection to {host} by the proxy: {reason}", may_have_been_billed=False)
    return ConnectError(
        f"no connection to {host}" + (f": {reason}" if reason else ""), may_have_been_billed=False
    )


def _causes(exc: BaseException) -> list[BaseException]:
    """Return an exception and its causes, innermost last."""
    chain: list[BaseException] = []
    pending: list[BaseException | None] = [exc]
    while pending:
        current = pending.pop()
        if current is None or current in chain:
            continue
        chain.append(current)
        pending.extend([current.__context__, current.__cause__])
        if isinstance(current, BaseExceptionGroup):
            pending.extend(current.exceptions)
    return chain


def _reason(exc: BaseException) -> str:
    """Return the most telling text of an exception and its causes."""
    for cause in reversed(_causes(exc)):
        if isinstance(cause, OSError) and cause.errno:
            # asyncio writes an address there; the errors of name look-ups have numbers of their own, below zero.
            return os.strerror(cause.errno) if cause.errno > 0 else str(cause.strerror)
    return str(exc).rstrip(".")
