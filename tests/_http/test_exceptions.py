"""Failures below the client become its own errors, by class; the rows of tests/faults provoke them."""

from __future__ import annotations

import httpx
import pytest

from openrouter_async import AsyncOpenRouter, Retries, errors
from openrouter_async._http.exceptions import Phase, from_httpx

KEY = "sk-or-v1-0123456789abcdef0123456789abcdef"
FAST = Retries(base=0.001, cap=0.002)
MAPPED: dict[type[Exception], type[errors.OpenRouterError]] = {
    httpx.ConnectTimeout: errors.RequestTimeout,
    httpx.ReadTimeout: errors.RequestTimeout,
    httpx.WriteTimeout: errors.RequestTimeout,
    httpx.PoolTimeout: errors.RequestTimeout,
    httpx.TimeoutException: errors.RequestTimeout,
    httpx.ConnectError: errors.ConnectError,
    httpx.ProxyError: errors.ProxyError,
    httpx.ReadError: errors.ConnectionLost,
    httpx.WriteError: errors.ConnectionLost,
    httpx.CloseError: errors.ConnectionLost,
    httpx.NetworkError: errors.ConnectionLost,
    httpx.RemoteProtocolError: errors.ConnectionLost,
    httpx.ProtocolError: errors.ConnectionLost,
    httpx.TransportError: errors.ConnectionLost,
    httpx.RequestError: errors.ConnectionLost,
    httpx.HTTPError: errors.ConnectionLost,
    httpx.HTTPStatusError: errors.ConnectionLost,
    httpx.StreamError: errors.ConnectionLost,
    httpx.StreamConsumed: errors.ConnectionLost,
    httpx.StreamClosed: errors.ConnectionLost,
    httpx.ResponseNotRead: errors.ConnectionLost,
    httpx.RequestNotRead: errors.ConnectionLost,
    httpx.DecodingError: errors.InvalidResponseError,
    httpx.TooManyRedirects: errors.InvalidResponseError,
    httpx.LocalProtocolError: errors.ConfigurationError,
    httpx.UnsupportedProtocol: errors.ConfigurationError,
    httpx.InvalidURL: errors.ConfigurationError,
}
"""What each exception of httpx is to the caller."""

NO_FAILURES = {httpx.CookieConflict}
"""Raised by functions of httpx that are not used here."""


def make(kind: type[Exception]) -> Exception:
    """Return an exception, however its class wants to be called."""
    request = httpx.Request("GET", "https://host.example")
    if kind is httpx.HTTPStatusError:
        return httpx.HTTPStatusError("no", request=request, response=httpx.Response(500, request=request))
    if kind in (httpx.StreamConsumed, httpx.StreamClosed, httpx.ResponseNotRead, httpx.RequestNotRead):
        return kind()
    return kind("no")


def test_every_exception_of_httpx_is_in_the_table() -> None:
    exported = {getattr(httpx, name) for name in httpx.__all__}
    raised = {item for item in exported if isinstance(item, type) and issubclass(item, Exception)}
    assert raised - NO_FAILURES == set(MAPPED)


@pytest.mark.parametrize("phase", ["headers", "body"])
@pytest.mark.parametrize("kind", MAPPED)
def test_every_exception_of_httpx_becomes_one_of_ours(kind: type[Exception], phase: Phase) -> None:
    error = from_httpx(make(kind), phase, "host.example")
    assert error is not None
    assert type(error) is MAPPED[kind]
    assert "host.example" in str(error)
    assert str(error)[0].islower() or str(error).startswith("host.example")
    assert not str(error).endswith(".")


@pytest.mark.parametrize(
    ("exc", "phase", "expected"),
    [
        (httpx.ConnectTimeout("x"), "headers", "connect"),
        (httpx.PoolTimeout("x"), "headers", "queue"),
        (httpx.ReadTimeout("x"), "headers", "headers"),
        (httpx.WriteTimeout("x"), "headers", "headers"),
        (httpx.ReadTimeout("x"), "body", "idle"),
        (TimeoutError("x"), "body", "idle"),
    ],
)
def test_a_timeout_says_which_clock_it_was(exc: Exception, phase: Phase, expected: str) -> None:
    error = from_httpx(exc, phase, "host.example")
    assert isinstance(error, errors.RequestTimeout)
    assert error.phase == expected


@pytest.mark.parametrize("exc", [LookupError("mine"), ValueError("mine"), RuntimeError("mine")])
def test_what_is_no_failure_of_the_transport_is_left_alone(exc: Exception) -> None:
    assert from_httpx(exc, "headers", "host.example") is None


@pytest.mark.parametrize("kind", MAPPED)
async def test_whatever_a_transport_raises_reaches_the_caller_as_ours(kind: type[Exception]) -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        raise make(kind)

    class Body(httpx.AsyncByteStream):
        async def __aiter__(self):  # type: ignore[no-untyped-def]
            yield b"{"
            raise make(kind)

    async with AsyncOpenRouter(KEY, transport=httpx.MockTransport(handler), retries=FAST) as client:
        with pytest.raises(MAPPED[kind]) as caught:
            await client.chat.create("Hello")
        assert isinstance(caught.value.__cause__, kind)
    broken = httpx.MockTransport(lambda request: httpx.Response(200, stream=Body()))
    async with AsyncOpenRouter(KEY, transport=broken, retries=FAST) as client:
        with pytest.raises(MAPPED[kind]):
            await client.chat.create("Hello")
        assert client._sender.transport.limiter.in_use == 0


# Over a socket
