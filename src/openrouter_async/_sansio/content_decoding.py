"""Compressed bodies, inflated in bounded steps (RFC 9110, section 8.4).

A megabyte can inflate to a gigabyte, so each step returns at most `STEP` bytes, and the caller counts them. A body
that grows to more than `RATIO` times its size is refused: JSON and event streams stay far below. A step may return
nothing, for example for empty gzip members, so the caller can let other tasks run between steps.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence

from ..errors import ResponseTooLarge

__all__ = ["ContentDecoder", "ContentDecodingError", "content_decoder"]

STEP = 16 * 1024
"""The most bytes that one step returns: a flood of comments of this size is decoded in a few milliseconds."""

RATIO = 100
"""How many times its own size a body may inflate to, beyond the first `FREE` bytes."""

FREE = 4 * 1024 * 1024
"""Chosen: to parse so much takes about 10 ms."""

_NOTHING_TO_UNDO = ("", "identity", "none", "utf-8", "utf8")
"""The last three are no encodings (RFC 9110, 16.6.1), but some servers say them of plain text."""


class ContentDecodingError(ValueError):
    """The body is not encoded as its header says."""


class _Inflate:
    """One layer of gzip or deflate."""

    def __init__(self, encoding: str) -> None:
        self._encoding = encoding
        self._inflater = zlib.decompressobj(zlib.MAX_WBITS | 16) if encoding == "gzip" else None
        self._header = b""
        self._has_begun = False
        self._taken = self._given = 0

    def decode(self, data: bytes) -> Iterator[bytes]:
        if self._inflater is None:
            self._header += data
            if len(self._header) < 2:
                return
            # Some servers send bare deflate, without the zlib header that the standard asks for (RFC 1950, 2.2).
            has_header = self._header[0] & 0x0F == 8 and int.from_bytes(self._header[:2], "big") % 31 == 0
            self._inflater = zlib.decompressobj(zlib.MAX_WBITS if has_header else -zlib.MAX_WBITS)
            data = self._header
        while data:
            self._has_begun = True
            if self._inflater.eof:
                if self._encoding != "gzip":
                    raise ContentDecodingError("the body continues after its deflate data")
                self._inflater = zlib.decompressobj(zlib.MAX_WBITS | 16)  # the next member (RFC 1952, 2.2)
            try:
                piece = self._inflater.decompress(data, STEP)
            except zlib.error as error:
                raise ContentDecodingError(f"the body is no {self._encoding}: {error}") from error
            rest = self._inflater.unused_data or self._inflater.unconsumed_tail
            self._taken += len(data) - len(rest)
            self._given += len(piece)
            if self._given > max(FREE, RATIO * self._taken):
                raise ResponseTooLarge(
                    f"the body inflates to more than {RATIO} times its size: {self._taken} bytes to {self._given}",
                    limit=max(FREE, RATIO * self._taken),
                )
            data = rest
            yield piece

    def finish(self) -> None:
        if (self._header and not self._has_begun) or (
            self._has_begun and not (self._inflater and self._inflater.eof)
        ):
            raise ContentDecodingError(f"the body ends inside its {self._encoding} data")


class _Unreadable:
    """A body whose encodings cannot be undone; without one there is nothing to complain of."""

    def __init__(self, problem: str) -> None:
        self._problem = problem

    def decode(self, _data: bytes) -> Iterator[bytes]:
        raise ContentDecodingError(self._problem)

    def finish(self) -> None:
        pass


class ContentDecoder:
    """Undoes the encodings of a `Content-Encoding` header, last one first."""

    def __init__(self, layers: Sequence[_Inflate | _Unreadable]) -> None:
        self._layers = layers

    def decode(self, data: bytes) -> Iterator[bytes]:
        """Yield what `data` decodes to, in pieces of at most `STEP` bytes, which may be empty.

        Raises:
            ContentDecodingError: it is not encoded as the header says.
            ResponseTooLarge: it inflates to more than `RATIO` times its size.
        """
        # In pieces too, since each step of zlib copies what it has not come to.
        for start in range(0, len(data), STEP):
            yield from self._decode(data[start : start + STEP], 0)

    def _decode(self, data: bytes, depth: int) -> Iterator[bytes]:
        if depth == len(self._layers):
            yield data
            return
        for piece in self._layers[depth].decode(data):
            yield from self._decode(piece, depth + 1)

    def finish(self) -> None:
        """Check that the end of the body is complete."""
        for layer in self._layers:
            layer.finish()


def content_decoder(header: str | None) -> ContentDecoder | None:
    """Return the decoder for a `Content-Encoding` header, or None where there is nothing to undo.

    What the client did not offer fails when it is decoded, since the status of an error is known all the same.
    """
    names = [name.strip().lower() for name in (header or "").split(",")]
    # `x-gzip` is the same as `gzip` (RFC 9110, 8.4.1.3).
    encodings = [name.removeprefix("x-") for name in names if name not in _NOTHING_TO_UNDO]
    if not encodings:
        return None
    for name in encodings:
        if name not in ("gzip", "deflate"):
            return ContentDecoder(
                [_Unreadable(f"the body is encoded as {name[:40]!r}, which was not offered")]
            )
    if len(encodings) > 3:
        return ContentDecoder([_Unreadable(f"the body is encoded {len(encodings)} times")])
    return ContentDecoder([_Inflate(encoding) for encoding in reversed(encodings)])
