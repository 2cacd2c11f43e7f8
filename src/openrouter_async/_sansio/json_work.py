"""The work of parsing a JSON document, estimated from its bytes before it is parsed.

A parser blocks the interpreter until it finishes, in any thread, so a document that would take long is refused first.
The values are counted, each with a weight in units of about 20 ns: a number is 1, a string 3, a field name 12, an
array 10, and an object 80, since it may be validated as a type. Plain characters cost nothing, such as those of a
picture in base64; non-ASCII ones take longer, and a number takes time quadratic in its digits.

`json_work` also counts the punctuation inside strings, which is fast, and never too little. Where that is too much,
`JsonWork` counts again without it: an answer may be half a megabyte of code.
"""

from __future__ import annotations

import re

from ..errors import ResponseTooLarge

__all__ = ["LEAST_BYTES", "JsonWork", "check_work", "json_work"]

LEAST_BYTES = 32 * 1024
"""Shorter documents need no count: they always have less than a million units."""


_MOST_WAITING = 1024 * 1024
"""Bytes of a document from which no part of it is kept until all is counted."""

_DIGITS = 512
"""Bytes of a number that are examined together: each number of twice as many digits contains such a piece."""


def json_work(data: bytes) -> int:
    """Return the units of work in a document, or in a part of one; those of the parts add up."""
    return _of_structure(data) + _of_bytes(data)


def _of_structure(data: bytes) -> int:
    return (
        data.count(b",")
        + data.count(b'"')
        + 10 * (data.count(b":") + data.count(b"["))
        + 80 * data.count(b"{")
    )


def _of_bytes(data: bytes) -> int:
    return (
        data.count(b"\\") // 4
        + (0 if data.isascii() else len(data) // 40)
        + 100 * sum(data[at : at + _DIGITS].isdigit() for at in range(0, len(data) - _DIGITS + 1, _DIGITS))
    )


class JsonWork:
    """Counts the work of one document, whose parts come in their order, up to a limit."""

    def __init__(self, limit: int, what: str) -> None:
        """Count for a document; `what` it is, for the error."""
        self._limit = limit
        self._what = what
        self._most = 0
        """With the punctuation in strings."""
        self._exact = 0
        """Without; of the parts that are no longer waiting."""
        self._bytes = 0
        self._waiting: list[bytes] = []
        self._is_in_string = False
        self._rest = b""
        """Of a part that was counted: a backslash at its end."""

    def add(self, part: bytes) -> None:
        """Count the next part.

        Raises:
            ResponseTooLarge: the parts until now have more units than the limit.
        """
        self._most += json_work(part)
        self._bytes += len(part)
        self._waiting.append(part)
        if self._most > self._limit or self._bytes > _MOST_WAITING:
            waiting, self._waiting = self._waiting, []
            for each in waiting:
                self._count(self._rest + each)

    def _count(self, part: bytes) -> None:
        self._take(_of_bytes(part))
        at, self._rest = 0, b""
        if self._is_in_string:
            at = self._string(part, 0)
        # Not all strings at once, so the work of counting has the same limit.
        while (run := _STRINGS.match(part, at)) is not None:
            self._take(_of_structure(_STRING.sub(b'""', run[0])))
            at = run.end()
        quote = part.find(b'"', at)
        self._take(_of_structure(part[at:] if quote < 0 else part[at : quote + 1]))
        if quote >= 0:
            self._is_in_string = True
            self._string(part, quote + 1)

    def _string(self, part: bytes, at: int) -> int:
        """Pass over a string, which may go on in the next part; return where it ends."""
        inside = _IN_STRING.match(part, at)
        assert inside is not None  # it may be empty
        end = inside.end()
        if part[end : end + 1] == b'"':
            self._is_in_string = False
            return end + 1
        self._rest = part[end:]
        return len(part)

    def _take(self, units: int) -> None:
        self._exact += units
        check_work(self._exact, self._limit, self._what)


# Possessive: no byte is read twice.
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_IN_STRING = re.compile(rb'(?:[^"\\]++|\\.)*+', re.DOTALL)
_STRINGS = re.compile(rb'(?:[^"]*+"(?:[^"\\]++|\\.)*+"){1,500}', re.DOTALL)


def check_work(work: int, limit: int, what: str) -> None:
    """Refuse a document that is too much work.

    Raises:
        ResponseTooLarge: it has more units than the limit.
    """
    if work > limit:
        raise ResponseTooLarge(
            f"{what} contains more values than Limits(values={limit}) allows; parsing it would block the event loop",
            limit=limit,
        )
