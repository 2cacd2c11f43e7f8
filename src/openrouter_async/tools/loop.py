"""`RunLoop`: where a run stands between two awaits: what to ask next, which calls to run, and when it is over.

Theory of operation. `next_request` decides; its answer is the parameters of one more request, or None. `take` adds
the reply; then `run_calls` brings the results of its calls, and the step is whole. The callers of these three send
the requests, plain or streamed, so both kinds of run follow the same rules.

```
next_request ── parameters ──> (a request) ── reply ──> take ──> run_calls ──┐
   ↑  └── None: complete, stopped or paused                                  │
   └─────────────────────────────────────────────────────────────────────────┘
```

A run is complete with the first reply that calls no tool. Replies are sent back unchanged, with their reasoning.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..errors import ConfigurationError, NotFound, OpenRouterError, RepeatedToolCall, ToolError
from ..types.chat import ChatCompletion
from ..types.chat_messages import wire_messages
from ..types.tool_calls import ToolCall
from .approval import Decision, PausedRun, WaitingCall
from .events import ToolFinished
from .execute import Emit, PreparedCall, execute_calls, failed_result, prepare_call
from .result import Run, RunStatus, Step, ToolResult, used_by
from .settings import RunSettings

if TYPE_CHECKING:
    from ..types.chat_messages import Message
    from ..types.common import Usage
    from .toolbox import Toolbox

__all__ = ["RunLoop", "encrypting_provider"]


def encrypting_provider(completions: Sequence[ChatCompletion[Any]]) -> str | None:
    """Return the provider of the latest reply whose reasoning only that provider can read; None if there is none."""
    for completion in reversed(completions):
        details = completion.reasoning_details or ()
        if completion.provider and any(entry.get("type") == "reasoning.encrypted" for entry in details):
            return str(completion.provider)
    return None


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
    ) -> None:
        """Begin with `messages`, as they are sent, or where `paused` ended; `spend` is told what each reply used.

        Raises:
            ConfigurationError: something about the paused run is undecided, or a tool that it waits for is missing.
        """
        self._toolbox = toolbox
        self._settings = settings
        self._params = params
        self._earlier_provider = provider
        self._spend = spend
        self._steps: list[Step] = []
        self._messages: list[Message] = [*messages]
        self._streaks: dict[tuple[str, str], int] = {}
        self._calls: tuple[ToolCall, ...] = ()
        self._done: dict[str, ToolResult] = {}
        self._decisions: Mapping[str, Decision] = {}
        self._waiting: list[WaitingCall] = []
        self._stopped_by: str | None = None
        self._is_last = False
        self._pinned: str | None = None
        self._gone: str | None = None
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

    def next_request(self) -> dict[str, object] | None:
        """Return the parameters of the next request; None where the run is over."""
        if self._waiting or self._is_last:
            return None
        params = dict(self._params)
        if self._toolbox.definitions:
            params["tools"] = self._toolbox.definitions
        if self._steps:
            if not self._steps[-1].completion.tool_calls:
                return None
            self._stopped_by = self._settings.stop.met(self._steps)
            if params.get("tool_choice") not in (None, "auto", "none"):
                params["tool_choice"] = "auto"
            if self._stopped_by is not None:
                if not self._settings.final_answer:
                    return None
                self._ask_for_the_end(params)
        self._pin(params)
        return params

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
        if self._pinned is not None:
            preferences = params.get("provider")
            known = preferences if isinstance(preferences, Mapping) else {}
            params["provider"] = {**known, "only": [self._pinned]}

    def without_pin(self, error: OpenRouterError, params: Mapping[str, object]) -> dict[str, object] | None:
        """Return the same request for any provider, if `error` says that the one it named is not there."""
        if self._pinned is None or not isinstance(error, NotFound):
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
            self._spend(used_by([step]))
        self._calls = tuple(completion.tool_calls)
        self._done = {}
        self._decisions = {}
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
        results = await execute_calls(
            to_run,
            concurrency=settings.tool_concurrency,
            timeout=settings.tool_timeout,
            on_error=settings.tool_errors,
            emit=emit,
        )
        self._done |= {result.call.id: result for result in results}
        completion = self._steps[-1].completion
        ordered = tuple(self._done[call.id] for call in self._calls if call.id in self._done)
        self._steps[-1] = Step(completion, ordered)
        if self._waiting:
            return False
        self._messages.append(_as_message(completion))
        self._messages += [result.message for result in ordered]
        self._calls = ()
        return True

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
        self._messages = wire_messages(paused.messages)[:-1]
        for step in paused.steps:
            self._streaks = {
                key: self._streaks.get(key, 0) + 1 for key in map(_key, step.completion.tool_calls)
            }
            self._steps.append(step)
        last = self._steps[-1]
        self._calls = tuple(last.completion.tool_calls)
        self._done = {result.call.id: result for result in last.results}
        self._decisions = paused.decisions

    def result(self) -> Run[Any]:
        """Return the run, once `next_request` has given None."""
        status: RunStatus = "complete"
        paused = None
        if self._waiting:
            status = "paused"
            messages = [*self._messages, _as_message(self._steps[-1].completion)]
            paused = PausedRun(messages=messages, steps=self._steps, waiting=self._waiting)  # type: ignore[arg-type]  # messages are JSON
        elif self._stopped_by is not None:
            status = "stopped"
        return Run(
            steps=tuple(self._steps),
            messages=self._messages,
            status=status,
            stopped_by=self._stopped_by,
            paused=paused,
        )

    def so_far(self) -> Run[Any]:
        """Return what a run that failed had done."""
        return Run(steps=tuple(self._steps), messages=self._messages, status="failed")


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
