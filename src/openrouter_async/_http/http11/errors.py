"""The exceptions of httpcore become those of httpx, at this one place, as in httpx's own transport."""

from __future__ import annotations

from ..library import httpcore, httpx

__all__ = ["raise_as_httpx"]

TABLE: dict[type[Exception], type[httpx.TransportError]] = {
    httpcore.ConnectTimeout: httpx.ConnectTimeout,
    httpcore.ReadTimeout: httpx.ReadTimeout,
    httpcore.WriteTimeout: httpx.WriteTimeout,
    httpcore.PoolTimeout: httpx.PoolTimeout,
    httpcore.TimeoutException: httpx.TimeoutException,
    httpcore.ConnectError: httpx.ConnectError,
    httpcore.ReadError: httpx.ReadError,
    httpcore.WriteError: httpx.WriteError,
    httpcore.NetworkError: httpx.NetworkError,
    httpcore.ProxyError: httpx.ProxyError,
    httpcore.UnsupportedProtocol: httpx.UnsupportedProtocol,
    httpcore.LocalProtocolError: httpx.LocalProtocolError,
    httpcore.RemoteProtocolError: httpx.RemoteProtocolError,
    httpcore.ProtocolError: httpx.ProtocolError,
    httpcore.ConnectionNotAvailable: httpx.LocalProtocolError,
    OSError: httpx.ReadError,
}


def raise_as_httpx(error: Exception) -> None:
    """Raise the error that a user of httpx expects for `error`; return if it is not a network failure."""
    for kind in type(error).__mro__:
        if kind in TABLE:
            raise TABLE[kind](str(error)) from error
