"""Python types as output: their JSON Schema, and a validator that is made once a type and kept.

A type is whatever pydantic can validate: models, dataclasses, TypedDicts, enums, `Literal`, unions, containers,
recursive types. No class is ever made for a call.
"""

from __future__ import annotations

import re
from copy import copy
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, TypeVar

from pydantic import (
    BaseModel,
    PydanticUndefinedAnnotation,
    PydanticUserError,
    TypeAdapter,
    ValidationError,
)
from pydantic_core import to_json

from ..._checks import describe_json
from ..._sentinels import OMIT, Omit
from ...errors import ConfigurationError
from .json_text import decoded
from .lossless import find_losses, is_lossless_copy
from .strictness import Strictness, strictness_of
from .type_schema import TypeSchema
from .violations import MAX_VIOLATIONS, SchemaViolation, Violation, too_much_work, with_parts
from .work import Work, branching

if TYPE_CHECKING:
    from pydantic import JsonValue
    from pydantic_core import ErrorDetails
    from typing_extensions import TypeForm

__all__ = ["TypeValidator", "schema_name", "type_name", "validator_of"]

T = TypeVar("T")

KEPT = 256
"""Validators that are kept; the least used goes first."""

_OF_TYPE = frozenset(
    {"int_type", "int_from_float", "float_type", "bool_type", "none_required", "list_type", "tuple_type", "set_type",
     "frozen_set_type", "dict_type", "mapping_type", "model_type", "model_attributes_type", "dataclass_type",
     "iterable_type"}
)  # fmt: skip
"""Errors of pydantic that say so of a whole JSON type, which no text is of."""


class TypeValidator:
    """Reads JSON values as one Python type."""

    def __init__(self, adapter: TypeAdapter[object], type_text: str) -> None:
        self._adapter = adapter
        self._context: object = None
        try:
            self.document: dict[str, JsonValue] = adapter.json_schema(schema_generator=TypeSchema)
        except Exception as error:  # pydantic refuses it, or code of the type itself fails
            raise ConfigurationError(
                f"output type {type_text} has no JSON schema: {_reason(error)}"
            ) from error

    @cached_property
    def _strictness(self) -> Strictness | None:
        return strictness_of(self._adapter)

    @cached_property
    def _work(self) -> Work | None:
        return branching(self.document, uses_tags=True)

    def with_context(self, context: object) -> TypeValidator:
        """Return the same, whose validators are given a context."""
        made = copy(self)
        made._context = context
        return made

    @cached_property
    def dumped_document(self) -> dict[str, JsonValue]:
        """The JSON schema of the results of `dump`; `{}`, any value, if a serializer of the type lacks one."""
        try:
            return self._adapter.json_schema(mode="serialization", by_alias=False)
        except PydanticUserError:  # as of pydantic, also for what JSON schema cannot express
            return {}

    def dump(self, value: object) -> JsonValue:
        """Return a value of the type as JSON, with the names of its fields."""
        dumped: JsonValue = self._adapter.dump_python(value, mode="json", by_alias=False, warnings="none")
        return dumped

    def read(self, value: JsonValue) -> object:
        """Validate a JSON value as the type, without conversions between types; raises `SchemaViolation`.

        The caller's own validators and settings still apply.
        """
        output = self._read(value)
        strictness = self._strictness
        if (strictness is not None and strictness.is_own) or is_lossless_copy(value, output):
            return output
        own = strictness.own if strictness is not None else frozenset()
        found = find_losses(value, output, own)
        if found.rounded:
            value = with_parts(value, found.rounded)
            output = self._read(value)
            found = find_losses(value, output, own)
        if found.violations:
            raise SchemaViolation(found.violations)
        return output

    def read_plain(self, text: str, /) -> tuple[object, JsonValue] | Omit:
        """Validate a JSON text as the type and return both, if nothing differs; OMIT if that needs a closer
        examination.
        """
        try:
            if self._work is not None:
                return OMIT
            output = self._validated(text)
            value = decoded(text)
            return (output, value) if is_lossless_copy(value, output) else OMIT
        except Exception:  # noqa: BLE001  # no JSON, or it does not fit, or breaks a validator: `read` tells it all
            return OMIT

    def _validated(self, text: str | bytes) -> object:
        strictness = self._strictness
        if strictness is not None:
            return strictness.validator.validate_json(text, context=self._context)
        return self._adapter.validator.validate_json(text, strict=True, context=self._context)

    def _read(self, value: JsonValue) -> object:
        if self._work is not None and self._work.is_too_much(value):
            raise SchemaViolation([too_much_work()])
        try:
            return self._validated(to_json(value))
        except ValidationError as error:
            details = error.errors(include_url=False)
        except Exception as error:  # a validator of the caller; the reply is not to be lost for it
            problem = f"broke a validator of the type: {type(error).__name__}: {str(error)[:200]}"
            raise SchemaViolation([Violation((), problem)]) from error
        raise SchemaViolation([_violation(detail) for detail in details[:MAX_VIOLATIONS]])

    def validate_python(self, value: object) -> object:
        """Return `value`, a Python object, as the type; raises `SchemaViolation`."""
        try:
            return self._adapter.validate_python(value, context=self._context)
        except ValidationError as error:
            details = error.errors(include_url=False)
        raise SchemaViolation([_violation(detail) for detail in details[:MAX_VIOLATIONS]])


