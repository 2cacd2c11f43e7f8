"""`ArgumentSchema`: the arguments of a tool that brings a JSON Schema of its own, checked before it runs.

The package `jsonschema-rs` (extra `schema`) checks all of it. Without that package only the outermost level is:
an object, with the required names, without forbidden ones and without a text where an object or a list is wanted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Never, TypeAlias

from pydantic import JsonValue, TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError, from_json, to_jsonable_python

from ..errors import ConfigurationError
from .arguments import MAX_LEVELS, InvalidArguments, left_out, object_text, unwrapped
from .signature import join_problems

__all__ = ["ArgumentSchema"]

_Problem: TypeAlias = tuple[tuple[int | str, ...], str]
"""The place of a violation, and its reason."""

_OBJECT = TypeAdapter(dict[str, JsonValue])

# Keywords of a schema of an object whose value is not a schema, as that of a property would be (JSON Schema 2020-12).
_KEYWORDS = ("type", "required", "$ref", "anyOf", "oneOf", "allOf")


class ArgumentSchema:
    """A JSON Schema of the arguments of one tool."""

    def __init__(self, tool: str, parameters: Mapping[str, object], required: Sequence[str] | None = None):
        """Take a schema of an object, or only its properties.

        Raises:
            ConfigurationError: it is neither, or not JSON.
        """
        if not isinstance(parameters, Mapping):
            raise ConfigurationError(
                f"the parameters of the tool {tool!r} are a {type(parameters).__name__}; expected a JSON Schema"
            )
        try:
            schema = _OBJECT.validate_python(to_jsonable_python(parameters))
        except (PydanticSerializationError, ValidationError, ValueError) as error:
            raise ConfigurationError(f"the parameters of the tool {tool!r} are not JSON: {error}") from None
        kind = schema.get("type")
        if isinstance(kind, str) and kind != "object":
            raise ConfigurationError(
                f"the parameters of the tool {tool!r} are a schema of type {kind!r}; expected 'object'"
            )
        if not _is_schema(schema):
            schema = {"properties": schema}
        properties = schema.get("properties", {})
        if not isinstance(properties, dict):
            raise ConfigurationError(
                f"the properties of the tool {tool!r} are {properties!r}; expected names with a JSON Schema each"
            )
        if wrong := {name: value for name, value in properties.items() if not isinstance(value, dict | bool)}:
            raise ConfigurationError(
                f"the properties of the tool {tool!r} hold {wrong!r}; expected a JSON Schema for each name"
            )
        schema = {"type": "object", "properties": properties, **schema}
        if required is not None:
            if unknown := set(required) - properties.keys():
                raise ConfigurationError(
                    f"the tool {tool!r} requires {sorted(unknown)!r}, which its properties do not have"
                )
            listed: list[JsonValue] = [*required]
            schema["required"] = listed
        self.schema: dict[str, JsonValue] = schema

    def read(self, text: str) -> dict[str, object]:
        """Return the arguments in a JSON text, as they came.

        Raises:
            InvalidArguments: they do not fit.
        """
        try:
            arguments = from_json(object_text(text, self._properties))
        except ValueError as error:
            raise InvalidArguments(f"not valid JSON: {error}") from None
        if not isinstance(arguments, dict):
            raise InvalidArguments("the arguments must be a JSON object")
        return self._fitting(arguments)

    def completed(self, arguments: Mapping[str, object]) -> Mapping[str, object]:
        """Return the arguments unchanged: the function's defaults are unknown."""
        return arguments

    def call(self, function: Callable[..., object], arguments: Mapping[str, object]) -> object:
        """Call the function with the arguments as keywords."""
        return function(**arguments)

    def _fitting(self, arguments: dict[str, JsonValue]) -> dict[str, object]:
        """Return the arguments, texts read as JSON where the schema wants it.

        Raises:
            InvalidArguments: they do not fit.
        """
        first = problems = list(self._find_problems(arguments))
        for _ in range(MAX_LEVELS):
            if not problems:
                break
            value = unwrapped(arguments, [path for path, _ in problems], left_out(self.schema))
            if value is None:
                break
            arguments = value
            problems = list(self._find_problems(arguments))
        if not problems:
            return {**arguments}
        raise InvalidArguments(join_problems([_said(path, message) for path, message in first]))

    @cached_property
    def _find_problems(self) -> Callable[[Mapping[str, JsonValue]], Iterator[_Problem]]:
        """Return what finds the problems in arguments: that of the package, or our own."""
        try:
            import jsonschema_rs
        except ModuleNotFoundError:
            return self._outermost_problems
        try:
            validator = jsonschema_rs.validator_for(self.schema, retriever=_refuse)
        except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError):
            # A schema that only the service can read, e.g. of a draft or with a reference unknown here.
            return self._outermost_problems

        def find(arguments: Mapping[str, JsonValue]) -> Iterator[_Problem]:
            for error in validator.iter_errors(arguments):
                yield tuple(error.instance_path), error.message

        return find

    @property
    def _properties(self) -> dict[str, JsonValue]:
        properties = self.schema["properties"]
        return properties if isinstance(properties, dict) else {}

    def _outermost_problems(self, arguments: Mapping[str, JsonValue]) -> Iterator[_Problem]:
        for name in _names(self.schema.get("required")):
            if name not in arguments:
                yield (name,), "is required"
        properties = self._properties
        if self.schema.get("additionalProperties") is False:
            for name in arguments.keys() - properties.keys():
                yield (name,), "is not allowed"
        for name, value in arguments.items():
            schema = properties.get(name)
            kind = schema.get("type") if isinstance(schema, dict) else None
            if isinstance(value, str) and kind in ("object", "array"):
                yield (name,), f"is a text; expected {kind}"


def _said(path: tuple[int | str, ...], message: str) -> str:
    where = ".".join(str(step) for step in path)
    return f"{where}: {message}" if where else message


def _is_schema(parameters: Mapping[str, JsonValue]) -> bool:
    """Whether these are a whole schema; if not, they are its properties, whose values are schemas themselves."""
    properties = parameters.get("properties")
    return any(isinstance(parameters.get(keyword), str | list) for keyword in _KEYWORDS) or (
        isinstance(properties, dict) and all(isinstance(each, dict) for each in properties.values())
    )


def _refuse(uri: str) -> Never:
    """Fetch nothing: where a schema points to may be anywhere."""
    raise LookupError(f"{uri!r} is not fetched")


def _names(value: JsonValue) -> list[str]:
    return [name for name in value if isinstance(name, str)] if isinstance(value, list) else []
