"""The turns of a conversation, immutable, and to and from JSON. No I/O here.

A turn is a question and all messages that answer it, calls of tools and their results included. Turns are only ever
added, dropped or sent whole, so a call always stays with its result.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict

from ..errors import ConfigurationError
from ..tools.approval import PausedRun
from ..tools.pinning import encrypting_provider
from ..tools.stored import read_stored
from ..types.common import JsonObject, Usage

if TYPE_CHECKING:
    from typing import Self

    from .._sansio.request import ModelCall

__all__ = ["History", "Turn", "WaitingTurn"]

_FROZEN = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True)


class Turn(BaseModel):
    """A question and its answer."""

    model_config = _FROZEN

    asked: list[JsonObject]
    """The messages that were given, as they were sent."""
    answered: list[JsonObject]
    """Replies and results of tools, as they are sent back."""
    usage: Usage = Usage()
    """Tokens and cost of it."""
    provider: str | None = None
    """The provider whose encrypted reasoning it contains."""
    is_partial: bool = False
    """Whether its answer was left, or broke off; `keep_partial` kept what had come."""

    @property
    def messages(self) -> list[JsonObject]:
        """All messages."""
        return [*self.asked, *self.answered]


class WaitingTurn(BaseModel):
    """A turn whose run is paused, or broke off after a tool was started."""

    model_config = _FROZEN

    asked: list[JsonObject]
    earlier: int
    """How many messages of the paused run come before those that were asked."""
    run: PausedRun

    def as_turn(self, kind: type[ModelCall]) -> Turn:
        """Return it as a turn that is over; calls without a result get one that says so."""
        run = self.run
        results = kind.wire([result.message for result in run.steps[-1].results])
        messages = kind.fit([*run.messages, *results])
        return Turn(
            asked=self.asked,
            answered=messages[self.earlier + len(self.asked) :],
            usage=run.usage,
            provider=encrypting_provider([step.completion for step in run.steps]),
        )


class History(BaseModel):
    """All that a conversation has to keep."""

    model_config = _FROZEN

    version: Literal[1] = 1
    """The version of the format."""
    api: str = "chat"
    """The dialect of its messages: `chat`, `responses` or `messages`."""
    model: str | None = None
    session_id: str | None = None
    """The session of its requests, so the service sends them to one provider."""
    system: JsonObject | None = None
    """The message before all turns."""
    turns: tuple[Turn, ...] = ()
    waiting: WaitingTurn | None = None
    """The turn that waits for decisions; it comes after all others."""
    usage: Usage = Usage()
    """Tokens and cost of all that was sent, also of turns that were undone or failed."""

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """Return the history that `model_dump_json()` of a conversation wrote.

        Raises:
            ConfigurationError: the text is not a history, or comes from a newer version of this library.
        """
        return read_stored(text, cls, newest=1)

    @classmethod
    def begin(cls, history: object, api: str) -> History:
        """Return the history that a conversation in a dialect begins with.

        Raises:
            ConfigurationError: it is of another dialect, or cannot be read.
        """
        if history is None:
            return cls(api=api)
        if isinstance(history, str | bytes):
            history = cls.from_json(history)
        if isinstance(history, History):
            if history.turns and history.api != api:
                raise ConfigurationError(
                    f"the history is of api={history.api!r}, the conversation of {api!r}; give api={history.api!r}"
                )
            return history.model_copy(update={"api": api})
        raise ConfigurationError(
            f"history is a {type(history).__name__}; expected the output of model_dump_json(), or a History"
        )

    @property
    def messages(self) -> list[JsonObject]:
        """The messages of all whole turns, the system's first."""
        return self.sent_before(self.turns)

    def sent_before(self, turns: Sequence[Turn]) -> list[JsonObject]:
        """Return the messages that precede a new one, if only `turns` are sent."""
        begin = [] if self.system is None else [self.system]
        return [*begin, *(message for turn in turns for message in turn.messages)]

    def with_turn(self, turn: Turn) -> Self:
        """Return the same with one more turn, and none waiting."""
        return self.model_copy(update={"turns": (*self.turns, turn), "waiting": None})

    def first(self, count: int) -> Self:
        """Return the same with only its first `count` turns."""
        return self.model_copy(update={"turns": self.turns[:count], "waiting": None})

    def undone(self, count: int) -> Self:
        """Return the same without its last `count` turns; one that waits counts.

        Raises:
            ConfigurationError: there are not so many.
        """
        there = len(self.turns) + (self.waiting is not None)
        if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= there:
            raise ConfigurationError(f"undo() got {count!r}; the conversation has {there} turns to undo")
        return self.first(there - count)
