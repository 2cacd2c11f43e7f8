"""The possible values of request fields: the vocabulary that declares request types.

A request type is a `TypedDict`. The class is the constructor (`Provider(sort="price")`), the type of the plain dict
(`{"sort": "price"}`) for type checkers, and the schema that pydantic validates. An optional field is simply an absent
key, so `None` is left for fields that the service calls nullable. Each bound is written once, here as metadata, and
error messages use it.

Tags of unions are written `<like this>`, which distinguishes them from field names in the path of an error.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import UnionType
from typing import Annotated, Literal, TypeAlias, Union, get_args, get_origin

from pydantic import ConfigDict, GetCoreSchemaHandler, with_config
from pydantic_core import PydanticCustomError, core_schema

__all__ = [
    "STRICT",
    "Between",
    "ByKey",
    "ByKind",
    "JSONObject",
    "NonEmptyText",
    "OneOfOrText",
    "Text",
    "ValidatedAs",
    "check_json",
    "closed",
]

STRICT = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)
"""Nothing is converted: `"0.7"` is not a number, 1 is not a boolean. Unknown keys are refused."""

closed = with_config(STRICT)
"""Decorates the `TypedDict` of an object of which the service documents every field; those that extend it follow."""

MAX_NESTING = 200
"""Levels of free JSON; the service and pydantic read no more."""


@dataclass(frozen=True)
class Between:
    """A number, whole where the annotation is `int`, with its bounds included; NaN and infinities are refused."""

    low: float | None = None
    high: float | None = None
    above: float | None = None
    """A lower bound that is itself refused."""

    def __get_pydantic_core_schema__(
        self, source: type[float], _handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        whole = source is int
        # An int stays an int: some providers read `1.0` as no integer.
        choices: list[core_schema.CoreSchema | tuple[core_schema.CoreSchema, str]] = [
            core_schema.int_schema(
                ge=_ceil(self.low), le=_floor(self.high), gt=_floor(self.above), strict=True
            )
        ]
        if not whole:
            choices.append(
                core_schema.float_schema(
                    ge=self.low, le=self.high, gt=self.above, strict=True, allow_inf_nan=False
                )
            )
        return core_schema.custom_error_schema(
            core_schema.union_schema(choices, mode="left_to_right"),
            custom_error_type="number",
            custom_error_message=self.wanted(whole=whole),
        )

    def wanted(self, *, whole: bool) -> str:
        """Return what is allowed, in words."""
        noun = "a whole number" if whole else "a number"
        if self.low is not None and self.high is not None:
            return f"{noun} from {self.low:g} to {self.high:g}"
        bounds = {"of at least": self.low, "above": self.above, "of at most": self.high}
        words = [f"{word} {bound:g}" for word, bound in bounds.items() if bound is not None]
        return " ".join([noun, " and ".join(words)]) if words else noun


def _ceil(bound: float | None) -> int | None:
    return None if bound is None else math.ceil(bound)


def _floor(bound: float | None) -> int | None:
    return None if bound is None else math.floor(bound)


@dataclass(frozen=True)
class Text:
    """Text whose length, in characters, and alphabet are limited."""

    least: int = 0
    most: int | None = None
    pattern: str | None = None
    of: str = ""
    """The alphabet in words, e.g. `letters, digits, _ and -`."""

    def __get_pydantic_core_schema__(
        self, _source: type[str], _handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        return core_schema.custom_error_schema(
            core_schema.str_schema(
                min_length=self.least, max_length=self.most, pattern=self.pattern, strict=True
            ),
            custom_error_type="text",
            custom_error_message=self.wanted(),
        )

    def wanted(self) -> str:
        """Return what is allowed, in words."""
        if self.most is not None:
            size = (
                f" of {self.least} to {self.most:,} characters"
                if self.least
                else f" of at most {self.most:,} characters"
            )
        else:
            size = " that is not empty" if self.least else ""
        return f"text{size}" + (f" ({self.of})" if self.of else "")


NonEmptyText: TypeAlias = Annotated[str, Text(least=1)]


@dataclass(frozen=True)
class OneOfOrText:
    """Text, for an enum the service extends without notice: the annotation lists what is known of it."""

    def __get_pydantic_core_schema__(
        self, _source: object, _handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        return core_schema.str_schema(strict=True, min_length=1)


@dataclass(frozen=True)
class _FreeJSON:
    """A JSON object of any content, copied: tuples become lists; NaN, infinities and other objects are refused."""

    def __get_pydantic_core_schema__(
        self, _source: object, _handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(_json_object)


JSONObject: TypeAlias = Annotated[Mapping[str, object], _FreeJSON()]
"""Free JSON, such as a JSON Schema; its keys stay in the order given."""


def _json_object(value: object) -> object:
    if not isinstance(value, Mapping):
        raise PydanticCustomError("json", "a JSON object")
    return check_json(value)


def check_json(value: object, depth: int = 0) -> object:
    """Return a copy of `value` that consists of dicts, lists, strings, finite numbers, booleans and None.

    Raises:
        PydanticCustomError: something in it is not JSON; the message says what is expected.
    """
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        if math.isfinite(value):
            return value
        raise PydanticCustomError("json", "finite numbers in JSON")
    if depth >= MAX_NESTING:
        raise PydanticCustomError("json", "JSON of at most {levels} levels", {"levels": MAX_NESTING})
    if isinstance(value, Mapping):
        copy: dict[str, object] = {}
        for key, item in value.items():
            if not isinstance(key, str):
                raise PydanticCustomError("json", "JSON objects whose keys are text")
            copy[key] = check_json(item, depth + 1)
        return copy
    if isinstance(value, list | tuple):
        return [check_json(item, depth + 1) for item in value]
    raise PydanticCustomError("json", "JSON values only, without a {kind}", {"kind": type(value).__name__})


class ByKind:
    """Chooses in a union between text, number, object and list: only the errors of the one that was meant are told."""

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        arms = {_kind_of(arm): handler.generate_schema(arm) for arm in get_args(source)}
        return core_schema.tagged_union_schema(arms, _kind)


def _kind(value: object) -> str:
    if isinstance(value, str):
        return "<text>"
    if isinstance(value, Mapping):
        return "<object>"
    if isinstance(value, int | float) and not isinstance(value, bool):
        return "<number>"
    return "<list>" if isinstance(value, list | tuple) else "<other>"


def _kind_of(hint: object) -> str:
    """Return the result of `_kind` for the values of a type."""
    while get_origin(hint) in (Annotated, Union, UnionType):
        hint = get_args(hint)[0]
    bare = get_origin(hint) or hint
    return {str: "<text>", Literal: "<text>", float: "<number>", list: "<list>", Sequence: "<list>"}.get(
        bare, "<object>"
    )


@dataclass(frozen=True)
class ByKey:
    """Chooses in a union of `TypedDict`s by the text under a key; an arm in which that is free takes the rest."""

    key: str

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        arms: dict[str, core_schema.CoreSchema] = {}
        for arm in get_args(source):
            schema = handler.generate_schema(arm)
            names = _literals(schema, self.key, handler)
            arms |= dict.fromkeys([f"<{self.key}={name}>" for name in names] or ["<other>"], schema)

        def choose(value: object) -> str:
            name = value.get(self.key) if isinstance(value, Mapping) else None
            tag = f"<{self.key}={name}>" if isinstance(name, str) else f"<{self.key}>"
            if "<other>" in arms:
                return tag if tag in arms else "<other>"
            return tag if isinstance(value, Mapping) else "<no dict>"

        return core_schema.tagged_union_schema(arms, choose)


def _literals(schema: core_schema.CoreSchema, key: str, handler: GetCoreSchemaHandler) -> list[object]:
    """Return what the field `key` of a `TypedDict` may be; nothing where it is free."""
    schema = handler.resolve_ref_schema(schema)
    if schema["type"] == "function-after":
        return _literals(schema["schema"], key, handler)
    if schema["type"] != "typed-dict":
        return []
    match schema["fields"][key]["schema"]:
        case {"type": "literal", "expected": names}:
            return [*names]
    return []


@dataclass(frozen=True)
class ValidatedAs:
    """The type that is validated in place of the annotation, where callers may pass more than is sent."""

    hint: object

    def __get_pydantic_core_schema__(
        self, _source: object, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        return handler.generate_schema(self.hint)
