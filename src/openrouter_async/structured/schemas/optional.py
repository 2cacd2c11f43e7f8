"""Finds nulls in a value that only say that a property was left out. Pure.

Strict modes require every property and let null stand for those that may be missing, so models that were trained on
them write it in any mode. A schema that refuses null there, and does not require the property, loses nothing without
it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from typing import TYPE_CHECKING

from .references import list_in, resolve
from .violations import Path, part_at

if TYPE_CHECKING:
    from pydantic import JsonValue

__all__ = ["without_nulls"]


def without_nulls(
    value: JsonValue, paths: Iterable[Path], document: Mapping[str, JsonValue]
) -> JsonValue | None:
    """Return a copy without the nulls at the paths whose property need not be there; None if there is none."""
    copy = deepcopy(value)
    found = False
    for path in paths:
        holder = part_at(copy, path[:-1])
        if not isinstance(holder, dict) or not path or not _is_optional(document, path):
            continue
        if holder.get(str(path[-1]), "") is None:
            del holder[str(path[-1])]
            found = True
    return copy if found else None


def _is_optional(document: Mapping[str, JsonValue], path: Path) -> bool:
    """Whether each schema that may describe the end of the path has a property there, and does not require it."""
    schemas = [*_arms(dict(document), document)]
    for step in path[:-1]:
        arms = (arm for schema in schemas for part in _parts(schema, step) for arm in _arms(part, document))
        schemas = [*{id(arm): arm for arm in arms}.values()]  # unions of themselves would grow with each step
    objects = [schema for schema in schemas if "properties" in schema or "additionalProperties" in schema]
    name = path[-1]
    return bool(objects) and all(
        isinstance(properties := schema.get("properties"), dict)
        and name in properties
        and name not in list_in(schema, "required")
        for schema in objects
    )


def _parts(schema: Mapping[str, JsonValue], step: str | int) -> Iterator[JsonValue]:
    if isinstance(step, int):
        first = list_in(schema, "prefixItems")
        yield first[step] if step < len(first) else schema.get("items")
        return
    properties = schema.get("properties")
    if isinstance(properties, dict) and step in properties:
        yield properties[step]
    else:
        yield schema.get("additionalProperties")


def _arms(schema: JsonValue, document: Mapping[str, JsonValue]) -> Iterator[Mapping[str, JsonValue]]:
    """Yield the schemas of which a value has to fit one or all, their references followed."""
    while isinstance(schema, dict) and "$ref" in schema:
        schema = resolve(document, str(schema["$ref"]))
    if isinstance(schema, dict):
        yield schema
        for keyword in ("anyOf", "oneOf", "allOf"):
            for arm in list_in(schema, keyword):
                yield from _arms(arm, document)
