"""Answers by httptools, which is llhttp, the parser of Node.js.

It reads more strictly than h11. llhttp refuses responses with two possible meanings: both lengths together, a length
twice, bare line feeds, folded lines, whitespace around names and sizes. This module enforces the rules that llhttp
leaves to its user: one transfer encoding, `chunked`; no change of protocol; at most `OVERHEAD` bytes outside the body.

*Theory of operation.* Bytes are fed to a parser created for this response, which calls the `on_` methods; they keep
headers and pieces. Bytes after the end are not a failure: the connection is not used again. The parser does not report
the position of the end, so the last byte of a read is fed separately: an end before it was not the last.
"""

from __future__ import annotations

import re

import httptools

from ..library import httpcore
from ..network.stream import CallStream
from .answer import OVERHEAD, Answer
from .request import WireRequest

__all__ = ["HttptoolsAnswer"]

_REASON = re.compile(rb"[^\0\n\r\f\v]*").fullmatch


class _Refused(Exception):
    """HTTP that is not for us."""


class HttptoolsAnswer(Answer):
    """An answer that httptools reads."""

    __slots__ = ("_has_body", "_is_chunked", "_may_stay", "_overhead", "_parser")

    def __init__(self, stream: CallStream, request: WireRequest) -> None:
        """Read nothing yet."""
        super().__init__(stream, request)
        self._has_body = request.method not in (b"HEAD", b"CONNECT")
        self._is_chunked = False
        self._may_stay = False
        self._overhead = 0
        self._parser: httptools.HttpResponseParser | None = httptools.HttpResponseParser(self)

    def _feed(self, data: bytes) -> None:
        assert self._parser is not None
        if not data:
            self._end()
            return
        view = memoryview(data)
        try:
            self._parser.feed_data(view[:-1])
            if self.is_complete:
                self.is_reusable = False
            else:
                self._parser.feed_data(view[-1:])
        except httptools.HttpParserError as error:
            self.is_reusable = False
            if not self.is_complete:
                reason = error.__context__ if isinstance(error.__context__, _Refused) else error
                self._failure = httpcore.RemoteProtocolError(f"the answer is no HTTP/1.1: {reason}")
        self._overhead = 0 if self._pieces else self._overhead + len(data)
        if self._overhead > OVERHEAD and not self.is_complete:
            self._failure = httpcore.RemoteProtocolError(
                f"the answer has {self._overhead} bytes without a body; at most {OVERHEAD} are read"
            )
        if self.is_complete or self._failure is not None:
            self._parser = None  # it refers back to this object

    def _end(self) -> None:
        """The server has closed the connection, or its half of it."""
        if not self.status:
            self._failure = httpcore.RemoteProtocolError("the server closed the connection without an answer")
        # Without a length the end of the connection is the end of the body: RFC 9112, section 6.3, point 8.
        elif self._is_chunked or any(name.lower() == b"content-length" for name, _ in self.fields):
            self._failure = httpcore.RemoteProtocolError("the server closed the connection amid the body")
        else:
            self.is_complete = True
        self._parser = None

    # Called by httptools

    def on_message_begin(self) -> None:
        """Note an answer too many."""
        if self.is_complete:
            raise _Refused("another answer follows")

    def on_status(self, reason: bytes) -> None:
        """Look at the words after the status, or a part of them; llhttp does not."""
        if not _REASON(reason):
            raise _Refused("a control character in the status line")

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header; not a trailer."""
        if not self.status:
            self.fields.append((name, value.rstrip(b" \t")))

    def on_headers_complete(self) -> None:
        """Look at the head, and forget it if it is only of information (100 to 199)."""
        assert self._parser is not None
        status = self._parser.get_status_code()
        if status < 100 or status == 101:
            raise _Refused(f"status {status}, which was not asked for")
        if status < 200:  # interim answers, of which any number may come: RFC 9110, section 15.2
            self.fields.clear()
            return
        # Anything else could be read as two different answers: RFC 9112, sections 6.1 and 6.3.
        codings = [value.lower() for name, value in self.fields if name.lower() == b"transfer-encoding"]
        self._is_chunked = codings == [b"chunked"]
        if codings and not self._is_chunked:
            raise _Refused(f"transfer encodings {codings}; expected chunked, once")
        version = self._parser.get_http_version()
        # Older ones stay by a header of their own, and are left, as h11 does.
        self._may_stay = version == "1.1"
        self.version = b"HTTP/" + version.encode("ascii")
        self.status = status
        self.is_complete = not self._has_body

    def on_body(self, data: bytes) -> None:
        """Keep a piece."""
        if not self.is_complete:
            self._pieces.append(data)

    def on_message_complete(self) -> None:
        """Note the end."""
        if self.status and not self.is_complete:
            assert self._parser is not None
            self.is_complete = True
            self.is_reusable = self._is_sent and self._may_stay and self._parser.should_keep_alive()
