"""What a run leaves behind: its steps, each a reply of the model and the results of the tools it called."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Generic, Literal, TypeAlias

from pydantic import PlainSerializer

from ..errors import OpenRouterError
from ..types.chat import ChatCompletion, OutputT
from ..types.common import JsonObject, Usage
from ..types.tool_calls import ToolCall
from ..types.usage_total import total_usage

if TYPE_CHECKING:
    from ..types.chat_messages import Message, ToolMessage
    from .approval import PausedRun

__all__ = ["Run", "RunStatus", "Step", "ToolResult", "run_of", "usage_of_steps"]

RunStatus: TypeAlias = Literal["complete", "stopped", "paused", "failed"]
"""How a run ended: by itself, by its stop condition, at a call that waits for a decision, or with an error."""


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What came of one call."""

    call: ToolCall
    content: str | list[JsonObject]
    """What the model is told: text, or content parts."""
    error: str | None = None
    """Why it failed, as the model is told; None where it did not."""
    seconds: float = 0.0
    """How long the function took."""

    @property
    def message(self) -> ToolMessage:
        """The message that brings the result to the model."""
        return {"role": "tool", "tool_call_id": self.call.id, "content": self.content}  # type: ignore[typeddict-item]  # parts as they are sent


def usage_of_steps(steps: Iterable[Step]) -> Usage:
    """Return the tokens and the cost of all requests that were made for some steps."""
    return total_usage(usage for step in steps for usage in step.completion.billed)


def _compact(completion: ChatCompletion[Any]) -> object:
    return completion.model_dump(mode="json", exclude_unset=True)


@dataclass(frozen=True, slots=True)
class Step:
    """One reply of the model, and what came of the tools it called."""

    completion: Annotated[ChatCompletion[Any], PlainSerializer(_compact)]
    results: tuple[ToolResult, ...] = ()
    """In the order of the calls."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run(Generic[OutputT]):
    """A run that has ended, or is paused. The properties look at its last reply."""

    steps: tuple[Step, ...]
    messages: Sequence[Message]
    """All messages, those given first: ready to be sent again with one more. Of a paused run up to its last whole
    step; of a failed one with every tool that was started."""
    status: RunStatus
    stopped_by: str | None = None
    """The stop condition that ended it, e.g. `max_steps(8)`."""
    paused: PausedRun | None = None
    """What it waits for, and all that is needed to go on; also of a run that failed after its first reply."""
    billed_besides: tuple[Usage | None, ...] = ()
    """What requests used that were charged for and brought no step: of a failed run, the one that failed."""

    @property
    def completion(self) -> ChatCompletion[OutputT]:
        """The last reply; one with nothing in it where the run failed before the first."""
        return self.steps[-1].completion if self.steps else ChatCompletion()

    @property
    def output(self) -> OutputT:
        """The value that was asked for; the text of the last reply if none was.

        Raises:
            ReplyNotParsed: a value was asked for, and the last reply calls tools: the run is not complete.
        """
        return self.completion.output

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
    """Return `error.run` with its type: what a run had done until it failed; None outside of runs."""
    return error.run if isinstance(error.run, Run) else None
