"""The schema of a function's arguments, and the validation of the arguments that a model sends.

A parameter's schema is that of its annotation, as pydantic sees it, so a parameter can have any type that pydantic
knows: `Literal`, nested types, `Annotated[..., Field(ge=0)]`. A parameter with a default is optional, and then has
the function's own default. Descriptions come from `Field(description=...)`, or else from the docstring, if the
package `docstring-parser` (extra `tools`) is there to parse Google, NumPy and reST styles. No function is called
here.
"""

from __future__ import annotations

import functools
import inspect
import typing
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, NotRequired, cast

from pydantic import ConfigDict, Field, JsonValue, TypeAdapter, ValidationError, with_config
from pydantic.errors import PydanticSchemaGenerationError, PydanticUndefinedAnnotation, PydanticUserError
from pydantic.fields import FieldInfo
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import PydanticSerializationError, from_json, to_json, to_jsonable_python
from typing_extensions import TypedDict

from ..errors import ConfigurationError
from .arguments import MAX_LEVELS, InvalidArguments, left_out, object_text, unwrapped

if TYPE_CHECKING:
    from pydantic.config import JsonDict
    from pydantic.json_schema import JsonSchemaMode
    from pydantic_core import CoreSchema

__all__ = [
    "Documentation",
    "Signature",
    "documentation_of",
    "is_unbound_method",
    "join_problems",
    "name_of",
    "read_docstring",
    "read_hints",
    "routine_of",
]

MAX_PROBLEMS = 8
"""Wrong arguments named in one answer to the model."""


@dataclass(frozen=True, slots=True)
class Documentation:
    """A docstring, taken apart."""

    description: str | None
    parameters: Mapping[str, str]
    """Descriptions by name; empty where the docstring could not be taken apart."""


def read_docstring(function: object) -> Documentation:
    """Return what the docstring of `function` says; without `docstring-parser`, its whole text as the description."""
    text = inspect.cleandoc(function.__doc__ or "")
    if not text:
        return Documentation(None, {})
    try:
        import docstring_parser
    except ModuleNotFoundError:
        return Documentation(text, {})
    try:
        parsed = docstring_parser.parse(text)
    except docstring_parser.ParseError:
        return Documentation(text, {})
    parameters = {param.arg_name: param.description for param in parsed.params if param.description}
    return Documentation((parsed.description or "").strip() or None, parameters)


def read_hints(function: Callable[..., object]) -> dict[str, object]:
    """Return the annotations of a function, those written as text resolved.

    Raises:
        NameError: an annotation names what its module does not have.
    """
    return typing.get_type_hints(inspect.unwrap(function), include_extras=True)


def name_of(function: Callable[..., object]) -> str:
    """Return the function's own name; of an object that can be called that of its class."""
    function = _without_partial(function)
    return str(getattr(function, "__name__", type(function).__name__))


def routine_of(function: Callable[..., object]) -> Callable[..., object]:
    """Return the function that runs when `function` is called: of an object its `__call__`."""
    function = _without_partial(function)
    if inspect.isroutine(function) or inspect.isclass(function):
        return function
    routine: Callable[..., object] = type(function).__call__
    return routine


def documentation_of(function: Callable[..., object]) -> Documentation:
    """Return what the docstring says; of an object that can be called that of its `__call__`, else of its class."""
    documentation = read_docstring(routine_of(function))
    if documentation.description or isinstance(function, functools.partial):
        return documentation
    return read_docstring(function)


def is_unbound_method(function: Callable[..., object]) -> bool:
    """Whether a function is defined in a class, as its qualified name says, and lacks its object."""
    if not inspect.isfunction(function):
        return False
    outer = function.__qualname__.rpartition(".")[0]
    first = next(iter(inspect.signature(function).parameters), None)
    return outer != "" and not outer.endswith("<locals>") and first in ("self", "cls")


def _without_partial(function: Callable[..., object]) -> Callable[..., object]:
    while isinstance(function, functools.partial):
        function = function.func
    return function


