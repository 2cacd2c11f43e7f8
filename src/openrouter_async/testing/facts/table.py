"""The table of facts: every operation of the service, by name, and by method and path."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal
from urllib.parse import unquote

from .shapes import Shape, Shapes

__all__ = ["Facts", "Parameter", "ServiceOperation", "load_facts"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A part of the path, of the query, or a header."""

    name: str
    place: Literal["path", "query", "header"]
    is_required: bool
    shape: Shape


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceOperation:
    """One operation of the service."""

    id: str
    """`operationId` of the service's document, such as `listWorkspaces`."""
    method: str
    path: str
    """Below the base URL, with `{name}` for each part that varies."""
    tag: str
    key: Literal["inference", "management", "any", "optional", "none"]
    """The kind of key it wants; where it is optional one is known again all the same."""
    parameters: tuple[Parameter, ...]
    bodies: Mapping[str, Shape]
    """The shape of a body by its content type; empty: it takes none."""
    needs_body: bool
    replies: Mapping[int, Mapping[str, Shape]]
    """By success status, then by content type; a status without any answers with no body."""
    errors: Mapping[int, Shape]
    """By status."""

    def parameter(self, place: Literal["path", "query", "header"]) -> dict[str, Parameter]:
        """Return the parameters of one place by name."""
        return {each.name: each for each in self.parameters if each.place == place}

    @property
    def status(self) -> int:
        """The status of success."""
        return min(self.replies)

    @property
    def content_type(self) -> str | None:
        """Of a plain answer, as opposed to a stream; None: it has no body."""
        kinds = [kind for kind in self.replies[self.status] if kind != "text/event-stream"]
        return min(kinds, key=lambda kind: kind != "application/json", default=None)

    @property
    def reply(self) -> Shape | None:
        """The shape of the JSON it answers with; None where that is empty, or a file."""
        return self.replies[self.status].get("application/json")

    @property
    def event(self) -> Shape | None:
        """The shape of one event of its stream; None: it does not stream."""
        return self.replies[self.status].get("text/event-stream")


@dataclass(frozen=True, slots=True)
class Facts:
    """All that is known of the service."""

    operations: Mapping[str, ServiceOperation]
    """By id."""
    shapes: Shapes

    def find(self, method: str, path: str) -> tuple[ServiceOperation, dict[str, str]] | None:
        """Return the operation of a method and path, and the parts of the path that vary; None if it does not exist.

        A path that is written out goes before one that varies: `/models/count` before `/models/{author}`.
        """
        found = [
            (each, parts)
            for each in self.operations.values()
            if each.method == method and (parts := _parts(each.path, path)) is not None
        ]
        return min(found, key=lambda pair: len(pair[1]), default=None)

    def methods(self, path: str) -> set[str]:
        """Return the methods that a path has."""
        return {each.method for each in self.operations.values() if _parts(each.path, path) is not None}


@cache
def load_facts() -> Facts:
    """Return the packaged facts; they are read once."""
    operations: dict[str, ServiceOperation] = {}
    shapes: dict[str, Shape] = {}
    text = (files("openrouter_async.testing.facts") / "service.jsonl").read_text(encoding="utf-8")
    for line in text.splitlines():
        row = json.loads(line)
        if "operation" in row:
            operations[row["operation"]] = ServiceOperation(
                id=row["operation"],
                method=row["method"],
                path=row["path"],
                tag=row["tag"],
                key=row["key"],
                parameters=tuple(
                    Parameter(name=p["name"], place=p["in"], is_required=p["required"], shape=p["shape"])
                    for p in row["params"]
                ),
                bodies=row["body"],
                needs_body=row["body_required"],
                replies={int(status): content for status, content in row["replies"].items()},
                errors={status: row["error_bodies"].get(str(status), "any") for status in row["errors"]},
            )
        elif "name" in row:
            shapes[row["name"]] = row["shape"]
    return Facts(operations, shapes)


def _parts(template: str, path: str) -> dict[str, str] | None:
    """Return the parts of a path that vary, None where it is not of this template."""
    ours, given = template.split("/"), path.split("/")
    if len(ours) != len(given):
        return None
    found = {}
    for own, step in zip(ours, given, strict=True):
        if own.startswith("{") and step:
            found[own[1:-1]] = unquote(step)
        elif own != step:
            return None
    return found
