"""`RunLoop`: the state of a run between two awaits: the next request, the calls to run, and the end.

Theory of operation. `next_request` decides; it returns one more request, or None. `take` adds the reply; then
`run_calls` adds the results of its calls, and the step is complete. The callers of these three send the requests,
plain or streamed, so both kinds of run follow the same rules.

```
next_request ── request ──> (it is sent) ── reply ──> take ──> run_calls ──┐
   ↑  └── None: complete, stopped or paused                                  │
   └─────────────────────────────────────────────────────────────────────────┘
```

A run is complete with the first reply that calls no tool and is an answer: a reply may end with `tool_calls` and
contain no call, if a server tool was in the middle of its work; the model is then asked to continue, a few times.
(Text without server tools is an answer, whatever its finish reason.) `types.chat.sent_back` decides which parts
of a reply are sent back.

`turn` tracks the calls of one reply, `pinning` the provider that must serve a request.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Generic, cast

from ..errors import ConfigurationError, OpenRouterError
from ..types.chat.model_reply import ModelReply
from ..types.common import JsonObject, OutputT, reported, total_usage, usages_of
from .approval import Continuation, PausedRun
from .execute import Emit
from .pinning import ProviderPin
from .repeats import Repeats
from .result import Run, RunStatus
from .settings import RunSettings
from .steps import Step, usage_of_steps
from .turn import CallsOfTurn

if TYPE_CHECKING:
    from .._sansio.request import ModelCall
    from ..spending.next_cost import NextCost
    from ..types.common import Usage
    from .toolbox import Toolbox

__all__ = ["RunLoop"]

MAX_WITHOUT_CALLS = 3
"""The most replies in a row that end with `tool_calls` without a call. Chosen: each of them is billed."""

GO_ON = "Go on."
NOTHING_CALLED = "Your call had no name of a tool, so nothing was run. Call a tool by its name, or answer."


class RunLoop(Generic[OutputT]):
    """The state of one run; the theory is in the docstring of the module."""

    def __init__(
        self,
        call: ModelCall,
        *,
        paused: PausedRun | None = None,
        toolbox: Toolbox,
        settings: RunSettings,
        pin: ProviderPin,
        spend: Callable[[Usage], None] | None = None,
        next_cost: NextCost | None = None,
    ) -> None:
        """Start with `call`, whose messages are in the form to send, or resume `paused`.

        `spend` receives the usage of each reply; `next_cost` estimates the next one, if the stop condition asks.

        Raises:
            ConfigurationError: a call of the paused run is undecided, or its tool is missing.
        """
        self._toolbox = toolbox
        self._settings = settings
        self._call = call
        self._pin = pin
        self._spend = spend
        self._next_cost = next_cost
        self._has_server_tools = bool(call.params.get("plugins")) or any(
            each.get("type") != "function" for each in toolbox.definitions
        )
        self._repeats = Repeats(settings.max_repeats)
        self._foreseen = Decimal(0)
        self._billed_besides: tuple[Usage | None, ...] = ()
        self._steps: list[Step[ModelReply[object]]] = []
        self._messages = cast("list[JsonObject]", call.listed)  # as `wire` gave them
        self._reply: list[JsonObject] = []
        """The last reply in the form of the dialect, while its calls are open."""
        self._before = len(self._messages)
        """Messages before the last reply."""
        self._turn = CallsOfTurn()
        self._stopped_by: str | None = None
        self.failure: BaseException | None = None
        """Why the run broke off."""
        self._is_last = False
        self._continuation = Continuation()
        if paused is not None:
            self._resume(paused)

    @property
    def steps(self) -> Sequence[Step[ModelReply[object]]]:
        """The steps so far; the last may lack results."""
        return self._steps

    # Asking

    async def foresee(self) -> None:
        """Find out what the next request may cost, if the stop condition asks."""
        if self._next_cost is not None and not self._turn.waiting and not self._is_last:
            model = self._steps[-1].completion.model if self._steps else None
            call = replace(self._call, messages=self._messages)
            self._foreseen = await self._next_cost.of(
                call.with_defaults(model, {"tools": self._toolbox.definitions}).sent
            )

    def next_request(self) -> ModelCall | None:
        """Return the next request; None where the run is over."""
        if self._turn.waiting or self._is_last:
            return None
        params = dict(self._call.params)
        if self._toolbox.definitions:
            params["tools"] = self._toolbox.definitions
        if self._steps:
            if not self._steps[-1].completion.tool_calls and not self._is_to_go_on():
                return None
            self._stopped_by = self._settings.stop.met(cast("list[Step]", self._steps), self._foreseen)
            if params.get("tool_choice") not in (None, "auto", "none"):
                params["tool_choice"] = "auto"
            if self._stopped_by is not None:
                if not self._settings.final_answer:
                    return None
                self._ask_for_the_end(params)
        self._pin.add_to(params, [step.completion for step in self._steps])
        return replace(self._call, messages=[*self._messages], params=params)

    def _is_to_go_on(self) -> bool:
        """Whether the last reply, which calls nothing, asks for another request."""
        silent = 0
        for step in reversed(self._steps):
            completion = step.completion
            if completion.tool_calls or completion.finish_reason != "tool_calls":
                break
            if completion.text.strip() and not self._has_server_tools:
                break  # an answer, whatever is said of it
            silent += 1
        if silent > MAX_WITHOUT_CALLS:
            self._stopped_by = f"{MAX_WITHOUT_CALLS} more replies that end with tool_calls and contain none"
        elif silent and self._messages[-1].get("role") == "assistant":
            self._messages.append({"role": "user", "content": GO_ON})
        return 0 < silent <= MAX_WITHOUT_CALLS

    def _ask_for_the_end(self, params: dict[str, object]) -> None:
        """Make the request one for an answer without tools; they are still sent, since the messages contain calls."""
        self._is_last = True
        if "tools" in params:
            params["tool_choice"] = "none"
        if isinstance(self._settings.final_answer, str):
            self._messages.append({"role": "user", "content": self._settings.final_answer})

    def without_pin(self, error: OpenRouterError, request: ModelCall) -> ModelCall | None:
        """Return the same request for any provider, if `error` says that the one it named is not there."""
        params = self._pin.removed_after(error, request.params)
        return None if params is None else replace(request, params=params)

    # Answering

    def take(self, completion: ModelReply[object]) -> None:
        """Add a reply.

        Raises:
            RepeatedToolCall: it repeats a call too often.
        """
        step = Step(completion)
        self._steps.append(step)
        if self._spend is not None:
            self._spend(usage_of_steps([step]))
        self._before = len(self._messages)
        if self._next_cost is not None:
            self._next_cost.was(reported(completion.usage))
        self._turn = CallsOfTurn(completion.tool_calls)
        self._reply = self._call.wire([completion])
        if not self.has_calls:
            self._messages += self._reply
        elif not self._is_last:
            self._repeats.check(self._turn.calls)

    @property
    def has_calls(self) -> bool:
        """Whether calls are to be run before the next request."""
        return bool(self._turn.calls)

    async def run_calls(self, emit: Emit) -> bool:
        """Run the calls of the last reply; return whether its step is whole, which it is not where some wait.

        Raises:
            ToolError: a call failed, and errors are raised; or whether one needs approval cannot be found out.
        """
        await self._turn.run(self._toolbox, self._settings, emit, is_over=self._is_last)
        self._note_results()
        if self._turn.waiting:
            return False
        self._messages += self._answered_calls()
        self._turn = CallsOfTurn()
        return True

    def _note_results(self) -> None:
        """Put the results that are there into the last step."""
        if self.has_calls:
            self._steps[-1] = Step(self._steps[-1].completion, tuple(self._turn.results.values()))

    def _answered_calls(self) -> list[JsonObject]:
        """Return the last reply in the form of the dialect, and the results of its calls after it."""
        results = self._call.wire([result.message for result in self._steps[-1].results])
        sent = self._call.fit([*self._reply, *results])
        if len(sent) <= len(self._reply):  # no call has a name, so none goes back; the model gets the error
            sent.append({"role": "user", "content": NOTHING_CALLED})
        return sent

    # Pausing and ending

    def _resume(self, paused: PausedRun) -> None:
        if undecided := [waiting.call.id for waiting in paused.undecided]:
            raise ConfigurationError(
                f"nothing was decided about the calls {undecided!r}; use approve(), reject() or answer()"
            )
        names = {waiting.call.name for waiting in paused.waiting}
        if missing := sorted(name for name in names if self._toolbox.find(name) is None):
            raise ConfigurationError(
                f"the run waits for the tools {missing!r}, which are not there; give the same tools again"
            )
        if paused.continuation.is_running:
            running = [waiting.call.id for waiting in paused.waiting]
            raise ConfigurationError(
                f"the calls {running!r} are being run already, by another run of this one"
            )
        if paused.api != self._call.api:
            raise ConfigurationError(
                f"the run was begun in the dialect {paused.api!r}, and this is {self._call.api!r}; resume it there"
            )
        self._steps += paused.steps
        messages = self._call.wire(paused.messages)
        self._before = len(messages) - len(self._call.wire([self._steps[-1].completion]))
        self._messages, self._reply = messages[: self._before], messages[self._before :]
        for step in self._steps:
            self._repeats.count(step.completion.tool_calls)
        self._turn = CallsOfTurn(self._steps[-1].completion.tool_calls, paused)
        if not self.has_calls:
            self._messages += self._reply
        self._continuation = paused.continuation
        self._continuation.is_running = True

    def leave(self) -> None:
        """Let another run resume from where this one started."""
        self._continuation.is_running = False
        self._continuation = Continuation()

    def result(self) -> Run[OutputT, ModelReply[OutputT]]:
        """Return the run, once `next_request` has given None."""
        self.leave()
        status: RunStatus = "complete"
        if self._turn.waiting:
            status = "paused"
        elif self._stopped_by is not None:
            status = "stopped"
        return Run(
            steps=cast("tuple[Step[ModelReply[OutputT]], ...]", tuple(self._steps)),
            messages=self._messages,
            status=status,
            stopped_by=self._stopped_by,
            paused=self._paused() if self._turn.waiting else None,
        )

    def broken(
        self, error: BaseException | None = None, *, left: ModelReply[object] | None = None
    ) -> Run[OutputT, ModelReply[OutputT]]:
        """Return what a run had done that is over before its end: no tool runs any more.

        `error` is why; `left` is what there is of a reply that was not read to its end, which costs what it has said.
        """
        self.failure = error or self.failure
        billed = usages_of(error) if isinstance(error, OpenRouterError) else ()
        if left is not None and left.usage.is_reported:
            billed = (*billed, *left.billed)
        if billed:
            self._billed_besides += billed
            if self._spend is not None:
                self._spend(total_usage(billed))
        self._turn.break_off()
        return self.so_far()

    def so_far(self) -> Run[OutputT, ModelReply[OutputT]]:
        """Return what was done until now."""
        self._note_results()
        answered = self._answered_calls() if self._turn.results else []
        return Run(
            steps=cast("tuple[Step[ModelReply[OutputT]], ...]", tuple(self._steps)),
            messages=[*self._messages, *answered],
            status="failed",
            paused=self._paused(),
            billed_besides=self._billed_besides,
        )

    def _paused(self) -> PausedRun | None:
        """Return the data needed to resume after the last reply; None before the first."""
        if not self._steps:
            return None
        waiting, decisions = self._turn.undone
        messages = [*self._messages[: self._before], *self._reply]
        return PausedRun(
            messages=messages,
            steps=self._steps,
            waiting=waiting,
            decisions=decisions,
        )