class Signature:
    """The parameters of a function, as a model fills them in."""

    def __init__(self, tool: str, function: Callable[..., object]) -> None:
        """Read the parameters of a function, with its annotations and their descriptions in the docstring.

        Raises:
            ConfigurationError: an annotation does not have a schema, or uses a name that its module lacks; or a
                parameter cannot be passed by name.
        """
        try:
            hints = read_hints(routine_of(function))
        except NameError as error:
            raise ConfigurationError(
                f"an annotation of the tool {tool!r} names {error.name!r}, which its module does not have; put the type"
                " into the module, or leave out 'from __future__ import annotations'"
            ) from error
        described = documentation_of(function).parameters
        self._signature = inspect.signature(function)
        fields: dict[str, object] = {}
        for parameter in self._signature.parameters.values():
            if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
                raise ConfigurationError(
                    f"the tool {tool!r} takes {str(parameter)!r}; expected parameters with a name each"
                )
            fields[parameter.name] = _field(
                parameter, hints.get(parameter.name, object), described.get(parameter.name)
            )
        arguments = cast(
            "type[dict[str, object]]",
            with_config(ConfigDict(extra="forbid"))(
                TypedDict("Arguments", fields)  # type: ignore[operator]  # a TypedDict made at run time
            ),
        )
        try:
            self._adapter: TypeAdapter[dict[str, object]] = TypeAdapter(arguments)
            self.schema: JsonSchemaValue = self._adapter.json_schema(schema_generator=_Untitled)
        except (PydanticSchemaGenerationError, PydanticUndefinedAnnotation, PydanticUserError) as error:
            reason = error.message.partition("\n")[0]  # the rest is for authors of types
            raise ConfigurationError(
                f"the parameters of the tool {tool!r} have no JSON schema: {reason}"
            ) from error
        self.schema.pop("description", None)
        self.schema.setdefault("properties", {})

    def read(self, text: str) -> dict[str, object]:
        """Return the arguments in a JSON text as Python values, by name; omitted ones are not included.

        Raises:
            InvalidArguments: they do not fit.
        """
        text = object_text(text, self.schema["properties"])
        try:
            return self._adapter.validate_json(text)
        except ValidationError as error:
            problems = error.errors(include_url=False, include_input=False)
        raw = problems
        for _ in range(MAX_LEVELS):
            value = unwrapped(_json(text), [item["loc"] for item in raw], left_out(self.schema))
            if value is None:
                break
            text = to_json(value).decode()
            try:
                return self._adapter.validate_json(text)
            except ValidationError as error:
                raw = error.errors(include_url=False, include_input=False)
        raise InvalidArguments(
            join_problems([_problem(tuple(item["loc"]), item["msg"]) for item in problems])
        )

    def completed(self, arguments: Mapping[str, object]) -> Mapping[str, object]:
        """Return the arguments with the function's own defaults, by name."""
        return self.bind(arguments).arguments

    def call(self, function: Callable[..., object], arguments: Mapping[str, object]) -> object:
        """Call the function with the arguments, by position where it wants them so."""
        bound = self.bind(arguments)
        return function(*bound.args, **bound.kwargs)

    def bind(self, arguments: Mapping[str, object]) -> inspect.BoundArguments:
        """Return the arguments as the function takes them, its own defaults filled in."""
        bound = inspect.BoundArguments(self._signature, dict(arguments))
        bound.apply_defaults()
        return bound


def _json(text: str) -> dict[str, JsonValue]:
    """Return the object in a text; an empty one if it contains none."""
    try:
        value = from_json(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def join_problems(problems: list[str]) -> str:
    """Return what is wrong with the arguments of a call in one text."""
    more = len(problems) - MAX_PROBLEMS
    return "; ".join(problems[:MAX_PROBLEMS]) + (f"; and {more} more" if more > 0 else "")


def _problem(loc: tuple[int | str, ...], message: str) -> str:
    path = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in loc).lstrip(".")
    message = message[:1].lower() + message[1:]
    return f"{path}: {message}" if path else message


def _field(parameter: inspect.Parameter, hint: object, description: str | None) -> object:
    """Return the annotation of the field that stands for a parameter."""
    extra: JsonDict = {}
    has_default = parameter.default is not parameter.empty
    if has_default:
        default = parameter.default
        if isinstance(default, FieldInfo):
            raise ConfigurationError(
                f"the parameter {parameter.name!r} has a Field as its default; write Annotated[..., Field(...)]"
            )
        with suppress(PydanticSerializationError, ValueError):  # one that JSON does not have is not told
            extra["default"] = to_jsonable_python(default)
    if description and not _is_described(hint):
        hint = Annotated[hint, Field(description=description)]
    if extra:
        hint = Annotated[hint, Field(json_schema_extra=extra)]
    return NotRequired[hint] if has_default else hint


def _is_described(hint: object) -> bool:
    metadata = getattr(hint, "__metadata__", ())
    return any(isinstance(item, FieldInfo) and item.description for item in metadata)


class _Untitled(GenerateJsonSchema):
    """JSON Schema without the titles pydantic makes of names: they say nothing and cost tokens."""

    def field_title_should_be_set(self, schema: object) -> bool:
        return False

    def generate(self, schema: CoreSchema, mode: JsonSchemaMode = "validation") -> JsonSchemaValue:
        result = super().generate(schema, mode)
        for part in (result, *result.get("$defs", {}).values()):
            part.pop("title", None)
        return result
