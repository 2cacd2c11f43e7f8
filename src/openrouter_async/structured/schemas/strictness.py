"""Where pydantic validates a reply strictly: everywhere except below the caller's own code and settings.

pydantic can be strict for a whole call, but it then stays strict below a Python function, where a date is no longer
JSON text, and it overrides `Field(strict=False)`. So if a type has code or settings of its own, strictness is written
into a copy of its core schema instead, construct by construct: data directly from JSON is validated strictly, data
that a caller's `before` or `wrap` validator has handled is validated as pydantic does.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple, TypeAlias, cast

from pydantic import TypeAdapter
from pydantic_core import CoreSchema, SchemaValidator

__all__ = ["Own", "Strictness", "strictness_of"]

Own: TypeAlias = "frozenset[tuple[type, str]]"
"""Fields, each with its class."""

_Node: TypeAlias = dict[str, Any]

_Source: TypeAlias = Literal["json", "library", "caller"]
"""The source of a construct's input: JSON, a function of pydantic, or one of the caller."""

_SCALARS = frozenset({"bool", "int", "float", "date", "datetime", "time", "timedelta", "enum"})

_STRICT: dict[_Source, frozenset[str]] = {
    "json": _SCALARS | {"lax-or-strict"},
    "library": frozenset({"bool", "int", "float"}),
}
"""Constructs that must be told to be strict; the others take the same of JSON either way."""

_FUNCTIONS = frozenset({"function-before", "function-wrap"})
"""Constructs that put Python in front of another one."""

_OF_JSON = {"json-or-python": "json_schema", "lax-or-strict": "lax_schema"}
"""Constructs that ask where their input is from, and what reads that of JSON once a function of pydantic has it."""

_NO_SCHEMAS = frozenset({"cls", "config", "default", "discriminator", "expected", "function", "members", "metadata",
                         "serialization"})  # fmt: skip
"""Keys whose value may be anything of the caller."""


class Strictness(NamedTuple):
    """How a type with code or settings of its own is read."""

    validator: SchemaValidator
    own: Own
    """Fields whose values the caller's code or settings may change."""
    is_own: bool
    """Whether that applies to the whole value."""


def strictness_of(adapter: TypeAdapter[object]) -> Strictness | None:
    """Return how a type is read that has code or settings of its own; None for all others."""
    writer = _Writer()
    schema = writer.written(dict(adapter.core_schema), "json", _Place())
    if not writer.found:
        return None
    if writer.definitions:
        schema = {"type": "definitions", "schema": schema, "definitions": list(writer.definitions.values())}
    # Validators that the classes have made already would be used in place of this one.
    validator = SchemaValidator(cast("CoreSchema", schema), _use_prebuilt=False)
    own = frozenset(field for field in writer.found if field is not None)
    return Strictness(validator, own, None in writer.found)


class _Place(NamedTuple):
    """The position of a construct."""

    owner: type | None = None
    """The class whose fields come next."""
    field: tuple[type, str] | None = None
    """The innermost field that it belongs to."""


class _Writer:
    """Writes strictness into a core schema."""

    def __init__(self) -> None:
        self.definitions: dict[str, _Node] = {}
        self.found: set[tuple[type, str] | None] = set()
        """Fields with code or settings of the caller; None: not inside a field."""
        self._given: dict[str, _Node] = {}

    def written(self, node: _Node, source: _Source, place: _Place) -> _Node:
        """Return a copy of a construct."""
        kind = node["type"]
        if kind == "definitions":
            self._given |= {each["ref"]: each for each in node["definitions"]}
            return self.written(node["schema"], source, place)
        if kind == "definition-ref":
            return {**node, "schema_ref": self._reference(node["schema_ref"], source)}
        config = node.get("config") or {}
        is_lax = config.get("strict") is False or (kind in _SCALARS and node.get("strict") is False)
        if is_lax or node.get("coerce_numbers_to_str") or config.get("coerce_numbers_to_str"):
            self.found.add(place.field)
        if is_lax:
            source = "caller"
        if source == "library" and kind in _OF_JSON:
            return self.written(node[_OF_JSON[kind]], source, place)
        if kind in _FUNCTIONS and source != "caller":
            source = "library" if _is_of_library(node["function"]["function"]) else "caller"
            if source == "caller":
                self.found.add(place.field)
        if kind in ("model", "dataclass"):
            place = place._replace(owner=None if node.get("root_model") else node["cls"])
        copy = {key: self._part(key, part, source, place) for key, part in node.items()}
        if kind in _STRICT.get(source, ()) and "strict" not in node:
            copy["strict"] = True
        return copy

    def _part(self, key: str, part: object, source: _Source, place: _Place) -> object:
        if key in _NO_SCHEMAS:
            return part
        if isinstance(part, dict):
            if isinstance(part.get("type"), str):
                return self.written(part, source, place)
            return {
                name: self._part("", each, source, _field(place, name, each)) for name, each in part.items()
            }
        if isinstance(part, list | tuple):
            return type(part)(self._part("", each, source, _field(place, "", each)) for each in part)
        return part

    def _reference(self, ref: str, source: _Source) -> str:
        name = f"{source}:{ref}"
        if name not in self.definitions:
            self.definitions[name] = {}  # it may be recursive
            written = self.written(self._given[ref], source, _Place())
            self.definitions[name] |= {**written, "ref": name}
        return name


def _field(place: _Place, name: str, part: object) -> _Place:
    """Return the position of a possible field of the class whose fields follow."""
    if place.owner is None or not isinstance(part, dict):
        return place
    if part.get("type") not in ("model-field", "dataclass-field"):
        return place
    return _Place(None, (place.owner, name or part["name"]))


def _is_of_library(function: object) -> bool:
    """Whether a function is one of pydantic's own."""
    inner = getattr(function, "func", function)  # of a `functools.partial`
    module = getattr(inner, "__module__", None) or type(inner).__module__
    return module.partition(".")[0] in ("pydantic", "pydantic_core")
