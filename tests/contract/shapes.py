"""Shapes: what a JSON Schema demands, without its prose, in one normal form.

The service's document, the schemas of newer operations and pydantic's schemas of our own types all become
shapes, so that a comparison sees facts and not ways of writing them:

- plain types are text: `"string"`, `"integer|null"`, `"#ChatUsage"` (a named shape), `"any"`;
- with facts they are an object: `{"type": "string", "enum": [...]}`, `{"type": "integer", "min": 1}`,
  `{"type": "array", "items": shape}`, `{"type": "object", "fields": {"name": shape, "other?": shape}}`;
- the name of an optional field ends in `?`; an object says `"closed": true` where it refuses other fields,
  `"open": true` where it names some and takes others, and `"map": shape` where it says what they hold;
- `"open": true` beside an enum says that values will come that it does not name;
- `{"any": [shapes]}` is a union, `"by"` its discriminator; `{"all": [shapes]}` holds all of its parts;
- `"null": true` beside any of these allows null.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

__all__ = ["Shape", "allows_null", "canonical", "names_in", "nullable", "shape_of", "tags_of", "without_null"]

Shape = str | dict[str, Any]

_FACTS = {
    "minimum": "min",
    "maximum": "max",
    "exclusiveMinimum": "above",
    "exclusiveMaximum": "below",
    "multipleOf": "multiple_of",
    "minLength": "min_length",
    "maxLength": "max_length",
    "pattern": "pattern",
    "minItems": "min_items",
    "maxItems": "max_items",
    "uniqueItems": "unique",
    "minProperties": "min_fields",
    "maxProperties": "max_fields",
    "contentEncoding": "encoding",
    "deprecated": "deprecated",
}
"""Keywords that are kept as they are, and our names for them."""

_MACHINE_FORMATS = {"int32", "int64", "float", "double"}
_TYPE_OF_VALUE = {
    bool: "boolean",
    int: "integer",
    float: "number",
    str: "string",
    list: "array",
    dict: "object",
}


def shape_of(schema: Any) -> Shape:
    """Return the shape of a JSON Schema."""
    if isinstance(schema, bool) or not schema:
        return "never" if schema is False else "any"
    rest = {key: value for key, value in schema.items() if key not in ("$ref", "allOf", "anyOf", "oneOf")}
    parts: list[Shape] = []
    if "$ref" in schema:
        parts.append("#" + schema["$ref"].rsplit("/", 1)[-1])
    parts.extend(shape_of(part) for part in schema.get("allOf", []))
    discriminator = schema.get("discriminator", {}).get("propertyName")
    parts.extend(_union(schema[word], discriminator) for word in ("anyOf", "oneOf") if word in schema)
    parts.append(_own(rest))
    return _all(parts)


def canonical(shape: Any) -> str:
    """Return compact JSON text that is the same for equal shapes."""
    return json.dumps(shape, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def allows_null(shape: Shape) -> bool:
    """Whether null is allowed by the shape itself; a name it refers to may allow it too."""
    if isinstance(shape, str):
        return shape in ("any", "null") or shape.endswith("|null")
    return bool(shape.get("null"))


def without_null(shape: Shape) -> Shape:
    """Return the shape of the values other than null."""
    if isinstance(shape, str):
        return shape.removesuffix("|null")
    return _shortest({key: value for key, value in shape.items() if key != "null"})


def nullable(shape: Shape, null: bool = True) -> Shape:
    """Return the shape that allows null too, if that is wanted."""
    if not null or allows_null(shape):
        return shape
    return f"{shape}|null" if isinstance(shape, str) else {**shape, "null": True}


def names_in(shape: Any) -> Iterator[str]:
    """Yield the names that a shape refers to."""
    if isinstance(shape, str):
        if shape.startswith("#"):
            yield shape[1:].removesuffix("|null")
    elif isinstance(shape, dict):
        for key in ("items", "map", "any", "all"):
            yield from names_in(shape.get(key))
        for field in shape.get("fields", {}).values():
            yield from names_in(field)
    elif isinstance(shape, list):
        for part in shape:
            yield from names_in(part)


def tags_of(shape: Shape) -> dict[str, str]:
    """Return the fields of an object with one possible value, which tell it from other members of a union."""
    fields = shape.get("fields", {}) if isinstance(shape, dict) else {}
    return {
        name.removesuffix("?"): str(field["enum"][0])
        for name, field in fields.items()
        if isinstance(field, dict) and len(field.get("enum", [])) == 1
    }


def _own(schema: Mapping[str, Any]) -> Shape:
    """Return the shape of what a schema says besides references, unions and intersections."""
    values = _enum(schema)
    named = schema.get("type", [])
    types = {named} if isinstance(named, str) else set(named)
    null = "null" in types or None in values
    types.discard("null")
    values = [value for value in values if value is not None]
    if not types:
        types = {_TYPE_OF_VALUE[type(value)] for value in values}
    if not types and ("properties" in schema or "required" in schema or "additionalProperties" in schema):
        types = {"object"}
    if not types:
        return "null" if null else "any"
    shapes = [_of_type(name, schema, values) for name in sorted(types)]
    return nullable(shapes[0] if len(shapes) == 1 else {"any": shapes}, null)


def _enum(schema: Mapping[str, Any]) -> list[Any]:
    values = [schema["const"]] if "const" in schema else list(schema.get("enum", []))
    return sorted(values, key=canonical)


def _of_type(name: str, schema: Mapping[str, Any], values: list[Any]) -> Shape:
    shape: dict[str, Any] = {"type": name}
    if values:
        shape["enum"] = [value for value in values if _TYPE_OF_VALUE[type(value)] == name]
        if schema.get("x-open"):
            shape["open"] = True
    if schema.get("format") not in (None, *_MACHINE_FORMATS):
        shape["format"] = schema["format"]
    shape.update(_facts(schema))
    if name == "array" and "items" in schema:
        shape["items"] = shape_of(schema["items"])
    if name == "object":
        shape.update(_object(schema))
    return _shortest(shape)


def _facts(schema: Mapping[str, Any]) -> dict[str, Any]:
    facts = {ours: schema[theirs] for theirs, ours in _FACTS.items() if theirs in schema}
    for edge, bound in (("above", "min"), ("below", "max")):
        if isinstance(facts.get(edge), bool) and facts.pop(
            edge
        ):  # as OpenAPI 3.0 writes it: of the bound beside it
            facts[edge] = facts.pop(bound)
    return facts


def _object(schema: Mapping[str, Any]) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    required = set(schema.get("required", []))
    properties = dict.fromkeys(required, True) | schema.get("properties", {})
    if properties:
        facts["fields"] = {
            name if name in required else f"{name}?": shape_of(value) for name, value in properties.items()
        }
    others = schema.get("additionalProperties")
    if others is False:
        facts["closed"] = True
    elif others is True and properties:
        facts["open"] = True
    elif others not in (None, True, {}):
        facts["map"] = shape_of(others)
    return facts


def _union(members: Iterable[Any], discriminator: str | None) -> Shape:
    shapes: dict[str, Shape] = {}
    null = False
    for member in members:
        shape = shape_of(member)
        if shape == "null":
            null = True
        elif shape != "any" and allows_null(shape):
            null, shape = True, without_null(shape)
        inner = shape["any"] if isinstance(shape, dict) and set(shape) == {"any"} else [shape]
        shapes |= {canonical(part): part for part in inner if part != "null"}
    ordered = [shapes[key] for key in sorted(shapes)]
    if not ordered:
        return "null"
    if len(ordered) == 1:
        return nullable(ordered[0], null)
    union: dict[str, Any] = {"any": ordered}
    if discriminator is not None:
        union["by"] = discriminator
    return nullable(union, null)


def _all(parts: Iterable[Shape]) -> Shape:
    kept = [part for part in parts if part != "any"]
    if not kept:
        return "any"
    return kept[0] if len(kept) == 1 else {"all": kept}


def _shortest(shape: dict[str, Any]) -> Shape:
    return shape["type"] if set(shape) == {"type"} else shape
