"""How much work a JSON document is, told from its bytes before it is parsed.

A parser holds the interpreter until it is done, in whichever thread it runs, so what would take long is refused before
it begins. `json_work` counts what makes values, each weighed by what it takes, in units of about 20 ns: a number is 1,
a text 3, the name of a field 12, an array 10, and an object 80, since it may become one of a type. What stands inside
of texts is counted too; there it is rare. Plain characters cost nothing, as those of a picture in base64; those that
are not ASCII take longer, and a number of thousands of digits takes the square of them.
"""

from __future__ import annotations

from ..errors import ResponseTooLarge

__all__ = ["LEAST_BYTES", "check_work", "json_work"]

LEAST_BYTES = 32 * 1024
"""Shorter documents need not be looked at: whatever they hold, they have less than a million units."""


_DIGITS = 512
"""Bytes of a number that are looked at together: each number of twice as many digits has such a piece."""


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
            f"{what} holds more values than Limits(values={limit}) allows; parsing it would block the event loop",
            limit=limit,
        )
