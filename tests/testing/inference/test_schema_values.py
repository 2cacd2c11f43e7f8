"""Generated values fit the schemas they were made for, as an independent validator sees it."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from openrouter_async.structured.schema import Schema as OutputSchema
from openrouter_async.testing.inference.generated import randomness
from openrouter_async.testing.inference.schema_values import Words, value_for

Schema = dict[str, JsonValue]


def made(schema: Schema, prompt: str = "") -> JsonValue:
    return value_for(schema, Words(prompt, randomness(0, prompt)))


def check(value: JsonValue, schema: Schema) -> None:
    jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker()).validate(value)


NODE: Schema = {
    "$ref": "#/$defs/node",
    "$defs": {
        "node": {
            "type": "object",
            "properties": {
                "value": {"type": "integer"},
                "next": {"anyOf": [{"$ref": "#/$defs/node"}, {"type": "null"}]},
                "children": {"type": "array", "items": {"$ref": "#/$defs/node"}},
            },
            "required": ["value", "next", "children"],
            "additionalProperties": False,
        }
    },
}

SCHEMAS: dict[str, Schema] = {
    "empty": {},
    "text with lengths": {"type": "string", "minLength": 30, "maxLength": 31},
    "short text": {"type": "string", "maxLength": 2},
    "enum": {"enum": ["a", 1, None]},
    "const": {"const": {"a": 1}},
    "integer in bounds": {"type": "integer", "exclusiveMinimum": 4, "maximum": 5},
    "multiple": {"type": "integer", "minimum": 1, "maximum": 20, "multipleOf": 7},
    "fraction": {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 0.5},
    "only a maximum": {"type": "number", "maximum": -3},
    "nullable": {"type": ["string", "null"]},
    "array of three": {"type": "array", "items": {"type": "integer"}, "minItems": 3, "maxItems": 3},
    "unique items": {"type": "array", "items": {"enum": ["a", "b", "c"]}, "minItems": 3, "uniqueItems": True},
    "tuple": {
        "type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}], "items": False, "minItems": 2
    },
    "no items": {"type": "array", "maxItems": 0},
    "map": {"type": "object", "additionalProperties": {"type": "integer"}, "minProperties": 2},
    "required but not described": {"type": "object", "required": ["a"]},
    "recursive": NODE,
    "all of": {
        "allOf": [
            {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]},
            {"properties": {"b": {"type": "integer"}}, "required": ["b"]},
        ]
    },
    "one of": {
        "oneOf": [
            {"type": "object", "properties": {"kind": {"const": "x"}}, "required": ["kind"]},
            {"type": "object", "properties": {"kind": {"const": "y"}}, "required": ["kind"]},
        ]
    },
    "a date": {"type": "string", "format": "date"},
    "an email": {"type": "string", "format": "email"},
    "a uuid": {"type": "string", "format": "uuid"},
    "pattern of a plate": {"type": "string", "pattern": "^[A-Z]{2}-[0-9]{3,4}$"},
    "pattern with a group": {"type": "string", "pattern": r"^v(?:\d\.)+\d$"},
    "pattern of a colour": {"type": "string", "pattern": "^#[0-9a-f]{6}$"},
}  # fmt: skip


@pytest.mark.parametrize("schema", SCHEMAS.values(), ids=list(SCHEMAS))
@pytest.mark.parametrize("prompt", ["", "From 3 to 12 in Oslo, 'quoted'"], ids=["no prompt", "prompt"])
def test_a_value_fits_its_schema(schema: Schema, prompt: str) -> None:
    check(made(schema, prompt), schema)


scalars = st.one_of(
    st.builds(
        lambda low, span: {"type": "integer", "minimum": low, "maximum": low + span},
        *[st.integers(0, 99)] * 2,
    ),
    st.builds(
        lambda low, span: {"type": "string", "minLength": low, "maxLength": low + span},
        *[st.integers(0, 40)] * 2,
    ),
    st.builds(lambda low: {"type": "number", "minimum": low}, st.floats(-1e6, 1e6)),
    st.sampled_from([{"type": "boolean"}, {"type": "null"}, {"type": ["integer", "null"]}]),
    st.builds(lambda choices: {"enum": choices}, st.lists(st.integers(), min_size=1)),
)


def containers(inner: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    names = st.sampled_from(["city", "name", "count", "items", "x"])
    return st.one_of(
        st.builds(
            lambda item, low, span: {"type": "array", "items": item, "minItems": low, "maxItems": low + span},
            inner, st.integers(0, 3), st.integers(0, 3),
        ),
        st.builds(
            lambda properties, closed: {
                "type": "object",
                "properties": properties,
                "required": sorted(properties),
                "additionalProperties": not closed,
            },
            st.dictionaries(names, inner, max_size=4), st.booleans(),
        ),
        st.builds(lambda arms: {"anyOf": arms}, st.lists(inner, min_size=1, max_size=3)),
    )  # fmt: skip


@given(schema=st.recursive(scalars, containers, max_leaves=8), prompt=st.text(max_size=60))
def test_any_common_schema_is_filled(schema: Schema, prompt: str) -> None:
    check(made(schema, prompt), schema)


HOSTILE: dict[str, Schema] = {
    "arrays of arrays of very many": {
        "type": "array", "minItems": 9999, "items": {"type": "array", "minItems": 9999, "items": {"minItems": 9999}}
    },
    "a reference to itself": {"$ref": "#"},
    "references in a ring": {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}},
    "a pattern that backtracks": {"type": "string", "pattern": r"^(\w+\s?)*\!$"},
    "a pattern that is none": {"type": "string", "pattern": "(["},
    "bounds that contradict": {"type": "integer", "minimum": 9, "maximum": 1},
    "endless bounds": {"type": "number", "minimum": 1e308, "maximum": 1e308},
    "odd keywords": {"type": 7, "enum": "x", "properties": [], "required": {}, "anyOf": 1, "items": "x"},
    "odd parts": {"type": "object", "properties": {"a": 1, "b": None, "c": []}, "required": [1, None, "b"]},
}  # fmt: skip


@pytest.mark.timeout(20)
@pytest.mark.parametrize("schema", HOSTILE.values(), ids=list(HOSTILE))
def test_a_schema_that_cannot_be_filled_does_no_harm(schema: Schema) -> None:
    assert len(json.dumps(made(schema), allow_nan=False)) < 1_000_000


@pytest.mark.parametrize(
    ("schema", "kind"),
    [
        ({"properties": {"a": {"type": "integer"}}}, dict),
        ({"required": ["a"]}, dict),
        ({"additionalProperties": {"type": "integer"}}, dict),
        ({"items": {"type": "integer"}}, list),
        ({"prefixItems": [{"type": "integer"}]}, list),
        ({"exclusiveMinimum": 3}, float),
        ({"minLength": 3}, str),
    ],
    ids=str,
)
def test_a_schema_without_a_type_is_of_the_one_that_its_keywords_speak_of(schema: Schema, kind: type) -> None:
    assert isinstance(made(schema), kind)


def test_words_and_numbers_of_the_prompt_are_used() -> None:
    schema: Schema = {
        "type": "object",
        "properties": {"city": {"type": "string"}, "days": {"type": "integer"}, "query": {"type": "string"}},
    }
    value = made(schema, "Show the weather in Lisbon for 4 days")
    assert value == {"city": "Lisbon", "days": 4, "query": "Show the weather in Lisbon for 4 days"}


FOREIGN: dict[str, str | None] = {
    "An object, as a list of its keys and values; each key once.": "Map entries.",
    "Any JSON value, written as JSON in this text.": "A stringified value of whatever type.",
    'With keys of the schema {"pattern": "^-?\\\\d+$"}. An object, as a list of its keys and values; each key once.': (
        'Record<number, string>; `key` validates against {"pattern": "^-?\\\\d+$"}'
    ),
    "No item twice.": None,
}
"""What our strict conversion writes -> what another, such as the one of `openai`'s package, might."""


