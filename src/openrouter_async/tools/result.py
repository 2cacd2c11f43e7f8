"""The result of a run: `Run`, its steps with the messages, the cost and how it ended."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, Literal, Protocol, TypeAlias, cast

from ..errors import ConfigurationError, OpenRouterError
from ..types.chat.completion import ChatCompletion, OutputT
from ..types.common import JsonObject, Usage, total_usage
from .steps import LastReplyT, Step, ToolResult, usage_of_steps

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from typing_extensions import Unpack

    from ..options import RequestOptions
    from .approval import PausedRun
    from .events import RunEvent
    from .settings import RunningParams

__all__ = ["Resumption", "Run", "RunStatus", "StreamedRun", "run_of"]

RunStatus: TypeAlias = Literal["complete", "stopped", "paused", "failed"]
"""How a run ended: with an answer, by its stop condition, at a call that waits for a decision, or with an error."""


class StreamedRun(Protocol[OutputT, LastReplyT]):
    """A resumed run while it runs; it is a `RunStream`."""

    @property
    def result(self) -> Run[OutputT, LastReplyT] | None:
        """The run, once it is over."""

    def __aiter__(self) -> AsyncIterator[RunEvent[LastReplyT]]: ...

    async def __anext__(self) -> RunEvent[LastReplyT]: ...

    def text(self) -> AsyncIterator[str]:
        """Give the pieces of the text of all replies."""
        ...

    async def final(self) -> Run[OutputT, LastReplyT]:
        """Read to the end, and return the run."""
        ...

    def so_far(self) -> Run[OutputT, LastReplyT] | None:
        """Return what was done until now."""


class Resumption(Protocol):
    """Asks for the rest of a run with its arguments of before; `changes` are those that differ this time.

    A copy in another process is None, since a client stays in its own.
    """

    async def run(self, paused: PausedRun | None, changes: Mapping[str, object]) -> Run[Any, Any]:
        """Resume it, or begin again where it failed before its first reply."""
        ...

    def stream(
        self, paused: PausedRun | None, changes: Mapping[str, object]
    ) -> AbstractAsyncContextManager[StreamedRun[Any, Any]]:
        """Do the same as a stream."""
        ...

    def __reduce__(self) -> tuple[type[None], tuple[()]]:
        return type(None), ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Run(Generic[OutputT, LastReplyT]):
    """A run that has ended, or is paused. The properties look at its last reply."""

    steps: tuple[Step[LastReplyT], ...]
    messages: Sequence[JsonObject] = field(repr=False)
    """All messages, those given first: ready to be sent again with one more. Of a paused run up to its last whole
    step; of a failed one with every tool that was started."""
    status: RunStatus
    stopped_by: str | None = None
    """The stop condition that ended it, e.g. `max_steps(8)`."""
    paused: PausedRun | None = None
    """The waiting calls, and everything needed to resume; also for a run that failed after its first reply."""
    billed_besides: tuple[Usage | None, ...] = ()
    """What requests used that were charged for and brought no step: of a failed run, the one that failed."""
    partial: LastReplyT | None = None
    """The reply that was being read, as far as it had come; None between replies, and without a stream."""
    resumption: Resumption | None = field(default=None, repr=False, compare=False)
    """Used by `resume`."""

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
        """The text of the last reply, also of one that is running or broke off; may be empty unless it is complete."""
        return self.completion.text if self.partial is None else self.partial.text

    @property
    def results(self) -> tuple[ToolResult, ...]:
        """The results of all steps."""
        return tuple(result for step in self.steps for result in step.results)

    @property
    def usage(self) -> Usage:
        """Tokens and cost of all requests together, as far as they are known."""
        return total_usage([usage_of_steps(self.steps), *self.billed_besides])

    async def resume(
        self,
        paused: PausedRun | None = None,
        *,
        model: str | None = None,
        options: RequestOptions | None = None,
        **changes: Unpack[RunningParams],
    ) -> Run[OutputT, LastReplyT]:
        """Resume a run that failed, was left, or waits; no tool that was started runs again.

        ```python
        except OpenRouterError as error:
            run = await run_of(error).resume(model="openai/gpt-5-mini")
        ```

        It requests the reply that broke off again, with the client, the tools and the settings of before. One of a
        conversation resumes there. In another process, give `paused`, stored as JSON, to a new run.

        Args:
            paused: The waiting run with its decisions. Default: the run's own `paused`.
            model: Another model for the rest.
            options: Replaces the options of before.
            changes: What differs from the arguments of before, such as `tools` or `stop`.

        Raises:
            ConfigurationError: the run is over; calls wait for a decision; or the conversation has changed since.
            OpenRouterError: as `client.chat.run`.
        """
        return await self._resumable().run(paused or self.paused, _changes(model, options, changes))

    def resume_stream(
        self,
        paused: PausedRun | None = None,
        *,
        model: str | None = None,
        options: RequestOptions | None = None,
        **changes: Unpack[RunningParams],
    ) -> AbstractAsyncContextManager[StreamedRun[OutputT, LastReplyT]]:
        """Resume it as a stream, not entered yet, which `relay` takes as well; else as `resume`."""
        return self._resumable().stream(paused or self.paused, _changes(model, options, changes))

    def _resumable(self) -> Resumption:
        if self.status not in ("failed", "paused"):
            raise ConfigurationError(
                f"the run is {self.status}; only one that failed or waits can be resumed"
            )
        if self.resumption is None:
            raise ConfigurationError("the run knows no client; give its `paused` to client.chat.run()")
        return self.resumption


def _changes(
    model: str | None, options: RequestOptions | None, changes: Mapping[str, object]
) -> dict[str, object]:
    named = {"model": model, "options": options}
    return {**changes, **{name: value for name, value in named.items() if value is not None}}


def run_of(error: OpenRouterError) -> Run[object] | None:
    """Return `error.run` with its type: the work of a run until it failed; None outside of runs."""
    return error.run if isinstance(error.run, Run) else None
