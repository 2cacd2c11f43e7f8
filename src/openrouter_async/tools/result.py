"""What a run leaves behind: `Run`, its steps with the messages, the cost and how it ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Literal, TypeAlias, cast

from ..errors import OpenRouterError
from ..types.chat.completion import ChatCompletion, OutputT
from ..types.common import JsonObject, Usage, total_usage
from .steps import LastReplyT, Step, ToolResult, usage_of_steps

if TYPE_CHECKING:
    from .approval import PausedRun

__all__ = ["Run", "RunStatus", "run_of"]

RunStatus: TypeAlias = Literal["complete", "stopped", "paused", "failed"]
"""How a run ended: with an answer, by its stop condition, at a call that waits for a decision, or with an error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run(Generic[OutputT, LastReplyT]):
    """A run that has ended, or is paused. The properties look at its last reply."""

    steps: tuple[Step[LastReplyT], ...]
    messages: Sequence[JsonObject]
    """All messages, those given first: ready to be sent again with one more. Of a paused run up to its last whole
    step; of a failed one with every tool that was started."""
    status: RunStatus
    stopped_by: str | None = None
    """The stop condition that ended it, e.g. `max_steps(8)`."""
    paused: PausedRun | None = None
    """The waiting calls, and everything needed to resume; also for a run that failed after its first reply."""
    billed_besides: tuple[Usage | None, ...] = ()
    """What requests used that were charged for and brought no step: of a failed run, the one that failed."""

    @property
    def completion(self) -> LastReplyT:
        """The last reply; one with nothing in it where the run failed before the first."""
        last = self.steps[-1].completion if self.steps else ChatCompletion()
        return cast("LastReplyT", last)  # steps are stored as JSON too, which has no type of a value

    @property
    def output(self) -> OutputT:
        """The value that was asked for; the text of the last reply if none was.

        Raises:
            ReplyNotParsed: a value was asked for, and the last reply calls tools: the run is not complete.
        """
        return cast("OutputT", self.completion.output)

    @property
    def text(self) -> str:
        """The text of the last reply; may be empty unless the run is complete."""
        return self.completion.text

    @property
    def results(self) -> tuple[ToolResult, ...]:
        """The results of all steps."""
        return tuple(result for step in self.steps for result in step.results)

    @property
    def usage(self) -> Usage:
        """Tokens and cost of all requests together, as far as they are known."""
        return total_usage([usage_of_steps(self.steps), *self.billed_besides])


def run_of(error: OpenRouterError) -> Run[object] | None:
    """Return `error.run` with its type: the work of a run until it failed; None outside of runs."""
    return error.run if isinstance(error.run, Run) else None
