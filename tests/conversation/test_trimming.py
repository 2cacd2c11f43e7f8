"""Which turns are sent of a long conversation."""

from __future__ import annotations

from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given

from openrouter_async import ConfigurationError, Turn, estimate_prompt, keep_tokens, keep_turns
from openrouter_async.conversation.trimming import Trim


def turn(number: int, *, calls: int = 0, size: int = 1) -> Turn:
    """Return a turn with as many calls of tools, each with its result."""
    answered: list[Any] = []
    for call in range(calls):
        id = f"c{number}-{call}"
        function = {"name": "f", "arguments": "{}"}
        answered += [
            {"role": "assistant", "tool_calls": [{"id": id, "type": "function", "function": function}]},
            {"role": "tool", "tool_call_id": id, "content": "x" * size},
        ]
    answered.append({"role": "assistant", "content": "x" * size})
    return Turn(asked=[{"role": "user", "content": str(number)}], answered=answered)


TURNS = [turn(number) for number in range(5)]


@pytest.mark.parametrize(("count", "kept"), [(0, 0), (1, 1), (3, 3), (5, 5), (9, 5)])
def test_the_last_turns_are_kept(count: int, kept: int) -> None:
    assert list(keep_turns(count)(TURNS)) == TURNS[5 - kept :]


@pytest.mark.parametrize(
    ("limit", "kept"), [(0, 0), (1, 0), (2, 1), (3, 1), (4, 2), (9, 4), (10, 5), (99, 5)]
)
def test_the_latest_turns_that_have_room_are_kept(limit: int, kept: int) -> None:
    """Each message counts one here, so a turn counts two."""
    assert list(keep_tokens(limit, count=lambda _message: 1)(TURNS)) == TURNS[5 - kept :]


def test_an_old_turn_never_fills_the_room_that_a_later_one_did_not_have() -> None:
    turns = [turn(0), turn(1, size=9_000), turn(2)]
    assert list(keep_tokens(100)(turns)) == turns[2:]


@given(
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 300)), max_size=12),
    st.one_of(st.integers(0, 12).map(keep_turns), st.integers(0, 2_000).map(keep_tokens)),
)
def test_no_call_is_ever_parted_from_its_result(shapes: list[tuple[int, int]], trim: Trim) -> None:
    turns = [turn(number, calls=calls, size=size) for number, (calls, size) in enumerate(shapes)]
    kept = list(trim(turns))
    assert kept == turns[len(turns) - len(kept) :], "an end of the conversation"
    open_calls: set[str] = set()
    for message in (m for each in kept for m in each.messages):
        for call in message.get("tool_calls", []):
            open_calls.add(call["id"])
        if message["role"] == "tool":
            open_calls.remove(message["tool_call_id"])
        if message["role"] == "user":
            assert not open_calls
    assert not open_calls


@pytest.mark.parametrize("model", [None, "openai/gpt-4o", "anthropic/claude-sonnet-4.5", "x-ai/grok-4"])
def test_tokens_are_those_that_the_turns_add_to_a_prompt(model: str | None) -> None:
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64," + "A" * 9_000}}
    seen = Turn(
        asked=[{"role": "user", "content": [{"type": "text", "text": "Was ist das? " * 40}, image]}],
        answered=[],
    )
    turns = [seen, turn(1, calls=2, size=50)]
    begin = [{"role": "system", "content": "You are brief."}]
    added = (
        estimate_prompt([*begin, *(m for each in turns for m in each.messages)], model=model).tokens
        - estimate_prompt(begin, model=model).tokens
    )
    assert list(keep_tokens(added + 2, model=model)(turns)) == turns
    assert list(keep_tokens(added - 3, model=model)(turns)) == turns[1:]


def test_scripts_with_more_tokens_a_character_fill_the_room_sooner() -> None:
    def told(text: str) -> list[Turn]:
        return [Turn(asked=[{"role": "user", "content": text}], answered=[]) for _ in range(10)]

    kept = keep_tokens(300, model="openai/gpt-4")
    assert len(kept(told("今日はとても良い天気ですね。散歩に行きましょう。"))) < len(
        kept(told("The weather is nice."))
    )


@pytest.mark.parametrize("policy", [keep_turns, keep_tokens])
@pytest.mark.parametrize("value", [-1, 1.5, True, None])
def test_a_limit_that_is_none_is_refused(policy: Any, value: Any) -> None:
    with pytest.raises(ConfigurationError, match="expected a whole number of at least 0"):
        policy(value)
