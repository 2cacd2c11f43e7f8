"""The packaged facts as JSON Schema, so that `jsonschema` judges by them, and not the judge under test."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

from openrouter_async.testing.facts.table import load_facts

__all__ = ["schema_of", "violations"]

KEYWORDS = {
    "min": "minimum",
    "max": "maximum",
    "above": "exclusiveMinimum",
    "below": "exclusiveMaximum",
    "min_length": "minLength",
    "max_length": "maxLength",
    "min_items": "minItems",
    "max_items": "maxItems",
    "pattern": "pattern",
    "format": "format",
}


def schema_of(shape: Any) -> dict[str, Any]:
    """Return the JSON Schema of a shape; other fields are refused where the shape does not allow them."""
    if isinstance(shape, str):
        name = shape.removesuffix("|null")
        if name.startswith("#"):
            schema: dict[str, Any] = {"$ref": f"#/$defs/{name[1:]}"}
        else:
            schema = {} if name == "any" else {"type": name}
        return {"anyOf": [schema, {"type": "null"}]} if name != shape else schema
    if "any" in shape:
        schema = {"anyOf": [schema_of(part) for part in shape["any"]]}
    elif "all" in shape:
        schema = {"allOf": [schema_of(part) for part in shape["all"]]}
    else:
        schema = {"type": shape["type"]} | {new: shape[old] for old, new in KEYWORDS.items() if old in shape}
        if "enum" in shape and not shape.get("open"):
            schema["enum"] = shape["enum"]
        if "items" in shape:
            schema["items"] = schema_of(shape["items"])
        if "map" in shape:
            schema["additionalProperties"] = schema_of(shape["map"])
        elif shape.get("closed"):
            schema["additionalProperties"] = False
        fields = shape.get("fields", {})
        if fields:
            schema["properties"] = {
                name.removesuffix("?"): schema_of(inner) for name, inner in fields.items()
            }
            schema["required"] = [name for name in fields if not name.endswith("?")]
    return {"anyOf": [schema, {"type": "null"}]} if shape.get("null") else schema


@cache
def _definitions() -> dict[str, Any]:
    return {name: schema_of(shape) for name, shape in load_facts().shapes.items()}


def violations(value: Any, shape: Any) -> Iterator[str]:
    """Yield what `jsonschema` says against a value."""
    schema = {**schema_of(shape), "$defs": _definitions()}
    for error in Draft202012Validator(schema, format_checker=FormatChecker()).iter_errors(value):
        yield f"{error.json_path}: {error.message[:200]}"
