"""JSON schemas that a caller gives: checked when they come in, and values held against them by jsonschema-rs.

Nothing is ever fetched: a reference must lead to a place within the schema itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from pydantic_core import PydanticCustomError, from_json, to_json

from ..._extras import needs_extra
from ..._sentinels import OMIT, Omit
from ...errors import ConfigurationError
from ...types._request_fields import check_json
from .violations import MAX_VIOLATIONS, DoesNotFit, Violation, outline, too_much_work

if TYPE_CHECKING:
    import jsonschema_rs
    from pydantic import JsonValue

    from .work import Work


__all__ = [
    "RawValidator",
    "check_references",
    "checked_document",
    "leads_back",
    "pointer",
    "reached_from",
    "references_in",
    "resolve",
    "subschemas",
]

MAX_VERDICT_STEPS = 500_000
"""Parts of a value held against parts of a schema for a verdict alone, without what is wrong; about 0.1 s."""

MAX_TOLD_STEPS = 5_000
"""The same to say what is wrong, which takes fifty times as long for each."""

MAX_DEPTH = 100
"""Levels of a schema; pydantic and providers read not many more."""

LITERALS = frozenset({"const", "default", "enum", "example", "examples"})
"""Keywords whose value is data, not a schema."""

NAMED = frozenset({"properties", "patternProperties", "$defs", "definitions", "dependentSchemas"})
"""Keywords whose value holds a schema under each name."""


class RawValidator:
    """Holds values against one JSON schema.

    Raises:
        ConfigurationError: jsonschema-rs is not installed, or says that the schema is none.
    """

    def __init__(self, document: Mapping[str, JsonValue]) -> None:
        with needs_extra("schema", "a JSON schema as output"):
            import jsonschema_rs
        self.document = dict(document)
        try:
            self._validator = jsonschema_rs.validator_for(
                self.document, validate_formats=True, retriever=_refuse_to_fetch
            )
        except jsonschema_rs.ValidationError as problem:
            place = pointer(problem.instance_path)
            raise ConfigurationError(
                f"the JSON schema is invalid at {place}: {problem.message[:200]}"
            ) from None
        except (ValueError, jsonschema_rs.ReferencingError) as problem:
            raise ConfigurationError(f"the JSON schema cannot be used: {str(problem)[:200]}") from None

    @cached_property
    def _work(self) -> Work | None:
        from .work import branching  # which reads schemas by what stands below

        return branching(self.document, uses_tags=False)

    def read(self, value: JsonValue) -> object:
        """Return a copy of a JSON value, of plain floats, if it fits; raises `DoesNotFit`."""
        return self.validate_python(from_json(to_json(value)))

    def read_plain(self, _text: str, /) -> Omit:
        """Return OMIT: every value is looked at closely."""
        return OMIT

    def validate_python(self, value: object) -> object:
        """Return `value` if it fits; raises `DoesNotFit`."""
        if self._work is not None and self._work.is_too_much(value, MAX_TOLD_STEPS):
            if not self._work.is_too_much(value, MAX_VERDICT_STEPS) and self._validator.is_valid(value):
                return value
            raise DoesNotFit([too_much_work()])
        found: list[Violation] = []
        for error in self._errors(value):
            found.append(Violation(tuple(error.instance_path), _problem(error.message), _is_of_type(error)))
            if len(found) == MAX_VIOLATIONS:
                break
        if found:
            raise DoesNotFit(found)
        return value

    def fits(self, schema: Mapping[str, JsonValue], value: JsonValue) -> bool:
        """Whether a value fits a part of the schema, such as a default its property."""
        import jsonschema_rs

        part = dict(schema)
        part |= {
            key: item for key, item in self.document.items() if key in ("$schema", "$defs", "definitions")
        }
        try:
            return jsonschema_rs.validator_for(part, retriever=_refuse_to_fetch).is_valid(value)
        except (ValueError, jsonschema_rs.ReferencingError):  # it refers to what is not in the part
            return True

    def _errors(self, value: object) -> Iterator[jsonschema_rs.ValidationError]:
        try:
            yield from self._validator.iter_errors(value)
        except ValueError as error:  # not JSON: a set, an object of some class
            raise DoesNotFit([Violation((), str(error)[:200])]) from None


def _refuse_to_fetch(uri: str) -> JsonValue:
    raise ValueError(f"{uri!r} would have to be fetched")


def _is_of_type(error: jsonschema_rs.ValidationError) -> bool:
    """Whether a value is of none of the JSON types that may stand there."""
    arms: list[list[jsonschema_rs.ValidationError]] = getattr(error.kind, "context", [])
    if arms:
        return all(inner.kind.name == "type" for arm in arms for inner in arm)
    return error.kind.name == "type"


def _problem(message: str) -> str:
    return message if len(message) <= 200 else message[:199] + "…"


def checked_document(document: object) -> dict[str, JsonValue]:
    """Return a copy of a JSON schema, made of plain JSON values, whose references can all be followed.

    Raises:
        ConfigurationError: it is no JSON object, is nested too deeply, or refers to something outside of it.
    """
    if not isinstance(document, Mapping):
        raise ConfigurationError(f"the JSON schema is {outline(document)}; expected a dict")
    _check_depth(document)
    copy: dict[str, JsonValue] = {}
    reason = ""
    try:
        copy.update(check_json(document))  # type: ignore[call-overload]  # a mapping becomes a dict
    except PydanticCustomError as error:
        reason = error.message()
    if reason:
        raise ConfigurationError(f"the JSON schema is no JSON: expected {reason}")
    check_references(copy)
    return copy


def _check_depth(document: object) -> None:
    """Raise if the schema is too deep; walks without recursion, so any depth can be told."""
    level: list[tuple[object, tuple[str | int, ...]]] = [(document, ())]
    for _ in range(MAX_DEPTH):
        below: list[tuple[object, tuple[str | int, ...]]] = []
        for value, path in level:
            if isinstance(value, Mapping):
                below += [(item, (*path, str(key))) for key, item in value.items()]
            elif isinstance(value, list | tuple):
                below += [(item, (*path, index)) for index, item in enumerate(value)]
        level = [(value, path) for value, path in below if isinstance(value, Mapping | list | tuple)]
        if not level:
            return
    place = pointer(level[0][1])
    raise ConfigurationError(
        f"the JSON schema is nested more than {MAX_DEPTH} deep at {place[:60]}…; use $ref to make it flat"
    )


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
    """Return the references that a value must follow before any part of it is looked at."""
    found: list[str] = []
    waiting: list[JsonValue] = [schema]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            if "$ref" in part:
                found.append(str(part["$ref"]))
            for keyword in ("allOf", "anyOf", "oneOf"):
                arms = part.get(keyword)
                waiting += arms if isinstance(arms, list) else []
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
        name = _unquoted(step)
        if isinstance(value, dict) and name in value:
            value = value[name]
        elif isinstance(value, list) and name.isdecimal() and int(name) < len(value):
            value = value[int(name)]
        else:
            raise KeyError(ref)
    if not isinstance(value, dict | bool):
        raise KeyError(ref)
    return value


def _unquoted(step: str) -> str:
    from urllib.parse import unquote

    return unquote(step).replace("~1", "/").replace("~0", "~")


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


def pointer(path: tuple[str | int, ...] | list[str | int]) -> str:
    """Return a JSON pointer: `#/properties/age`."""
    return "#" + "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)
