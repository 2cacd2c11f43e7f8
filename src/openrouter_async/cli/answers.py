"""An answer on its way to standard output: as it is, or drawn, where that is a terminal."""

from __future__ import annotations

from types import TracebackType
from typing import Protocol, Self

from .output import Output

__all__ = ["AnswerWriter", "answer_writer"]


class AnswerWriter(Protocol):
    """What takes the pieces of an answer, in a `with` block."""

    def write(self, text: str) -> None:
        """Show one more piece."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None: ...


def answer_writer(output: Output, *, raw: bool, silent: bool = False) -> AnswerWriter:
    """Return what shows an answer where the output goes."""
    if output.as_json or silent:
        return _NoAnswer()
    if raw or not output.draws:
        return _RawAnswer(output)
    from .drawn_answer import DrawnAnswer  # loads a parser of Markdown, which pipes do not need

    return DrawnAnswer(output)


class _NoAnswer:
    """Shows nothing until the answer is whole."""

    def write(self, text: str) -> None:
        """Leave the piece to the one who has the whole answer."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None: ...


class _RawAnswer:
    """Writes each piece as it comes, and ends the last line."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._ends_line = True

    def write(self, text: str) -> None:
        """Write one more piece."""
        if text:
            self._output.write(text)
            self._ends_line = text.endswith("\n")

    def __enter__(self) -> Self:
        self._ends_line = False  # an empty answer is an empty line
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if not self._ends_line and kind is None:
            self._output.write("\n")
