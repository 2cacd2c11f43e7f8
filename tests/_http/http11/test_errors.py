"""Every exception of httpcore is one of httpx to the layers above."""

from __future__ import annotations

import httpcore
import httpx
import pytest

from openrouter_async._http.http11.errors import raise_as_httpx

EXCEPTIONS = [
    kind
    for name in httpcore.__all__
    if isinstance(kind := getattr(httpcore, name), type) and issubclass(kind, Exception)
]


def as_httpx(error: Exception) -> Exception:
    with pytest.raises(httpx.TransportError) as caught:
        raise_as_httpx(error)
    return caught.value


def test_httpcore_exports_its_exceptions() -> None:
    assert {httpcore.ReadError, httpcore.ConnectTimeout, httpcore.RemoteProtocolError} <= set(EXCEPTIONS)


@pytest.mark.parametrize("kind", EXCEPTIONS, ids=lambda kind: kind.__name__)
def test_every_exception_is_mapped_as_httpx_does(kind: type[Exception]) -> None:
    error = kind("what happened")
    mapped = as_httpx(error)
    assert mapped.__cause__ is error
    assert str(mapped) == "what happened"
    assert type(mapped).__name__ == kind.__name__ or kind is httpcore.ConnectionNotAvailable


def test_a_subclass_is_mapped_as_its_nearest_base() -> None:
    class Odd(httpcore.ReadTimeout):
        pass

    assert type(as_httpx(Odd())) is httpx.ReadTimeout


def test_failures_of_the_system_are_lost_connections() -> None:
    assert type(as_httpx(ConnectionResetError("reset"))) is httpx.ReadError


def test_what_is_no_failure_of_the_network_stays_itself() -> None:
    raise_as_httpx(ZeroDivisionError())
