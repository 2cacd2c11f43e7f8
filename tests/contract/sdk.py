"""Read the service's official Python SDK, unpacked, as the schemas of its operations.

Its methods are read as text: they pass route, types and statuses to a few helpers. Its types are imported, since they
are pydantic models. Bounds are missing: only the service's document has them.
"""

from __future__ import annotations

import ast
import datetime
import importlib
import io
import sys
import typing
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

import typing_extensions
from pydantic import BaseModel
from pydantic.fields import FieldInfo

__all__ = ["read_sdk"]

Schema = dict[str, Any]

_SCALARS: dict[object, Schema] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    bytes: {"type": "string", "format": "binary"},
    datetime.datetime: {"type": "string", "format": "date-time"},
    datetime.date: {"type": "string", "format": "date"},
    NoneType: {"type": "null"},
}
_KINDS = {
    "json": "application/json",
    "multipart": "multipart/form-data",
    "form": "application/x-www-form-urlencoded",
}
_FOR_EVERY_REQUEST = {"HTTP-Referer", "X-OpenRouter-Title", "X-OpenRouter-Categories"}


def read_sdk(folder: Path) -> dict[str, Any]:
    """Return the operations and types of the SDK in a folder: `operations`, by id, and `$defs`.

    An operation has `method path tag params body content_type body_required status response stream binary errors`.
    """
    others = _loaded()
    for name in others:
        del sys.modules[name]
    sys.path.insert(0, str(folder))
    try:
        reader = _Reader()
        files = sorted((folder / "openrouter").glob("*.py"))
        operations = {id: facts for file in files for id, facts in reader.read(file)}
        return {"operations": operations, "$defs": reader.schemas}
    finally:
        sys.path.remove(str(folder))
        for name in _loaded():
            del sys.modules[name]
        sys.modules.update(others)


def _loaded() -> dict[str, ModuleType]:
    return {name: module for name, module in sys.modules.items() if name.partition(".")[0] == "openrouter"}


