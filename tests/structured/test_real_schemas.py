"""Schemas as applications have them: each has a strict form, and its values survive the way there and back."""

from __future__ import annotations

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from openrouter_async.structured.schema import Schema
from tests.structured.json_schemas import assert_is_strict, instances
from tests.support.examples import TIMES

NAMED_REF: JsonValue = {"$ref": "#/$defs/Address"}

SCHEMAS: dict[str, tuple[dict[str, JsonValue], JsonValue]] = {
    "invoice": (
        {
            "type": "object",
            "properties": {
                "number": {"type": "string", "pattern": "^[A-Z]+-[0-9]+$"},
                "issued": {"type": "string", "format": "date"},
                "lines": {
                    "type": "array",
                    "minItems": 1,
                    "items": {
                        "type": "object",
                        "properties": {
                            "text": {"type": "string"},
                            "quantity": {"type": "integer", "minimum": 1},
                            "unit_price": {"type": "number", "exclusiveMinimum": 0},
                            "vat": {"enum": [0, 12, 25], "default": 25},
                        },
                        "required": ["text", "quantity", "unit_price"],
                        "additionalProperties": False,
                    },
                },
                "currency": {"type": "string", "enum": ["NOK", "EUR", "USD"]},
                "paid": {"type": ["boolean", "null"]},
            },
            "required": ["number", "issued", "lines", "currency"],
            "additionalProperties": False,
        },
        {
            "number": "A-1",
            "issued": "2026-01-31",
            "lines": [{"text": "Nuts", "quantity": 2, "unit_price": 1.5, "vat": 12}],
            "currency": "NOK",
            "paid": None,
        },
    ),
    "customer with two addresses": (
        {
            "type": "object",
            "properties": {"home": NAMED_REF, "office": {"anyOf": [NAMED_REF, {"type": "null"}]}},
            "required": ["home"],
            "additionalProperties": False,
            "$defs": {
                "Address": {
                    "title": "Address",
                    "type": "object",
                    "properties": {"street": {"type": "string"}, "zip": {"type": "string", "maxLength": 10}},
                    "required": ["street"],
                    "additionalProperties": False,
                }
            },
        },
        {"home": {"street": "Main", "zip": "1"}, "office": {"street": "Side"}},
    ),
    "headers and environment": (
        {
            "type": "object",
            "properties": {
                "env": {"type": "object", "additionalProperties": {"type": "string"}},
                "limits": {"type": "object", "additionalProperties": {"type": ["integer", "string"]}},
                "extra": {},
            },
            "required": ["env"],
            "additionalProperties": False,
        },
        {"env": {"PATH": "/bin"}, "limits": {"cpu": 2, "memory": "1G"}, "extra": {"a": [None]}},
    ),
    "chart": (
        {
            "type": "object",
            "properties": {
                "points": {
                    "type": "array",
                    "items": {
                        "type": "array",
                        "prefixItems": [{"type": "number"}, {"type": "number"}],
                        "minItems": 2,
                        "maxItems": 2,
                    },
                },
                "style": {
                    "oneOf": [
                        {
                            "type": "object",
                            "properties": {
                                "kind": {"const": "line"},
                                "width": {"type": "integer", "default": 1},
                            },
                            "required": ["kind"],
                            "additionalProperties": False,
                        },
                        {
                            "type": "object",
                            "properties": {"kind": {"const": "bar"}, "stacked": {"type": "boolean"}},
                            "required": ["kind", "stacked"],
                            "additionalProperties": False,
                        },
                    ],
                    "discriminator": {"propertyName": "kind"},
                },
            },
            "required": ["points", "style"],
            "additionalProperties": False,
        },
        {"points": [[0, 1.5], [2, 3]], "style": {"kind": "bar", "stacked": True}},
    ),
    "page of a user interface": (
        {
            "$ref": "#/$defs/Element",
            "$defs": {
                "Element": {
                    "type": "object",
                    "properties": {
                        "tag": {"enum": ["div", "p", "button"]},
                        "text": {"type": "string"},
                        "attributes": {"type": "object", "additionalProperties": {"type": "string"}},
                        "children": {"type": "array", "items": {"$ref": "#/$defs/Element"}},
                    },
                    "required": ["tag", "children"],
                    "additionalProperties": False,
                }
            },
        },
        {"tag": "div", "children": [{"tag": "p", "text": "Hi", "children": [], "attributes": {"id": "x"}}]},
    ),
    "filter expression": (
        {
            "$ref": "#/$defs/Expression",
            "$defs": {
                "Expression": {
                    "anyOf": [
                        {"$ref": "#/$defs/Comparison"},
                        {
                            "type": "object",
                            "properties": {
                                "all": {"type": "array", "items": {"$ref": "#/$defs/Expression"}},
                            },
                            "required": ["all"],
                            "additionalProperties": False,
                        },
                        {
                            "type": "object",
                            "properties": {"negate": {"$ref": "#/$defs/Expression"}},
                            "required": ["negate"],
                            "additionalProperties": False,
                        },
                    ]
                },
                "Comparison": {
                    "type": "object",
                    "properties": {
                        "field": {"type": "string"},
                        "operator": {"enum": ["=", "<", ">"]},
                        "to": {"type": ["string", "integer", "boolean", "null"]},
                    },
                    "required": ["field", "operator", "to"],
                    "additionalProperties": False,
                },
            },
        },
        {"all": [{"negate": {"field": "age", "operator": "<", "to": 18}}, {"all": []}]},
    ),
    "settings that inherit": (
        {
            "allOf": [
                {
                    "type": "object",
                    "properties": {"name": {"type": "string"}, "level": {"type": "integer", "minimum": 0}},
                    "required": ["name"],
                },
                {
                    "properties": {
                        "level": {"maximum": 9},
                        "tags": {"type": "array", "items": {"type": "string"}},
                    }
                },
            ]
        },
        {"name": "a", "level": 3, "tags": ["x"]},
    ),
    "triage of a ticket": (
        {
            "type": "object",
            "properties": {
                "labels": {"type": "array", "items": {"enum": ["bug", "idea"]}, "uniqueItems": True},
                "assignee": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None},
                "confidence": {"type": "number", "minimum": 0, "maximum": 1},
                "duplicates": {"type": "array", "items": {"type": "integer"}, "default": []},
            },
            "required": ["labels", "confidence"],
            "additionalProperties": False,
        },
        {"labels": ["bug"], "assignee": None, "confidence": 0.5, "duplicates": [3]},
    ),
}


