"""The parameters of a Messages request; those it shares with chat are declared there.

`MessagesParams` is both the keyword arguments of `client.messages.create` and `stream`, and the schema that
validates them before a byte leaves. A parameter of None is not sent.

Source: `MessagesRequest` of the service's OpenAPI document, and the newer one of its presets.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, Required, TypeAlias

from pydantic import Field
from typing_extensions import TypedDict

from ...errors import ConfigurationError
from ..chat.generation_params import RoutedParams
from ..chat.request import ServerToolParams
from ..requests.check import check_params, join_problems
from ..requests.fields import (
    Between,
    ByKey,
    ByKind,
    JSONObject,
    NonEmptyText,
    OneOfOrText,
    ValidatedAs,
    closed,
)
from ..requests.schema_check import JSONSchemaObject
from .content import TextParam
from .tools import MessageTool, MessageToolChoice

__all__ = [
    "AdaptiveThinking",
    "BlockBinding",
    "ContextManagement",
    "MessageSystem",
    "MessageTurnParams",
    "MessagesParams",
    "OutputConfig",
    "OutputFormat",
    "PlainThinking",
    "TaskBudget",
    "Thinking",
    "ThinkingBudget",
    "check_messages_params",
    "shared_params",
]

_Display: TypeAlias = Annotated[Literal["summarized", "omitted", "updates"] | str, OneOfOrText()]


@closed
class BlockBinding(TypedDict, total=False):
    """The treatment of thinking blocks that do not match the messages before them."""

    mismatch_behavior: Literal["error", "drop_block"] | None
    prefix_mismatch_behavior: Literal["error", "drop_block"] | None


@closed
class ThinkingBudget(TypedDict, total=False):
    """The model thinks, with at most so many tokens."""

    type: Required[Literal["enabled"]]
    budget_tokens: Required[Annotated[int, Between(1)]]
    """At least 1,024 with Anthropic's models, and below `max_tokens`."""
    display: _Display | None
    """How much of it is shown."""
    block_binding: BlockBinding | None


@closed
class AdaptiveThinking(TypedDict, total=False):
    """The model thinks as much as it finds necessary."""

    type: Required[Literal["adaptive"]]
    display: _Display | None
    block_binding: BlockBinding | None


@closed
class PlainThinking(TypedDict):
    """The model does not think, or only between its calls of tools."""

    type: Literal["disabled", "between_tools"]


Thinking: TypeAlias = Annotated[ThinkingBudget | AdaptiveThinking | PlainThinking, ByKey("type")]


@closed
class OutputFormat(TypedDict):
    """JSON of a schema."""

    type: Literal["json_schema"]
    schema: JSONSchemaObject


@closed
class TaskBudget(TypedDict, total=False):
    """How many tokens the whole task may take; the model sees the number."""

    type: Required[Literal["tokens"]]
    total: Required[Annotated[int, Between(20_000)]]
    remaining: Annotated[int, Between(0)] | None


@closed
class OutputConfig(TypedDict, total=False):
    """The form of the answer, and how hard the model works."""

    effort: Annotated[Literal["low", "medium", "high", "xhigh", "max"] | str, OneOfOrText()] | None
    format: OutputFormat | None
    """`output=` of the call is the easier way."""
    task_budget: TaskBudget | None


@closed
class ContextManagement(TypedDict, total=False):
    """The parts that the service removes from a long context before the model reads it."""

    edits: Sequence[JSONObject]
    """`{"type": "clear_tool_uses_20250919"}`, `clear_thinking_20251015` or `compact_20260112`, with their options."""


_System: TypeAlias = Annotated[str | Annotated[list[TextParam], Field(min_length=1)], ByKind()]


class MessageTurnParams(RoutedParams, ServerToolParams, total=False):
    """The parameters common to a single Messages request and a run of tools."""

    max_tokens: Annotated[int, Between(1)]
    """Tokens of output, thinking included; at least 1."""
    stop_sequences: Sequence[NonEmptyText]
    """Texts before which the output ends."""
    thinking: Thinking
    tool_choice: MessageToolChoice
    output_config: OutputConfig
    speed: Annotated[Literal["fast", "standard"] | str, OneOfOrText()]
    """`fast` is Anthropic's name for the service tier `priority`."""
    context_management: ContextManagement | None
    fallbacks: Sequence[JSONObject] | None
    """Other models, `{"model": ...}` each, tried in turn where the first fails."""
    safeguards: Sequence[JSONObject] | None


@closed
class MessageSystem(TypedDict, total=False):
    """The instructions for the model."""

    system: Annotated[str | Sequence[TextParam], ValidatedAs(_System)]
    """Instructions for the model."""


class MessagesParams(MessageTurnParams, MessageSystem, total=False):
    """Keyword arguments of `client.messages.create` and `client.messages.stream`."""

    tools: Sequence[MessageTool]
    """Functions that you run, and tools that the service or the provider runs."""


_ELSEWHERE = {
    "stream": "use client.messages.stream(...)",
    "route": 'use provider={"sort": {"by": ..., "partition": "model" or "none"}}',
    "stop": "this dialect calls it stop_sequences, a list of texts",
    "max_completion_tokens": "this dialect calls it max_tokens",
    "reasoning": 'use thinking={"type": "adaptive"}, or {"type": "enabled", "budget_tokens": ...}',
    "reasoning_effort": 'use output_config={"effort": ...}',
    "response_format": "use output=, or output_config",
    "parallel_tool_calls": 'use tool_choice={"type": "auto", "disable_parallel_tool_use": True}',
    "container": "programs of the model run where the service chooses; it is told in reply.container",
    "preset": "presets belong to chat; name one as the model, '@preset/name'",
}


def shared_params(params: Mapping[str, object]) -> dict[str, object]:
    """Return those of the parameters of chats that Messages requests have too, and mean the same by."""
    names = {*RoutedParams.__annotations__, *ServerToolParams.__annotations__, "max_tokens"}
    return {name: value for name, value in params.items() if name in names}


def check_messages_params(params: Mapping[str, object]) -> dict[str, object]:
    """Return `params` validated, in the order in which they are declared and sent, without those that are None.

    Raises:
        ConfigurationError: a parameter is unknown, its value is not allowed, or it does not fit another one.
    """
    given = {name: value for name, value in params.items() if value is not None}
    checked = check_params(MessagesParams, given, elsewhere=_ELSEWHERE, where="a Messages request")
    if problems := _misfits(checked):
        raise ConfigurationError(join_problems(problems))
    return checked


def _misfits(params: Mapping[str, object]) -> list[str]:
    """Return what does not fit together, of parameters that are right one by one."""
    thinking, most = params.get("thinking"), params.get("max_tokens")
    budget = thinking.get("budget_tokens") if isinstance(thinking, Mapping) else None
    if isinstance(budget, int) and isinstance(most, int) and budget >= most:
        return [
            f"thinking.budget_tokens is {budget}, and max_tokens, which includes them, only {most}; raise it"
        ]
    return []
