"""`Download`: the bytes of a file as they come, read piece by piece or saved, in constant memory.

Its life is that of every stream, see `lifecycle`. A file is put in its place only once it is whole: one that was
cancelled leaves nothing, one that broke off leaves what had arrived under another name.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import anyio
from anyio import to_thread

from .._files import Replacement
from .._sansio.response import read_reply
from ..errors import (
    ConfigurationError,
    ConnectionLost,
    DownloadInterrupted,
    InvalidResponseError,
    OpenRouterError,
    RequestTimeout,
)
from .lifecycle import OwnedStream

if TYPE_CHECKING:
    from ..types.meta import ResponseMeta
    from .source import StreamItem, StreamSource

__all__ = ["Download"]

T = TypeVar("T")

WRITTEN_AT_ONCE = 1024 * 1024
"""Bytes that are collected before a thread writes them: a thread for each read would cost more than the reading."""


class Download(OwnedStream[bytes]):
    """The bytes of an answer; an async context manager, and an async iterator of pieces of at most 64 KiB.

    ```python
    async with client.audio.speak_stream("Hello", model="openai/gpt-4o-mini-tts", voice="alloy") as speech:
        async for piece in speech:
            player.write(piece)
    ```

    Nothing is sent before you ask for the first piece. Leaving the block closes the connection. `save` and `read`
    read all of it, and need no block. One task at a time may read it.
    """

    _MADE_BY = "... as download"
    _NOUN = "download"

    def __init__(self, source: StreamSource, *, kind: str | None = None) -> None:
        """Read `source`.

        Args:
            source: The source of the bytes.
            kind: The kind of file, such as `audio`; JSON, HTML or nothing in its place is then an error.
        """
        self._reader = _PieceReader(lambda: source.meta, kind)
        super().__init__(source, self._reader)

    @property
    def media_type(self) -> str | None:
        """The media type by the service, such as `audio/mpeg`; None before the first piece."""
        meta = self.meta
        return None if meta is None else meta.headers.get("content-type")

    @property
    def length(self) -> int | None:
        """Bytes of the whole file; None before the first piece, and where the service does not say."""
        meta = self.meta
        return None if meta is None else _length(meta)

    @property
    def received(self) -> int:
        """Bytes that have come so far."""
        return self._reader.received

    async def read(self) -> bytes:
        """Return all of it, which is then in memory.

        Raises:
            DownloadInterrupted: it broke off; `data` is what had arrived.
            OpenRouterError: any other failure of a call.
        """
        pieces: list[bytes] = []
        try:
            async with self:
                async for piece in self:
                    pieces.append(piece)  # noqa: PERF401 - what came before an error is wanted
        except DownloadInterrupted as error:
            error.data = b"".join(pieces)
            raise
        return b"".join(pieces)

    async def save(self, path: str | os.PathLike[str]) -> Path:
        """Write all of it to a file, and return its path; an existing file is replaced at the end.

        The file is readable only by its owner. It is written beside `path` first: if the task is cancelled, nothing
        stays.

        Raises:
            DownloadInterrupted: it was cut off; the part that arrived is in `path` with the suffix `.part`.
            ConfigurationError: the file cannot be written.
            OpenRouterError: any other failure of a call.
        """
        target = Path(path)
        file = await _written(partial(Replacement, target), target)
        pieces: list[bytes] = []
        held = 0
        try:
            async with self:
                async for piece in self:
                    pieces.append(piece)
                    held += len(piece)
                    if held >= WRITTEN_AT_ONCE:
                        await _written(partial(file.write, pieces), target)
                        pieces, held = [], 0
            await _written(partial(file.write, pieces), target)
            await _written(file.commit, target)
        except DownloadInterrupted as error:
            with anyio.CancelScope(shield=True):
                await _written(partial(file.write, pieces), target)
                error.path = str(await _written(file.keep, target))
            error.message += f"; the part received is in {error.path!r}"
            error.args = (error.message,)
            raise
        except BaseException:
            with anyio.CancelScope(shield=True):
                await to_thread.run_sync(file.discard)
            raise
        return target


async def _written(work: Callable[[], T], path: Path) -> T:
    """Let a thread do what blocks.

    Raises:
        ConfigurationError: the system refuses it.
    """
    try:
        return await to_thread.run_sync(work)
    except (OSError, ValueError) as error:  # the latter for a name with a zero in it
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise ConfigurationError(
            f"{str(path)!r} cannot be written: {reason}", may_have_been_billed=None
        ) from error


class _PieceReader:
    """Hands pieces on as they are; an `ItemReader`."""

    is_whole = False
    reply = None

    def __init__(self, meta: Callable[[], ResponseMeta | None], kind: str | None) -> None:
        self._meta = meta
        self._kind = kind
        self.is_complete: bool = False
        self.restart()

    def restart(self) -> None:
        """Forget what has arrived; the request is sent again."""
        self.received = 0
        self._document: list[bytes] | None = None

    @property
    def has_piece(self) -> bool:
        return self.received > 0 and self._document is None

    def feed(self, items: list[StreamItem]) -> tuple[list[bytes], OpenRouterError | None]:
        pieces = [item for item in items if isinstance(item, bytes)]
        if self.received == 0 and self._is_document():
            self._document = []
        self.received += sum(map(len, pieces))
        if self._document is None:
            return pieces, None
        self._document += pieces
        if self.received <= LONGEST_REPORT:
            return [], None
        if self._kind is not None:
            return [], self._refused(b"".join(self._document))
        pieces, self._document = self._document, None
        return pieces, None

    def feed_eof(self) -> tuple[list[bytes], OpenRouterError | None]:
        pieces: list[bytes] = []
        if self._document is not None:
            body = b"".join(self._document)
            if (error := self._refused(body)) is not None:
                return [], error
            pieces, self._document = [body], None
        meta = self._meta()
        length = None if meta is None else _length(meta)
        if length is not None and self.received < length:
            return pieces, self._interrupted("the connection ended")
        if self._kind is not None and self.received == 0:
            return [], InvalidResponseError(f"the answer is empty; expected {self._kind}")
        self.is_complete = True
        return pieces, None

    def enrich(self, error: OpenRouterError) -> OpenRouterError:
        if isinstance(error, ConnectionLost | InvalidResponseError | RequestTimeout) and self.has_piece:
            interrupted = self._interrupted(error.message)
            interrupted.__cause__ = error
            return interrupted
        return error

    def _interrupted(self, reason: str) -> DownloadInterrupted:
        meta = self._meta()
        length = None if meta is None else _length(meta)
        of = "" if length is None else f" of {length}"
        return DownloadInterrupted(
            f"the file broke off after {self.received}{of} bytes: {reason}", received=self.received
        )

    def _is_document(self) -> bool:
        """Whether it may be an error, or a page, in place of a file."""
        meta = self._meta()
        media_type = "" if meta is None else meta.headers.get("content-type", "").lower()
        return "json" in media_type or (self._kind is not None and media_type.startswith("text/html"))

    def _refused(self, body: bytes) -> OpenRouterError | None:
        """Return the error that a document is in place of a file; None where it is the file."""
        meta = self._meta()
        assert meta is not None  # a body follows its headers
        try:
            read_reply(bytes, meta.status, meta.headers, body)
        except OpenRouterError as error:
            return error
        if self._kind is None:
            return None
        media_type = meta.headers.get("content-type")
        return InvalidResponseError(
            f"the answer is {media_type!r}; expected {self._kind}", content_type=media_type
        )


LONGEST_REPORT = 64 * 1024
"""Bytes of JSON that are read as a whole, since they may be an error."""


def _length(meta: ResponseMeta) -> int | None:
    """Return how many bytes the body has, as the headers say; None where they do not, or it is compressed."""
    length = meta.headers.get("content-length", "")
    is_coded = meta.headers.get("content-encoding", "identity").lower() != "identity"
    return int(length) if length.isascii() and length.isdigit() and not is_coded else None
