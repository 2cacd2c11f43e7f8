"""The tools of a Responses request: those of chat, with the function's fields one level higher."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Literal, Required, TypeAlias

from pydantic import AfterValidator, BeforeValidator
from typing_extensions import TypedDict

from ..chat.response_format import Name
from ..chat.server_tools import KnownServerTool
from ..chat.tools import ChatTool, HasDefinition, PlainFunction, definition_of, has_type
from ..requests.fields import ByKey, ByKind, JSONObject, NonEmptyText, OneOfOrText, ValidatedAs, closed
from ..requests.schema_check import JSONSchemaObject

__all__ = [
    "AllowedTools",
    "FlatFunction",
    "NamedChoice",
    "ResponseTool",
    "ResponseToolChoice",
]


_MayBeAsync = TypedDict("_MayBeAsync", {"async": bool}, total=False)
"""Whether the model continues while the function runs; `async` is a keyword of Python."""


@closed
class FlatFunction(_MayBeAsync, total=False):
    """A function that the caller runs."""

    type: Required[Literal["function"]]
    name: Required[Name]
    description: str | None
    parameters: Required[JSONSchemaObject | None]
    """JSON Schema of the arguments."""
    strict: bool | None
    """True: arguments follow the schema to the letter, where the provider can."""
    output_schema: JSONSchemaObject | None
    defer_loading: bool
    """Hide it until a tool search finds it."""
    allowed_callers: Sequence[Annotated[Literal["direct", "programmatic"] | str, OneOfOrText()]] | None


_NO_PARAMETERS = {"type": "object", "properties": {}}


def _flat(tool: object) -> object:
    """Return a tool of this library, or a function as chat has it, as it is sent here."""
    definition = definition_of(tool)
    function = definition.get("function") if isinstance(definition, Mapping) else None
    if not isinstance(definition, Mapping) or not isinstance(function, Mapping):
        return definition
    # Without `strict` OpenAI takes a function for a strict one here, and not in chat.
    defaults = {"parameters": _NO_PARAMETERS, "strict": False}
    others = {
        name: value for name, value in definition.items() if name not in ("type", "function", "cache_control")
    }
    return {"type": "function", **defaults, **function, **others}


_Tool: TypeAlias = Annotated[
    FlatFunction | KnownServerTool | Annotated[JSONObject, AfterValidator(has_type)],
    ByKey("type"),
]

ResponseTool: TypeAlias = Annotated[
    FlatFunction | ChatTool | HasDefinition | Callable[..., object] | PlainFunction,
    ValidatedAs(Annotated[_Tool, BeforeValidator(_flat)]),
]
"""A tool, in the form of Responses or of chat, or one made by `@tool`; one that has no type here is sent as it is."""


@closed
class NamedChoice(TypedDict):
    """The model must call this function, or this custom tool."""

    type: Literal["function", "custom"]
    name: Name


@closed
class AllowedTools(TypedDict):
    """The model may, or must, call one of these."""

    type: Literal["allowed_tools"]
    mode: Literal["auto", "required"]
    tools: Sequence[JSONObject]


@closed
class _TypedChoice(TypedDict):
    type: NonEmptyText


def _flat_choice(choice: object) -> object:
    function = choice.get("function") if isinstance(choice, Mapping) else None
    return {"type": "function", **function} if isinstance(function, Mapping) else choice


ResponseToolChoice: TypeAlias = Annotated[
    Literal["auto", "none", "required"] | NamedChoice | AllowedTools | JSONObject,
    ValidatedAs(
        Annotated[
            Literal["auto", "none", "required"]
            | Annotated[NamedChoice | AllowedTools | _TypedChoice, ByKey("type")],
            ByKind(),
            BeforeValidator(_flat_choice),
        ]
    ),
]
"""`auto` (default with tools), `none`, `required`, or what to call."""
