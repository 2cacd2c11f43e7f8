"""Distil the service's OpenAPI document, and its official SDK, into tables of facts.

Only facts are kept: no descriptions, summaries or examples.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .shapes import Shape, nullable, shape_of
from .table import Table

__all__ = ["distil", "distil_sdk"]

_METHODS = ("get", "post", "put", "patch", "delete")
_ONLY_IN_THE_DOCUMENT = (
    *(
        "min",
        "max",
        "above",
        "below",
        "multiple_of",
        "min_length",
        "max_length",
        "pattern",
        "format",
        "encoding",
    ),
    *("min_items", "max_items", "unique", "min_fields", "max_fields", "closed", "by", "deprecated"),
)
"""Facts that the SDK leaves out."""


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


def distil_sdk(sdk: Mapping[str, Any], before: Table, document: Table) -> Table:
    """Return the facts of every operation there is, by the SDK as `read_sdk` reads it.

    Args:
        sdk: Operations and types.
        before: The table as it is. Facts that the SDK lacks stay as they are: bounds, and the kind of key.
        document: Operations that the SDK hides, such as `/messages`, are taken from it, with their shapes.
    """
    shapes = {name: shape_of(schema) for name, schema in sdk["$defs"].items()}
    for name, old in before.shapes.items():
        if name in shapes:
            shapes[name] = _completed(shapes[name], old)
            if isinstance(old, dict) and old.get(
                "null"
            ):  # the SDK says that of a named type where it is used
                shapes[name] = nullable(shapes[name])
    table = Table(shapes=document.shapes | shapes)
    for name, facts in sdk["operations"].items():
        table.operations[name] = _of_sdk(facts, before.operations.get(name))
    for name in before.operations.keys() & document.operations.keys() - table.operations.keys():
        key = before.operations[name]["key"]
        table.operations[name] = {**document.operations[name], "key": key, "error_bodies": {}}
    table.keep_reached()
    return table


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

    The document knows one security scheme only; its prose says where a management key is needed.
    """
    if "management key" in f"{operation.get('summary')} {operation.get('description')}".lower():
        return "management"
    return "none" if operation.get("security") == [] or "401" not in operation["responses"] else "bearer"


def _of_sdk(facts: Mapping[str, Any], before: Mapping[str, Any] | None) -> dict[str, Any]:
    bodies = {facts["content_type"]: facts["body"]} if "body" in facts else {}
    bodies |= facts.get("other_bodies", {})
    old: Mapping[str, Any] = before or {"key": "any", "params": [], "body": {}}
    shapes = {(p["in"], p["name"]): p["shape"] for p in old["params"]}
    return {
        "method": facts["method"],
        "path": facts["path"],
        "tag": facts["tag"],
        "key": old["key"],
        "params": [
            {
                "name": name,
                "in": p["in"],
                "required": p["required"],
                "shape": _completed(shape_of(p["schema"]), shapes.get((p["in"], name), "any")),
            }
            for name, p in sorted(facts["params"].items())
        ],
        "body": {
            kind: _completed(shape_of(body), old["body"].get(kind, "any")) for kind, body in bodies.items()
        },
        "body_required": facts.get("body_required", False),
        "replies": {str(facts["status"]): _reply_of_sdk(facts)},
        "errors": sorted(int(status) for status in facts["errors"]),
        "error_bodies": {status: shape_of(body) for status, body in sorted(facts["errors"].items()) if body},
        **({"base": old["base"]} if "base" in old else {}),
    }


def _reply_of_sdk(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the shapes of an answer by content type; empty where it has no body."""
    if "binary" in facts:
        return {facts["binary"]: "any"}
    reply = {"application/json": shape_of(facts["response"])} if "response" in facts else {}
    if "$ref" in facts.get("stream", {}):  # else it is described as bytes, which says nothing of its events
        reply["text/event-stream"] = shape_of(facts["stream"])
    return reply


def _completed(new: Shape, old: Shape) -> Shape:
    """Return a shape with the facts that the SDK lacks, if the one before is of the same kind."""
    if isinstance(old, str):
        return new
    if isinstance(new, str):
        null = new.endswith("|null")
        new = {"type": new.removesuffix("|null"), **({"null": True} if null else {})}
        return _shortest(_completed_object(new, old)) if new["type"] == old.get("type") else _shortest(new)
    return _completed_object(new, old) if new.get("type") == old.get("type") else new


def _completed_object(new: dict[str, Any], old: dict[str, Any]) -> dict[str, Any]:
    done = new | {fact: old[fact] for fact in _ONLY_IN_THE_DOCUMENT if fact in old and fact not in new}
    for inner in ("items", "map"):
        if inner in new and inner in old:
            done[inner] = _completed(new[inner], old[inner])
    if "fields" in new:
        before = {name.removesuffix("?"): shape for name, shape in old.get("fields", {}).items()}
        done["fields"] = {
            name: _completed(shape, before.get(name.removesuffix("?"), "any"))
            for name, shape in new["fields"].items()
        }
    if "any" in new and "any" in old:
        done["any"] = [_completed(part, _same_kind(part, old["any"])) for part in new["any"]]
    return done


def _same_kind(part: Shape, others: list[Shape]) -> Shape:
    """Return the only one of other members of a union that is of the kind of one."""
    found = [other for other in others if _kind(other) == _kind(part)]
    return found[0] if len(found) == 1 else "any"


def _kind(shape: Shape) -> object:
    if isinstance(shape, str):
        return shape, False, None
    return (shape.get("type"), "enum" in shape, _kind(shape["items"]) if "items" in shape else None)


def _shortest(shape: dict[str, Any]) -> Shape:
    if shape.keys() == {"type"}:
        return str(shape["type"])
    return f"{shape['type']}|null" if shape.keys() == {"type", "null"} else shape
