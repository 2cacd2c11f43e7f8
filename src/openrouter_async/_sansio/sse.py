"""Turns the bytes of an event stream into events and comments, however the bytes were split into reads.

Follows WHATWG HTML, 9.2.5 and 9.2.6 (https://html.spec.whatwg.org/multipage/server-sent-events.html), with five
remarks. Comments show that the server is alive, so each read returns only the first of several in a row; there may be
millions. `id` and `retry` serve reconnecting, which would be billed again, so they are ignored. Data stays bytes,
including invalid UTF-8: every character with a meaning in the standard is ASCII, which decoding with replacement
neither adds nor removes. A byte order mark is dropped before every line, not only before the first: some servers
concatenate streams that each start with one, and by the standard the next line would be lost. An event ends without
its blank line where the next data begins another JSON object, or is the end mark: some servers leave all of them out,
and no JSON has two objects in a row.

Theory of operation. Between two reads the decoder keeps an unfinished line, and the name and data of an unfinished
event. A read takes one of two paths, which return the same items: `_whole_events` splits a read of one-line events in
a few calls that run in C; `_by_line` handles all others. Each byte is examined a fixed number of times, whatever the
reads, and the kept data never exceeds the limit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from ..errors import ResponseTooLarge
from .parse import ParseFailure, parse

__all__ = ["Comment", "SSEDecoder", "SSEItem", "ServerSentEvent", "events_in"]

DEFAULT_LIMIT = 64 * 1024 * 1024
"""Bytes of a line or an event. Chosen: a picture in base64 has some megabytes."""
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_COLON = ord(":")
_BRACE = ord("{")
_DONE = b"[DONE]"
_IGNORED_LIMIT = 64 * 1024  # chosen: more than any error that was seen
_LAST = 16  # bytes at the end of data among which its last brace is
_LONG = 16 * 1024  # chosen: an event of a chat has some hundred bytes


@dataclass(frozen=True, slots=True)
class ServerSentEvent:
    """An event with a name of its own, that is any but `message`."""

    event: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Comment:
    """A line that begins with a colon: a sign of life, no content."""

    text: bytes
    """Without the colon, and without one space after it."""


SSEItem: TypeAlias = bytes | ServerSentEvent | Comment
"""An event of the usual kind is just its data, since that is every event of a chat stream."""


class SSEDecoder:
    """Decodes one event stream.

    ```python
    decoder = SSEDecoder()
    decoder.feed(b": hello\\ndata: 1\\n\\nda")  # [Comment(text=b"hello"), b"1"]
    decoder.feed(b"ta: 2\\n\\n")  # [b"2"]
    ```
    """

    def __init__(self, *, limit: int = DEFAULT_LIMIT) -> None:
        self._limit = limit
        self._line = bytearray()  # the unfinished line
        self._event = ""
        self._name = ""  # what that was when the data began
        self._is_renamed = False  # whether it came again since
        self._data: bytes | bytearray | None = None  # None: no data line yet, so nothing to dispatch
        self._size = 0  # of the lines that gave the data
        self._at_start = True  # a byte order mark may come
        self._after_cr = False  # a line feed would belong to the line end before it
        self._ignored = bytearray()

    def feed(self, data: bytes) -> list[SSEItem]:
        """Return what `data`, the next bytes of the stream, completes, in order.

        An event with an empty `data:` is dispatched, as the standard has it, so the data may be `b""`.

        Raises:
            ResponseTooLarge: a line, or the `data:` lines of an event together, are longer than the limit. The
                decoder is then of no further use.
        """
        if self._at_start or self._after_cr:
            data = self._without_prefix(data)
        elif (
            # A read that is one event: of a slow stream that is each. `find` takes less than `in` does for bytes.
            data.startswith(b"data: ")
            and data.endswith(b"\n\n")
            and data.count(b"\n") == 2
            and data.find(b"\r") < 0
            and not self._line
            and self._data is None
            and not self._event
            and len(data) <= self._limit
        ):
            return [data[6:-2]]
        if b"\n" not in data and b"\r" not in data:
            self._hold(data)
            return []
        items = self._whole_events(data)
        return self._by_line(data) if items is None else items

    @property
    def ignored(self) -> bytes:
        """The lines, the unfinished one included, that the standard ignores, from the first that begins with `{` on.

        Some report an error so, in the midst of a stream. At most 64 KiB are kept.
        """
        if not self._ignored and not self._line.startswith(b"{"):
            return b""
        return bytes(self._ignored + self._line[: _IGNORED_LIMIT - len(self._ignored)])

    def last(self) -> list[SSEItem]:
        """Return what is as good as an event where the body ends, although the standard drops it.

        That is a `[DONE]`, or a whole JSON object, without its blank line. If the body ended properly by HTTP, the
        object cannot be the start of a longer one; an event cut in the middle is not JSON, and stays lost.
        """
        items = self.feed(b"\n") if self._line else []  # the line may begin the next event
        item = self.unfinished
        data = (item if isinstance(item, bytes) else item.data).strip()
        if data == _DONE:
            items.append(data)
        elif _is_object(data):
            items.append(item)
        return items

    @property
    def unfinished(self) -> bytes | ServerSentEvent:
        """The started event, as if the stream ended here with a line end and a blank line.

        At the end of a stream the standard discards it. Its data is empty if no event has started.
        """
        name, value = _field(bytes(self._line).removeprefix(_BYTE_ORDER_MARK))
        if name != b"data":
            return self._item(bytes(self._data or b""))
        return self._item(value if self._data is None else bytes(self._data) + b"\n" + value)

    @property
    def holds_nothing(self) -> bool:
        """Whether no line and no event has begun, and nothing was ignored, as behind each whole event."""
        return not self._line and self._data is None and not self._ignored

    @property
    def is_long(self) -> bool:
        """Whether an event has begun that has more than 16 KiB already."""
        return len(self._line) > _LONG or (self._data is not None and self._size > _LONG)

    @property
    def begun(self) -> bytes:
        """What has come of an event that is not complete; the name of its last field included."""
        return bytes(self._data or b"") + bytes(self._line)

    def _without_prefix(self, data: bytes) -> bytes:
        """Drop the byte order mark, or the LF whose CR ended the read before."""
        if not data:
            return data
        if self._after_cr:
            self._after_cr = False
            return data[1:] if data.startswith(b"\n") else data
        data = bytes(self._line) + data
        self._line.clear()
        if len(data) < len(_BYTE_ORDER_MARK) and _BYTE_ORDER_MARK.startswith(data):
            self._hold(data)
            return b""
        self._at_start = False
        return data.removeprefix(_BYTE_ORDER_MARK)

    def _hold(self, data: bytes) -> None:
        self._line += data
        if len(self._line) > self._limit:
            raise _too_large("a line", self._limit)

    def _whole_events(self, data: bytes) -> list[SSEItem] | None:
        """Return the events of a read that consists of lines `data: …` and blank lines in turn; else None.

        After the split every part is the data of one event, if no part contains a line end. That is so if the read
        has no other line ends than those of the separators. Two more are allowed at its end.
        """
        if self._data is not None or self._event or len(self._line) + len(data) > self._limit:
            return None
        if b"\r" in data:
            return None
        parts = data.split(b"\n\ndata: ")
        surplus = data.count(b"\n") - 2 * (len(parts) - 1)
        if surplus == 0:
            rest = b"data: " + parts.pop()
        elif surplus == 2:
            parts[-1], blank_line, rest = parts[-1].rpartition(b"\n\n")
            if not blank_line:
                return None
        else:
            return None
        first = bytes(self._line) + parts[0]
        if not first.startswith(b"data: "):
            return None
        parts[0] = first[6:]
        self._line = bytearray(rest)
        return [*parts]

    def _by_line(self, data: bytes) -> list[SSEItem]:
        self._after_cr = data.endswith(b"\r")
        end = max(data.rfind(b"\n"), data.rfind(b"\r")) + 1
        self._line += data[:end]
        # On bytes, unlike on text, this ends lines at CR, LF and CRLF only, as 9.2.5 has it.
        lines = bytes(self._line).splitlines()
        self._line = bytearray()
        items: list[SSEItem] = []
        for line in lines:
            if len(line) > self._limit:
                raise _too_large("a line", self._limit)
            if line.startswith(_BYTE_ORDER_MARK):
                line = line[len(_BYTE_ORDER_MARK) :]
            if not line:
                self._dispatch(items)
            elif line[0] == _COLON:
                if not (items and type(items[-1]) is Comment):
                    items.append(Comment(line[1:].removeprefix(b" ")))
            else:
                name, value = _field(line)
                if name == b"data":
                    if self._is_next(value):
                        self._dispatch_early(items)
                    self._add_data(value, len(line))
                elif name == b"event":
                    self._event = value.decode("utf-8", "replace")
                    self._is_renamed = True
                elif (line[0] == _BRACE or self._ignored) and name not in (b"id", b"retry"):
                    self._ignored += line[: _IGNORED_LIMIT - len(self._ignored)]
        self._hold(data[end:])
        return items

    def _is_next(self, value: bytes) -> bool:
        """Whether a line of data cannot belong to the event so far, a JSON object that is whole."""
        data = self._data
        if not data or not (value.startswith(b"{") or value.rstrip() == _DONE):
            return False
        return data.startswith(b"{") and data[-_LAST:].rstrip().endswith(b"}")

    def _add_data(self, value: bytes, size: int) -> None:
        if self._data is None:
            self._data = value
            self._size = size
            self._name = self._event
            self._is_renamed = False
            return
        self._size += 1 + size
        if self._size > self._limit:
            raise _too_large("an event", self._limit)
        # One buffer, not a list of lines: endless short lines would cost many times their length.
        if not isinstance(self._data, bytearray):
            self._data = bytearray(self._data)
        self._data += b"\n"
        self._data += value

    def _dispatch(self, items: list[SSEItem]) -> None:
        if self._data is not None:
            items.append(self._item(bytes(self._data)))
            self._data = None
        self._event = ""

    def _dispatch_early(self, items: list[SSEItem]) -> None:
        """Dispatch the event that has no blank line; a name that came after its data is that of the next."""
        name = self._event if self._is_renamed else ""
        self._event = self._name
        self._dispatch(items)
        self._event = name

    def _item(self, data: bytes) -> bytes | ServerSentEvent:
        return data if self._event in ("", "message") else ServerSentEvent(self._event, data)


def events_in(body: bytes) -> list[bytes | ServerSentEvent]:
    """Return the events of a stream that came whole."""
    decoder = SSEDecoder(limit=len(body) + 1)
    items = [*decoder.feed(body), *decoder.last()]
    return [item for item in items if not isinstance(item, Comment)]


def _field(line: bytes) -> tuple[bytes, bytes]:
    """Return name and value of a line; the value is empty without a colon."""
    # 9.2.6: of the value one space goes, no more.
    name, _, value = line.partition(b":")
    return name, value.removeprefix(b" ")


def _is_object(data: bytes) -> bool:
    """Whether data is one whole JSON object."""
    if not (data.startswith(b"{") and data.endswith(b"}")):
        return False
    try:
        return isinstance(parse(object, data), dict)
    except ParseFailure:
        return False


def _too_large(what: str, limit: int) -> ResponseTooLarge:
    return ResponseTooLarge(
        f"{what} of the event stream is longer than {limit} bytes; Limits.event_bytes can be raised",
        limit=limit,
    )
