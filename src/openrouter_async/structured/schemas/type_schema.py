"""`TypeSchema`: the JSON schema of a type, where pydantic's own says less, or other, than its validator takes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from typing import Any

from pydantic import PydanticInvalidForJsonSchema
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue, JsonSchemaWarningKind
from pydantic_core import core_schema

__all__ = ["TypeSchema"]

_DAYS = {"past": "2001-01-31", "future": "2101-01-31", None: "2026-01-31"}
"""Examples of days, by what is demanded of them."""

_KEYS = {"integer": r"^-?\d+$", "number": r"^-?\d+(\.\d+)?$"}
"""How keys that are read as numbers are written."""


class TypeSchema(GenerateJsonSchema):
    """Builds the schema of a model; values that follow it are accepted."""

    def emit_warning(self, kind: JsonSchemaWarningKind, detail: str) -> None:
        """Refuse to leave out an arm of a union that has no schema; a default that is not JSON is just not told."""
        if kind == "skipped-choice":
            raise PydanticInvalidForJsonSchema(detail)

    def encode_default(self, dft: object) -> object:
        """Return a default as JSON; sets are sorted, so a schema is the same in every process."""
        encoded = super().encode_default(dft)
        return sorted(encoded, key=repr) if isinstance(dft, Set) and isinstance(encoded, list) else encoded

    def date_schema(self, schema: core_schema.DateSchema) -> JsonSchemaValue:
        """Say of a date whether it must be past, or to come."""
        return _in_time(super().date_schema(schema), schema.get("now_op"), "{}")

    def datetime_schema(self, schema: core_schema.DatetimeSchema) -> JsonSchemaValue:
        """Say the same of a date and time, and whether it has no time zone."""
        made = super().datetime_schema(schema)
        is_naive = schema.get("tz_constraint") == "naive"
        if is_naive:
            made["format"] = "date-time-local"
        return _in_time(made, schema.get("now_op"), "{}T12:00:00" if is_naive else "{}T12:00:00Z")

    def dict_schema(self, schema: core_schema.DictSchema) -> JsonSchemaValue:
        """Say of the keys of a map how they are written; they are texts in JSON, whatever they stand for."""
        made = super().dict_schema(schema)
        if "keys_schema" not in schema:
            return made
        keys = self.resolve_ref_schema(self.generate_inner(schema["keys_schema"]))
        choices = keys.get("enum", [keys["const"]] if "const" in keys else None)
        if isinstance(choices, list):
            made["propertyNames"] = {
                "enum": [each if isinstance(each, str) else str(each) for each in choices]
            }
        elif keys.get("type") in _KEYS:
            made["propertyNames"] = {"pattern": _KEYS[keys["type"]]}
        return made

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        """Put what a model reads by an `AliasPath` where it reads it."""
        config: Mapping[str, object] = schema["cls"].model_config
        by_name = config.get("validate_by_name") or config.get("populate_by_name")
        made = super().model_schema(schema)
        if by_name or config.get("validate_by_alias") is False:
            return made
        inner: Any = schema["schema"]
        while "fields" not in inner and isinstance(inner.get("schema"), dict):
            inner = inner["schema"]
        fields = inner.get("fields")
        return _with_paths(made, schema["cls"].__name__, fields.items() if isinstance(fields, dict) else ())


def _in_time(schema: JsonSchemaValue, when: str | None, example: str) -> JsonSchemaValue:
    if when is not None:
        schema |= {"description": f"In the {when}.", "examples": [example.format(_DAYS[when])]}
    return schema


def _with_paths(
    schema: JsonSchemaValue, model: str, fields: Iterable[tuple[str, Mapping[str, object]]]
) -> JsonSchemaValue:
    """Return the schema of a model whose properties are where their `AliasPath` points.

    Raises:
        PydanticInvalidForJsonSchema: a path leads into an array, or to the place of another property.
    """
    for name, field in fields:
        alias = field.get("validation_alias")
        if not isinstance(alias, list):
            continue
        paths = alias if isinstance(alias[0], list) else [alias]
        if any(len(path) == 1 for path in paths):
            continue
        path = paths[0]
        if not all(isinstance(step, str) for step in path):
            raise PydanticInvalidForJsonSchema(
                f"the field {name!r} of {model} is read by AliasPath{tuple(path)}, which leads into an array; give it"
                " an alias that is a name"
            )
        is_required = name in schema.get("required", ())
        if is_required:
            schema["required"].remove(name)
        holder, wanted = schema, schema["properties"].pop(name)
        for step in path[:-1]:
            inner = holder["properties"].setdefault(step, {"type": "object", "properties": {}})
            if is_required and step not in holder.setdefault("required", []):
                holder["required"].append(step)
            if "properties" not in inner:
                break
            holder = inner
        if path[-1] in holder.get("properties", {}) or holder is schema:
            raise PydanticInvalidForJsonSchema(
                f"the field {name!r} of {model} is read by AliasPath{tuple(path)}, where another field stands; give"
                " it an alias of its own"
            )
        holder["properties"][path[-1]] = wanted
        if is_required:
            holder.setdefault("required", []).append(path[-1])
    if not schema.get("required", True):
        del schema["required"]
    return schema
