"""Hypothesis strategies: JSON schemas, and instances of a schema; and what the strict subset allows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TypeAlias

from hypothesis import strategies as st
from pydantic import JsonValue

__all__ = ["ANY_JSON", "assert_is_strict", "instances", "schemas"]

Schema: TypeAlias = "dict[str, JsonValue]"

KEYS = st.sampled_from(
    ["a", "b", "c", "d", "kind", "value", "key", "item_1", "other_properties", "odd name", "ü"]
)
TEXTS = st.text(alphabet='ab"\\{}[]é\n ', max_size=6)
ANY_JSON: st.SearchStrategy[JsonValue] = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | TEXTS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXTS, inner, max_size=2),
    max_leaves=4,
)


@st.composite
def schemas(draw: st.DrawFn, depth: int = 3) -> Schema:
    """Draw a schema; at depth 3 the root, which may hold definitions, one of them recursive."""
    schema = draw(_node(depth, has_definitions=depth == 3))
    if depth == 3:
        schema = {**schema, "$defs": {"Tree": draw(_tree()), "Leaf": draw(_node(0))}}
    return schema


@st.composite
def _tree(draw: st.DrawFn) -> Schema:
    """Draw the definition of something recursive."""
    children: Schema = draw(
        st.sampled_from(
            [
                {"type": "array", "items": {"$ref": "#/$defs/Tree"}},
                {"type": "object", "additionalProperties": {"$ref": "#/$defs/Tree"}},
                {"anyOf": [{"$ref": "#/$defs/Tree"}, {"type": "null"}]},
            ]
        )
    )
    return {
        "type": "object",
        "properties": {"size": draw(_node(0)), "children": children},
        "required": draw(st.sampled_from([["size"], ["size", "children"]])),
        "additionalProperties": False,
    }


@st.composite
def _node(draw: st.DrawFn, depth: int, *, has_definitions: bool = False) -> Schema:
    scalars = ["null", "boolean", "integer", "number", "string", "enum", "const", "bounded", "any"]
    containers = ["array", "tuple", "object", "object", "object", "map", "anyOf", "types", "nullable"]
    kind = draw(
        st.sampled_from(scalars + (containers + (["ref"] if has_definitions else []) if depth else []))
    )
    inner = _node(depth - 1, has_definitions=has_definitions) if depth else st.nothing()
    match kind:
        case "enum":
            return {
                "enum": draw(
                    st.lists(
                        st.none() | st.booleans() | st.integers(0, 5) | TEXTS,
                        min_size=1,
                        max_size=4,
                        unique_by=repr,
                    )
                )
            }
        case "const":
            return {"const": draw(st.booleans() | st.integers(0, 5) | TEXTS)}
        case "bounded":
            return draw(
                st.sampled_from(
                    [
                        {"type": "integer", "minimum": 3, "maximum": 7},
                        {"type": "string", "minLength": 1, "maxLength": 3},
                        {"type": "string", "format": "date"},
                        {"type": "array", "items": {"type": "integer"}, "minItems": 1, "uniqueItems": True},
                    ]
                )
            )
        case "any":
            return draw(st.sampled_from([{}, {"description": "whatever"}]))
        case "array":
            return {"type": "array", "items": draw(inner)}
        case "tuple":
            items: list[JsonValue] = draw(st.lists(inner, min_size=1, max_size=3))
            least = draw(st.integers(0, len(items)))
            rest: JsonValue = draw(st.sampled_from([False, False, {"type": "integer"}]))
            return {"type": "array", "prefixItems": items, "items": rest, "minItems": least}
        case "map":
            return {"type": "object", "additionalProperties": draw(inner)}
        case "object":
            return draw(_object(inner))
        case "anyOf" | "oneOf":
            return {kind: list(draw(st.lists(inner, min_size=1, max_size=3)))}
        case "types":
            return {
                "type": list(
                    draw(
                        st.lists(
                            st.sampled_from(["null", "integer", "string", "boolean"]),
                            min_size=1,
                            max_size=3,
                            unique=True,
                        )
                    )
                )
            }
        case "nullable":
            return {"anyOf": [draw(inner), {"type": "null"}]}
        case "ref":
            return {"$ref": draw(st.sampled_from(["#/$defs/Tree", "#/$defs/Leaf"]))}
        case _:
            return {"type": kind}


@st.composite
def _object(draw: st.DrawFn, inner: st.SearchStrategy[Schema]) -> Schema:
    properties = draw(st.dictionaries(KEYS, inner, min_size=1, max_size=4))
    for name, schema in properties.items():
        if schema.get("type") == "integer" and draw(st.booleans()):
            properties[name] = {**schema, "default": 5}
    schema: Schema = {
        "type": "object",
        "properties": properties,
        "required": [name for name in properties if draw(st.booleans())],
    }
    more: JsonValue = draw(st.sampled_from([None, False, False, True, {"type": "string"}]))
    return schema if more is None else {**schema, "additionalProperties": more}


def instances(
    schema: JsonValue, document: Mapping[str, JsonValue], depth: int = 4
) -> st.SearchStrategy[JsonValue]:
    """Return a strategy for the instances of a schema that the strategies above can draw, and of strict ones."""
    if not isinstance(schema, dict):
        return ANY_JSON
    if "$ref" in schema:
        target: JsonValue = dict(document)
        for step in str(schema["$ref"]).removeprefix("#").strip("/").split("/"):
            assert isinstance(target, dict)
            target = target[step] if step else target
        return st.deferred(lambda: instances(target, document, depth - 1))
    if "anyOf" in schema:
        arms = schema["anyOf"]
        assert isinstance(arms, list)
        if depth <= 0:
            arms = [arm for arm in arms if isinstance(arm, dict) and arm.get("type") == "null"] or arms
        return st.one_of([instances(arm, document, depth) for arm in arms])
    if "const" in schema:
        return st.just(schema["const"])
    if isinstance(schema.get("enum"), list):
        return st.sampled_from(schema["enum"])  # type: ignore[arg-type]  # a list, as was just seen
    kind = schema.get("type")
    if isinstance(kind, list):
        return st.one_of([instances({"type": each}, document, depth) for each in kind])
    match kind:
        case "null":
            return st.none()
        case "boolean":
            return st.booleans()
        case "integer":
            return st.integers(int(schema.get("minimum", -9)), int(schema.get("maximum", 9)))  # type: ignore[arg-type]
        case "number":
            return st.floats(-5, 5, width=16) | st.integers(-5, 5)
        case "string":
            if schema.get("format") == "date":
                return st.sampled_from(["2020-01-31", "1999-12-01"])
            if "Any JSON value" in str(schema.get("description")):
                return ANY_JSON.map(json.dumps)
            return st.text(alphabet="ab", min_size=int(schema.get("minLength", 0)), max_size=3)  # type: ignore[arg-type]
        case "array":
            return _arrays(schema, document, depth)
        case "object":
            return _objects(schema, document, depth)
        case _:
            return ANY_JSON


def _arrays(schema: Schema, document: Mapping[str, JsonValue], depth: int) -> st.SearchStrategy[JsonValue]:
    prefix = schema.get("prefixItems")
    least = int(schema.get("minItems", 0))  # type: ignore[arg-type]  # a number
    items = instances(schema.get("items", True), document, depth - 1)
    most = 0 if depth <= 0 and not least else 3
    if not isinstance(prefix, list):
        return st.lists(
            items, min_size=least, max_size=most, unique_by=repr if schema.get("uniqueItems") else None
        )

    @st.composite
    def tuples(draw: st.DrawFn) -> JsonValue:
        length = draw(st.integers(least, len(prefix)))
        drawn = [draw(instances(item, document, depth - 1)) for item in prefix[:length]]
        if length == len(prefix) and schema.get("items") is not False:
            drawn += draw(st.lists(items, max_size=2))
        return drawn

    return tuples()


def _objects(schema: Schema, document: Mapping[str, JsonValue], depth: int) -> st.SearchStrategy[JsonValue]:
    properties = schema.get("properties", {})
    required = schema.get("required", [])
    more = schema.get("additionalProperties", False)
    assert isinstance(properties, dict)
    assert isinstance(required, list)

    @st.composite
    def objects(draw: st.DrawFn) -> JsonValue:
        drawn: dict[str, JsonValue] = {}
        for name, item in properties.items():
            if name in required or (depth > 0 and draw(st.booleans())):
                drawn[name] = draw(instances(item, document, depth - 1))
        if more is not False and depth > 0:
            others = draw(st.dictionaries(KEYS, instances(more, document, depth - 1), max_size=2))
            drawn |= {key: item for key, item in others.items() if key not in properties}
        return drawn

    return objects()


ALLOWED = {
    "type",
    "properties",
    "required",
    "additionalProperties",
    "items",
    "enum",
    "anyOf",
    "$ref",
    "$defs",
    "description",
}


def assert_is_strict(schema: JsonValue, *, is_root: bool = True) -> None:
    """Assert that a schema is in the subset that strict modes of all providers accept."""
    assert isinstance(schema, dict), schema
    assert schema.keys() <= (ALLOWED if is_root else ALLOWED - {"$defs"}), schema
    if is_root:
        assert schema["type"] == "object"
        for definition in (schema.get("$defs") or {}).values():  # type: ignore[union-attr]  # a dict
            assert_is_strict(definition, is_root=False)
    if "$ref" in schema:
        assert schema.keys() == {"$ref"}
        return
    if "anyOf" in schema:
        assert schema.keys() <= {"anyOf", "description"}
        for arm in schema["anyOf"]:  # type: ignore[union-attr]  # a list
            assert_is_strict(arm, is_root=False)
        return
    kind = schema["type"]
    assert kind in ("null", "boolean", "integer", "number", "string", "array", "object")
    if kind == "object":
        assert schema["additionalProperties"] is False
        assert schema["required"] == list(schema["properties"])  # type: ignore[arg-type]  # a dict
        for item in schema["properties"].values():  # type: ignore[union-attr]  # a dict
            assert_is_strict(item, is_root=False)
    if kind == "array":
        assert_is_strict(schema["items"], is_root=False)
