"""Whatever a reply is, reading it gives a value that was in it, or one of the errors of structured output."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, JsonValue

from openrouter_async.errors import StructuredOutputError
from openrouter_async.structured.candidates import find_candidates
from openrouter_async.structured.reading import read_text
from openrouter_async.structured.repair import RepairNotInstalled, repaired
from openrouter_async.structured.schema import Schema
from tests.structured.json_schemas import ANY_JSON


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


@settings(max_examples=400)
@given(NOISE, st.sampled_from([Thing, list[str], int, dict[str, Any], Thing | None]), st.booleans())
def test_no_text_makes_it_fail_otherwise(text: str, wanted: Any, is_native: bool) -> None:
    try:
        read_text(text, Schema.from_type(wanted), is_native=is_native)
    except StructuredOutputError as error:
        raw = error.raw
    else:
        return
    assert raw == text.replace("\ud83d", "\ufffd")


@settings(max_examples=200)
@given(ANY_JSON.filter(lambda value: isinstance(value, dict | list)), st.sampled_from([None, 1]))
def test_a_value_is_found_in_prose_and_fences(value: JsonValue, indent: int | None) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=False)
    for reply in (
        text,
        f"Here: {text}.",
        f"```json\n{text}\n```",
        f"<think>[1]</think>Well,\n```\n{text}\n```\nBye.",
    ):
        assert [candidate.value for candidate in find_candidates(reply).parsed] == [value]


def as_python(value: JsonValue) -> str:
    """Return a value as Python writes it, with a comma too many."""
    if isinstance(value, dict):
        return "{" + "".join(f"{json.dumps(key)}: {as_python(item)}, " for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + "".join(f"{as_python(item)},\n" for item in value) + "]"
    return repr(value) if not isinstance(value, str) else json.dumps(value)


@settings(max_examples=200)
@given(st.dictionaries(st.text("abc", min_size=1, max_size=3), ANY_JSON, min_size=1, max_size=3))
def test_what_is_mended_is_what_was_written(value: dict[str, JsonValue]) -> None:
    try:
        mended = repaired(as_python(value))
    except ValueError:
        assume("\\" in as_python(value))  # json-repair reads some escapes otherwise, which is noticed
        return
    assert mended == value


@settings(max_examples=400)
@given(NOISE)
def test_what_is_mended_has_nothing_that_was_not_written(text: str) -> None:
    """Each text in the result stands in the text, but for escapes."""
    try:
        value = repaired(text)
    except (ValueError, RepairNotInstalled):
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