@pytest.mark.parametrize(("document", "value"), SCHEMAS.values(), ids=SCHEMAS)
def test_it_has_a_strict_form_and_its_values_come_back(
    document: dict[str, JsonValue], value: JsonValue
) -> None:
    schema = Schema.from_json_schema(document)
    assert schema.validate(value) == value
    assert_is_strict(dict(schema.strict.schema))
    there = schema.strict.convert(value)
    jsonschema.Draft202012Validator(schema.strict.schema).validate(there)
    assert schema.strict.undo(there) == value
    assert "is" in schema.describe() or "{" in schema.describe()


@pytest.mark.slow
@settings(max_examples=75 * TIMES, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_what_the_strict_form_allows_comes_back_as_the_schema_allows_it(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from([name for name in SCHEMAS if name != "settings that inherit"]))
    schema = Schema.from_json_schema(SCHEMAS[name][0])
    reply = data.draw(instances(dict(schema.strict.schema), schema.strict.schema))
    try:
        value = schema.strict.undo(reply)
    except ValueError:
        return  # a key twice
    if schema.strict.accepts == "same":
        assert schema.validate(value) == value
    judge = jsonschema.Draft202012Validator(SCHEMAS[name][0])
    if judge.is_valid(value):
        there = schema.strict.convert(value)
        jsonschema.Draft202012Validator(schema.strict.schema).validate(there)
        assert schema.strict.undo(there) == value
