"""`RunLoop`: where a run stands between two awaits: what to ask next, which calls to run, and when it is over.

Theory of operation. `next_request` decides; its answer is the parameters of one more request, or None. `take` adds
the reply; then `run_calls` brings the results of its calls, and the step is whole. The callers of these three send
the requests, plain or streamed, so both kinds of run follow the same rules.

```
next_request ── parameters ──> (a request) ── reply ──> take ──> run_calls ──┐
   ↑  └── None: complete, stopped or paused                                  │
   └─────────────────────────────────────────────────────────────────────────┘
```

A run is complete with the first reply that calls no tool and says that it is one: a reply may end with `tool_calls` and
hold none, where a server tool was in the middle of its work, and is then asked to go on, a few times. (Text where there
are no server tools is an answer, whatever the reply says.) What goes back of replies is said in `types.sent_back`.

A tool that was started belongs to the run at once, so what is left of a run that broke off never starts it again: its
result is there, or one that says it is not known.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ..errors import BadRequest, ConfigurationError, NotFound, OpenRouterError, RepeatedToolCall, ToolError
from ..types.chat import ChatCompletion
from ..types.chat_messages import wire_messages
from ..types.sent_back import fit_history
from ..types.tool_calls import ToolCall
from ..types.usage_total import total_usage, usages_of
from .approval import Decision, PausedRun, WaitingCall
from .events import ToolFinished
from .execute import Emit, PreparedCall, Ran, execute_calls, failed_result, prepare_call
from .pinning import encrypting_provider, narrowed
from .result import Run, RunStatus, Step, ToolResult, usage_of_steps
from .settings import RunSettings

if TYPE_CHECKING:
    from ..spending.next_cost import NextCost
    from ..types.chat_messages import Message
    from ..types.common import Usage
    from .toolbox import Toolbox

__all__ = ["RunLoop"]

MAX_WITHOUT_CALLS = 3
"""Replies in a row that end with `tool_calls` and hold none; the run stops with the last of them."""

GO_ON = "Go on."
BROKEN_OFF = "the call was broken off while it ran; whether it took effect is not known"
NOTHING_CALLED = "Your call had no name of a tool, so nothing was run. Call a tool by its name, or answer."


class RunLoop:
    """One run; see the module."""

    def __init__(
        self,
        messages: Sequence[Message],
        *,
        toolbox: Toolbox,
        settings: RunSettings,
        params: Mapping[str, object],
        provider: str | None = None,
        paused: PausedRun | None = None,
        spend: Callable[[Usage], None] | None = None,
        default_provider: object = None,
        next_cost: NextCost | None = None,
    ) -> None:
        """Begin with `messages`, as they are sent, or where `paused` ended.

        `spend` is told what each reply used; `next_cost` foresees the next one, where the stop condition asks.

        `default_provider` is what the client says of providers where `params` do not.

        Raises:
            ConfigurationError: something about the paused run is undecided, or a tool that it waits for is missing.
        """
        self._toolbox = toolbox
        self._settings = settings
        self._params = params
        self._earlier_provider = provider
        self._spend = spend
        self._default_provider = default_provider
        self._has_server_tools = bool(params.get("plugins")) or any(
            each.get("type") != "function" for each in toolbox.definitions
        )
        self._next_cost = next_cost
        self._foreseen = Decimal(0)
        self._billed_besides: tuple[Usage | None, ...] = ()
        self._steps: list[Step] = []
        self._messages: list[Message] = [*messages]
        self._streaks: dict[tuple[str, str], int] = {}
        self._calls: tuple[ToolCall, ...] = ()
        self._before = len(messages)
        """Messages before the last reply."""
        self._done: dict[str, ToolResult] = {}
        self._ran: Ran = {}
        self._decisions: Mapping[str, Decision] = {}
        self._decided_on: list[WaitingCall] = []
        self._waiting: list[WaitingCall] = []
        self._stopped_by: str | None = None
        self._is_last = False
        self._pinned: str | None = None
        self._gone: str | None = None
        self._going_on: list[object] = []
        if paused is not None:
            self._resume(paused)

    @property
    def messages(self) -> Sequence[Message]:
        """The messages of the next request."""
        return self._messages

    @property
    def steps(self) -> Sequence[Step]:
        """The steps so far; the last may lack results."""
        return self._steps

    # Asking

    async def foresee(self, model: str | None, extra_body: Mapping[str, object] | None) -> None:
        """Find out what the next request may cost, if the stop condition asks."""
        if self._next_cost is not None and not self._waiting and not self._is_last:
            if model is None and self._steps:
                model = self._steps[-1].completion.model
            body = {
                "tools": self._toolbox.definitions,
                **self._params,
                "model": model,
                "messages": self._messages,
            }
            self._foreseen = await self._next_cost.of({**body, **(extra_body or {})})

    def next_request(self) -> dict[str, object] | None:
        """Return the parameters of the next request; None where the run is over."""
        if self._waiting or self._is_last:
            return None
        params = dict(self._params)
        if self._toolbox.definitions:
            params["tools"] = self._toolbox.definitions
        if self._steps:
            if not self._steps[-1].completion.tool_calls and not self._is_to_go_on():
                return None
            self._stopped_by = self._settings.stop.met(self._steps, self._foreseen)
            if params.get("tool_choice") not in (None, "auto", "none"):
                params["tool_choice"] = "auto"
            if self._stopped_by is not None:
                if not self._settings.final_answer:
                    return None
                self._ask_for_the_end(params)
        self._pin(params)
        return params

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
            self._stopped_by = f"{MAX_WITHOUT_CALLS} more replies that end with tool_calls and hold none"
        elif silent and self._messages[-1]["role"] == "assistant":
            self._messages.append({"role": "user", "content": GO_ON})
        return 0 < silent <= MAX_WITHOUT_CALLS

    def _ask_for_the_end(self, params: dict[str, object]) -> None:
        """Make the request one for an answer without tools; they are still sent, since the messages hold calls."""
        self._is_last = True
        if "tools" in params:
            params["tool_choice"] = "none"
        if isinstance(self._settings.final_answer, str):
            self._messages.append({"role": "user", "content": self._settings.final_answer})

    def _pin(self, params: dict[str, object]) -> None:
        """Add the provider that must serve the request, if there is one.

        It goes by the name that replies give it: the service takes that as well as the slug, and there is no telling
        the slug from the name.
        """
        completions = [step.completion for step in self._steps]
        provider = encrypting_provider(completions) or self._earlier_provider
        self._pinned = provider if self._settings.keep_provider and provider != self._gone else None
        if self._pinned is None:
            return
        preferences = params.get("provider", self._default_provider)
        known = preferences if isinstance(preferences, Mapping) else {}
        only = narrowed(known.get("only"), self._pinned)
        if only is None:
            self._pinned = None
        else:
            params["provider"] = {**known, "only": only}

    def without_pin(self, error: OpenRouterError, params: Mapping[str, object]) -> dict[str, object] | None:
        """Return the same request for any provider, if `error` says that the one it named is not there."""
        is_unknown = isinstance(error, BadRequest) and "provider" in str(error).lower()
        if self._pinned is None or not (isinstance(error, NotFound) or is_unknown):
            return None
        self._gone, self._pinned = self._pinned, None
        params = dict(params)
        del params["provider"]
        if "provider" in self._params:
            params["provider"] = self._params["provider"]
        return params

    # Answering

    def take(self, completion: ChatCompletion[Any]) -> None:
        """Add a reply.

        Raises:
            RepeatedToolCall: it holds a call that was made too often.
        """
        step = Step(completion)
        self._steps.append(step)
        if self._spend is not None:
            self._spend(usage_of_steps([step]))
        self._before = len(self._messages)
        if self._next_cost is not None:
            self._next_cost.was(completion.usage)
        self._calls = tuple(completion.tool_calls)
        self._done, self._ran = {}, {}
        self._decisions, self._decided_on = {}, []
        if not self._calls:
            self._messages.append(_as_message(completion))
        elif not self._is_last:
            self._check_repeats()

    @property
    def has_calls(self) -> bool:
        """Whether calls are to be run before the next request."""
        return bool(self._calls)

    async def run_calls(self, emit: Emit) -> bool:
        """Run the calls of the last reply; return whether its step is whole, which it is not where some wait.

        Raises:
            ToolError: a call failed, and errors are raised; or it is not to be told whether one needs approval.
        """
        settings = self._settings
        to_run: list[PreparedCall] = []
        self._done |= _finished(self._ran)
        for call in self._calls:
            if call.id in self._done:
                continue
            outcome = self._refuse(call) or prepare_call(call, self._toolbox, settings.tool_errors)
            if isinstance(outcome, PreparedCall):
                outcome = self._decided(outcome) or outcome
            if isinstance(outcome, ToolResult):
                self._done[call.id] = outcome
                await emit(ToolFinished(outcome))
            elif outcome.tool.function is None:
                self._waiting.append(WaitingCall(call, "answer"))
            elif call.id not in self._decisions and await _asks_approval(outcome):
                self._waiting.append(WaitingCall(call, "approval"))
            else:
                to_run.append(outcome)
        await execute_calls(
            to_run,
            concurrency=settings.tool_concurrency,
            timeout=settings.tool_timeout,
            on_error=settings.tool_errors,
            emit=emit,
            ran=self._ran,
        )
        self._note_results()
        if self._waiting:
            return False
        self._messages += self._answered_calls()
        self._calls = ()
        return True

    def _note_results(self) -> None:
        """Put the results that are there into the last step."""
        self._done |= _finished(self._ran)
        if self._calls:
            ordered = tuple(self._done[call.id] for call in self._calls if call.id in self._done)
            self._steps[-1] = Step(self._steps[-1].completion, ordered)

    def _answered_calls(self) -> list[Message]:
        """Return the last reply as a message, and the results of its calls after it."""
        step = self._steps[-1]
        sent = fit_history([_as_message(step.completion), *(result.message for result in step.results)])
        if len(sent) == 1:  # no call has a name, so none goes back, and the model is told in another way
            sent.append({"role": "user", "content": NOTHING_CALLED})
        return sent  # type: ignore[return-value]  # messages, as they are sent

    def _refuse(self, call: ToolCall) -> ToolResult | None:
        """Return the result of a call that comes after the run was to end."""
        return failed_result(call, "no tool is run any more; answer without") if self._is_last else None

    def _decided(self, prepared: PreparedCall) -> ToolResult | None:
        """Return the result that was decided on in place of running the call."""
        decision = self._decisions.get(prepared.call.id)
        if decision is None or decision.action == "approve":
            return None
        if decision.action == "answer":
            return ToolResult(prepared.call, decision.content)
        reason = f": {decision.content}" if decision.content else ""
        return failed_result(prepared.call, f"the call was not allowed{reason}")

    def _check_repeats(self) -> None:
        keys = {_key(call): call for call in self._calls}
        self._streaks = {key: self._streaks.get(key, 0) + 1 for key in keys}
        most = self._settings.max_repeats
        for key, times in self._streaks.items():
            if most is not None and times > most:
                call = keys[key]
                raise RepeatedToolCall(
                    f"the model called {call.name!r} with the same arguments in {times} turns in a row;"
                    f" max_repeats={most} allows no more",
                    tool=call.name,
                    call_id=call.id,
                )

    # Pausing and ending

    def _resume(self, paused: PausedRun) -> None:
        if undecided := [waiting.call.id for waiting in paused.undecided]:
            raise ConfigurationError(
                f"nothing was decided about the calls {undecided!r}; use approve(), reject() or answer()"
            )
        names = {waiting.call.name for waiting in paused.waiting}
        if missing := sorted(name for name in names if self._toolbox.get(name) is None):
            raise ConfigurationError(
                f"the run waits for the tools {missing!r}, which are not there; give the same tools again"
            )
        if paused._runs:
            running = [waiting.call.id for waiting in paused.waiting]
            raise ConfigurationError(
                f"the calls {running!r} are being run already, by another run of this one"
            )
        *self._messages, last_message = wire_messages(paused.messages)
        self._before = len(self._messages)
        for step in paused.steps:
            self._streaks = {
                key: self._streaks.get(key, 0) + 1 for key in map(_key, step.completion.tool_calls)
            }
            self._steps.append(step)
        last = self._steps[-1]
        self._calls = tuple(last.completion.tool_calls)
        self._done = {result.call.id: result for result in last.results}
        self._ran = paused._ran
        self._decisions, self._decided_on = paused.decisions, paused.waiting
        if not self._calls:
            self._messages.append(last_message)
        self._going_on = paused._runs
        self._going_on.append(self)

    def result(self) -> Run[Any]:
        """Return the run, once `next_request` has given None."""
        self.leave()
        status: RunStatus = "complete"
        if self._waiting:
            status = "paused"
        elif self._stopped_by is not None:
            status = "stopped"
        return Run(
            steps=tuple(self._steps),
            messages=self._messages,
            status=status,
            stopped_by=self._stopped_by,
            paused=self._paused() if self._waiting else None,
        )

    def _paused(self) -> PausedRun | None:
        """Return what is needed to go on after the last reply; None before the first."""
        if not self._steps:
            return None
        messages = [*self._messages[: self._before], _as_message(self._steps[-1].completion)]
        waiting = {each.call.id: each for each in (*self._decided_on, *self._waiting)}
        return PausedRun(
            messages=messages,  # type: ignore[arg-type]  # messages are JSON
            steps=self._steps,
            waiting=[each for id, each in waiting.items() if id not in self._done],
            decisions={id: each for id, each in self._decisions.items() if id not in self._done},
        )

    def broken(
        self, error: BaseException | None = None, *, left: ChatCompletion[Any] | None = None
    ) -> Run[Any]:
        """Return what a run had done that is over before its end: no tool runs any more.

        `error` is why; `left` is what there is of a reply that was not read to its end, which costs what it has said.
        """
        billed = usages_of(error) if isinstance(error, OpenRouterError) else ()
        if left is not None and left.usage is not None:
            billed = (*billed, *left.billed)
        if billed:
            self._billed_besides += billed
            if self._spend is not None:
                self._spend(total_usage(billed))
        calls = {call.id: call for call in self._calls}
        for id in [id for id, result in self._ran.items() if result is None]:
            self._ran[id] = failed_result(calls[id], BROKEN_OFF)
        return self.so_far()

    def leave(self) -> None:
        """Let another run go on from where this one began."""
        self._going_on.clear()

    def so_far(self) -> Run[Any]:
        """Return what was done until now."""
        self._note_results()
        messages = (
            [*self._messages, *self._answered_calls()] if self._done and self._calls else self._messages
        )
        return Run(
            steps=tuple(self._steps),
            messages=messages,
            status="failed",
            paused=self._paused(),
            billed_besides=self._billed_besides,
        )


def _finished(ran: Ran) -> dict[str, ToolResult]:
    return {id: result for id, result in ran.items() if result is not None}


async def _asks_approval(prepared: PreparedCall) -> bool:
    call, tool = prepared.call, prepared.tool
    try:
        return await tool.asks_approval(prepared.arguments)
    except Exception as error:  # whether it may run is nothing that the model could put right
        raise ToolError(
            f"needs_approval of the tool {tool.name!r} failed: {type(error).__name__}: {error}",
            tool=tool.name,
            call_id=call.id,
        ) from error


def _as_message(completion: ChatCompletion[Any]) -> Message:
    return wire_messages(completion)[0]


def _key(call: ToolCall) -> tuple[str, str]:
    """Return what makes two calls the same: the name, and the arguments whatever their order and spacing."""
    arguments = call.arguments if call.args is None else json.dumps(call.args, sort_keys=True)
    return call.name, arguments
