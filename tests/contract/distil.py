"""Distil the service's OpenAPI document into the table of facts that the contract tests read.

    python tests/contract/distil.py PATH/openapi.yaml [--date 2026-08-22]
    python tests/contract/distil.py PATH/openapi.yaml --newest OPERATIONS.csv SCHEMAS.json
    python tests/contract/distil.py PATH/openapi.yaml --check

`--newest` takes what describes every operation, and writes the table that the package brings with it.

It first prints what differs from the table that is there, as a to-do list, then overwrites the table; with
`--check` it writes nothing and exits with 1 when anything differs. Only facts are kept: no descriptions,
summaries or examples. Needs PyYAML.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import re
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

if not __package__:  # run as a file, not as a module of the test package
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    __package__ = "tests.contract"

from .drift import drift
from .shapes import allows_null, shape_of
from .table import NEWEST, SPECIFICATION, Table

__all__ = ["distil", "distil_newest", "main"]

_METHODS = ("get", "post", "put", "patch", "delete")


def distil(document: Mapping[str, Any]) -> Table:
    """Return the facts of an OpenAPI 3.1 document."""
    table = Table(shapes={name: shape_of(s) for name, s in document["components"]["schemas"].items()})
    for path, item in document["paths"].items():
        for method in _METHODS:
            if method in item:
                operation = item[method]
                parameters = [*item.get("parameters", []), *operation.get("parameters", [])]
                table.operations[operation["operationId"]] = _operation(method, path, operation, parameters)
    table.keep_reached()
    return table


def distil_newest(rows: list[dict[str, str]], schemas: Mapping[str, Any], document: Table) -> Table:
    """Return the facts of every operation there is, the newest of each.

    Args:
        rows: One for each operation, with what stands in no schema.
        schemas: Of the newest SDK.
        document: What the schemas lack, such as `/messages`, is as in it, and so are the shapes that only it leads to.
    """
    names = {name: shape_of(schema) for name, schema in schemas["$defs"].items()}
    table = Table(shapes=document.shapes | names)
    for row in rows:
        name = row["operation_id"]
        if name in schemas["operations"]:
            table.operations[name] = _newest(row, schemas["operations"][name])
        elif name in document.operations and row["status"].startswith("current"):
            table.operations[name] = {
                **document.operations[name],
                "key": _newest_key(row),
                "error_bodies": {},
            }
    table.keep_reached()
    for name in _replies_of(document, set(document.operations) - set(schemas["operations"])):
        # The document says of a shape that it may be null, the SDK of each place where it is used.
        if allows_null(document.shapes[name]) and isinstance(shape := table.shapes.get(name), dict):
            table.shapes[name] = {**shape, "null": True}
    return table


def _replies_of(document: Table, names: set[str]) -> set[str]:
    """Return the names of the shapes that the replies of these operations lead to."""
    rows = {name: {**document.operations[name], "body": {}, "params": []} for name in names}
    replies = Table(operations=rows, shapes=document.shapes)
    replies.keep_reached()
    return set(replies.shapes)


def main(arguments: list[str] | None = None) -> int:
    """Run the script; the result is its exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("document", type=Path, help="the OpenAPI document, YAML or JSON")
    parser.add_argument("--date", help="day of the document, such as 2026-08-22; default: of the file")
    parser.add_argument("--newest", nargs=2, type=Path, metavar=("OPERATIONS.csv", "SCHEMAS.json"))
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 on drift")
    options = parser.parse_args(arguments)

    document = distil(_load_document(options.document))
    document.source = _source(options.document, options.date)
    drifted = _take(document, SPECIFICATION, check=options.check)
    if options.newest:
        rows, schemas = _load_rows(*options.newest)
        table = distil_newest(rows, schemas, document)
        table.source = _source(options.newest[1], _day_in(schemas["info"]["derived_from"]))
        drifted |= _take(table, NEWEST, check=options.check)
    return int(drifted and options.check)


def _take(table: Table, path: Path, *, check: bool) -> bool:
    """Print how `table` differs from the one at `path`, and put it there unless this is only a check."""
    tasks = drift(Table.load(path), table) if path.exists() else ["there is no table yet"]
    print(f"{path.name}: {len(tasks)} differences" if tasks else f"{path.name}: no drift")
    for task in tasks:
        print(f"- [ ] {task}")
    if not check:
        table.save(path)
        print(f"{path.name}: {len(table.operations)} operations, {len(table.shapes)} shapes written")
    return bool(tasks)


