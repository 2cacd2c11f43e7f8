"""How many turns in a row the same call is made."""

from __future__ import annotations

import json

import pytest

from openrouter_async import RepeatedToolCall
from openrouter_async.tools.repeats import Repeats
from openrouter_async.types.chat.tool_calls import ToolCall


def call(name: str = "find", arguments: str = '{"a": 1, "b": 2}', id: str = "call_1") -> ToolCall:
    return ToolCall(index=0, id=id, name=name, arguments=arguments, args=json.loads(arguments))


def test_a_call_may_be_made_in_so_many_turns_in_a_row() -> None:
    repeats = Repeats(2)
    repeats.check([call()])
    repeats.check([call(id="call_2")])
    with pytest.raises(
        RepeatedToolCall, match="'find' with the same arguments in 3 turns in a row"
    ) as caught:
        repeats.check([call(id="call_3")])
    assert (caught.value.tool, caught.value.call_id) == ("find", "call_3")


def test_order_and_spacing_of_arguments_make_no_other_call() -> None:
    repeats = Repeats(1)
    repeats.check([call()])
    with pytest.raises(RepeatedToolCall):
        repeats.check([call(arguments='{"b":2,"a":1}')])


@pytest.mark.parametrize("between", [[], [call(arguments='{"a": 2}')], [call(name="other")]])
def test_a_turn_without_the_call_begins_the_count_anew(between: list[ToolCall]) -> None:
    repeats = Repeats(1)
    repeats.check([call()])
    repeats.check(between)
    repeats.check([call()])


def test_twice_in_one_turn_is_one_turn() -> None:
    Repeats(1).check([call(), call(id="call_2")])


def test_none_allows_any_number() -> None:
    repeats = Repeats(None)
    for _ in range(50):
        repeats.check([call()])


def test_the_turns_of_a_run_that_is_resumed_count() -> None:
    repeats = Repeats(1)
    repeats.count([call()])
    with pytest.raises(RepeatedToolCall):
        repeats.check([call()])
