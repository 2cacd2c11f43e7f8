"""The table of facts: operations and named shapes, one JSON line each, sorted, so that a diff reads well."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .shapes import Shape, canonical, names_in

__all__ = ["NEWEST", "SPECIFICATION", "Table", "shapes_of_operation"]

_HERE = Path(__file__).parent
NEWEST = _HERE.parents[1] / "src" / "openrouter_async" / "testing" / "facts" / "service.jsonl"
"""The newest facts of all operations; the emulator answers by them, so that they are part of the package."""
SPECIFICATION = _HERE / "specification.jsonl"
"""Facts of the service's OpenAPI document."""


@dataclass
class Table:
    """Facts about a service."""

    source: dict[str, Any] = field(default_factory=dict)
    """Which document they come from: `sha256` and `date`."""
    operations: dict[str, dict[str, Any]] = field(default_factory=dict)
    """By operation id: `method path tag key params body body_required replies errors`, and `error_bodies` by status."""
    shapes: dict[str, Shape] = field(default_factory=dict)
    """By name, each one that an operation leads to."""

    def keep_reached(self) -> None:
        """Drop every shape that no operation leads to."""
        reached: set[str] = set()
        todo = [
            name
            for operation in self.operations.values()
            for shape in shapes_of_operation(operation)
            for name in names_in(shape)
        ]
        while todo:
            name = todo.pop()
            if name not in reached:
                reached.add(name)
                todo.extend(names_in(self.shapes[name]))
        self.shapes = {name: self.shapes[name] for name in sorted(reached)}

    def save(self, path: Path) -> None:
        """Write one line for the source, one an operation, one a shape."""
        lines = [canonical({"source": self.source})]
        lines += [canonical({"operation": name, **facts}) for name, facts in sorted(self.operations.items())]
        lines += [canonical({"name": name, "shape": shape}) for name, shape in sorted(self.shapes.items())]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> Table:
        """Read what `save` wrote."""
        table = cls()
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            if "operation" in row:
                table.operations[row.pop("operation")] = row
            elif "name" in row:
                table.shapes[row["name"]] = row["shape"]
            else:
                table.source = row["source"]
        return table

    @classmethod
    def known(cls) -> Table:
        """Return the facts of both tables: where they disagree the newest win."""
        specified, newest = cls.load(SPECIFICATION), cls.load(NEWEST)
        return cls(
            source=newest.source,
            operations=specified.operations | newest.operations,
            shapes=specified.shapes | newest.shapes,
        )


def shapes_of_operation(operation: dict[str, Any]) -> list[Shape]:
    """Return the shapes of all that an operation takes and answers."""
    contents = (operation["body"], *operation["replies"].values(), operation.get("error_bodies", {}))
    return [p["shape"] for p in operation["params"]] + [
        shape for content in contents for shape in content.values()
    ]
