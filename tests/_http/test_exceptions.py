"""Failures below the client become its own errors, by class; the rows of tests/faults provoke them."""

from __future__ import annotations

from types import ModuleType

import httpx
import httpx2
import pytest

from openrouter_async import AsyncOpenRouter, Retries, errors
from openrouter_async._http.exceptions import Phase, from_httpx

LIBRARIES = [httpx] if httpx is httpx2 else [httpx, httpx2]
KEY = "sk-or-v1-0123456789abcdef0123456789abcdef"
FAST = Retries(base=0.001, cap=0.002)
MAPPED: dict[str, type[errors.OpenRouterError]] = {
    "ConnectTimeout": errors.RequestTimeout,
    "ReadTimeout": errors.RequestTimeout,
    "WriteTimeout": errors.RequestTimeout,
    "PoolTimeout": errors.RequestTimeout,
    "TimeoutException": errors.RequestTimeout,
    "ConnectError": errors.ConnectError,
    "ProxyError": errors.ProxyError,
    "ReadError": errors.ConnectionLost,
    "WriteError": errors.ConnectionLost,
    "CloseError": errors.ConnectionLost,
    "NetworkError": errors.ConnectionLost,
    "RemoteProtocolError": errors.ConnectionLost,
    "ProtocolError": errors.ConnectionLost,
    "TransportError": errors.ConnectionLost,
    "RequestError": errors.ConnectionLost,
    "HTTPError": errors.ConnectionLost,
    "HTTPStatusError": errors.ConnectionLost,
    "StreamError": errors.ConnectionLost,
    "StreamConsumed": errors.ConnectionLost,
    "StreamClosed": errors.ConnectionLost,
    "ResponseNotRead": errors.ConnectionLost,
    "RequestNotRead": errors.ConnectionLost,
    "DecodingError": errors.InvalidResponseError,
    "TooManyRedirects": errors.InvalidResponseError,
    "LocalProtocolError": errors.ConfigurationError,
    "UnsupportedProtocol": errors.ConfigurationError,
    "InvalidURL": errors.ConfigurationError,
}
"""What each exception of httpx, and of httpx2, is to the caller."""

NO_FAILURES = {"CookieConflict", "SSEError"}
"""Raised by functions that are not used here."""

either_library = pytest.mark.parametrize("library", LIBRARIES, ids=lambda library: library.__name__)


def make(library: ModuleType, name: str) -> Exception:
    """Return an exception, however its class wants to be called."""
    kind = getattr(library, name)
    if name == "HTTPStatusError":
        request = library.Request("GET", "https://host.example")
        made = kind("no", request=request, response=library.Response(500, request=request))
    elif name in ("StreamConsumed", "StreamClosed", "ResponseNotRead", "RequestNotRead"):
        made = kind()
    else:
        made = kind("no")
    assert isinstance(made, Exception)
    return made


@either_library
def test_every_exception_of_httpx_is_in_the_table(library: ModuleType) -> None:
    exported = {name: getattr(library, name) for name in library.__all__}
    raised = {
        name for name, item in exported.items() if isinstance(item, type) and issubclass(item, Exception)
    }
    assert raised - NO_FAILURES == set(MAPPED)


@pytest.mark.parametrize("phase", ["headers", "body"])
@either_library
@pytest.mark.parametrize("name", MAPPED)
def test_every_exception_of_httpx_becomes_one_of_ours(name: str, library: ModuleType, phase: Phase) -> None:
    error = from_httpx(make(library, name), phase, "host.example")
    assert error is not None
    assert type(error) is MAPPED[name]
    assert "host.example" in str(error)
    assert str(error)[0].islower() or str(error).startswith("host.example")
    assert not str(error).endswith(".")


@pytest.mark.parametrize(
    ("exc", "phase", "expected"),
    [
        (httpx.ConnectTimeout("x"), "headers", "connect"),
        (httpx2.ConnectTimeout("x"), "headers", "connect"),
        (httpx2.PoolTimeout("x"), "headers", "queue"),
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


@either_library
@pytest.mark.parametrize("name", MAPPED)
async def test_whatever_a_transport_raises_reaches_the_caller_as_ours(name: str, library: ModuleType) -> None:
    def handler(request: object) -> object:
        raise make(library, name)

    class Body(library.AsyncByteStream):  # type: ignore[name-defined,misc]
        async def __aiter__(self):  # type: ignore[no-untyped-def]
            yield b"{"
            raise make(library, name)

    async with AsyncOpenRouter(KEY, transport=library.MockTransport(handler), retries=FAST) as client:
        if name == "HTTPStatusError":  # it brings an answer
            with pytest.raises(errors.APIStatusError, match="500"):
                await client.chat.create("Hello")
        else:
            with pytest.raises(MAPPED[name]) as caught:
                await client.chat.create("Hello")
            assert type(caught.value.__cause__) is getattr(library, name)
    broken = library.MockTransport(lambda request: library.Response(200, stream=Body()))
    async with AsyncOpenRouter(KEY, transport=broken, retries=FAST) as client:
        with pytest.raises(MAPPED[name]):
            await client.chat.create("Hello")
        assert client._sender.transport.limiter.in_use == 0


# Over a socket
