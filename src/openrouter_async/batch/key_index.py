"""`KeyIndex`: a number for each of millions of keys, in about 25 bytes a key.

A dict takes ten times as much. A key is kept as a hash of 64 bits: of a million keys two are alike once in 40 million
runs, and whoever follows the number to a record compares the key there.
"""

from __future__ import annotations

from array import array
from hashlib import blake2b

__all__ = ["KeyIndex"]

_SHARDS = 256
"""Tables that grow one by one, so that none takes long to grow."""


class KeyIndex:
    """Keys, each with a number of at least 0."""

    __slots__ = ("_shards", "count")

    def __init__(self) -> None:
        self._shards = [_Shard() for _ in range(_SHARDS)]
        self.count = 0
        """How many keys there are."""

    def get(self, key: str) -> int | None:
        """Return the number of a key; None where it has none."""
        mark = _mark(key)
        shard = self._shards[mark % _SHARDS]
        place = shard.place(mark)
        return shard.numbers[place] if shard.marks[place] else None

    def set(self, key: str, number: int) -> None:
        """Give a key a number, in place of one that it has."""
        mark = _mark(key)
        self.count += self._shards[mark % _SHARDS].put(mark, number)

    def increase(self, key: str) -> int:
        """Add 1 to the number of a key, which is 0 where it has none, and return it."""
        mark = _mark(key)
        shard = self._shards[mark % _SHARDS]
        place = shard.place(mark)
        number = shard.numbers[place] + 1 if shard.marks[place] else 1
        self.count += shard.put(mark, number)
        return number


class _Shard:
    """A table with open addressing; the mark 0 is a free place."""

    __slots__ = ("marks", "numbers", "used")

    def __init__(self) -> None:
        self.marks = array("Q", bytes(8 * 8))
        self.numbers = array("q", bytes(8 * 8))
        self.used = 0

    def place(self, mark: int) -> int:
        """Return where the mark stands, or where it would."""
        marks = self.marks
        last = len(marks) - 1
        place = (mark // _SHARDS) & last
        while marks[place] not in (0, mark):
            place = (place + 1) & last
        return place

    def put(self, mark: int, number: int) -> bool:
        """Return whether the mark is new."""
        place = self.place(mark)
        is_new = not self.marks[place]
        self.marks[place], self.numbers[place] = mark, number
        if is_new:
            self.used += 1
            if 4 * self.used > 3 * len(self.marks):
                self._grow()
        return is_new

    def _grow(self) -> None:
        old = list(zip(self.marks, self.numbers, strict=True))
        size = 2 * len(self.marks) * 8
        self.marks, self.numbers = array("Q", bytes(size)), array("q", bytes(size))
        for mark, number in old:
            if mark:
                place = self.place(mark)
                self.marks[place], self.numbers[place] = mark, number


def _mark(key: str) -> int:
    return int.from_bytes(blake2b(key.encode(), digest_size=8).digest(), "little") or 1
