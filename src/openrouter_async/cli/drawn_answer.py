"""An answer on a terminal: Markdown that is drawn while it is written.

Finished blocks are printed once. A thread draws the open block again where it changed, so a large one does not delay
the stream. Lines that have left the screen at the top are never drawn again: of a block taller than the screen, lines
that stay the same scroll up for good; otherwise its end is shown until it is whole.

Most terminals wrap the lines they show when they become narrower; the rows are then counted as the terminal wraps them.
"""

from __future__ import annotations

import threading
import time
from typing import Self

from rich.cells import chop_cells
from rich.text import Text

from .markdown import blocks_of, drawn_lines
from .output import Output, printable
from .streams import ReaderGone, results

__all__ = ["AnswerScreen", "DrawnAnswer"]

PAUSE = 4
"""Times as long as drawing took, until it is drawn again: a block of any size takes a fifth of one core."""


class DrawnAnswer:
    """Draws Markdown on a terminal."""

    def __init__(self, output: Output) -> None:
        self._screen = AnswerScreen(output)
        self._lock = threading.Lock()
        self._text = ""
        """The pieces since the last drawing."""
        self._more, self._is_over = threading.Event(), threading.Event()
        self._failure: ReaderGone | None = None
        self._thread = threading.Thread(target=self._keep_drawing, daemon=True)

    def write(self, text: str) -> None:
        """Take one more piece; it is drawn soon."""
        if self._failure is not None:
            raise self._failure
        with self._lock:
            self._text += text
        self._more.set()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._is_over.set()
        self._more.set()
        self._thread.join()
        if self._failure is None:
            self._screen.add(self._text)
            self._screen.end()
        elif kind is None:
            raise self._failure

    def _keep_drawing(self) -> None:
        while True:
            self._more.wait()
            if self._is_over.is_set():
                return
            self._more.clear()
            began = time.monotonic()
            with self._lock:
                text, self._text = self._text, ""
            try:
                self._screen.add(text)
            except ReaderGone as error:
                self._failure = error
                return
            self._is_over.wait(PAUSE * (time.monotonic() - began))


class AnswerScreen:
    """The part of the screen that an answer takes."""

    def __init__(self, output: Output) -> None:
        self._console = output.console
        self._text = ""
        """The open block."""
        self._shown: list[str] = []
        """Its lines that can still be drawn again; the cursor is at the end of the last."""
        self._gone = 0
        """How many of its lines are above them."""
        self._gone_characters = 0
        """Those of the lines above, without blanks."""
        self._width = output.console.width
        self._has_blocks = False

    def add(self, text: str) -> None:
        """Draw what has come, after what came before."""
        self._follow_width()
        blocks = blocks_of(printable(self._text + text))
        if not blocks:
            self._text += text
            return
        open_from = len(blocks) - 1
        if open_from and "\n" not in blocks[-1][0] and not blocks[-2][1]:
            open_from -= 1  # a line that begins like a paragraph may yet become an item of the list above
        for block, _ in blocks[:open_from]:
            self._finish(block)
        self._text = "".join(block for block, _ in blocks[open_from:])
        is_stable = blocks[open_from][1]
        lines = self._lines(self._text)[self._gone :]
        room = max(1, self._console.height - 1)
        self._put(lines if is_stable else lines[-room:])
        self._gone += self._leave(room)
        results.flush()

    def end(self) -> None:
        """Print for good what is still open."""
        self._follow_width()
        for block, _ in blocks_of(self._text):
            self._finish(block)
        results.flush()

    def _finish(self, text: str) -> None:
        lines = self._lines(text)
        if lines:
            self._put(lines[self._gone :])
            results.write("\n")
            self._shown, self._gone, self._gone_characters, self._has_blocks = [], 0, 0, True

    def _leave(self, room: int) -> int:
        """Let go of the lines that have no room on the screen, and return their number."""
        surplus = max(0, len(self._shown) - room)
        self._gone_characters += sum(map(_characters, self._shown[:surplus]))
        self._shown = self._shown[surplus:]
        return surplus

    def _follow_width(self) -> None:
        """Know again which rows are on the screen, where the terminal has wrapped them."""
        width = self._console.width
        if width == self._width:
            return
        self._width = width
        self._shown = [row for line in self._shown for row in _rows(line, width)]
        self._leave(max(1, self._console.height - 1))
        self._gone, count = 0, 0
        for line in self._lines(self._text) if self._gone_characters else ():
            count += _characters(line)
            if count > self._gone_characters:
                break
            self._gone += 1

    def _lines(self, text: str) -> list[str]:
        lines: list[str] = []
        for block, _ in blocks_of(text):
            drawn = drawn_lines(self._console, block)
            lines += ["", *drawn] if drawn and (lines or self._has_blocks) else drawn
        return lines

    def _put(self, lines: list[str]) -> None:
        """Put lines in place of those that are shown, from the first that differs."""
        if lines == self._shown:
            return
        pairs = zip(lines, self._shown, strict=False)
        same = next((at for at, (new, old) in enumerate(pairs) if new != old), len(lines))
        same = max(0, min(same, len(lines) - 1, len(self._shown) - 1))
        if self._shown:
            up = len(self._shown) - 1 - same
            results.write("\r" + (f"\x1b[{up}A" if up else "") + "\x1b[J")
        results.write("\n".join(lines[same:]))
        self._shown = lines


def _characters(line: str) -> int:
    return len("".join(Text.from_ansi(line).plain.split()))


def _rows(line: str, width: int) -> list[str]:
    """Return a line as a terminal wraps it that has become narrower."""
    plain = Text.from_ansi(line).plain
    rows = chop_cells(plain, width)
    return rows if len(rows) > 1 else [line]
