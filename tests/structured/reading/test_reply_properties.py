"""Whatever a reply is, reading it gives a value that was in it, or one of the errors of structured output."""

from __future__ import annotations

import contextlib
import json
from datetime import date
from decimal import Decimal
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, JsonValue
from typing_extensions import TypedDict

from openrouter_async._sentinels import OMIT
from openrouter_async.errors import ReplyTruncated, StructuredOutputError
from openrouter_async.structured.reading.candidates import find_candidates
from openrouter_async.structured.reading.repair import repaired
from openrouter_async.structured.schema import Schema
from openrouter_async.structured.schemas.output_type import TypeValidator
from tests.structured.json_schemas import ANY_JSON
from tests.structured.replies import read_text
from tests.support.examples import TIMES


class Thing(BaseModel):
    name: str
    size: int = 0
    parts: list[str] = []


TOKENS = st.sampled_from(
    ["{", "}", "[", "]", '"', "'", ":", ",", "\\", "\n", " ", "//", "/*", "*/", "#", "```", "```json\n", "<think>",
     "</think>", "name", "size", "value", "1", "-2.5", "true", "None", "NaN", "“", "”", "\\u00e9", "\\ud83d",
     "\ud83d", "é",
     '{"name": "a"}', '{"name": "b", "size": 1}', "...", "(", ")", "\x00", "\ufeff"]
)  # fmt: skip
NOISE = st.lists(TOKENS, max_size=20).map("".join)


@settings(max_examples=100 * TIMES)
@given(NOISE, st.sampled_from([Thing, list[str], int, dict[str, Any], Thing | None]), st.booleans())
def test_no_text_makes_it_fail_otherwise(text: str, wanted: Any, is_native: bool) -> None:
    try:
        read_text(text, Schema.from_type(wanted), is_native=is_native)
    except StructuredOutputError as error:
        raw = error.raw
    else:
        return
    assert raw == text.replace("\ud83d", "\ufffd")


@settings(max_examples=50 * TIMES)
@given(ANY_JSON.filter(lambda value: isinstance(value, dict | list)), st.sampled_from([None, 1]))
def test_a_value_is_found_in_prose_and_fences(value: JsonValue, indent: int | None) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=False)
    for reply in (
        text,
        f"Here: {text}.",
        f"```json\n{text}\n```",
        f"<think>[1]</think>Well,\n```\n{text}\n```\nBye.",
    ):
        assert [candidate.value for candidate in find_candidates(reply).found] == [value]


