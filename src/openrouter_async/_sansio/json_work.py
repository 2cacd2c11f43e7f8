"""The work of parsing a JSON document, estimated from its bytes before it is parsed.

A parser blocks the interpreter until it finishes, in any thread, so a document that would take long is refused first.
`json_work` counts the values, each with a weight in units of about 20 ns: a number is 1, a string 3, a field name 12,
an array 10, and an object 80, since it may be validated as a type. Punctuation inside strings counts too; it is rare
there. Plain characters cost nothing, such as those of a picture in base64; non-ASCII ones take longer, and a number
takes time quadratic in its digits.
"""

from __future__ import annotations

from ..errors import ResponseTooLarge

__all__ = ["LEAST_BYTES", "check_work", "json_work"]

LEAST_BYTES = 32 * 1024
"""Shorter documents need no count: they always have less than a million units."""


_DIGITS = 512
"""Bytes of a number that are examined together: each number of twice as many digits contains such a piece."""


def json_work(data: bytes) -> int:
    """Return the units of work in a document, or in a part of one; those of the parts add up."""
    return (
        data.count(b",")
        + data.count(b'"')
        + 10 * (data.count(b":") + data.count(b"["))
        + 80 * data.count(b"{")
        + data.count(b"\\") // 4
        + (0 if data.isascii() else len(data) // 40)
        + 100 * sum(data[at : at + _DIGITS].isdigit() for at in range(0, len(data) - _DIGITS + 1, _DIGITS))
    )


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
