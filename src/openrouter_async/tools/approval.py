"""`PausedRun`: a run that waits for decisions, or was interrupted, as JSON that another process can resume.

A run pauses when the model calls a tool that needs approval, or one without a function. The other calls of that turn
have run by then. The paused run is immutable: each decision returns a new one.

A tool that was started never starts again. Its decision is then used up: in the paused run of an interrupted one, the
call has its result. Within one process, the original paused run remembers it too.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr

from ..errors import ConfigurationError
from ..types.chat.model_reply import ModelReply
from ..types.chat.tool_calls import ToolCall
from ..types.common import JsonObject, Usage
from .content import content_of, sendable
from .steps import Step, ToolResult, usage_of_steps
from .stored import read_stored

if TYPE_CHECKING:
    from typing import Self

__all__ = ["Continuation", "Decision", "PausedRun", "WaitingCall"]


@dataclass(frozen=True, slots=True)
class WaitingCall:
    """A call that waits for a decision."""

    call: ToolCall
    wants: Literal["approval", "answer"]
    """`approval`: the tool will be run if allowed. `answer`: it has no function, so the result has to be given."""


@dataclass(frozen=True, slots=True)
class Decision:
    """The decision about a call."""

    action: Literal["approve", "reject", "answer"]
    content: str | list[JsonObject] = ""
    """The reason of a rejection, or the answer."""


@dataclass(slots=True)
class Continuation:
    """The progress of a run that resumes a paused one."""

    ran: dict[str, ToolResult | None] = field(default_factory=dict)
    """The calls whose tools were started, by id, with their results; None while the result is missing."""
    is_running: bool = False


class PausedRun(BaseModel):
    """A run that waits for decisions, or was interrupted; store it with `model_dump_json()` and load it with
    `from_json()`.

    ```python
    run = await client.chat.run("Remove the old logs.", tools=[delete])
    if run.paused:
        run = await client.chat.run(run.paused.approve(), tools=[delete])
    ```

    A run interrupted after its first reply is in `error.run.paused`; pass it to a run to resume, and no tool that was
    started starts again. It contains all messages, so store it accordingly. It does not contain settings and tools:
    pass the same again.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True)

    version: Literal[1] = 1
    """The version of the format."""
    messages: list[JsonObject] = Field(repr=False)
    """All messages, the one with the waiting calls included."""
    steps: list[Step[ModelReply[object]]]
    """All steps; the last lacks the results that are waited for."""
    waiting: list[WaitingCall]
    """The calls that wait, in the order of the model's."""
    decisions: dict[str, Decision] = {}
    """The decisions so far, by the call's id."""

    _continuation: Continuation = PrivateAttr(default_factory=Continuation)

    @property
    def continuation(self) -> Continuation:
        """What this process has done of it; the same object in all that differ by decisions alone. Not in the JSON."""
        return self._continuation

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """Return the paused run that `model_dump_json()` wrote.

        Raises:
            ConfigurationError: the text is not a paused run, or was written by a newer version of this library.
        """
        return read_stored(text, cls, newest=1)

    @property
    def undecided(self) -> list[WaitingCall]:
        """The calls about which nothing was decided yet."""
        return [waiting for waiting in self.waiting if waiting.call.id not in self.decisions]

    @property
    def api(self) -> str:
        """The dialect of its messages: `chat`, `responses` or `messages`."""
        return self.steps[-1].completion.api if self.steps else "chat"

    @property
    def usage(self) -> Usage:
        """Tokens and cost so far."""
        return usage_of_steps(self.steps)

    def approve(self, *ids: str) -> Self:
        """Allow the calls with these ids; without any, all undecided ones that want approval.

        Raises:
            ConfigurationError: no such call waits, or it wants an answer.
        """
        chosen = self._find(ids) if ids else [each for each in self.undecided if each.wants == "approval"]
        for waiting in chosen:
            if waiting.wants != "approval":
                raise ConfigurationError(
                    f"the call {waiting.call.id!r} is of a tool without a function; use answer(id, result)"
                )
        return self._decide(chosen, Decision("approve"))

    def reject(self, *ids: str, reason: str = "") -> Self:
        """Reject the calls with these ids, or all undecided ones; the model receives the reason.

        Raises:
            ConfigurationError: the call is not waiting.
        """
        decision = Decision("reject", sendable(reason))
        return self._decide(self._find(ids) if ids else self.undecided, decision)

    def answer(self, id: str, result: object) -> Self:
        """Give the result of a call, as a tool would return it; a file in it is read now, which blocks.

        Raises:
            ConfigurationError: no such call waits, or a file cannot be read.
            TypeError: the result is neither JSON nor an attachment.
        """
        return self._decide(self._find([id]), Decision("answer", content_of(result)))

    def decided_as(self, other: PausedRun) -> Self:
        """Return this run with what `other` decides about the calls that still wait."""
        waiting = {each.call.id for each in self.waiting}
        decisions = {id: each for id, each in other.decisions.items() if id in waiting}
        return self.model_copy(update={"decisions": decisions})

    def _find(self, ids: Iterable[str]) -> list[WaitingCall]:
        by_id = {waiting.call.id: waiting for waiting in self.waiting}
        for id in ids:
            if id not in by_id:
                raise ConfigurationError(f"no call {id!r} waits for a decision; expected one of {[*by_id]!r}")
        return [by_id[id] for id in ids]

    def _decide(self, chosen: Iterable[WaitingCall], decision: Decision) -> Self:
        decisions = {**self.decisions, **{waiting.call.id: decision for waiting in chosen}}
        return self.model_copy(update={"decisions": decisions})
