"""`Journal`: the file in which a batch stores its answers, one JSON object per line.

Theory of operation: a finished item is appended to the file before anyone sees it. A killed process can therefore
lose only the items in flight, and leave at most one incomplete line, which the next run cuts off. The position of
each key's record is in memory; the record itself is read when it is needed. The lock is on the file itself, so it
ends with the process. Lines are split at LF alone: JSON escapes it within strings.
"""

from __future__ import annotations

import logging
import os
import sys
from codecs import BOM_UTF8
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from io import FileIO
from pathlib import Path
from typing import BinaryIO

from pydantic_core import from_json

from .._files import private, replace_file
from ..errors import JournalError
from ..spending.ledger import ModelSpend
from ..types.common import JsonObject
from .items import key_hash
from .journal_records import BEGINNING, Record, is_free_failure, is_record, record_of, spent_by_model
from .journal_records import decimal_of as _decimal

__all__ = ["Journal", "PaidAgain"]

LOGGER = logging.getLogger("openrouter_async")

_CAN_RENAME_OPEN_FILES = sys.platform != "win32"

_LOCKED_BYTE = 2**62
"""One that no file reaches: Windows locks bytes, and nobody else could read those that are locked."""


@dataclass(slots=True)
class PaidAgain:
    """The items sent again because a run was killed while it waited for the answer."""

    requests: int = 0
    """How many of those first ones there were; each may have been billed."""
    cost: Decimal = Decimal(0)
    """US dollars that they cost if each was billed like the one that was answered."""

    def add(self, asked_before: int, cost: Decimal | None) -> None:
        """Count an item that killed runs had asked so often before."""
        self.requests += asked_before
        self.cost += asked_before * (cost or Decimal(0))


