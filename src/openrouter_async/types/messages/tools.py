"""The tools of a Messages request, and how the model is to choose among them.

Functions may be given in the form of chat, too, or as a `Tool`; they are sent with an `input_schema`.
Source: `tools` of `MessagesRequest` in the service's OpenAPI document.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Literal, Required, TypeAlias

from pydantic import AfterValidator, BeforeValidator
from pydantic_core import PydanticCustomError
from typing_extensions import TypedDict

from ..chat.prompt_cache import CacheControl
from ..chat.response_format import Name
from ..chat.server_tools import DateTime, ImageGeneration, WebFetch, WebSearch
from ..chat.tools import FunctionTool, HasDefinition, PlainFunction
from ..chat.web_search import UserLocation
from ..requests.fields import Between, ByKey, JSONObject, NonEmptyText, OneOfOrText, ValidatedAs, closed
from ..requests.schema_check import JSONSchemaObject

__all__ = [
    "AdvisorTool",
    "AnyTool",
    "AutoTool",
    "BashTool",
    "CustomTool",
    "MessageTool",
    "MessageToolChoice",
    "NamedTool",
    "NativeWebSearch",
    "NoTool",
    "TextEditorTool",
    "ToolSearchTool",
]

_Callers: TypeAlias = Sequence[
    Annotated[Literal["direct", "code_execution_20250825", "code_execution_20260120"] | str, OneOfOrText()]
]


@closed
class CustomTool(TypedDict, total=False):
    """A function that the caller runs."""

    type: Literal["custom"]
    name: Required[Name]
    description: str
    input_schema: Required[JSONSchemaObject]
    """JSON Schema of the arguments."""
    strict: bool
    """True: arguments follow the schema to the letter, where the provider can."""
    defer_loading: bool
    """Hide it until a tool search finds it."""
    cache_control: CacheControl


@closed
class NativeWebSearch(TypedDict, total=False):
    """The provider's own web search; `openrouter:web_search` works with every model."""

    type: Required[Literal["web_search_20250305", "web_search_20260209"]]
    name: Required[Literal["web_search"]]
    max_uses: Annotated[int, Between(1)] | None
    allowed_domains: Sequence[NonEmptyText] | None
    blocked_domains: Sequence[NonEmptyText] | None
    user_location: UserLocation | None
    allowed_callers: _Callers
    """Since `web_search_20260209`."""
    cache_control: CacheControl


@closed
class BashTool(TypedDict, total=False):
    """A shell that the caller runs."""

    type: Required[Literal["bash_20250124"]]
    name: Required[Literal["bash"]]
    cache_control: CacheControl


@closed
class TextEditorTool(TypedDict, total=False):
    """An editor that the caller runs."""

    type: Required[Literal["text_editor_20250124"]]
    name: Required[Literal["str_replace_editor"]]
    cache_control: CacheControl


@closed
class AdvisorTool(TypedDict, total=False):
    """Another model that this one may ask."""

    type: Required[Literal["advisor_20260301"]]
    name: Required[Literal["advisor"]]
    model: Required[NonEmptyText]
    max_uses: Annotated[int, Between(1)]
    caching: CacheControl | None
    allowed_callers: _Callers
    defer_loading: bool
    cache_control: CacheControl


@closed
class ToolSearchTool(TypedDict, total=False):
    """Finds the tools that are marked `defer_loading`."""

    type: Required[
        Literal[
            "tool_search_tool_bm25_20251119",
            "tool_search_tool_bm25",
            "tool_search_tool_regex_20251119",
            "tool_search_tool_regex",
        ]
    ]
    name: Required[Literal["tool_search_tool_bm25", "tool_search_tool_regex"]]
    strict: bool
    allowed_callers: _Callers
    defer_loading: bool
    cache_control: CacheControl


def _has_type(value: Mapping[str, object]) -> Mapping[str, object]:
    if not isinstance(value.get("type"), str):
        raise PydanticCustomError("type", "a dict with the tool's 'type', or with a name and an input_schema")
    return value


def _as_custom(value: object) -> object:
    """Return a function in the form of this dialect; other tools stay unchanged."""
    definition = getattr(value, "definition", None)
    tool = value if definition is None else definition
    if not isinstance(tool, Mapping):
        return value
    if "type" not in tool and "input_schema" in tool:
        return {**tool, "type": "custom"}
    function = tool.get("function")
    if tool.get("type") != "function" or not isinstance(function, Mapping):
        return tool
    fields = {
        "type": "custom",
        "name": function.get("name"),
        "description": function.get("description"),
        "input_schema": function.get("parameters") or {"type": "object", "properties": {}},
        "strict": function.get("strict"),
        "defer_loading": tool.get("defer_loading", function.get("defer_loading")),
        "cache_control": tool.get("cache_control"),
    }
    return {name: value for name, value in fields.items() if value is not None}


_Tool: TypeAlias = Annotated[
    Annotated[
        CustomTool
        | NativeWebSearch
        | BashTool
        | TextEditorTool
        | AdvisorTool
        | ToolSearchTool
        | WebSearch
        | WebFetch
        | DateTime
        | ImageGeneration
        | Annotated[JSONObject, AfterValidator(_has_type)],
        ByKey("type"),
    ],
    BeforeValidator(_as_custom),
]

MessageTool: TypeAlias = Annotated[
    CustomTool
    | NativeWebSearch
    | BashTool
    | TextEditorTool
    | AdvisorTool
    | ToolSearchTool
    | FunctionTool
    | WebSearch
    | WebFetch
    | DateTime
    | ImageGeneration
    | HasDefinition
    | Callable[..., object]
    | PlainFunction
    | Mapping[str, object],
    ValidatedAs(_Tool),
]
"""A tool; one that has no type here is sent as it is."""


@closed
class AutoTool(TypedDict, total=False):
    """The model decides."""

    type: Required[Literal["auto"]]
    disable_parallel_tool_use: bool


@closed
class AnyTool(TypedDict, total=False):
    """The model must call a tool."""

    type: Required[Literal["any"]]
    disable_parallel_tool_use: bool


@closed
class NoTool(TypedDict):
    """The model must not call any."""

    type: Literal["none"]


@closed
class NamedTool(TypedDict, total=False):
    """The model must call this tool."""

    type: Required[Literal["tool"]]
    name: Required[Name]
    disable_parallel_tool_use: bool


def _of_chat(choice: object) -> object:
    if isinstance(choice, str):
        return {"type": "any" if choice == "required" else choice}
    function = choice.get("function") if isinstance(choice, Mapping) else None
    return {"type": "tool", "name": function.get("name")} if isinstance(function, Mapping) else choice


MessageToolChoice: TypeAlias = Annotated[
    AutoTool | AnyTool | NoTool | NamedTool | Literal["auto", "none", "required"],
    ValidatedAs(
        Annotated[
            Annotated[AutoTool | AnyTool | NoTool | NamedTool, ByKey("type")], BeforeValidator(_of_chat)
        ]
    ),
]
"""How the model chooses among the tools; the words of chat are taken too."""
