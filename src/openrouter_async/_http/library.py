"""The one module that imports httpx and httpcore; every other takes them from here.

Where httpx is not installed, httpx2 takes its place, with httpcore2 below it. Callers may give clients and transports
of either: a request is made by the library of whoever sends it, which `library_of` tells by the class. Both have the
same classes with the same methods, so for type checkers all of them are those of httpx.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING, TypeAlias, cast

from ..errors import ConfigurationError

if TYPE_CHECKING:
    import httpcore
    import httpx
    import httpx2
else:
    try:
        import httpx
    except ModuleNotFoundError as error:
        if error.name != "httpx":
            raise
        import httpcore2 as httpcore
        import httpx2 as httpx
    else:
        import httpcore

__all__ = [
    "AsyncClient",
    "AsyncTransport",
    "Library",
    "checked_client",
    "checked_transport",
    "httpcore",
    "httpx",
    "library_of",
]

Library: TypeAlias = ModuleType
"""httpx or httpx2."""

AsyncClient: TypeAlias = "httpx.AsyncClient | httpx2.AsyncClient"
AsyncTransport: TypeAlias = "httpx.AsyncBaseTransport | httpx2.AsyncBaseTransport"

_LIBRARIES = ("httpx", "httpx2")


def library_of(value: object) -> Library | None:
    """Return the library whose class, or a class derived from it, the value is of; None for any other."""
    for kind in type(value).__mro__:
        library = kind.__module__.partition(".")[0]
        if library in _LIBRARIES:
            return sys.modules[library]
    return None


def checked_client(value: object) -> httpx.AsyncClient:
    """Return the client that was given as `http_client`.

    Raises:
        ConfigurationError: it is something else.
    """
    return cast("httpx.AsyncClient", _checked("http_client", value))


def checked_transport(value: object) -> httpx.AsyncBaseTransport:
    """Return the transport that was given as `transport`.

    Raises:
        ConfigurationError: it is something else.
    """
    return cast("httpx.AsyncBaseTransport", _checked("transport", value))


_EXPECTED = {"http_client": "AsyncClient", "transport": "AsyncBaseTransport"}


def _checked(argument: str, value: object) -> object:
    library = library_of(value)
    fits = [name for name, kind in _EXPECTED.items() if library and isinstance(value, getattr(library, kind))]
    if argument in fits:
        below = getattr(value, "_transport", None)
        if argument == "http_client" and library_of(below) not in (library, None):
            raise ConfigurationError(
                f"http_client is a {_name(type(value))} over a {_name(type(below))}; make both with one library"
            )
        return value
    kind = _EXPECTED[argument]
    seen = f"the class {_name(value)}" if isinstance(value, type) else f"a {_name(type(value))}"
    advice = f"give it as {fits[0]}=..." if fits else f"expected an instance of httpx.{kind} or httpx2.{kind}"
    raise ConfigurationError(f"{argument} is {seen}; {advice}")


def _name(kind: type) -> str:
    package = kind.__module__.partition(".")[0]
    return kind.__qualname__ if package == "builtins" else f"{package}.{kind.__qualname__}"
