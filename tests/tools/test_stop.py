"""When a run ends although the model would go on."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest

from openrouter_async import (
    ConfigurationError,
    Step,
    StopWhen,
    ToolResult,
    max_cost,
    max_run_tokens,
    max_steps,
    stop_when,
    tool_called,
)
from openrouter_async.types.chat.completion import ChatCompletion


def step(*tools: str, cost: str | None = "0.01", tokens: int | None = 10, error: str | None = None) -> Step:
    calls = [
        {"id": str(n), "type": "function", "function": {"name": t, "arguments": "{}"}}
        for n, t in enumerate(tools)
    ]
    completion = ChatCompletion[Any].model_validate(
        {
            "choices": [{"message": {"role": "assistant", "tool_calls": calls}}],
            "usage": {"cost": cost, "total_tokens": tokens},
        }
    )
    return Step(completion, tuple(ToolResult(call, "", error) for call in completion.tool_calls))


THREE = [step("a"), step("b", "c"), step("a")]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        pytest.param(max_steps(3), "max_steps(3)", id="steps, reached"),
        pytest.param(max_steps(4), None, id="steps, not yet"),
        pytest.param(max_cost("0.03"), "max_cost('0.03')", id="cost, reached"),
        pytest.param(max_cost(Decimal("0.030001")), None, id="cost, not yet"),
        pytest.param(max_run_tokens(30), "max_run_tokens(30)", id="tokens, reached"),
        pytest.param(max_run_tokens(31), None, id="tokens, not yet"),
        pytest.param(tool_called("c"), "tool_called('c')", id="tool, called"),
        pytest.param(tool_called("x", "b"), "tool_called('x', 'b')", id="one of the tools"),
        pytest.param(tool_called("d"), None, id="tool, not called"),
        pytest.param(stop_when(lambda steps: len(steps) == 3, name="three"), "three", id="own"),
        pytest.param(max_steps(9) | tool_called("a"), "tool_called('a')", id="either"),
        pytest.param(max_steps(9) | tool_called("d"), None, id="neither"),
        pytest.param(max_steps(3) & tool_called("a"), "max_steps(3) & tool_called('a')", id="both"),
        pytest.param(max_steps(9) & tool_called("a"), None, id="not both"),
        pytest.param(max_steps(9) | max_steps(3) & tool_called("d"), None, id="& binds closer"),
    ],
)
def test_a_condition_names_what_is_met(condition: StopWhen, expected: str | None) -> None:
    assert condition.met(THREE) == expected


def test_a_cost_that_is_not_reported_counts_for_nothing() -> None:
    assert max_cost("0.02").met([step(cost=None), step()]) is None
    assert max_run_tokens(20).met([step(tokens=None), step()]) is None


def test_a_reply_that_tells_no_cost_counts_as_much_as_the_next_request() -> None:
    untold = step(cost=None)
    limit = max_cost("0.05")
    assert limit.met([untold, untold], Decimal("0.01")) is None
    assert limit.met([untold, untold, step()], Decimal("0.01")) is None
    assert limit.met([untold] * 5, Decimal("0.01")) == "max_cost('0.05')"
    assert limit.met([untold] * 3 + [step()] * 2, Decimal("0.01")) == "max_cost('0.05')"


@pytest.mark.parametrize("dollars", ["", "a lot", 0, -1, "nan", "inf", None])
def test_a_cost_that_is_none_is_refused(dollars: Any) -> None:
    with pytest.raises(ConfigurationError, match="expected US dollars"):
        max_cost(dollars)


@pytest.mark.parametrize("count", [0, -1, 1.5, True, "3", None])
@pytest.mark.parametrize("condition", [max_steps, max_run_tokens])
def test_a_count_that_is_none_is_refused(condition: Any, count: Any) -> None:
    with pytest.raises(ConfigurationError, match="expected a whole number of at least 1"):
        condition(count)


@pytest.mark.parametrize("names", [(), ("",), (1,)])
def test_a_name_that_is_none_is_refused(names: Any) -> None:
    with pytest.raises(ConfigurationError, match="expected names of tools"):
        tool_called(*names)


def test_a_call_that_failed_does_not_count_as_one_that_has_run() -> None:
    """The model gets to put its arguments right."""
    assert tool_called("a").met([step("a", error="wrong arguments")]) is None
    assert tool_called("a").met([step("a", error="wrong arguments"), step("a")]) == "tool_called('a')"


async def promise(steps: Sequence[Step]) -> bool:
    return False


@pytest.mark.parametrize("predicate", [5, None, promise])
def test_a_predicate_that_is_none_is_refused(predicate: Any) -> None:
    with pytest.raises(ConfigurationError, match="expected a function of the steps"):
        stop_when(predicate)


@pytest.mark.parametrize("other", ["x", None, max_steps])
def test_a_condition_is_joined_only_with_another(other: Any) -> None:
    with pytest.raises(TypeError, match="unsupported operand"):
        _ = max_steps(2) | other
    with pytest.raises(TypeError, match="unsupported operand"):
        _ = max_steps(2) & other
