"""`results` and `notes`: the output of commands, whatever standard output and standard error are.

Characters that an encoding lacks are replaced by the nearest form, so no answer is lost. If standard output is closed
or full, results go to standard error, and the command says so when it ends; if nobody reads it any more, the command
ends. Notes that cannot be printed are dropped.
"""

from __future__ import annotations

import codecs
import errno
import io
import os
import re
import sys
import unicodedata
from collections.abc import Callable
from contextlib import suppress
from typing import IO, cast

from rich.console import Console

__all__ = ["Notes", "ReaderGone", "Results", "console", "json_for", "notes", "prepare", "results"]

READABLE = "openrouter-async-readable"
"""The name of our way to write what an encoding lacks, as Python looks it up."""

_NEAR = str.maketrans(
    {"“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "‘": "'", "’": "'", "‚": "'", "–": "-", "—": "-", "−": "-",
     "•": "*", "·": "*", "→": "->", "←": "<-", "×": "x", "ß": "ss", "æ": "ae", "Æ": "AE", "ø": "o", "Ø": "O",
     "œ": "oe", "Œ": "OE", "ł": "l", "Ł": "L", "đ": "d", "ı": "i", "€": "EUR"}
)  # fmt: skip
"""Characters that do not decompose into what they look like."""

_BEYOND_ASCII = re.compile("[^\x00-\x7f]+")


class ReaderGone(Exception):
    """Who read standard output went away, as `head` does."""


def prepare() -> None:
    """Make the standard streams of this process ready for a command."""
    results.failure = results.unwritten = ""
    if not os.environ.get("COLUMNS", "1").strip("0 "):
        del os.environ["COLUMNS"]  # rich would write nothing in no columns; they only are not known
    if sys.stdin is None:
        sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: PTH123, SIM115 - for as long as the process lives
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - likewise
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        # In a pipe Windows would write in the language of the machine, which no other program expects.
        if sys.platform == "win32" and isinstance(stream, io.TextIOWrapper):
            if "PYTHONIOENCODING" not in os.environ:
                stream.reconfigure(encoding="utf-8")
    if isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout.errors in ("strict", "surrogateescape"):
        sys.stdout.reconfigure(errors=READABLE)


def console(
    to: Results | Notes,
    *,
    highlight: bool = True,
    markup: bool = True,
    soft_wrap: bool = False,
    width: int | None = None,
) -> Console:
    """Return a console of rich that writes there."""
    file = cast("IO[str]", to)
    return Console(file=file, highlight=highlight, markup=markup, soft_wrap=soft_wrap, width=width)


def json_for(stream: io.TextIOBase, text: str) -> str:
    """Return JSON as a stream can write it: with escapes for all beyond ASCII, where its encoding lacks any of that.

    An encoding may also write one character as another: Shift JIS writes the sign of the yen as a backslash.
    """
    encoding = stream.encoding or "utf-8"
    try:
        is_kept = text.encode(encoding).decode(encoding) == text
    except UnicodeError:
        is_kept = False
    return text if is_kept else _BEYOND_ASCII.sub(_escaped, text)


class Results(io.TextIOBase):
    """Standard output, and standard error once that cannot be written."""

    failure = ""
    """Why standard output cannot be written; empty where it can."""
    unwritten = ""
    """The text that may not have arrived yet."""

    @property
    def encoding(self) -> str:  # type: ignore[override]  # an attribute there
        """That of the stream that is written to."""
        return (sys.stderr if self.failure or sys.stdout is None else sys.stdout).encoding

    def isatty(self) -> bool:
        """Whether a person reads it."""
        return sys.stdout is not None and sys.stdout.isatty()

    def fileno(self) -> int:
        """That of standard output."""
        if sys.stdout is None:
            raise io.UnsupportedOperation
        return sys.stdout.fileno()

    def write(self, text: str, /) -> int:
        """Write, or keep for the next `flush`; raises `ReaderGone`."""
        if self.failure:
            return notes.write(text)
        self.unwritten += text
        self._try(lambda: None if sys.stdout is None else sys.stdout.write(text))
        return len(text)

    def flush(self) -> None:
        """Write what was kept; raises `ReaderGone`."""
        if not self.failure:
            self._try(lambda: None if sys.stdout is None else sys.stdout.flush())
        self.unwritten = ""

    def _try(self, write: Callable[[], object]) -> None:
        reason = "it is closed" if sys.stdout is None and self.unwritten else ""
        try:
            write()
        except OSError as error:
            _drop_what_is_left()
            is_gone = isinstance(error, BrokenPipeError) or (
                sys.platform == "win32" and error.errno == errno.EINVAL
            )
            if is_gone:
                raise ReaderGone from None
            reason = (error.strerror or str(error)).lower()
        if reason:
            self.failure = f"standard output cannot be written: {reason}"
            notes.write(self.unwritten)


class Notes(io.TextIOBase):
    """Standard error, where it can be written."""

    @property
    def encoding(self) -> str:  # type: ignore[override]  # an attribute there
        """That of standard error."""
        return sys.stderr.encoding

    def isatty(self) -> bool:
        """Whether a person reads it."""
        return sys.stderr.isatty()

    def fileno(self) -> int:
        """That of standard error."""
        return sys.stderr.fileno()

    def write(self, text: str, /) -> int:
        """Write, if that is possible; else there is nobody to be told."""
        with suppress(OSError):
            sys.stderr.write(text)
        return len(text)

    def flush(self) -> None:
        """Write what was kept."""
        with suppress(OSError):
            sys.stderr.flush()


results = Results()
notes = Notes()


def _drop_what_is_left() -> None:
    """Let what standard output still keeps go nowhere: it would fail again when the interpreter ends."""
    with suppress(OSError):  # not a file, as where tests have put something in its place
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def _readable(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(_nearest, error.object[error.start : error.end])), error.end


def _nearest(character: str) -> str:
    """Return what looks most like a character in ASCII: `u` for `ü`, and its number where nothing does."""
    if unicodedata.category(character) in ("Mn", "Cf"):
        return ""  # it only changes how another one looks
    apart = unicodedata.normalize("NFKD", character).translate(_NEAR)
    plain = apart.encode("ascii", "ignore").decode()
    return plain or character.encode("ascii", "backslashreplace").decode()


def _escaped(found: re.Match[str]) -> str:
    pairs = found[0].encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{pairs[at : at + 4]}" for at in range(0, len(pairs), 4))


codecs.register_error(READABLE, _readable)
