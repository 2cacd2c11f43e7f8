"""A schema's facts come out the same however they are written."""

from __future__ import annotations

from typing import Any

import pytest

from .shapes import Shape, canonical, shape_of, tags_of


@pytest.mark.parametrize(
    "schema",
    [
        pytest.param({"type": ["string", "null"]}, id="list of types"),
        pytest.param({"anyOf": [{"type": "string"}, {"type": "null"}]}, id="anyOf"),
        pytest.param({"oneOf": [{"type": "null"}, {"type": "string"}]}, id="oneOf"),
        pytest.param(
            {"anyOf": [{"type": ["string", "null"]}, {"type": "string"}]}, id="null inside a member"
        ),
        pytest.param(
            {"allOf": [{"type": ["string", "null"]}, {"description": "words"}]}, id="allOf with prose"
        ),
    ],
)
def test_nullable_forms_are_one(schema: dict[str, Any]) -> None:
    assert shape_of(schema) == "string|null"


@pytest.mark.parametrize(
    ("schema", "shape"),
    [
        pytest.param({}, "any", id="nothing said"),
        pytest.param(True, "any", id="true"),
        pytest.param(False, "never", id="false"),
        pytest.param({"description": "words", "example": 1}, "any", id="only prose"),
        pytest.param({"type": "integer", "format": "int32"}, "integer", id="machine formats are dropped"),
        pytest.param(
            {"type": "string", "format": "uuid"}, {"type": "string", "format": "uuid"}, id="other formats"
        ),
        pytest.param(
            {"type": "integer", "minimum": 0, "exclusiveMaximum": 9},
            {"type": "integer", "min": 0, "below": 9},
            id="bounds",
        ),
        pytest.param(
            {"type": "number", "minimum": 0, "exclusiveMinimum": True},
            {"type": "number", "above": 0},
            id="an exclusive bound as OpenAPI 3.0 writes it",
        ),
        pytest.param(
            {"type": "number", "maximum": 9, "exclusiveMaximum": False},
            {"type": "number", "max": 9},
            id="a bound that is not exclusive",
        ),
        pytest.param({"const": "a"}, {"type": "string", "enum": ["a"]}, id="const is an enum of one"),
        pytest.param(
            {"enum": ["b", None, "a"]},
            {"type": "string", "enum": ["a", "b"], "null": True},
            id="null in an enum",
        ),
        pytest.param({"$ref": "#/components/schemas/A"}, "#A", id="reference"),
        pytest.param({"$ref": "#/$defs/A"}, "#A", id="reference as pydantic writes it"),
        pytest.param({"oneOf": [{"$ref": "#/x/A"}, {"type": "null"}]}, "#A|null", id="nullable reference"),
        pytest.param({"allOf": [{"$ref": "#/x/A"}, {"example": {"a": 1}}]}, "#A", id="annotated reference"),
        pytest.param(
            {"allOf": [{"$ref": "#/x/A"}, {"type": "object", "properties": {"b": {"type": "string"}}}]},
            {"all": ["#A", {"type": "object", "fields": {"b?": "string"}}]},
            id="extended reference",
        ),
        pytest.param(
            {"oneOf": [{"$ref": "#/x/B"}, {"$ref": "#/x/A"}], "discriminator": {"propertyName": "type"}},
            {"any": ["#A", "#B"], "by": "type"},
            id="discriminated union",
        ),
        pytest.param(
            {"anyOf": [{"anyOf": [{"type": "string"}, {"type": "number"}]}, {"type": "null"}]},
            {"any": ["number", "string"], "null": True},
            id="union in a union",
        ),
        pytest.param(
            {"type": ["string", "number"]}, {"any": ["number", "string"]}, id="several types are a union"
        ),
        pytest.param(
            {"type": "array", "items": {"type": "string"}, "maxItems": 4},
            {"type": "array", "items": "string", "max_items": 4},
            id="array",
        ),
        pytest.param(
            {
                "type": "object",
                "properties": {"a": {}, "b": {}},
                "required": ["a"],
                "additionalProperties": False,
            },
            {"type": "object", "fields": {"a": "any", "b?": "any"}, "closed": True},
            id="closed object",
        ),
        pytest.param({"type": "object", "additionalProperties": {}}, "object", id="open object"),
        pytest.param(
            {"type": "object", "additionalProperties": {"type": "string"}},
            {"type": "object", "map": "string"},
            id="map",
        ),
        pytest.param(
            {"properties": {"description": {"type": "string"}}},
            {"type": "object", "fields": {"description?": "string"}},
            id="a field may be called description",
        ),
    ],
)
def test_facts_of_a_schema(schema: Any, shape: Shape) -> None:
    assert shape_of(schema) == shape


def test_the_order_of_what_has_none_does_not_matter() -> None:
    one = {"anyOf": [{"enum": ["a", "b"]}, {"type": "integer"}]}
    two = {"anyOf": [{"type": "integer"}, {"enum": ["b", "a"]}]}
    assert canonical(shape_of(one)) == canonical(shape_of(two))


def test_tags_are_the_fields_with_one_possible_value() -> None:
    shape = shape_of(
        {"type": "object", "properties": {"type": {"const": "text"}, "mode": {"enum": ["a", "b"]}, "x": {}}}
    )
    assert tags_of(shape) == {"type": "text"}