class Journal:
    """An open journal. Its methods block for as long as the disk takes."""

    def __init__(self, path: Path, *, asks_again: Callable[[JsonObject], bool] = lambda _: True) -> None:
        """Open, lock and read a journal, or create it; `asks_again` selects the failures to repeat by their records.

        Raises:
            JournalError: it cannot be read or written, another run has it locked, or it is not a journal.
        """
        self.path = path
        self._is_broken = False
        self._asks_again = asks_again
        self._forget()
        try:
            self.is_resumed = path.exists()
            """Whether it existed before, so it may lack something that was paid for."""
            if self.is_resumed and not (path.is_file() or path.is_dir()):
                raise self._error("is not a regular file")  # a device or a pipe would be read for ever
            self._file: BinaryIO = FileIO(path, "a+b", opener=private)
        except (OSError, ValueError) as error:  # the latter for a name with a zero in it
            raise self._error(f"cannot be opened: {getattr(error, 'strerror', error)}") from error
        try:
            self._lock()
            self._read()
            if self._free_failures:
                self._drop_failures()
                self._forget()
                self._read()
        except OSError as error:
            self._file.close()
            raise self._error(f"cannot be written: {error.strerror}") from error
        except BaseException:
            self._file.close()
            raise

    def _forget(self) -> None:
        self.cost = Decimal(0)
        """The charges for all its items, failed ones too, in US dollars."""
        self.byok_cost = Decimal(0)
        """What providers charged for them to keys of the account's own."""
        self.models: dict[str, ModelSpend] = {}
        """The same charges, with the tokens, by the model that answered; "" where a record does not say which."""
        self.again = PaidAgain()
        self.unbooked: dict[str, tuple[str, str]] = {}
        """Generations that the service's cache returned and whose cost the journal lacks; with key and hash."""
        self._done: dict[int, int] = {}
        """`key_hash` of each key that was answered -> where its record begins."""
        self._failed: dict[int, int] = {}
        """The same of each key that failed and is not asked again."""
        self._generations: set[int] = set()
        self._end = 0
        self._free_failures = 0
        self._paid_failures: dict[str, int] = {}
        self._steps_left: dict[str, dict[str, str]] = {}
        """The key of an item that failed behind the first of its `Steps` -> the hash of its request -> what is left."""

    @property
    def done(self) -> int:
        """How many items were answered when it was opened."""
        return len(self._done)

    @property
    def is_blank(self) -> bool:
        """Whether it had no answer when it was opened, nor a failure that is not asked again, nor steps left to ask."""
        return not (self._done or self._failed or self._steps_left)

    def is_answered(self, key: str) -> bool:
        """Whether an earlier run was answered, or, of some 10^19 keys, one that looks the same."""
        return key_hash(key) in self._done

    def find(self, key: str) -> Record | None:
        """Return what came of an item in an earlier run; None where it is to be asked.

        Raises:
            JournalError: the file has changed, or cannot be read.
        """
        mark = key_hash(key)
        offset = self._done.get(mark, self._failed.get(mark))
        if offset is None:
            return None
        try:
            self._file.seek(offset)
            record = from_json(_line_of(self._file))
        except (OSError, ValueError) as error:
            raise self._error(f"cannot be read at byte {offset}: {error}") from error
        if not isinstance(record, dict) or record.get("key") != key:
            return None  # two keys with the same 64 bits
        return record_of(record)

    def answers_that_do_not_serve(self, key: str) -> tuple[int, str]:
        """Return how many failures of an item were paid for, and the id of an answer that is requested again."""
        record = self.find(key)
        kept = record.completion if record is not None else None
        return self._paid_failures.get(key, 0), str(kept.get("id")) if isinstance(kept, dict) else ""

    def steps_left(self, key: str, hash: str) -> str | None:
        """Return from which of its `Steps` on a failed item is asked again, if its request is still this one."""
        return self._steps_left.get(key, {}).get(hash)

    def has_booked(self, generation_id: str) -> bool:
        """Whether what a generation cost is in it; notes that it is from now on."""
        mark = key_hash(generation_id)
        if mark in self._generations:
            return True
        self._generations.add(mark)
        return False

    def append(self, lines: bytes) -> None:
        """Write records behind the others; when this returns, they outlive the process.

        Raises:
            JournalError: the disk is full, the file is gone, ...; no half line is left behind.
        """
        if self._is_broken:
            raise self._error("could not be written before")
        written = 0
        try:
            if os.fstat(self._file.fileno()).st_nlink == 0:
                raise FileNotFoundError(0, "it was removed")
            while written < len(lines):
                written += self._file.write(lines[written:]) or 0
        except OSError as error:
            self._is_broken = True
            if written:
                whole = lines.rfind(b"\n", 0, written) + 1
                os.ftruncate(self._file.fileno(), self._end + whole)
            raise self._error(f"cannot be written: {error.strerror}") from error
        self._end += len(lines)

    def close(self) -> None:
        """Close and unlock it."""
        self._file.close()

    def _lock(self) -> None:
        try:
            _lock_file(self._file.fileno())
        except OSError as error:
            raise self._error("is used by another run; wait for it, or name another file") from error
        if not os.path.samestat(os.fstat(self._file.fileno()), self.path.stat()):
            # Another run has just written it anew.
            raise self._error("is used by another run; wait for it, or name another file")

    def _read(self) -> None:
        """Find the position of each record, and cut off an incomplete last line."""
        self._file.seek(0)
        number = 0
        with os.fdopen(os.dup(self._file.fileno()), "rb") as lines:
            self._end = _skip_mark(lines)
            for number, line in enumerate(lines, 1):
                if not line.endswith(b"\n"):
                    self._cut_off(line, number)
                    break
                if not line.isspace():
                    self._learn(line, number)
                self._end += len(line)

    def _drop_failures(self) -> None:
        """Rewrite the journal without the failed items that cost nothing and are sent again.

        So it contains each item once. Paid failures stay, since the budget counts them. A journal with several names,
        or one whose owner cannot be preserved, stays unchanged, with its failures.
        """
        old = self._file
        if os.fstat(old.fileno()).st_nlink > 1:
            return
        try:
            replace_file(
                self.path, self._without_failures(), at_last=None if _CAN_RENAME_OPEN_FILES else old.close
            )
        except PermissionError:
            if not old.closed:
                LOGGER.debug("the journal %s keeps its failures: it cannot be replaced", self.path)
                return
        self._file = FileIO(self.path, "a+b", opener=private)
        try:
            self._lock()  # another run that was quicker has it; ours holds the old file, which nobody else finds
        finally:
            old.close()

    def _without_failures(self) -> Iterator[bytes]:
        with os.fdopen(os.dup(self._file.fileno()), "rb") as lines:
            lines.seek(0)
            _skip_mark(lines)
            yield from (line for line in lines if not (line.isspace() or self._is_dropped(from_json(line))))

    def _is_dropped(self, record: JsonObject) -> bool:
        return is_free_failure(record) and self._asks_again(record)

    def _learn(self, line: bytes, number: int) -> None:
        try:
            record = from_json(line)
        except ValueError:
            record = None
        if not is_record(record):
            raise self._error(f"has a line {number} that is not a record of a batch; name another file")
        key = str(record["key"])
        self.cost += _decimal(record.get("cost"))
        self.byok_cost += _decimal(record.get("byok_cost"))
        for name, spent in spent_by_model(record):
            if name or spent != ModelSpend():  # a request that was refused names no model
                self.models.setdefault(name, ModelSpend()).add(spent)
        before = record.get("asked_before", 0)
        self.again.add(before if isinstance(before, int) else 0, _decimal(record.get("cost")))
        completion = record.get("completion")
        generation = completion.get("id") if isinstance(completion, dict) else record.get("generation")
        if isinstance(generation, str):
            self._generations.add(key_hash(generation))
            self.unbooked.pop(generation, None)
        if isinstance(source := record.get("source"), str) and not self.has_booked(source):
            self.unbooked[source] = key, str(record["request"])
        if "completion" in record:
            self._done[key_hash(key)] = self._end
        elif "error" in record:
            if not self._asks_again(record):
                self._failed[key_hash(key)] = self._end
            elif is_free_failure(record):
                self._free_failures += 1
            if isinstance(left := record.get("steps_left"), str):
                self._steps_left[key] = {str(record["request"]): left}
            if not is_free_failure(record):
                self._paid_failures[key] = self._paid_failures.get(key, 0) + 1

    def _cut_off(self, line: bytes, number: int) -> None:
        line = line.strip(b"\0")  # where the machine lost power, a file may have grown and not been written
        if not (line.startswith(BEGINNING) or BEGINNING.startswith(line) or line.isspace()):
            raise self._error(f"ends in a line {number} that is not a record of a batch; name another file")
        LOGGER.warning(
            "the last line of the journal %s was not written whole; it is removed, and its item asked again",
            self.path,
        )
        os.ftruncate(self._file.fileno(), self._end)

    def _error(self, what: str) -> JournalError:
        return JournalError(f"the journal {str(self.path)!r} {what}", path=str(self.path))


def _lock_file(descriptor: int) -> None:
    """Lock an open file against all other processes, until it is closed; raises `OSError` where another one has it."""
    if sys.platform == "win32":
        import msvcrt

        os.lseek(descriptor, _LOCKED_BYTE, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        os.lseek(descriptor, 0, os.SEEK_SET)
    else:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _skip_mark(lines: BinaryIO) -> int:
    """Pass over a byte order mark, which editors put there; return how many bytes that were."""
    if lines.read(len(BOM_UTF8)) == BOM_UTF8:
        return len(BOM_UTF8)
    lines.seek(0)
    return 0


def _line_of(file: BinaryIO) -> bytes:
    """Return the line at the file's position; the file has no buffer, which `readline` would need to be quick."""
    pieces: list[bytes] = []
    while piece := file.read(65_536):
        line, end, _ = piece.partition(b"\n")
        pieces.append(line)
        if end:
            break
    return b"".join(pieces)
