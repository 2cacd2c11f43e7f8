"""Drift: the differences of a newer table from an older one, as the lines of a to-do list."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .shapes import Shape, allows_null, canonical, tags_of, without_null
from .table import Table

__all__ = ["STATUSES", "Drift", "drift"]

STATUSES = "error statuses"
"""Marks a line that only names the errors an operation may be answered with."""


@dataclass(frozen=True)
class Drift:
    """The differences between two tables."""

    new: list[str]
    """Operations that only the newer has, by id."""
    gone: list[str]
    """Operations that only the older has."""
    operations: dict[str, list[str]]
    """Changes in operations that both have, a line for each."""
    shapes: dict[str, list[str]]
    """Changes in named shapes; a new or gone shape has one line."""

    def __bool__(self) -> bool:
        return bool(self.new or self.gone or self.operations or self.shapes)


def drift(old: Table, new: Table) -> Drift:
    """Return how a newer table differs from an older one."""
    both = sorted(old.operations.keys() & new.operations.keys())
    changed = {name: [*_operation(name, old.operations[name], new.operations[name])] for name in both}
    shapes = {
        name: [f"{name}: new"]
        if name not in old.shapes
        else [f"{name}: gone"]
        if name not in new.shapes
        else [*_shape(name, old.shapes[name], new.shapes[name])]
        for name in sorted(old.shapes.keys() | new.shapes.keys())
    }
    return Drift(
        new=sorted(new.operations.keys() - old.operations.keys()),
        gone=sorted(old.operations.keys() - new.operations.keys()),
        operations={name: lines for name, lines in changed.items() if lines},
        shapes={name: lines for name, lines in shapes.items() if lines},
    )


def _operation(name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    for fact in sorted(old.keys() | new.keys()):
        if fact in ("params", "body", "replies", "errors", "error_bodies") or old.get(fact) == new.get(fact):
            continue
        yield f"{name}: {fact} {_brief(old.get(fact))} -> {_brief(new.get(fact))}"
    yield from _statuses(name, set(old["errors"]), set(new["errors"]))
    yield from _shape(name, _parameters(old), _parameters(new))
    yield from _contents(f"{name} body", old["body"], new["body"])
    for status in sorted(old["replies"].keys() | new["replies"].keys()):
        if status not in old["replies"]:
            yield f"{name}: reply added: {status}"
        elif status not in new["replies"]:
            yield f"{name}: reply removed: {status}"
        else:
            yield from _contents(f"{name} {status}", old["replies"][status], new["replies"][status])


def _statuses(name: str, old: set[int], new: set[int]) -> Iterator[str]:
    for word, statuses in (("added", new - old), ("removed", old - new)):
        if statuses:
            yield f"{name}: {STATUSES} {word}: {', '.join(map(str, sorted(statuses)))}"


def _parameters(operation: Mapping[str, Any]) -> Shape:
    """Return the parameters as if they were the fields of an object."""
    fields = {
        f"{p['name']} ({p['in']})" + ("" if p["required"] else "?"): p["shape"] for p in operation["params"]
    }
    return {"type": "object", "fields": fields}


def _contents(where: str, old: Mapping[str, Shape], new: Mapping[str, Shape]) -> Iterator[str]:
    for kind in sorted(old.keys() | new.keys()):
        if kind not in old:
            yield f"{where}: content type added: {kind}"
        elif kind not in new:
            yield f"{where}: content type removed: {kind}"
        else:
            yield from _shape(where, old[kind], new[kind])


def _shape(where: str, old: Shape, new: Shape) -> Iterator[str]:
    """Go down while both sides are the same kind of thing, then say what differs there."""
    if old == new:
        return
    if allows_null(old) != allows_null(new):
        yield f"{where}: {'now' if allows_null(new) else 'no longer'} nullable"
    old, new = without_null(old), without_null(new)
    if isinstance(old, str) or isinstance(new, str) or old.get("type") != new.get("type"):
        if old != new:
            yield f"{where}: type {_brief(old)} -> {_brief(new)}"
        return
    for fact in sorted(old.keys() | new.keys()):
        before, after = old.get(fact), new.get(fact)
        if before == after:
            continue
        if fact == "fields":
            yield from _fields(where, before or {}, after or {})
        elif fact in ("items", "map") and before is not None and after is not None:
            yield from _shape(f"{where}[]", before, after)
        elif fact in ("enum", "any", "all"):
            yield from _members(where, fact, before or [], after or [])
        else:
            yield f"{where}: {fact} {_brief(before)} -> {_brief(after)}"


def _fields(where: str, old: Mapping[str, Shape], new: Mapping[str, Shape]) -> Iterator[str]:
    before = {name.removesuffix("?"): name for name in old}
    after = {name.removesuffix("?"): name for name in new}
    for name in sorted(before.keys() | after.keys()):
        inner = f"{where}.{name}"
        if name not in before:
            yield f"{inner}: property added: {_brief(new[after[name]])}" + _optional(after[name])
        elif name not in after:
            yield f"{inner}: property removed"
        else:
            if before[name] != after[name]:
                yield f"{inner}: now {'optional' if after[name].endswith('?') else 'required'}"
            yield from _shape(inner, old[before[name]], new[after[name]])


def _members(where: str, fact: str, old: list[Any], new: list[Any]) -> Iterator[str]:
    word = {"enum": "enum value", "any": "union member", "all": "part"}[fact]
    before = {canonical(value): value for value in old}
    after = {canonical(value): value for value in new}
    gone = [value for key, value in before.items() if key not in after]
    come = [value for key, value in after.items() if key not in before]
    if fact == "any":
        for value in list(gone):
            same = [other for other in come if tags_of(other) == tags_of(value) != {}]
            if len(same) == 1:
                gone.remove(value)
                come.remove(same[0])
                yield from _shape(f"{where}<{'/'.join(tags_of(value).values())}>", value, same[0])
    yield from (f"{where}: {word} added: {_brief(value)}" for value in come)
    yield from (f"{where}: {word} removed: {_brief(value)}" for value in gone)


def _optional(name: str) -> str:
    return ", optional" if name.endswith("?") else ", required"


def _brief(value: Any) -> str:
    text = value if isinstance(value, str) else canonical(value)
    return text if len(text) <= 120 else text[:117] + "..."