def validator_of(type_: TypeForm[object]) -> TypeValidator:
    """Return the validator of a type.

    Raises:
        ConfigurationError: pydantic can make nothing of it, or it has no JSON schema.
    """
    try:
        hash(type_)
    except TypeError:  # an `Annotated` with metadata that cannot be a key
        return _make(type_)
    # `A | B` equals `B | A`, but where both fit the first is taken, so the spelling belongs to the key.
    return _kept(type_, repr(type_))  # type: ignore[arg-type]  # it is hashable, as was just seen


@lru_cache(maxsize=KEPT)
def _kept(type_: TypeForm[object], _spelling: str) -> TypeValidator:
    return _make(type_)


def _make(type_: TypeForm[object]) -> TypeValidator:
    text = type_name(type_)
    if isinstance(type_, str | BaseModel):
        raise ConfigurationError(
            f"output is {describe_json(type_)}; expected a type, a Schema or a JSON schema"
        )
    try:
        adapter: TypeAdapter[object] = TypeAdapter(type_)
    except Exception as error:  # as above
        raise ConfigurationError(
            f"{text} is not a type that can be read from JSON: {_reason(error)}"
        ) from error
    return TypeValidator(adapter, text)


def _reason(error: Exception) -> str:
    if isinstance(error, PydanticUndefinedAnnotation | PydanticUserError):
        return error.message.splitlines()[0]
    return f"{type(error).__name__}: {str(error)[:200]}"


def type_name(type_: object) -> str:
    """Return what a type is called in code, without the modules: `dict[str, Person]`."""
    name = getattr(type_, "__name__", None)
    if isinstance(name, str) and not getattr(type_, "__args__", None):
        return name
    return re.sub(r"(?:\w+\.)+(?=\w)", "", repr(type_))


def schema_name(text: str | None) -> str:
    """Return a name that providers accept: letters, digits, `_` and `-`, at most 64.

    >>> schema_name("list[Person]")
    'list_Person'
    """
    name = re.sub(r"[^A-Za-z0-9_-]+", "_", text or "").strip("_")[:64]
    return name or "output"


def _violation(detail: ErrorDetails) -> Violation:
    message = detail["msg"].removeprefix("Input should be ").removeprefix("Value error, ")
    problem = message[:1].lower() + message[1:] if message[1:2].islower() else message
    kind = detail["type"]
    if kind == "missing":
        return Violation(detail["loc"], "is missing")
    if detail["msg"].startswith("Input should be "):
        problem = f"expected {problem}, got {describe_json(detail['input'])}"
    return Violation(detail["loc"], problem, kind in _OF_TYPE)
