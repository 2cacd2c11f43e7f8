"""A turn that is being sent: `Outgoing`, and `TurnResumption`, by which its run is resumed in the conversation."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeAlias

from ..errors import ConfigurationError
from ..tools.approval import PausedRun
from ..tools.result import Resumption
from ..tools.run import RunCall, changed_call
from ..tools.steps import LastReplyT
from ..types.common import JsonObject, OutputT
from .history import History

if TYPE_CHECKING:
    from ..protocols import Completer
    from ..tools.result import Run
    from ..tools.stream import RunStream
    from ..types.chat.messages import MessagesLike
    from ..types.responses.input import InputLike

    ConversationLike: TypeAlias = MessagesLike | InputLike
    """Messages in a form of the conversation's dialect; all dialects take messages of chat."""

__all__ = ["Outgoing", "TurnResumption"]


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A turn that is being sent."""

    base: History
    """The history before it."""
    asked: list[JsonObject]
    earlier: int
    messages: ConversationLike | PausedRun
    provider: str | None
    is_new: bool = True
    """Whether it takes the place of no other turn."""
    keeps_partial: bool = False
    """Whether the text of an answer that was left or broke off is kept."""


@dataclass(slots=True)
class TurnResumption(Resumption, Generic[OutputT, LastReplyT]):
    """Resumes the run of a turn in its conversation, unless another message came since."""

    completer: Completer[OutputT]
    call: RunCall
    history: Callable[[], History]
    """The conversation's, now."""
    alone: Callable[[], AbstractContextManager[None]]
    """Keeps other messages away."""
    answered: Callable[[Completer[OutputT], RunCall], Awaitable[Run[OutputT, LastReplyT]]]
    streamed: Callable[
        [Completer[OutputT], RunCall], AbstractAsyncContextManager[RunStream[OutputT, LastReplyT]]
    ]
    after: History | None = None
    """The history as the run left it."""

    async def run(self, paused: PausedRun | None, changes: Mapping[str, object]) -> Run[OutputT, LastReplyT]:
        """Resume it, and keep its outcome as the turn."""
        with self.alone():
            return await self.answered(*self._rest(paused, changes))

    @asynccontextmanager
    async def stream(
        self, paused: PausedRun | None, changes: Mapping[str, object]
    ) -> AsyncIterator[RunStream[OutputT, LastReplyT]]:
        """Do the same as a stream."""
        with self.alone():
            async with self.streamed(*self._rest(paused, changes)) as stream:
                yield stream

    def _rest(
        self, paused: PausedRun | None, changes: Mapping[str, object]
    ) -> tuple[Completer[OutputT], RunCall]:
        if self.history() is not self.after:
            raise ConfigurationError(
                "the conversation has changed since the run broke off; send its message again"
            )
        return changed_call(self.completer, self.call, paused, changes)
