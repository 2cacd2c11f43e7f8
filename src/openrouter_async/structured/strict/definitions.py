"""Which definitions of a schema stay definitions: those that are recursive, and large ones used more than once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING

from ..raw_schema import resolve, subschemas

if TYPE_CHECKING:
    from pydantic import JsonValue

__all__ = ["is_small", "recursive_references", "uses_of_references"]


def uses_of_references(document: Mapping[str, JsonValue]) -> Counter[str]:
    """Return how often each reference occurs."""
    return Counter(str(schema["$ref"]) for _, schema in subschemas(document) if "$ref" in schema)


def is_small(target: JsonValue) -> bool:
    """Whether a definition is as well put in place each time: an enum of few, a scalar."""
    if not isinstance(target, dict) or target.keys() & {"properties", "items", "anyOf", "oneOf", "allOf"}:
        return False
    choices = target.get("enum")
    return not isinstance(choices, list) or len(choices) <= 5


def recursive_references(document: Mapping[str, JsonValue]) -> frozenset[str]:
    """Return the references that lead, by way of others, back to themselves."""
    inside: dict[str, set[str]] = {}
    waiting = {str(schema["$ref"]) for _, schema in subschemas(document) if "$ref" in schema}
    for ref in waiting:
        target = resolve(document, ref)
        inner = subschemas(target) if isinstance(target, dict) else ()
        inside[ref] = {str(schema["$ref"]) for _, schema in inner if "$ref" in schema}
    return frozenset(ref for ref in inside if ref in _reachable(ref, inside))


def _reachable(ref: str, inside: Mapping[str, set[str]]) -> set[str]:
    reached: set[str] = set()
    waiting = list(inside[ref])
    while waiting:
        step = waiting.pop()
        if step not in reached:
            reached.add(step)
            waiting += inside.get(step, ())
    return reached