def in_foreign_words(schema: JsonValue) -> JsonValue:
    if isinstance(schema, list):
        return [in_foreign_words(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    said = schema.get("description")
    rest = {name: in_foreign_words(value) for name, value in schema.items() if name != "description"}
    if said is None:
        return rest
    assert isinstance(said, str)
    foreign = FOREIGN[said]  # a new note of the conversion wants its line in the table
    return rest if foreign is None else {**rest, "description": foreign}


@pytest.mark.parametrize("seed", range(5))
def test_the_wording_of_a_strict_form_has_no_effect(seed: int) -> None:
    """The emulator may not be in the know: it would hide a change of words that no model understands."""
    strict = OutputSchema.from_type(dict[str, tuple[dict[int, Any], dict[str, int], Any]]).strict
    ours = dict(strict.schema)
    theirs = in_foreign_words(ours)
    assert isinstance(theirs, dict)
    assert theirs != ours
    value = value_for(theirs, Words("", Random(seed)))
    assert value == value_for(ours, Words("", Random(seed)))
    assert strict.undo(value)


def test_a_list_of_entries_without_any_description_names_each_key_once() -> None:
    entry: Schema = {
        "type": "object",
        "properties": {"key": {"type": "string", "enum": ["a", "b"]}, "value": {"type": "integer"}},
        "required": ["key", "value"],
        "additionalProperties": False,
    }
    entries = made({"type": "array", "items": entry, "minItems": 2})
    assert isinstance(entries, list)
    assert sorted(str(each["key"]) for each in entries if isinstance(each, dict)) == ["a", "b"]


@pytest.mark.parametrize("prompt", ["", "Tell me of Oslo.", "Say 'x' 5 times", "a"])
def test_texts_that_hold_json_and_lists_of_keys_are_what_they_say(prompt: str) -> None:
    """The strict form of a schema has no other way to say so than its descriptions."""
    strict = OutputSchema.from_type(dict[str, list[dict[str, Any]]]).strict
    made = value_for(dict(strict.schema), Words(prompt, randomness(0, prompt)))
    value = strict.undo(made)
    assert isinstance(value, dict)
    assert len(value) == 2


@given(
    st.integers(0, 2**64),
    st.sampled_from([(-(2**63), 2**63 - 1), (0, 2**64 - 1), (None, 2**63), (-(2**63), None)]),
)
def test_whole_numbers_are_those_that_javascript_has_exactly(
    seed: int, bounds: tuple[int | None, int | None]
) -> None:
    low, high = bounds
    schema: Schema = {"type": "integer"}
    schema |= {} if low is None else {"minimum": low}
    schema |= {} if high is None else {"maximum": high}
    value = made(schema, f"the number {seed}")
    check(value, schema)
    assert isinstance(value, int)
    assert abs(value) < 2**53


@given(st.integers(0, 2**64))
def test_other_numbers_have_two_digits_after_the_point(seed: int) -> None:
    value = made({"type": "number", "minimum": 0, "maximum": 1}, f"something {seed}")
    assert isinstance(value, int | float)
    assert len(str(value).partition(".")[2]) <= 2


def test_a_whole_number_that_must_be_larger_is() -> None:
    schema: Schema = {"type": "integer", "minimum": 2**60}
    check(made(schema), schema)
