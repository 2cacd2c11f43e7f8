"""`--schema 'name, age int, tags [str]'`: a JSON Schema in a few words. Pure.

Each field is a name, then a type, then a colon and a description; the last two may be missing. Fields are separated
by commas, or are on lines of their own, where descriptions may have commas. All are required; `?` makes one nullable.
"""

from __future__ import annotations

import re

from pydantic import JsonValue

from ..errors import ConfigurationError

__all__ = ["looks_like_words", "schema_of_words", "several"]

_TYPES = {
    "str": "string",
    "string": "string",
    "int": "integer",
    "integer": "integer",
    "float": "number",
    "number": "number",
    "bool": "boolean",
    "boolean": "boolean",
}
_FIELD = re.compile(r"(?P<name>\w+)(?:\s+(?P<open>\[)?\s*(?P<type>\w+)\s*(?P<close>\])?)?(?P<null>\s*\?)?")


def looks_like_words(given: str) -> bool:
    """Return whether it is meant as words: it has more than one, so it is not the name of a file."""
    return not given.endswith(".json") and any(mark in given.strip() for mark in ", :\n")


def schema_of_words(given: str, option: str = "--schema") -> dict[str, JsonValue]:
    """Return the schema.

    Raises:
        ConfigurationError: a field has another form, an unknown type, or comes twice.
    """
    properties: dict[str, JsonValue] = {}
    for part in given.split("\n" if "\n" in given.strip() else ","):
        if not part.strip():
            continue
        head, _, description = part.partition(":")
        found = _FIELD.fullmatch(head.strip())
        if found is None or bool(found["open"]) != bool(found["close"]):
            raise ConfigurationError(
                f"{option} has the field {part.strip()!r}; expected 'name', 'age int' or 'tags [str]'"
            )
        name, kind = found["name"], found["type"] or "str"
        if kind not in _TYPES:
            raise ConfigurationError(
                f"{option} has the type {kind!r} for {name!r}; expected str, int, float or bool"
            )
        if name in properties:
            raise ConfigurationError(f"{option} has the field {name!r} twice")
        one: dict[str, JsonValue] = {"type": _TYPES[kind]}
        field: dict[str, JsonValue] = {"type": "array", "items": one} if found["open"] else one
        if found["null"]:
            field["type"] = [str(field["type"]), "null"]
        if description.strip():
            field["description"] = description.strip()
        properties[name] = field
    if not properties:
        raise ConfigurationError(f"{option} has no fields; expected e.g. 'name, age int, tags [str]'")
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def several(schema: dict[str, JsonValue]) -> dict[str, JsonValue]:
    """Return the schema of an object whose `items` are values of a schema; models take no list at the top.

    Definitions stay at the top, where references to them look.
    """
    one = dict(schema)
    shared: dict[str, JsonValue] = {
        name: one.pop(name) for name in ("$schema", "$id", "$defs", "definitions") if name in one
    }
    items: dict[str, JsonValue] = {"items": {"type": "array", "items": one}}
    return {
        **shared,
        "type": "object",
        "properties": items,
        "required": ["items"],
        "additionalProperties": False,
    }
