"""Checks a caller's JSON Schema before it is sent: the shape of each keyword that all drafts agree on.

The targets of references, and unknown keywords, are left to the provider.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, TypeAlias

from pydantic import GetCoreSchemaHandler
from pydantic_core import PydanticCustomError, core_schema

from .fields import check_json

__all__ = ["JSONSchemaObject", "schema_problem"]

_TYPES = ("null", "boolean", "integer", "number", "string", "array", "object")

_ONE = frozenset(
    {"additionalProperties", "propertyNames", "not", "contains", "if", "then", "else", "additionalItems",
     "unevaluatedProperties", "unevaluatedItems"}
)  # fmt: skip
_LISTS = frozenset({"anyOf", "oneOf", "allOf", "prefixItems"})
_NAMED = frozenset({"properties", "patternProperties", "$defs", "definitions", "dependentSchemas"})
_COUNTS = frozenset(
    {"minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties", "minContains", "maxContains"}
)  # fmt: skip
_BOUNDS = frozenset({"minimum", "maximum", "multipleOf"})
_TEXTS = frozenset({"$ref", "pattern", "format", "title", "description"})


@dataclass(frozen=True)
class _SchemaObject:
    """A JSON object that is a JSON Schema."""

    def __get_pydantic_core_schema__(
        self, _source: object, _handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(_schema_object)


JSONSchemaObject: TypeAlias = Annotated[Mapping[str, object], _SchemaObject()]
"""A JSON Schema; its keys stay in the order given."""


def _schema_object(value: object) -> object:
    if not isinstance(value, Mapping):
        raise PydanticCustomError("json", "a JSON object")
    checked = check_json(value)
    if problem := schema_problem(checked):
        raise PydanticCustomError("json_schema", "a JSON Schema: {problem}", {"problem": problem})
    return checked


def schema_problem(schema: object) -> str:
    """Return the first thing that is wrong with a JSON Schema, with its place; empty where nothing is."""
    waiting: list[tuple[str, object]] = [("#", schema)]
    while waiting:
        place, part = waiting.pop()
        if isinstance(part, bool):
            continue
        if not isinstance(part, Mapping):
            return f"{place} must be a schema, an object or a boolean"
        for keyword, value in part.items():
            inner = f"{place}/{keyword}"
            if wrong := _shape(keyword, value):
                return f"{inner} must be {wrong}"
            if keyword in _ONE or (keyword == "items" and not isinstance(value, list)):
                waiting.append((inner, value))
            elif isinstance(value, list) and (keyword in _LISTS or keyword == "items"):
                waiting += [(f"{inner}/{index}", each) for index, each in enumerate(value)]
            elif isinstance(value, Mapping) and keyword in _NAMED:
                waiting += [(f"{inner}/{name}", each) for name, each in value.items()]
    return ""


def _shape(keyword: str, value: object) -> str:
    """Return what the value of a keyword must be where it is something else."""
    if keyword == "type":
        named = value if isinstance(value, list) else [value]
        if not named or not all(each in _TYPES for each in named if isinstance(each, str)):
            return f"one of {', '.join(map(repr, _TYPES))}, or a list of them"
        return "" if all(isinstance(each, str) for each in named) else "the name of a type, or a list of them"
    if keyword in _LISTS:
        return "" if isinstance(value, list) and value else "a list of schemas"
    if keyword in _NAMED:
        return "" if isinstance(value, Mapping) else "an object with a schema for each name"
    if keyword == "required":  # a boolean in drafts long gone
        is_list = isinstance(value, list) and all(isinstance(each, str) for each in value)
        return "" if is_list or isinstance(value, bool) else "a list of names"
    if keyword == "enum":
        return "" if isinstance(value, list) and value else "a list of at least one value"
    if keyword in _COUNTS:
        if isinstance(value, int | float) and not isinstance(value, bool) and value >= 0 and value % 1 == 0:
            return ""
        return "a whole number of at least 0"
    if keyword in _BOUNDS:
        return "" if isinstance(value, int | float) and not isinstance(value, bool) else "a number"
    if keyword in ("exclusiveMinimum", "exclusiveMaximum"):  # a boolean in draft 4
        return "" if isinstance(value, int | float) else "a number"
    if keyword in _TEXTS:
        return "" if isinstance(value, str) else "text"
    return ""
