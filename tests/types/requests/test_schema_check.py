"""A JSON Schema that a caller gives is checked before it is sent."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings

from openrouter_async import ConfigurationError
from openrouter_async._sansio.chat_body import ChatCall, chat_body
from openrouter_async.types.requests.schema_check import schema_problem
from tests.structured.json_schemas import schemas

WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "type": ({"type": "strin"}, "#/type must be one of 'null'"),
    "types": ({"type": ["string", "date"]}, "#/type must be one of"),
    "no type": ({"type": []}, "#/type must be one of"),
    "a number as type": ({"type": 3}, "#/type must be the name of a type"),
    "deep": ({"properties": {"a": {"items": {"type": "int"}}}}, "#/properties/a/items/type must be"),
    "properties": ({"properties": ["a"]}, "#/properties must be an object"),
    "a property": ({"properties": {"a": "string"}}, "#/properties/a must be a schema"),
    "required": ({"required": "a"}, "#/required must be a list of names"),
    "anyOf": ({"anyOf": []}, "#/anyOf must be a list of schemas"),
    "an arm": ({"anyOf": [{"type": "null"}, "string"]}, "#/anyOf/1 must be a schema"),
    "enum": ({"enum": {}}, "#/enum must be a list"),
    "length": ({"minLength": -1}, "#/minLength must be a whole number"),
    "bound": ({"maximum": "9"}, "#/maximum must be a number"),
    "reference": ({"$ref": 3}, "#/$ref must be text"),
    "definition": ({"$defs": {"A": {"not": []}}}, "#/$defs/A/not must be a schema"),
}


@pytest.mark.parametrize(("schema", "told"), WRONG.values(), ids=WRONG)
def test_what_is_no_schema_is_refused_with_its_place(schema: dict[str, Any], told: str) -> None:
    assert schema_problem(schema).startswith(told)
    with pytest.raises(jsonschema.SchemaError):
        jsonschema.Draft202012Validator.check_schema(schema)
    forms: list[dict[str, Any]] = [
        {"response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}},
        {"tools": [{"type": "function", "function": {"name": "x", "parameters": schema}}]},
    ]
    for params in forms:
        with pytest.raises(ConfigurationError) as caught:
            chat_body(ChatCall("hi", model="m", params=params))
        assert told in str(caught.value)
        assert next(iter(params)) in str(caught.value)


@pytest.mark.parametrize(
    "schema",
    [
        {}, {"type": ["string", "null"]}, {"items": True}, {"items": [{"type": "string"}], "additionalItems": False},
        {"minimum": 0, "exclusiveMinimum": True}, {"const": {"type": "strin"}}, {"default": {"type": 1}},
        {"properties": {"type": {"type": "string"}, "required": {"const": 3}}}, {"x-unknown": [], "nullable": True},
        {"enum": [{"type": "strin"}]}, {"maxItems": 2.0}, {"dependencies": {"a": ["b"]}},
    ],
    ids=json.dumps,
)  # fmt: skip
def test_what_some_draft_allows_goes_out(schema: dict[str, Any]) -> None:
    assert schema_problem(schema) == ""
    params = {"response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}}
    assert json.loads(chat_body(ChatCall("hi", model="m", params=params)))["response_format"]


@settings(max_examples=200)
@given(schemas())
def test_no_schema_is_in_the_way(schema: dict[str, Any]) -> None:
    assert schema_problem(schema) == ""
