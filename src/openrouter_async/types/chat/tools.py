"""The tools of a chat request, how the model is to choose among them, and when the loop over server tools ends.

Functions are run by the caller, server tools by OpenRouter. All are sent again with every turn.
Source: <https://openrouter.ai/docs/features/tool-calling>.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Literal, Protocol, Required, TypeAlias

from pydantic import AfterValidator, BeforeValidator
from pydantic_core import PydanticCustomError
from typing_extensions import TypedDict

from ..requests.fields import Between, ByKey, ByKind, JSONObject, NonEmptyText, ValidatedAs, closed
from ..requests.schema_check import JSONSchemaObject
from .prompt_cache import CacheControl
from .response_format import Name
from .server_tools import KnownServerTool

__all__ = [
    "ChatTool",
    "ChosenFunction",
    "CustomSearch",
    "DeferredTools",
    "FinishReasonIs",
    "Function",
    "FunctionChoice",
    "FunctionTool",
    "HasDefinition",
    "HasToolCall",
    "LocalSearch",
    "MaxCost",
    "MaxTokensUsed",
    "PlainFunction",
    "ServerToolChoice",
    "StepCountIs",
    "StopCondition",
    "ToolChoice",
    "ToolInRequest",
    "ToolSearch",
    "definition_of",
    "function_tool",
    "has_type",
]


@closed
class Function(TypedDict, total=False):
    """The model's view of a function."""

    name: Required[Name]
    description: str
    parameters: JSONSchemaObject
    """JSON Schema of the arguments; draft 7 is what most providers know."""
    strict: bool | None
    """True: arguments follow the schema to the letter, where the provider can."""
    defer_loading: bool
    """Hide it until a tool search finds it."""


@closed
class FunctionTool(TypedDict, total=False):
    """A function that the caller runs."""

    type: Required[Literal["function"]]
    function: Required[Function]
    cache_control: CacheControl
    defer_loading: bool
    """Hide it until a tool search finds it."""
    eager_input_streaming: bool
    """Claude: stream arguments before they are known to be valid."""


def function_tool(
    function: Function, *, cache_control: CacheControl | None = None, defer_loading: bool | None = None
) -> FunctionTool:
    """Return the tool of `function`.

    >>> function_tool({"name": "add"})
    {'type': 'function', 'function': {'name': 'add'}}
    """
    tool: FunctionTool = {"type": "function", "function": function}
    if cache_control is not None:
        tool["cache_control"] = cache_control
    if defer_loading is not None:
        tool["defer_loading"] = defer_loading
    return tool


def has_type(value: Mapping[str, object]) -> Mapping[str, object]:
    """Return a tool with a type; raises if the type is missing."""
    if not isinstance(value.get("type"), str):
        raise PydanticCustomError("type", "a dict with the tool's 'type'")
    return value


ChatTool: TypeAlias = Annotated[
    FunctionTool | KnownServerTool | Annotated[JSONObject, AfterValidator(has_type)],
    ByKey("type"),
]
"""A tool; one that has no type here is sent as it is."""


class HasDefinition(Protocol):
    """A `Tool`, or another object that has its form in a request."""

    @property
    def definition(self) -> FunctionTool: ...


class PlainFunction(Protocol):
    """A function, or a `Tool` of one: the type in which checkers join functions and tools of different signatures."""

    __name__: str
    __qualname__: str


def definition_of(tool: object) -> object:
    """Return a tool in the form of a chat request; anything else is returned unchanged, for the validation to
    refuse."""
    return tool if isinstance(tool, Mapping) else getattr(tool, "definition", tool)


ToolInRequest: TypeAlias = Annotated[
    ChatTool | HasDefinition | Callable[..., object] | PlainFunction,
    ValidatedAs(Annotated[ChatTool, BeforeValidator(definition_of)]),
]
"""A tool of a single request: a dict, one made by `@tool`, or a function, whose definition is sent."""


@closed
class ChosenFunction(TypedDict):
    """The name of the function to call."""

    name: Name


@closed
class FunctionChoice(TypedDict):
    """The model must call this function."""

    type: Literal["function"]
    function: ChosenFunction


@closed
class ServerToolChoice(TypedDict):
    """The model must use the server tool of this type, e.g. `openrouter:web_search`."""

    type: NonEmptyText


ToolChoice: TypeAlias = Annotated[
    Literal["auto", "none", "required"] | Annotated[FunctionChoice | ServerToolChoice, ByKey("type")],
    ByKind(),
]


@closed
class StepCountIs(TypedDict):
    """Stop after so many steps."""

    type: Literal["step_count_is"]
    step_count: Annotated[int, Between(1)]


@closed
class HasToolCall(TypedDict):
    """Stop once this tool was called."""

    type: Literal["has_tool_call"]
    tool_name: NonEmptyText


@closed
class MaxTokensUsed(TypedDict):
    """Stop once so many tokens were used in all."""

    type: Literal["max_tokens_used"]
    max_tokens: Annotated[int, Between(1)]


@closed
class MaxCost(TypedDict):
    """Stop once so much was spent, in US dollars."""

    type: Literal["max_cost"]
    max_cost_in_dollars: Annotated[float, Between(0)]


@closed
class FinishReasonIs(TypedDict):
    """Stop once the model ends with this reason."""

    type: Literal["finish_reason_is"]
    reason: NonEmptyText


StopCondition: TypeAlias = Annotated[
    StepCountIs | HasToolCall | MaxTokensUsed | MaxCost | FinishReasonIs, ByKey("type")
]
"""When OpenRouter ends its loop over server tools: any one suffices. One last turn without tools follows."""


@closed
class LocalSearch(TypedDict, total=False):
    """OpenRouter searches the hidden tools."""

    type: Required[Literal["bm25", "regex"]]
    max_results: Annotated[int, Between(1)]


@closed
class CustomSearch(TypedDict, total=False):
    """The caller's own tool searches the hidden tools."""

    type: Required[Literal["custom"]]
    tool_id: Required[NonEmptyText]
    result_key: Required[NonEmptyText]
    max_results: Annotated[int, Between(1)]


ToolSearch: TypeAlias = Annotated[LocalSearch | CustomSearch, ByKey("type")]


@closed
class DeferredTools(TypedDict):
    """Hides the tools marked `defer_loading` until a search finds them, on any model.

    The list of tools must stay the same between turns, and the thoughts of the model must be sent back unchanged.
    """

    protocol: Literal["v1"]
    profile: Literal["portable"]
    validation: Literal["runtime"]
    search: ToolSearch
