"""JSON schemas from a caller: checked on arrival; jsonschema-rs validates values against them.

Nothing is ever fetched: a reference must point to a place within the schema itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, cast

from pydantic_core import PydanticCustomError, from_json, to_json

from ..._checks import describe_json
from ..._extras import needs_extra
from ..._sentinels import OMIT, Omit
from ...errors import ConfigurationError
from ...types.requests.fields import check_json
from .references import check_references, pointer
from .violations import MAX_VIOLATIONS, SchemaViolation, Violation, too_much_work
from .work import Work, branching

if TYPE_CHECKING:
    import jsonschema_rs
    from pydantic import JsonValue

__all__ = ["RawValidator", "checked_document"]

MAX_VERDICT_STEPS = 500_000
"""Parts of a value held against parts of a schema for a verdict alone, without what is wrong; about 0.1 s."""

MAX_TOLD_STEPS = 5_000
"""The same to say what is wrong, which takes fifty times as long for each."""

MAX_DEPTH = 100
"""Levels of a schema; pydantic and providers read not many more."""


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

    def __reduce__(self) -> tuple[object, ...]:
        return RawValidator, (self.document,)  # jsonschema-rs cannot be pickled

    @cached_property
    def _work(self) -> Work | None:
        return branching(self.document, uses_tags=False)

    @property
    def dumped_document(self) -> dict[str, JsonValue]:
        """The JSON schema of what `dump` returns: the same."""
        return self.document

    def dump(self, value: object) -> JsonValue:
        """Return a value, which is JSON."""
        return cast("JsonValue", value)

    def read(self, value: JsonValue) -> object:
        """Return a copy of a JSON value, of plain floats, if it fits; raises `SchemaViolation`."""
        try:
            copied = from_json(to_json(value))
        except ValueError as error:  # a number of 5,000 digits, half of a surrogate pair
            raise SchemaViolation([Violation((), f"cannot be read as JSON: {_cut(str(error))}")]) from None
        return self.validate_python(copied)

    def read_plain(self, _text: str, /) -> Omit:
        """Return OMIT: every value is examined closely."""
        return OMIT

    def validate_python(self, value: object) -> object:
        """Return `value` if it fits; raises `SchemaViolation`."""
        if self._work is not None and self._work.is_too_much(value, MAX_TOLD_STEPS):
            if not self._work.is_too_much(value, MAX_VERDICT_STEPS) and self._validator.is_valid(value):
                return value
            raise SchemaViolation([too_much_work()])
        try:
            found = [
                Violation(tuple(error.instance_path), _cut(error.message), _is_of_type(error))
                for error in islice(self._validator.iter_errors(value), MAX_VIOLATIONS)
            ]
        except ValueError as error:  # not JSON: a set, an object of some class
            found = [Violation((), _cut(str(error)))]
        if found:
            raise SchemaViolation(found)
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


def _refuse_to_fetch(uri: str) -> JsonValue:
    raise ValueError(f"{uri!r} would have to be fetched")


def _is_of_type(error: jsonschema_rs.ValidationError) -> bool:
    """Return whether a value is of none of the allowed JSON types."""
    arms: list[list[jsonschema_rs.ValidationError]] = getattr(error.kind, "context", [])
    if arms:
        return all(inner.kind.name == "type" for arm in arms for inner in arm)
    return error.kind.name == "type"


def _cut(message: str) -> str:
    return message if len(message) <= 200 else message[:199] + "…"


def checked_document(document: object) -> dict[str, JsonValue]:
    """Return a copy of a JSON schema that consists of plain JSON values, and whose references can all be followed.

    Raises:
        ConfigurationError: it is not a JSON object, is nested too deeply, or refers to something outside of it.
    """
    if not isinstance(document, Mapping):
        raise ConfigurationError(f"the JSON schema is {describe_json(document)}; expected a dict")
    _check_depth(document)
    try:
        copy: dict[str, JsonValue] = dict(check_json(document))  # type: ignore[call-overload]  # a mapping becomes a dict
    except PydanticCustomError as error:
        raise ConfigurationError(f"the JSON schema is not JSON: expected {error.message()}") from None
    check_references(copy)
    return copy


def _check_depth(value: object, path: tuple[str | int, ...] = ()) -> None:
    """Raise if a schema is too deep; goes no deeper itself."""
    items: Iterable[tuple[object, object]] = ()
    if isinstance(value, Mapping):
        items = value.items()
    elif isinstance(value, list | tuple):
        items = enumerate(value)
    else:
        return
    if len(path) == MAX_DEPTH:
        raise ConfigurationError(
            f"the JSON schema is nested more than {MAX_DEPTH} deep at {pointer(path)[:60]}…; use $ref to make it flat"
        )
    for step, item in items:
        _check_depth(item, (*path, str(step)))