def _operation(
    method: str, path: str, operation: Mapping[str, Any], parameters: list[Mapping[str, Any]]
) -> dict[str, Any]:
    body = operation.get("requestBody", {})
    replies, errors = {}, []
    for status, response in sorted(operation["responses"].items()):
        if status.startswith("2"):
            replies[status] = _content(response)
        else:
            errors.append(int(status))
    return {
        "method": method.upper(),
        "path": path,
        "tag": operation["tags"][0],
        "key": _key(operation),
        "params": [
            {
                "name": p["name"],
                "in": p["in"],
                "required": p.get("required", False),
                "shape": shape_of(p["schema"]),
            }
            for p in sorted(parameters, key=lambda p: (p["in"], p["name"]))
        ],
        "body": _content(body),
        "body_required": body.get("required", False),
        "replies": replies,
        "errors": errors,
    }


def _content(holder: Mapping[str, Any]) -> dict[str, Any]:
    return {kind: shape_of(value.get("schema", {})) for kind, value in holder.get("content", {}).items()}


def _key(operation: Mapping[str, Any]) -> str:
    """Return the kind of key that is needed: `management`, `bearer`, or `none`.

    The document knows one security scheme only; that a management key is needed stands in its prose.
    """
    if "management key" in f"{operation.get('summary')} {operation.get('description')}".lower():
        return "management"
    return "none" if operation.get("security") == [] or "401" not in operation["responses"] else "bearer"


def _newest(row: Mapping[str, str], facts: Mapping[str, Any]) -> dict[str, Any]:
    bodies = {facts.get("content_type", "application/json"): facts["body"]} if "body" in facts else {}
    bodies |= facts.get("other_bodies", {})
    errors = {status: body for status, body in facts["errors"].items() if isinstance(body, dict)}
    return {
        "method": row["method"],
        "path": row["path"],
        "tag": row["tag"],
        "key": _newest_key(row),
        "params": [
            {"name": name, "in": p["in"], "required": p["required"], "shape": shape_of(p["schema"])}
            for name, p in sorted(facts["params"].items())
        ],
        "body": {kind: shape_of(body) for kind, body in bodies.items()},
        "body_required": bool(facts.get("body_required")),
        "replies": {str(facts["status"]): _newest_reply(row, facts)},
        "errors": sorted(int(status) for status in facts["errors"]),
        "error_bodies": {status: shape_of(body) for status, body in sorted(errors.items())},
        **({"base": row["base"]} if row["base"] else {}),
    }


def _newest_key(row: Mapping[str, str]) -> str:
    return "any" if row["auth"] == "any_key" else row["auth"]


def _newest_reply(row: Mapping[str, str], facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the shapes of an answer by content type; empty where it has no body."""
    kind, found, name = row["response_schema"].partition(":")
    if found and kind == "binary":
        return {name: "any"}
    reply = {} if facts.get("response") is None else {"application/json": shape_of(facts["response"])}
    if "$ref" in facts.get("stream", {}):  # else it is described as bytes, which says nothing of its events
        reply["text/event-stream"] = shape_of(facts["stream"])
    return reply


def _load_rows(operations: Path, schemas: Path) -> tuple[list[dict[str, str]], dict[str, Any]]:
    rows = list(csv.DictReader(operations.read_text(encoding="utf-8").splitlines()))
    return rows, json.loads(schemas.read_text(encoding="utf-8"))


def _load_document(path: Path) -> dict[str, Any]:
    import yaml  # type: ignore[import-untyped]  # only this script needs it, so its stubs are not installed

    with path.open("rb") as file:
        document: dict[str, Any] = yaml.load(file, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return document


def _day_in(words: str) -> str | None:
    day = re.search(r"\d{4}-\d{2}-\d{2}", words)
    return None if day is None else day.group()


def _source(path: Path, date: str | None) -> dict[str, str]:
    modified = datetime.fromtimestamp(path.stat().st_mtime, tz=UTC).date().isoformat()
    return {"sha256": hashlib.sha256(path.read_bytes()).hexdigest(), "date": date or modified}


if __name__ == "__main__":
    sys.exit(main())
