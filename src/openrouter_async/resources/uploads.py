"""`FileUpload`: a file that is sent, from a path, bytes or a stream, read meanwhile and never whole in memory."""

from __future__ import annotations

import io
import mimetypes
import os
import secrets
import stat
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Protocol, TypeAlias, TypeVar

from anyio import to_thread

from .._checks import describe_value, whole
from .._sansio.multipart import Form
from ..errors import ConfigurationError
from ..types.chat.media_types import sniff

if TYPE_CHECKING:
    from collections.abc import Awaitable

__all__ = ["FileSource", "FileUpload", "UploadBody", "open_upload"]

T = TypeVar("T")

PIECE = 256 * 1024
"""Bytes per read. Chosen: a thread for each 64 KiB took twice as long."""

FileSource: TypeAlias = os.PathLike[str] | bytes | IO[bytes] | AsyncIterable[bytes]
"""A file: its path, its bytes, an open file, or an iterable of its bytes piece by piece."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class FileUpload:
    """A file, with what its source does not say.

    ```python
    FileUpload(source=request.stream(), filename="talk.mp3", length=1_048_576)
    ```
    """

    source: FileSource
    """A stream of bytes is read once, so a request with it is sent once."""
    filename: str | None = None
    """The name for the service, which depends on its extension. Default: the name of the path."""
    media_type: str | None = None
    """Such as `audio/mpeg`. Default: detected from the first bytes, or from the name of the file."""
    length: int | None = None
    """Bytes of a stream, where they are known; without them it is sent in chunks."""

    def __repr__(self) -> str:
        shown = (
            f"<{len(self.source):,} bytes>" if isinstance(self.source, bytes) else describe_value(self.source)
        )
        return f"FileUpload({shown}, filename={self.filename!r})"


class _Reader(Protocol):
    """The bytes of a file."""

    length: int | None
    is_repeatable: bool

    def begin(self) -> AsyncIterator[bytes]:
        """Return them from the first on."""
        ...

    def close(self) -> None: ...


class UploadBody:
    """A form that is read while it is sent; the `Upload` of a request. Whoever opened it closes it."""

    def __init__(self, form: Form, reader: _Reader) -> None:
        self._form = form
        self._reader = reader
        self.content_type = form.content_type
        self.length: int | None = None if reader.length is None else form.length(reader.length)
        """Bytes in all; None where they are not known."""
        self.is_repeatable: bool = reader.is_repeatable
        """Whether it can be sent again."""

    def __aiter__(self) -> AsyncIterator[bytes]:
        """Return all of it in pieces, from its beginning."""
        return _Joined(self._form.before, self._reader.begin(), self._form.after, self._reader.length)

    def close(self) -> None:
        """Close the file, if it was opened here."""
        self._reader.close()


async def open_upload(file: FileSource | FileUpload, fields: tuple[tuple[str, str], ...]) -> UploadBody:
    """Return a form with these fields and this file; opens it where it is a path.

    Raises:
        ConfigurationError: it is nothing that can be read, no regular file, or empty.
    """
    upload = file if isinstance(file, FileUpload) else FileUpload(source=file)
    source = upload.source
    begin = b""
    name = upload.filename
    reader: _Reader
    if isinstance(source, bytes):
        reader, begin = _Bytes(source), source[:64]
    elif isinstance(source, os.PathLike):
        reader, begin = await to_thread.run_sync(_opened, Path(source))
        name = name or Path(source).name
    elif isinstance(source, AsyncIterable):
        reader = _Stream(source, upload.length)
    elif callable(getattr(source, "read", None)):
        reader, begin = await to_thread.run_sync(_of_file, source, upload.length)
        if not name and isinstance(own := getattr(source, "name", None), str):
            name = Path(own).name
    else:
        raise ConfigurationError(
            f"the file is {describe_value(source)}; expected a pathlib.Path, bytes, an open file, or an async"
            " stream of bytes"
        )
    if reader.length == 0:
        reader.close()
        raise ConfigurationError("the file is empty; expected one with something in it")
    media_type = upload.media_type or sniff(begin) or mimetypes.guess_type(name or "")[0]
    media_type = media_type or "application/octet-stream"
    filename = name or f"file{mimetypes.guess_extension(media_type) or ''}"
    boundary = secrets.token_hex(16)
    form = Form(boundary=boundary, fields=fields, filename=filename, media_type=media_type)
    try:
        return UploadBody(form, reader)
    except BaseException:
        reader.close()
        raise


def _opened(path: Path) -> tuple[_Reader, bytes]:
    try:
        file = path.open("rb")
        status = os.fstat(file.fileno())
    except OSError as error:
        raise ConfigurationError(
            f"{str(path)!r} cannot be read: {(error.strerror or str(error)).lower()}"
        ) from error
    if not stat.S_ISREG(status.st_mode):
        file.close()
        raise ConfigurationError(f"{str(path)!r} is not a regular file; expected a file to send")
    begin = file.read(64)
    return _File(file, start=0, length=status.st_size, is_ours=True), begin


def _of_file(file: IO[bytes], length: int | None) -> tuple[_Reader, bytes]:
    if isinstance(file.read(0), str):
        raise ConfigurationError("the file is open as text; open it in binary mode, 'rb'")
    if not getattr(file, "seekable", bool)():
        return _File(file, start=None, length=length, is_ours=False), b""
    start = file.tell()
    begin = file.read(64)
    end = file.seek(0, io.SEEK_END)
    file.seek(start)
    return _File(file, start=start, length=end - start, is_ours=False), begin


class _Bytes:
    is_repeatable = True

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.length: int | None = len(data)

    def begin(self) -> AsyncIterator[bytes]:
        data = self._data
        return _Cut(data[at : at + PIECE] for at in range(0, len(data), PIECE))

    def close(self) -> None:
        pass


class _File:
    """An open file, read in threads."""

    def __init__(self, file: IO[bytes], *, start: int | None, length: int | None, is_ours: bool) -> None:
        self._file = file
        self._start = start
        self._is_ours = is_ours
        self._left = 0
        self.length = length
        self.is_repeatable: bool = start is not None

    def begin(self) -> AsyncIterator[bytes]:
        self._left = -1 if self.length is None else self.length
        is_first = True

        def read() -> bytes:
            nonlocal is_first
            if is_first and self._start is not None:
                self._file.seek(self._start)
            is_first = False
            # One that grows while it is sent is sent as long as it was.
            piece = self._file.read(PIECE if self._left < 0 else min(PIECE, self._left))
            self._left -= len(piece) if self._left > 0 else 0
            return piece

        return _Read(lambda: to_thread.run_sync(read))

    def close(self) -> None:
        if self._is_ours:
            self._file.close()


class _Stream:
    """Yields its bytes once."""

    is_repeatable = False

    def __init__(self, stream: AsyncIterable[bytes], length: int | None) -> None:
        self._stream = stream
        self.length = None if length is None else whole("length", length, least=0)

    def begin(self) -> AsyncIterator[bytes]:
        return self._stream.__aiter__()

    def close(self) -> None:
        pass


class _Joined(AsyncIterator[bytes]):
    """No generator, which would be closed late where the sending of a body breaks off."""

    def __init__(self, before: bytes, file: AsyncIterator[bytes], after: bytes, length: int | None) -> None:
        self._before: bytes | None = before
        self._file = file
        self._after: bytes | None = after
        self._length = length
        self._given = 0

    async def __anext__(self) -> bytes:
        if self._before is not None:
            before, self._before = self._before, None
            return before
        async for piece in self._file:
            if not isinstance(piece, bytes | bytearray | memoryview):
                raise ConfigurationError(f"the stream yielded {describe_value(piece)}; expected bytes")
            self._given += len(piece)
            if self._length is not None and self._given > self._length:
                raise self._wrong("more")
            if len(piece):
                return bytes(piece)
        if self._after is None:
            raise StopAsyncIteration
        if self._length is not None and self._given < self._length:
            raise self._wrong(f"{self._given}")
        after, self._after = self._after, None
        return after

    def _wrong(self, given: str) -> ConfigurationError:
        return ConfigurationError(
            f"the file was to have {self._length} bytes, and has {given}; it was changed while it was sent, or its"
            " length is wrong",
            may_have_been_billed=None,
        )


class _Cut(AsyncIterator[bytes]):
    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces

    async def __anext__(self) -> bytes:
        for piece in self._pieces:
            return piece
        raise StopAsyncIteration


class _Read(AsyncIterator[bytes]):
    def __init__(self, read: Callable[[], Awaitable[bytes]]) -> None:
        self._read = read

    async def __anext__(self) -> bytes:
        piece = await self._read()
        if not piece:
            raise StopAsyncIteration
        return piece
