"""`CallsOfTurn`: the calls of one reply, from its arrival until each has its result.

A started tool belongs to the run immediately: an interrupted run never starts it again when it resumes. It has its
result, or one that says that the result is unknown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ..errors import ToolError
from ..types.chat.tool_calls import ToolCall
from .approval import Decision, PausedRun, WaitingCall
from .events import ToolFinished
from .execute import Emit, PreparedCall, Ran, execute_calls, failed_result, prepare_call
from .settings import RunSettings
from .steps import ToolResult
from .toolbox import Toolbox

__all__ = ["NOT_ALLOWED", "CallsOfTurn"]

NOT_ALLOWED = "the call was not allowed"

BROKEN_OFF = "the call was broken off while it ran; whether it took effect is not known"


class CallsOfTurn:
    """The calls of one reply; none without calls, or once all have been answered."""

    def __init__(self, calls: Sequence[ToolCall] = (), paused: PausedRun | None = None) -> None:
        """Begin with nothing run, or where `paused` ended."""
        self.calls = tuple(calls)
        self.waiting: list[WaitingCall] = []
        """Those that a decision is wanted for."""
        self._done: dict[str, ToolResult] = {}
        self._ran: Ran = {}
        self._decisions: Mapping[str, Decision] = {}
        self._decided_on: Sequence[WaitingCall] = ()
        if paused is not None:
            self._done = {result.call.id: result for result in paused.steps[-1].results}
            self._ran = paused.continuation.ran
            self._decisions, self._decided_on = paused.decisions, paused.waiting

    async def run(self, toolbox: Toolbox, settings: RunSettings, emit: Emit, *, is_over: bool) -> None:
        """Run what can be run; `is_over` says that the run has ended, so no tool is run any more.

        Raises:
            ToolError: a call failed, and errors are raised; or whether one needs approval cannot be found out.
        """
        to_run: list[PreparedCall] = []
        self._done |= self.results
        for call in self.calls:
            if call.id in self._done:
                continue
            outcome: PreparedCall | ToolResult
            if is_over:
                outcome = failed_result(call, "no tool is run any more; answer without")
            else:
                outcome = prepare_call(call, toolbox, settings.tool_errors)
            if isinstance(outcome, PreparedCall):
                outcome = self._decided(outcome) or outcome
            if isinstance(outcome, ToolResult):
                self._done[call.id] = outcome
                await emit(ToolFinished(outcome))
            elif outcome.tool.function is None:
                self.waiting.append(WaitingCall(outcome.call, "answer"))
            elif call.id not in self._decisions and await _asks_approval(outcome):
                self.waiting.append(WaitingCall(outcome.call, "approval"))
            else:
                to_run.append(outcome)
        await execute_calls(to_run, settings, emit, self._ran)

    @property
    def results(self) -> dict[str, ToolResult]:
        """The results that are there, by id, in the order of the calls."""
        ran = {id: result for id, result in self._ran.items() if result is not None}
        done = {**self._done, **ran}
        return {call.id: done[call.id] for call in self.calls if call.id in done}

    @property
    def undone(self) -> tuple[list[WaitingCall], dict[str, Decision]]:
        """The waiting calls and the decisions so far, without those that have their result."""
        done = self.results
        waiting = {each.call.id: each for each in (*self._decided_on, *self.waiting)}
        return (
            [each for id, each in waiting.items() if id not in done],
            {id: each for id, each in self._decisions.items() if id not in done},
        )

    def break_off(self) -> None:
        """Give those that were running a result: no tool runs any more."""
        for call in self.calls:
            if call.id in self._ran and self._ran[call.id] is None:
                self._ran[call.id] = failed_result(call, BROKEN_OFF)

    def _decided(self, prepared: PreparedCall) -> ToolResult | None:
        """Return the result that was decided on in place of running the call."""
        decision = self._decisions.get(prepared.call.id)
        if decision is None or decision.action == "approve":
            return None
        if decision.action == "answer":
            return ToolResult(prepared.call, decision.content)
        reason = f": {decision.content}" if decision.content else ""
        return replace(failed_result(prepared.call, f"{NOT_ALLOWED}{reason}"), is_rejected=True)


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
