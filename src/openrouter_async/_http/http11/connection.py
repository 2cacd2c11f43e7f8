"""The HTTP/1.1 of a connection: writes a request to its stream, and reads the response from it.

By default httpcore does that, and h11 parses (`with_httpcore`); on request, `with_httptools` does.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, Awaitable, Iterable, MutableMapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from ..library import httpx

__all__ = ["DELIVERY", "Answer", "Delivery", "Forwarding", "HTTPConnection"]


DELIVERY = "openrouter_async.delivery"
"""The extension of a request that is its `Delivery`; foreign requests lack it."""


@dataclass(slots=True)
class Delivery:
    """The messages between a request and the pool, beside HTTP."""

    is_sent_once: bool = False
    """If a reused connection is lost, it is unknown whether the request had arrived (RFC 9112, section 9.3.1), so a
    request that must not run twice is sent once."""
    through: str = ""
    """Set by the pool: the proxy that the request goes through, as errors name it."""


class Forwarding(NamedTuple):
    """How a request differs that a proxy reads and sends on."""

    prefix: bytes
    """Stands before the path: scheme and host."""
    headers: list[tuple[bytes, bytes]]
    """For the proxy; the service does not get them."""


class Answer(Protocol):
    """An answer whose head was read."""

    @property
    def status(self) -> int: ...

    @property
    def headers(self) -> list[tuple[bytes, bytes]]: ...

    @property
    def stream(self) -> Iterable[bytes] | AsyncIterable[bytes]:
        """The body, asynchronous in fact; raises what httpcore raises."""
        ...

    @property
    def extensions(self) -> MutableMapping[str, Any]: ...

    async def aclose(self) -> None:
        """Make the connection ready for its next request, after the body was read to its end."""


class HTTPConnection(Protocol):
    """One stream; its requests come one after the other."""

    def send(self, request: httpx.Request) -> Awaitable[Answer]:
        """Send a request and read the head of its answer.

        Raises:
            Exception: of httpcore; the connection is of no use then.
        """
        ...

    def ended_cleanly(self) -> bool:
        """Whether the last request was sent whole, its answer read to its end, and nothing came after it."""
        ...
