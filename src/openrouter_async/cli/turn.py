"""`Turn`: one message to a conversation, and its answer on standard output, with the tools that run on the way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from ..conversation.conversation import Conversation
from ..streaming.events import TextDelta
from ..tools.approval import PausedRun
from ..tools.events import ToolFinished, ToolStarted
from ..tools.result import Run
from ..tools.settings import RunParams
from ..types.chat.messages import MessagesLike
from .answers import AnswerWriter, answer_writer
from .output import Output, WholeLineEnds

__all__ = ["Decider", "Turn"]

SHOWN = 200
"""Characters of the arguments and the result of a call that are shown."""


class Decider(Protocol):
    """Decides whether tools may run."""

    def __call__(self, paused: PausedRun, /) -> PausedRun:
        """Return the run with a decision about each call that waits."""
        ...


class Turn:
    """Shows one turn."""

    def __init__(
        self, output: Output, *, raw: bool, silent: bool = False, decide: Decider | None = None
    ) -> None:
        self._new_writer: Callable[[], AnswerWriter] = lambda: answer_writer(output, raw=raw, silent=silent)
        self._output = output
        self._decide = decide
        self._writer: AnswerWriter | None = None

    async def ask(
        self, conversation: Conversation[str], message: MessagesLike, params: RunParams
    ) -> Run[str]:
        """Send a message, show the answer while it comes, and return the run; fails as `Conversation.stream`."""
        run = await self._stream(conversation, message, params)
        while run.paused is not None and self._decide is not None:
            run = await self._stream(conversation, self._decide(run.paused), params)
        return run

    async def _stream(
        self, conversation: Conversation[str], message: MessagesLike | PausedRun, params: RunParams
    ) -> Run[str]:
        try:
            async with conversation.stream(message, keep_partial=True, **params) as stream:
                async for event in stream:
                    match event:
                        case TextDelta(text=text, choice=0):
                            self._write(text)
                        case ToolStarted(call=call):
                            self._end()
                            self._output.note(f"{call.name}({_short(call.arguments)})")
                        case ToolFinished(result=result):
                            self._output.note(f"= {result.error or _short(str(result.content))}")
                run = await stream.final()
            if self._writer is None and run.paused is None:
                self._write("")  # an empty answer is an empty line
            return run
        except BaseException as error:
            self._end(error)
            raise
        finally:
            self._end()

    def _write(self, text: str) -> None:
        if self._writer is None:
            self._writer = self._new_writer().__enter__()
            self._pieces = WholeLineEnds(self._writer.write)
        self._pieces.write(text)

    def _end(self, error: BaseException | None = None) -> None:
        if self._writer is not None:
            writer, self._writer = self._writer, None
            self._pieces.end()
            writer.__exit__(None if error is None else type(error), error, None)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= SHOWN else f"{line[: SHOWN - 1]}…"
