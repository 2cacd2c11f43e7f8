"""The work of validating a value against a schema, estimated in advance, since it cannot be interrupted.

If a union has several arms that lead back to it, each level of a value is validated against each arm, and a reply of
170 bytes takes half a minute. Here each part of a value counts once for each part of the schema, however often a
validator would return to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from .references import leads_back, list_in, names_in, reached_from, references_in, resolve, subschemas

if TYPE_CHECKING:
    from pydantic import JsonValue

__all__ = ["MAX_STEPS", "Work", "branching"]

MAX_STEPS = 30_000
"""Parts of a value held against parts of a schema; pydantic does so many in 5 ms where they fit, in 0.1 s where not."""

_COMBINATIONS = ("anyOf", "oneOf", "allOf")


def branching(document: Mapping[str, JsonValue], *, uses_tags: bool) -> Work | None:
    """Return the count for a schema whose unions lead back to themselves by several arms; None for all others.

    With `uses_tags` the validator looks at one arm only of a union that has a discriminator.
    """
    leads = {ref: references_in(resolve(document, ref)) for ref in references_in(document)}
    for _, schema in subschemas(document):
        for keyword in _COMBINATIONS:
            if uses_tags and "discriminator" in schema:
                continue
            reached = [reached_from(references_in(arm), leads) for arm in list_in(schema, keyword)]
            if sum(any(leads_back(ref, leads) for ref in refs) for refs in reached) > 1:
                return Work(document, uses_tags)
    return None


class Work:
    """Counts the steps of one schema."""

    def __init__(self, document: Mapping[str, JsonValue], uses_tags: bool) -> None:
        self._document = document
        self._uses_tags = uses_tags
        self._targets: dict[str, JsonValue] = {}

    def is_too_much(self, value: object, most: int = MAX_STEPS) -> bool:
        """Whether validating a value against the schema takes more than `most` steps."""
        try:
            return self._steps(dict(self._document), value, {}) > most
        except RecursionError:
            return True

    def _steps(self, schema: JsonValue, value: object, known: dict[tuple[int, int], int]) -> int:
        if not isinstance(schema, dict):
            return 1
        place = (id(schema), id(value))
        if place in known:
            return known[place]
        known[place] = 1  # where a union leads to itself
        count = 1
        if "$ref" in schema:
            count += self._steps(self._target(str(schema["$ref"])), value, known)
        for keyword in _COMBINATIONS:
            steps = [self._steps(arm, value, known) for arm in list_in(schema, keyword)]
            one_only = self._uses_tags and "discriminator" in schema
            count += max(steps, default=0) if one_only else sum(steps)
        for part, inner in _parts(schema, value):
            count += self._steps(inner, part, known)
        known[place] = count
        return count

    def _target(self, ref: str) -> JsonValue:
        """Return what a reference leads to; always the same object, since steps are kept by it."""
        if ref not in self._targets:
            self._targets[ref] = resolve(self._document, ref)
        return self._targets[ref]


def _parts(schema: dict[str, JsonValue], value: object) -> list[tuple[object, JsonValue]]:
    """Return the parts of a value, each with the schema that a schema has for it."""
    if isinstance(value, dict):
        named = names_in(schema, "properties")
        others = schema.get("additionalProperties")
        return [(item, named.get(key, others)) for key, item in value.items()]
    if isinstance(value, list):
        listed = list_in(schema, "prefixItems")
        items = schema.get("items")
        return [(item, listed[index] if index < len(listed) else items) for index, item in enumerate(value)]
    return []
