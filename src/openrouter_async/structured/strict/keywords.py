"""The keywords of JSON Schema: which speak of which type, and which have no place in a strict schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ..constraints import constraints
from .codec import Kind
from .merge import ANNOTATIONS

if TYPE_CHECKING:
    from pydantic import JsonValue

__all__ = ["EVERYWHERE", "KEYWORDS_OF", "UNSPEAKABLE", "description_of"]

KEYWORDS_OF: dict[Kind, frozenset[str]] = {
    "null": frozenset(),
    "boolean": frozenset(),
    "integer": frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}),
    "number": frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}),
    "string": frozenset(
        {"minLength", "maxLength", "pattern", "format", "contentEncoding", "contentMediaType", "contentSchema"}
    ),
    "array": frozenset(
        {"items", "prefixItems", "additionalItems", "minItems", "maxItems", "uniqueItems", "contains",
         "minContains", "maxContains"}
    ),
    "object": frozenset(
        {"properties", "required", "additionalProperties", "patternProperties", "propertyNames", "minProperties",
         "maxProperties", "dependentRequired"}
    ),
}  # fmt: skip
"""The keywords that speak of each type."""

EVERYWHERE = frozenset({"type", "enum", "const", "anyOf", "oneOf", "allOf", "$ref", "not"}) | ANNOTATIONS

UNSPEAKABLE = frozenset(
    {"if", "then", "else", "dependentSchemas", "dependencies", "unevaluatedProperties", "unevaluatedItems",
     "contentSchema"}
)  # fmt: skip
"""Keywords that no strict schema can stand for, and that words would not make clear."""


def description_of(schema: Mapping[str, JsonValue]) -> str:
    """Return what a description says, and what it must say in place of keywords."""
    said = str(schema.get("description") or "").strip()
    words = "; ".join(constraints(schema))
    if not words:
        return said
    words = words[:1].upper() + words[1:] + "."
    return f"{said}{'' if said.endswith(('.', '!', '?', ':')) else '.'} {words}" if said else words
