"""The keywords of JSON Schema: which speak of which type, and how those of several schemas are said in one.

`allOf` and siblings of `$ref` become one schema, where that can be done without changing what is accepted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ..schemas.describe import constraints
from ..schemas.json_text import are_equal
from ..schemas.references import names_in
from .codecs import Kind, UnsupportedSchema

if TYPE_CHECKING:
    from pydantic import JsonValue

__all__ = [
    "ANNOTATIONS",
    "EVERYWHERE",
    "KEYWORDS_OF",
    "UNSUPPORTED",
    "description_of",
    "merged",
    "with_prefix",
]

ANNOTATIONS = frozenset(
    {"title", "description", "default", "examples", "example", "deprecated", "readOnly", "writeOnly", "$comment",
     "$id", "$schema", "$anchor", "$defs", "definitions", "discriminator", "xml", "externalDocs"}
)  # fmt: skip
"""Keywords that accept and refuse nothing: JSON Schema 2020-12, core, 8, and validation, 9; OpenAPI 3.1."""

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
"""The keywords that speak of each type (JSON Schema 2020-12, core, 10.3, and validation, 6.2 to 6.5, 7 and 8)."""

EVERYWHERE = frozenset({"type", "enum", "const", "anyOf", "oneOf", "allOf", "$ref", "not"}) | ANNOTATIONS

UNSUPPORTED = frozenset(
    {"if", "then", "else", "dependentSchemas", "dependencies", "unevaluatedProperties", "unevaluatedItems",
     "contentSchema"}
)  # fmt: skip
"""Keywords that no strict schema can stand for, and that words would not make clear."""

_HIGHEST = frozenset({"minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"})
_LOWEST = frozenset({"maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"})


def merged(parts: Sequence[Mapping[str, JsonValue]]) -> dict[str, JsonValue]:
    """Return one schema for all of `parts`; of annotations the first counts.

    Raises:
        UnsupportedSchema: two parts say what cannot be said together.
    """
    parts = [with_prefix(part) for part in parts]
    _check_closed(parts)
    _check_positions(parts)
    whole: dict[str, JsonValue] = {}
    for part in parts:
        for keyword, value in part.items():
            if keyword not in whole:
                whole[keyword] = value
            elif keyword not in ANNOTATIONS and not are_equal(whole[keyword], value):
                whole[keyword] = _both(keyword, whole[keyword], value)
    return whole


def with_prefix(schema: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Return a schema whose tuple, if it has one, is written as since draft 2020, not as in draft 7."""
    items = schema.get("items")
    if not isinstance(items, list):
        return {key: value for key, value in schema.items() if key != "additionalItems"}
    others = schema.get("additionalItems", True)
    rest = {key: value for key, value in schema.items() if key not in ("items", "additionalItems")}
    return {**rest, "prefixItems": items, "items": others}


def _check_closed(parts: Sequence[Mapping[str, JsonValue]]) -> None:
    """Raise where a part closes its object against properties that another one has."""
    # Each speaks of the properties of its own schema object alone (JSON Schema 2020-12, core, 10.3.2.3).
    for part in parts:
        if part.get("additionalProperties", True) is True:
            continue
        own = names_in(part, "properties")
        if any(names_in(other, "properties").keys() - own for other in parts):
            raise UnsupportedSchema(
                "'additionalProperties' of one part of 'allOf' speaks of properties of another"
            )


def _check_positions(parts: Sequence[Mapping[str, JsonValue]]) -> None:
    """Raise where the items of one part are those after the prefix of another: there they are all of them."""
    # `items` begins after the `prefixItems` beside it (JSON Schema 2020-12, core, 10.3.1.2).
    prefixes = [part.get("prefixItems", []) for part in parts if "items" in part or "prefixItems" in part]
    if any(not are_equal(prefix, prefixes[0]) for prefix in prefixes[1:]):
        raise UnsupportedSchema("'items' of one part of 'allOf' speaks of the positions of another")


def _both(keyword: str, a: JsonValue, b: JsonValue) -> JsonValue:
    if isinstance(a, int | float) and isinstance(b, int | float):
        if keyword in _HIGHEST:
            return max(a, b)
        if keyword in _LOWEST:
            return min(a, b)
    if isinstance(a, dict) and isinstance(b, dict) and keyword == "properties":
        return {
            name: {"allOf": [a[name], b[name]]} if name in a and name in b else a.get(name, b.get(name))
            for name in {**a, **b}
        }
    if keyword == "required" and isinstance(a, list) and isinstance(b, list):
        return [*a, *(name for name in b if name not in a)]
    if keyword == "enum" and isinstance(a, list) and isinstance(b, list):
        return [choice for choice in a if any(are_equal(choice, other) for other in b)]
    if keyword == "type":
        common = [kind for kind in _listed(a) if _is_of(kind, b)]
        common += [kind for kind in _listed(b) if kind not in common and _is_of(kind, a)]
        if common:
            return common[0] if len(common) == 1 else common
    if keyword == "items":
        return {"allOf": [a, b]}
    if keyword == "additionalProperties" and True in (a, b):
        return b if a is True else a
    raise UnsupportedSchema(f"two parts of 'allOf' say different things by {keyword!r}")


def _is_of(kind: JsonValue, named: JsonValue) -> bool:
    return kind in _listed(named) or (kind == "integer" and "number" in _listed(named))


def _listed(value: JsonValue) -> list[JsonValue]:
    return value if isinstance(value, list) else [value]


def description_of(schema: Mapping[str, JsonValue]) -> str:
    """Return the text of a description, extended by the requirements of dropped keywords."""
    said = str(schema.get("description") or "").strip()
    words = "; ".join(constraints(schema))
    if not words:
        return said
    words = words[:1].upper() + words[1:] + "."
    return f"{said}{'' if said.endswith(('.', '!', '?', ':')) else '.'} {words}" if said else words
