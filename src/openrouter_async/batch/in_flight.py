"""`InFlightLog`: the items in flight when a run was killed, so a later one knows which it pays for again.

Theory of operation: before an item is sent, a line with `+` and its key is written to a file beside the journal, and
another, with `-`, after it fails; the journal knows the answered ones. Nothing is known about the remaining ones.
Written data survives the process, though not the machine. A run that leaves nothing open removes the file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from io import FileIO
from pathlib import Path

from pydantic_core import from_json, to_json

from .._files import private, replace_file
from ..errors import JournalError

__all__ = ["InFlightLog"]


class InFlightLog:
    """The items that were asked and of which nothing has come, and how often; its methods block for the disk."""

    def __init__(self, journal: Path, is_answered: Callable[[str], bool]) -> None:
        """Read the items that earlier runs with the journal left open.

        Args:
            journal: Its path; the file is beside it. The run has the journal's lock.
            is_answered: Whether the journal has an answer for a key.

        Raises:
            JournalError: the file cannot be read or written.
        """
        self.path = journal.with_name(f"{journal.name}.asked")
        self._open: dict[str, int] = {}
        try:
            if self.path.exists():
                self._read(is_answered)
                replace_file(self.path, self._lines())
            self._file = FileIO(self.path, "ab", opener=private)
        except OSError as error:
            raise self._error(error) from error

    def begin(self, key: str) -> int:
        """Record that an item is sent; return how often earlier, killed runs sent it.

        Raises:
            JournalError: the file cannot be written.
        """
        before = self._open.get(key, 0)
        self._open[key] = before + 1
        self._write(b"+", key)
        return before

    def answered(self, key: str) -> None:
        """Note that an item was answered, which the journal tells."""
        self._open.pop(key, None)

    def failed(self, key: str) -> None:
        """Record that an item failed or was refused: its cost is known, or known to be in doubt.

        Raises:
            JournalError: the file cannot be written.
        """
        if self._open.pop(key, None) is not None:
            self._write(b"-", key)

    def close(self) -> None:
        """Close the file, and remove it where nothing is open."""
        self._file.close()
        if not self._open:
            self.path.unlink(missing_ok=True)

    def _read(self, is_answered: Callable[[str], bool]) -> None:
        with self.path.open("rb") as lines:
            for line in lines:
                key = _key_of(line)
                if line[:1] == b"+" and key is not None:
                    self._open[key] = self._open.get(key, 0) + 1
                elif key is not None:
                    self._open.pop(key, None)
        for key in [key for key in self._open if is_answered(key)]:
            del self._open[key]

    def _lines(self) -> Iterator[bytes]:
        return (b"+%b\n" % to_json(key) for key, times in self._open.items() for _ in range(times))

    def _write(self, sign: bytes, key: str) -> None:
        try:
            self._file.write(b"%b%b\n" % (sign, to_json(key)))
        except OSError as error:
            raise self._error(error) from error

    def _error(self, error: OSError) -> JournalError:
        path = str(self.path)
        return JournalError(
            f"the file {path!r} beside the journal cannot be used: {error.strerror}", path=path
        )


def _key_of(line: bytes) -> str | None:
    """Return the key in a line; None where it was not written whole."""
    try:
        key = from_json(line[1:])
    except ValueError:
        return None
    return key if isinstance(key, str) and line.endswith(b"\n") else None