class _Reader:
    def __init__(self) -> None:
        self._names: dict[type, str] = {}
        self.schemas: dict[str, Schema] = {}

    def read(self, file: Path) -> Iterator[tuple[str, Schema]]:
        """Yield id and facts of each operation that is called in a module."""
        found: dict[str, Schema] = {}
        for method in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(method, ast.AsyncFunctionDef) and (calls := _calls(method, "_build_request_async")):
                id, facts = self._operation(method, calls[0])
                if id in found:  # a second form of the body
                    found[id].setdefault("other_bodies", {})[facts["content_type"]] = facts["body"]
                else:
                    found[id] = facts
        yield from found.items()

    def _operation(self, method: ast.AsyncFunctionDef, build: ast.Call) -> tuple[str, Schema]:
        told, hook = _keywords(build), _keywords(_calls(method, "HookContext")[0])
        facts: Schema = {
            "method": told["method"],
            "path": told["path"].partition("#")[0],
            "tag": hook["tags"][0],
            "params": self._parameters(method),
            "errors": {},
        }
        for call in _calls(method, "serialize_request_body"):
            facts["body"] = self._schema(self._type(call.args[4]))
            facts["content_type"] = _KINDS[ast.literal_eval(call.args[3])]
            facts["body_required"] = bool(told.get("request_body_required"))
        for test in (node for node in ast.walk(method) if isinstance(node, ast.If)):
            for match in _calls(test.test, "match_response"):
                status, kind = ast.literal_eval(match.args[1]), ast.literal_eval(match.args[2])
                self._answer(facts, status, kind, test.body)
        return hook["operation_id"].removesuffix("_multipart"), facts

    def _answer(self, facts: Schema, statuses: Any, kind: str, body: list[ast.stmt]) -> None:
        reads = [call for statement in body for call in _calls(statement, "unmarshal_json_response")]
        schema = self._schema(self._type(reads[0].args[0])) if reads else None
        for status in [statuses] if isinstance(statuses, str) else statuses:
            if not status.isdigit():
                continue
            if status >= "400":
                facts["errors"][status] = schema
            elif status >= "300":
                facts.setdefault("other_replies", {})[status] = {}
            else:
                facts["status"] = int(status)
                if kind == "text/event-stream":
                    facts["stream"] = schema or {"type": "string", "format": "binary"}
                elif schema is not None:
                    facts["response"] = schema
                elif kind != "*":
                    facts["binary"] = kind

    def _parameters(self, method: ast.AsyncFunctionDef) -> Schema:
        made = [
            self._type(each)
            for node in ast.walk(method)
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "request"
            for each in ast.walk(node.value)
            if isinstance(each, ast.Attribute)
            and ast.unparse(each).startswith(("operations.", "components."))
        ]
        owner = made[0] if made else None
        parameters: Schema = {}
        for name, field in getattr(owner, "model_fields", {}).items():
            for metadata in field.metadata:
                for place in ("path", "query", "header"):
                    if getattr(metadata, place, None):
                        known_as = field.alias or name
                        if known_as not in _FOR_EVERY_REQUEST:
                            parameters[known_as] = {
                                "in": place,
                                "required": field.is_required(),
                                "schema": self._of_field(field),
                            }
        return parameters

    def _type(self, node: ast.expr) -> Any:
        """Return what a name such as `components.ChatResult` stands for; it may be in brackets."""
        if isinstance(node, ast.Subscript):
            return self._type(node.slice)
        module, _, name = ast.unparse(node).rpartition(".")
        return getattr(importlib.import_module(f"openrouter.{module}"), name)

    def _schema(self, hint: Any) -> Schema:
        if hint in _SCALARS:
            return _SCALARS[hint]
        origin, arguments = get_origin(hint), get_args(hint)
        if isinstance(hint, typing_extensions.TypeAliasType):
            return self._schema(hint.__value__)
        if isinstance(origin, typing_extensions.TypeAliasType):
            inner = self._schema(arguments[0])
            return inner if origin.__name__ not in ("Nullable", "OptionalNullable") else _or_null(inner)
        if origin is typing.Annotated:
            return self._schema(arguments[0])
        if origin is Literal:
            return {"type": _SCALARS[type(arguments[0])]["type"], "enum": sorted(arguments, key=str)}
        if origin in (Union, UnionType):
            return self._union(arguments)
        if origin is list:
            return {"type": "array", "items": self._schema(arguments[0])}
        if origin is dict:
            return {"type": "object", "additionalProperties": self._schema(arguments[1])}
        if isinstance(hint, type) and issubclass(hint, BaseModel):
            return self._model(hint)
        if origin is typing.IO or (isinstance(hint, type) and issubclass(hint, io.IOBase)):
            return _SCALARS[bytes]
        return next(
            (
                dict(_SCALARS[base])
                for base in (str, int)
                if isinstance(hint, type) and issubclass(hint, base)
            ),
            {},
        )

    def _union(self, members: tuple[Any, ...]) -> Schema:
        bare = [
            get_args(member)[0] if get_origin(member) is typing.Annotated else member for member in members
        ]
        known = [member for member in bare if not _is_for_the_unknown(member)]
        schemas = [self._schema(member) for member in known if member is not NoneType]
        is_open = len(known) < len(bare) or any("x-open" in schema for schema in schemas)
        values = [value for schema in schemas for value in schema.get("enum", ())]
        unique = [
            schema
            for number, schema in enumerate(schemas)
            if schema not in schemas[:number] and "enum" not in schema
        ]
        if values:
            enum: Schema = {"type": _SCALARS[type(values[0])]["type"], "enum": sorted(values, key=str)}
            unique.append(enum | ({"x-open": True} if is_open else {}))
        schema = unique[0] if len(unique) == 1 else {"anyOf": unique}
        return _or_null(schema) if NoneType in bare else schema

    def _model(self, model: type[BaseModel]) -> Schema:
        if model not in self._names:
            name = model.__name__
            if name in self._names.values():
                name = f"{model.__module__.rpartition('.')[2]}.{name}"
            self._names[model] = name
            self.schemas[name] = {}  # it may contain itself
            fields = {field.alias or each: field for each, field in model.model_fields.items()}
            schema: Schema = {
                "type": "object",
                "properties": {
                    known_as or "content": self._of_field(field) for known_as, field in fields.items()
                },
                "required": sorted(
                    known_as or "content" for known_as, field in fields.items() if _is_required(field)
                ),
            }
            if model.model_config.get("extra") == "allow":
                schema["additionalProperties"] = True
            self.schemas[name] = schema
        return {"$ref": f"#/$defs/{self._names[model]}"}

    def _of_field(self, field: FieldInfo) -> Schema:
        """Return the schema of a field; None in it means that it may be left out, and not null."""
        hint = field.annotation
        if get_origin(hint) in (Union, UnionType) and not field.is_required():
            members = tuple(member for member in get_args(hint) if member is not NoneType)
            return self._union(members)
        return self._schema(hint)


def _is_required(field: FieldInfo) -> bool:
    """Constants have a default in the SDK, and are required all the same."""
    return field.is_required() or (get_origin(field.annotation) is Literal and field.default is not None)


def _is_for_the_unknown(member: Any) -> bool:
    """Whether a member of a union takes what the SDK does not know."""
    name = getattr(member, "__name__", "")
    return name in ("UnrecognizedStr", "UnrecognizedInt", "Unset") or "is_unknown" in getattr(
        member, "model_fields", {}
    )


def _or_null(schema: Schema) -> Schema:
    if isinstance(schema.get("type"), str) and "enum" not in schema:
        return {**schema, "type": [schema["type"], "null"]}
    return {"anyOf": [*(schema["anyOf"] if schema.keys() == {"anyOf"} else [schema]), {"type": "null"}]}


def _calls(node: ast.AST, name: str) -> list[ast.Call]:
    """Return the calls of a function, or of a method of any object."""
    return [
        each
        for each in ast.walk(node)
        if isinstance(each, ast.Call) and ast.unparse(each.func).rpartition(".")[2] == name
    ]


def _keywords(call: ast.Call) -> dict[str, Any]:
    """Return the arguments of a call that are constants."""
    found = {}
    for keyword in call.keywords:
        try:
            found[str(keyword.arg)] = ast.literal_eval(keyword.value)
        except ValueError:
            continue
    return found
