"""Snapshots of a value while it is written."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, JsonValue

from openrouter_async.structured.reading.partial import PartialReader
from openrouter_async.structured.schema import Schema


class Shop(BaseModel):
    name: str
    stock: dict[str, int] = {}
    place: tuple[int, int] = (0, 0)


def snapshots(text: str, wanted: Any = Shop, *, is_native: bool = False, size: int = 1) -> list[JsonValue]:
    """Return the snapshots, without repetitions, of a text that comes in pieces of `size`."""
    reader = PartialReader(Schema.from_type(wanted), is_native=is_native)
    found: list[JsonValue] = []
    for start in range(0, len(text), size):
        for snapshot in reader.add(text[start : start + size]):
            if not found or found[-1] != snapshot:
                found.append(snapshot)
    for snapshot in reader.add("", is_last=True):
        if not found or found[-1] != snapshot:
            found.append(snapshot)
    return found


def test_the_value_grows() -> None:
    assert snapshots('{"name": "ab", "place": [1]}') == [
        {},
        {"name": ""},
        {"name": "a"},
        {"name": "ab"},
        {"name": "ab", "place": []},
        {"name": "ab", "place": [1]},
    ]


def test_a_strict_value_is_shown_in_its_own_form() -> None:
    text = '{"name": "ab", "stock": [{"key": "nut", "value": 12}, {"key": "saw", "value": 3}], "place": null}'
    shown = snapshots(text, is_native=True)
    assert {"name": "ab", "stock": {"nut": 12}} in shown
    assert shown[-1] == {"name": "ab", "stock": {"nut": 12, "saw": 3}}
    assert all("key" not in str(snapshot) for snapshot in shown)


@pytest.mark.parametrize(
    "text",
    [
        'Here [it] is: {"name": "a"} and {"name": "b"}',
        '```json\n{"name": "a"}\n```',
        '<think>{"name": "z"} no</think>\n{"name": "a"}',
        '<think>never mind</think>Well: {"name": "a"}',
    ],
    ids=["prose", "fence", "thoughts", "thoughts and prose"],
)
@pytest.mark.parametrize("size", [1, 3, 100])
def test_what_stands_around_the_value_is_passed_over(text: str, size: int) -> None:
    shown = snapshots(text, size=size)
    assert shown[-1] == {"name": "a"}
    assert not any("z" in str(snapshot) or "b" in str(snapshot) for snapshot in shown)


def test_a_value_in_an_object_of_its_own_is_taken_out() -> None:
    assert snapshots('{"value": "abc"}', str, size=4) == ["a", "abc"]
    assert snapshots('{"value": [1, 22]}', list[int], is_native=True, size=1)[-3:] == [[1], [1, 2], [1, 22]]


def test_a_text_without_value_has_no_snapshots() -> None:
    assert snapshots("I cannot tell.") == []


def test_a_broken_value_ends_the_snapshots() -> None:
    assert snapshots('{"name": \'a\', "place": [1, 2]}')[-1] == {}


@settings(max_examples=100)
@given(
    st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=5), max_size=5),
    st.lists(st.integers(1, 9), min_size=1, max_size=50),
)
def test_however_it_is_cut_the_last_snapshot_is_the_value(
    value: dict[str, int | str], sizes: list[int]
) -> None:
    text = f"Sure:\n```json\n{json.dumps(value, indent=1)}\n```\n"
    reader = PartialReader(Schema.from_type(dict[str, int | str]), is_native=False)
    latest: list[JsonValue] = []
    for size in [*sizes, len(text)]:
        latest = reader.add(text[:size]) or latest
        text = text[size:]
    assert (reader.add("", is_last=True) or latest) == [value]


@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_long_thoughts_and_prose_are_not_kept(size: int) -> None:
    text = "<think>" + '{"name": "z"} ' * 400 + "</think>" + "prose { [1] " * 400 + '{"name": "a"}'
    assert snapshots(text, size=size)[-1] == {"name": "a"}
    reader = PartialReader(Schema.from_type(Shop), is_native=False)
    for start in range(0, len(text) - 20, size):
        reader.add(text[start : start + size])
        assert len(reader._text) <= size + 100


def test_the_parsing_is_proportional_to_the_length(monkeypatch: pytest.MonkeyPatch) -> None:
    """Twice the length costs about twice the characters parsed, not four times."""

    def parsed(items: int) -> int:
        total = 0

        def counting(text: str, **options: Any) -> JsonValue:
            nonlocal total
            total += len(text)
            return []

        monkeypatch.setattr("openrouter_async.structured.reading.partial.from_json", counting)
        snapshots(json.dumps(["some words"] * items), list[str], size=20)
        return total

    long, longer = parsed(20_000), parsed(40_000)
    assert longer < 2.5 * long
