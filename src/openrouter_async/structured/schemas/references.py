"""References within a JSON schema: their targets, and whether they form a circle. Nothing is ever fetched."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING
from urllib.parse import unquote

from ...errors import ConfigurationError

if TYPE_CHECKING:
    from pydantic import JsonValue

__all__ = [
    "check_references",
    "leads_back",
    "list_in",
    "names_in",
    "pointer",
    "reached_from",
    "references_in",
    "resolve",
    "subschemas",
]

LITERALS = frozenset({"const", "default", "enum", "example", "examples"})
"""Keywords whose value is data, not a schema (JSON Schema 2020-12, validation, 6.1 and 9)."""

NAMED = frozenset({"properties", "patternProperties", "$defs", "definitions", "dependentSchemas"})
"""Keywords whose value contains a schema under each name."""


def check_references(document: Mapping[str, JsonValue]) -> None:
    """Raise if a reference leads out of the schema, to nothing, or round in a circle.

    Raises:
        ConfigurationError: naming the place and the reference.
    """
    without_end: dict[str, list[str]] = {}
    for place, schema in subschemas(document):
        for keyword in ("$dynamicRef", "$recursiveRef"):
            if keyword in schema:
                raise ConfigurationError(
                    f"the JSON schema has {keyword!r} at {place}, which is not supported; use '$ref'"
                )
        ref = schema.get("$ref")
        if isinstance(ref, str) and ref not in without_end:
            without_end[ref] = _same_level(_target(document, ref, place))
    for ref in without_end:
        if leads_back(ref, without_end):
            raise ConfigurationError(f"the reference {ref[:100]!r} leads back to itself, so it says nothing")


def _same_level(schema: JsonValue) -> list[str]:
    """Return the references that a value must follow before any part of it is examined."""
    found: list[str] = []
    waiting: list[JsonValue] = [schema]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            if "$ref" in part:
                found.append(str(part["$ref"]))
            waiting += [arm for keyword in ("allOf", "anyOf", "oneOf") for arm in list_in(part, keyword)]
            waiting += [part[keyword] for keyword in ("not", "if", "then", "else") if keyword in part]
    return found


def reached_from(refs: Iterable[str], steps: Mapping[str, Iterable[str]]) -> set[str]:
    """Return the references that some lead to, themselves included; `steps` are those that each leads to."""
    reached: set[str] = set()
    waiting = list(refs)
    while waiting:
        ref = waiting.pop()
        if ref not in reached:
            reached.add(ref)
            waiting += steps.get(ref, ())
    return reached


def leads_back(ref: str, steps: Mapping[str, Iterable[str]]) -> bool:
    """Whether a reference leads, by way of others, back to itself."""
    return ref in reached_from(steps.get(ref, ()), steps)


def references_in(schema: JsonValue | Mapping[str, JsonValue]) -> Counter[str]:
    """Return how often each reference occurs in a schema."""
    every = subschemas(schema) if isinstance(schema, Mapping) else ()
    return Counter(str(each["$ref"]) for _, each in every if "$ref" in each)


def _target(document: Mapping[str, JsonValue], ref: str, place: str) -> JsonValue:
    if not ref.startswith("#"):
        raise ConfigurationError(
            f"the JSON schema refers to {ref[:100]!r} at {place}; nothing is fetched,"
            " expected a reference within the schema such as '#/$defs/Name'"
        )
    try:
        return resolve(document, ref)
    except KeyError:
        raise ConfigurationError(
            f"the JSON schema refers to {ref[:100]!r} at {place}, which is not in it"
        ) from None


def resolve(document: Mapping[str, JsonValue], ref: str) -> JsonValue:
    """Return what a reference within the schema leads to; raises `KeyError`."""
    value: JsonValue = dict(document)
    if ref in ("#", "#/"):
        return value
    if not ref.startswith("#/"):
        for _, schema in subschemas(document):
            if schema.get("$anchor") == ref[1:]:
                return dict(schema)
        raise KeyError(ref)
    for step in ref[2:].split("/"):
        # In this order, or `~01` would become `/` (RFC 6901, 4).
        name = unquote(step).replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict) and name in value:
            value = value[name]
        elif isinstance(value, list) and name.isdecimal() and int(name) < len(value):
            value = value[int(name)]
        else:
            raise KeyError(ref)
    if not isinstance(value, dict | bool):
        raise KeyError(ref)
    return value


def subschemas(document: Mapping[str, JsonValue]) -> Iterator[tuple[str, Mapping[str, JsonValue]]]:
    """Give each schema in a schema, with its place; data such as defaults is passed over."""
    waiting: list[tuple[tuple[str | int, ...], JsonValue, bool]] = [((), dict(document), True)]
    while waiting:
        path, value, is_schema = waiting.pop()
        if isinstance(value, list):
            waiting += [((*path, index), item, True) for index, item in enumerate(value)]
        elif isinstance(value, dict):
            if is_schema:
                yield pointer(path), value
                waiting += [
                    ((*path, key), item, key not in NAMED)
                    for key, item in value.items()
                    if key not in LITERALS
                ]
            else:
                waiting += [((*path, key), item, True) for key, item in value.items()]


def names_in(schema: Mapping[str, JsonValue], keyword: str) -> dict[str, JsonValue]:
    """Return the names under a keyword; none if it is missing."""
    found = schema.get(keyword)
    return found if isinstance(found, dict) else {}


def list_in(schema: Mapping[str, JsonValue], keyword: str) -> list[JsonValue]:
    """Return the items of a keyword; none where it is not there."""
    found = schema.get(keyword)
    return found if isinstance(found, list) else []


def pointer(path: tuple[str | int, ...] | list[str | int]) -> str:
    """Return a JSON pointer, as a fragment (RFC 6901, 6): `#/properties/age`."""
    return "#" + "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)