def as_python(value: JsonValue) -> str:
    """Return a value as Python writes it, with a comma too many."""
    if isinstance(value, dict):
        return "{" + "".join(f"{json.dumps(key)}: {as_python(item)}, " for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + "".join(f"{as_python(item)},\n" for item in value) + "]"
    return repr(value) if not isinstance(value, str) else json.dumps(value)


@settings(max_examples=50 * TIMES)
@given(st.dictionaries(st.text("abc", min_size=1, max_size=3), ANY_JSON, min_size=1, max_size=3))
def test_what_is_mended_is_what_was_written(value: dict[str, JsonValue]) -> None:
    try:
        mended = repaired(as_python(value))
    except ValueError:
        assume("\\" in as_python(value))  # some escapes may mean this or that
        return
    assert mended == value


@settings(max_examples=100 * TIMES)
@given(NOISE)
def test_what_is_mended_has_nothing_that_was_not_written(text: str) -> None:
    """Each text in the result stands in the text, but for escapes."""
    try:
        value = repaired(text)
    except ValueError:
        return
    plain = text.replace("\\u00e9", "é").replace("\\", "")
    for word in words(value):
        assert word.replace("\\", "") in plain


def words(value: JsonValue) -> list[str]:
    if isinstance(value, dict):
        return [word for key, item in value.items() for word in (key, *words(item))]
    if isinstance(value, list):
        return [word for item in value for word in words(item)]
    return [value] if isinstance(value, str) else []


PEOPLE = st.builds(
    lambda name, size: {"name": name, "size": size}, st.text("ab \"'{}[]<>\\né", max_size=8), st.integers()
)
WORDS = st.sampled_from(["friend", "bestFriend", "old_one", "f", "x1", "name", "size", "parts"])
OUTSIDE = [
    "{word}({value})", "{word}(a=1, b={value})", "{word}(\n{value}\n)", "[{value}]", "[1, {value}]",
    "[\n{value}\n", '{{"{word}": {value}}}', '{{"{word}": {value}', '{{"a": [{value}]}}', "{{{word}: {value}}}",
    "{{{word} = {value}}}", "{{'{word}': {value}}}", "<{word}>{value}</{word}>",
    "<a>\n{value}\n</a>", "<a b='1'>{value}",
    "| {word} | {value} |", "name: Al\n{word}: {value}", "name:\n- {value}", "size: {value}",
    "{value}]", "{value})", "\"{word}\": {value}",
    "[{word}]({value})", "~~{value}~~", "${{{value}}}",
]  # fmt: skip
AROUND = [
    "({value})", "friend:\n{value}", "friend = {value}", "friend: {value}", "> {value}", "- {value}", "1. {value}",
    "* {value}", "- Friend: {value}",
]  # fmt: skip
"""What the one value may stand in."""


@given(PEOPLE, st.sampled_from(AROUND), st.sampled_from([None, 1]))
def test_what_is_around_the_one_value_does_not_matter(
    value: JsonValue, around: str, indent: int | None
) -> None:
    text = around.format(value=json.dumps(value, ensure_ascii=False, indent=indent))
    assert read_text(text, Schema.from_type(Thing)) == Thing.model_validate(value)


@pytest.mark.slow
@settings(max_examples=150 * TIMES)
@given(
    PEOPLE,
    WORDS,
    st.lists(st.sampled_from(OUTSIDE), min_size=1, max_size=3),
    st.lists(st.sampled_from(AROUND), max_size=1),
    st.sampled_from([None, 1]),
)
def test_a_part_of_something_is_never_the_value(
    value: JsonValue, word: str, outside: list[str], around: list[str], indent: int | None
) -> None:
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    for template in [*around, *outside]:
        text = template.format(word=word, value=text)
    with pytest.raises(StructuredOutputError):
        print("took", read_text(text, Schema.from_type(Thing)), "from", text)


BEFORE = st.sampled_from(
    ["", "Sure!\n\n", "Here is the answer: ", "<think>\n{other}\n</think>\n", "Here is the JSON:\n```json\n", "```\n",
     "### Answer\n", "<answer>", "Hm, is it {other}?\n</think>\n", "The primes [1], (2) and {{3}} are small.\n\n",
     "Thing: "]
)  # fmt: skip
AFTER = st.sampled_from(
    ["", "\n```", "\n", "</answer>", "\n\nThe name is in the text.\n", "\nAnything else?", "."]
)


@settings(max_examples=75 * TIMES)
@given(PEOPLE, PEOPLE, BEFORE, AFTER, st.data())
def test_no_beginning_of_a_reply_gives_another_value(
    value: JsonValue, other: JsonValue, before: str, after: str, data: st.DataObject
) -> None:
    text = before.format(other=json.dumps(other)) + json.dumps(value) + after
    schema = Schema.from_type(Thing)
    try:
        whole = read_text(text, schema)
    except StructuredOutputError:
        return
    assert whole == schema.read_value(value)
    cut = text[: data.draw(st.integers(0, len(text)))]
    with contextlib.suppress(StructuredOutputError):
        assert read_text(cut, schema) == whole
    try:
        read_text(cut, schema, finish_reason="length")
    except ReplyTruncated:
        return
    raise AssertionError("a reply that was cut off gave a value")


@settings(max_examples=75 * TIMES)
@given(
    PEOPLE,
    PEOPLE,
    BEFORE,
    AFTER,
    st.sampled_from(["\n", " or ", "\n\nNo, wait:\n", ", ", "\nFinally: ", "\n---\n"]),
)
def test_two_values_that_differ_are_never_one(
    first: JsonValue, second: JsonValue, before: str, after: str, between: str
) -> None:
    schema = Schema.from_type(Thing)
    text = before.format(other="{}") + json.dumps(first) + between + json.dumps(second) + after
    with contextlib.suppress(StructuredOutputError):
        assert read_text(text, schema) == schema.read_value(first) == schema.read_value(second)


class ByAlias(BaseModel):
    a: int = Field(1, alias="b")
    c: float = 0.5


class Open(BaseModel):
    model_config = ConfigDict(extra="allow")

    a: Decimal = Decimal(0)
    inner: ByAlias | None = None


class Closed(TypedDict, total=False):
    a: bool
    b: date


KEYS = st.sampled_from(["a", "b", "c", "inner", "other"])
SCALARS = st.sampled_from(
    [
        "1",
        "1.0",
        "0.1",
        "1e2",
        "0.12345678901234567890",
        "1e999",
        "true",
        "null",
        '"2024-01-02"',
        '"1"',
        '"\\ud83d"',
    ]
)
MEMBERS = st.recursive(
    SCALARS,
    lambda inside: st.lists(st.tuples(KEYS, inside), max_size=4).map(
        lambda pairs: "{" + ", ".join(f'"{key}": {item}' for key, item in pairs) + "}"
    ),
    max_leaves=6,
)
OBJECTS = st.lists(st.tuples(KEYS, MEMBERS), max_size=4).map(
    lambda pairs: "{" + ", ".join(f'"{key}": {item}' for key, item in pairs) + "}"
)


@pytest.mark.slow
@settings(max_examples=250 * TIMES)
@given(OBJECTS, st.sampled_from([ByAlias, Open, Closed, Thing, dict[str, Any]]), st.booleans())
def test_what_is_read_at_once_is_what_a_close_look_gives(text: str, wanted: Any, is_native: bool) -> None:
    """Also where keys stand twice, mean another field, are not known, or numbers have more digits than are kept."""
    schema: Schema[object] = Schema.from_type(wanted)

    def read() -> str:
        try:
            return repr(read_text(text, schema, is_native=is_native))
        except StructuredOutputError as error:
            return f"{type(error).__name__}: {error.message}"

    at_once = read()
    with patch.object(TypeValidator, "read_plain", return_value=OMIT):
        assert read() == at_once
