"""The bodies of a request and of its answer, between httpx and what speaks HTTP.

Neither is an async generator: one that is left half-way is closed whenever its event loop finds the time, and trio
warns of it.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import anyio.lowlevel

from ..library import httpcore, httpx
from .errors import raise_as_httpx

if TYPE_CHECKING:
    from .connection import Answer

__all__ = ["Body", "Content"]

DRAIN_SLICE_S = 0.005
"""Seconds of work after which other tasks run."""


@dataclass(frozen=True, slots=True)
class Content:
    """The body of a request, which can be sent more than once where it is held."""

    request: httpx.Request

    def __aiter__(self) -> AsyncIterator[bytes]:
        """Return its pieces; bytes in memory are one."""
        stream = self.request.stream
        if isinstance(stream, httpx.ByteStream):
            return _Once(self.request.content)
        assert isinstance(stream, AsyncIterable)
        return stream.__aiter__()


class _Once(AsyncIterator[bytes]):
    __slots__ = ("_left",)

    def __init__(self, content: bytes) -> None:
        self._left: bytes | None = content

    async def __anext__(self) -> bytes:
        content, self._left = self._left, None
        if content is None:
            raise StopAsyncIteration
        return content


class Body(httpx.AsyncByteStream, AsyncIterator[bytes]):
    """The body of an answer, read once. Exactly one of `on_end` and `on_close` is called, once."""

    def __init__(
        self,
        answer: Answer,
        *,
        on_end: Callable[[], Awaitable[None]],
        on_close: Callable[[], None],
    ) -> None:
        """Read nothing yet.

        Args:
            answer: Its head was read.
            on_end: Lets go of the connection after the whole body.
            on_close: Closes the connection before that, also after an error.
        """
        self._answer = answer
        self._on_end = on_end
        self._on_close = on_close
        self._chunks: AsyncIterator[bytes] | None = None
        self._is_reading = False
        self._is_complete = False
        self._is_closed = False

    def __aiter__(self) -> AsyncIterator[bytes]:
        """Return itself."""
        return self

    async def __anext__(self) -> bytes:
        """Return the next bytes.

        Raises:
            httpx.TransportError: the connection broke, was closed, or brought nonsense.
        """
        if self._is_complete:
            raise StopAsyncIteration
        if self._is_closed:
            raise httpx.ReadError("the answer was closed before its end")
        if self._chunks is None:
            assert isinstance(self._answer.stream, AsyncIterable)
            self._chunks = self._answer.stream.__aiter__()
        self._is_reading = True
        try:
            return await self._chunks.__anext__()
        except StopAsyncIteration:
            self._is_complete = True
            await self._on_end()
            raise
        except Exception as error:
            self._close()
            raise_as_httpx(error)
            raise
        except BaseException:
            self._close()
            raise
        finally:
            self._is_reading = False

    async def aclose(self) -> None:
        """Close the connection if the body was not read to its end; harmless when done before."""
        if self._is_complete or self._is_closed:
            return
        self._close()
        if self._chunks is not None and not self._is_reading:
            # Brings generators, as httpcore's are, to their end too, which the closed connection makes short.
            with suppress(httpcore.NetworkError, httpcore.ProtocolError):
                began = time.monotonic()
                async for _ in self._chunks:
                    if time.monotonic() - began > DRAIN_SLICE_S:  # a read may hold thousands of chunks
                        await anyio.lowlevel.checkpoint()
                        began = time.monotonic()

    def _close(self) -> None:
        if not self._is_closed:
            self._is_closed = True
            self._on_close()
