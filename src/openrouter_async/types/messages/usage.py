"""Tokens and cost of a message, in the words of that dialect and in those of chat."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import AliasChoices, Field, model_validator

from .._base import WireType
from ..common import (
    CompletionTokens,
    JsonObject,
    Lenient,
    MaybeInt,
    MaybeStr,
    PromptTokens,
    ServerToolUse,
    Usage,
)

if TYPE_CHECKING:
    from typing import Self

__all__ = ["CacheCreation", "MessageToolUse", "MessageUsage", "OutputTokens"]


class CacheCreation(WireType):
    """Tokens written to the prompt cache, by how long they stay there."""

    ephemeral_5m_input_tokens: MaybeInt = None
    ephemeral_1h_input_tokens: MaybeInt = None


class OutputTokens(WireType):
    """Details of the output tokens; `output_tokens` includes all of them."""

    thinking_tokens: MaybeInt = None


class MessageToolUse(ServerToolUse):
    """How often tools ran that the service itself executes."""

    web_fetch_requests: MaybeInt = None


class MessageUsage(Usage):
    """Tokens, in the model's own count, and their cost.

    `prompt_tokens`, `completion_tokens` and their details say the same in the words of chat, so usages of all
    dialects add up; `model_dump(exclude_unset=True)` leaves them out.
    """

    input_tokens: MaybeInt = None
    """Input that was neither read from the prompt cache nor written to it."""
    output_tokens: MaybeInt = None
    """Output, thinking included."""
    cache_creation_input_tokens: MaybeInt = None
    """Input written to the prompt cache."""
    cache_read_input_tokens: MaybeInt = None
    """Input read from the prompt cache."""
    cache_creation: Annotated[CacheCreation | None, Lenient()] = None
    output_tokens_details: Annotated[OutputTokens | None, Lenient()] = None
    server_tool_use: Annotated[  # pyright: ignore[reportIncompatibleVariableOverride]  # it is frozen
        MessageToolUse | None,
        Lenient(),
        Field(validation_alias=AliasChoices("server_tool_use_details", "server_tool_use")),
    ] = None
    inference_geo: MaybeStr = None
    """Where the model ran."""
    service_tier: MaybeStr = None
    speed: MaybeStr = None
    iterations: Annotated[list[JsonObject] | None, Lenient()] = None
    """The usage of each step, compaction and advisors included, as it came."""

    @model_validator(mode="after")
    def _say_as_chat(self) -> Self:
        """Fill in the fields of chat that did not come."""
        cached, written = self.cache_read_input_tokens, self.cache_creation_input_tokens
        fresh, output = self.input_tokens, self.output_tokens
        prompt = None if fresh is None else fresh + (cached or 0) + (written or 0)
        said: dict[str, object] = {"prompt_tokens": prompt, "completion_tokens": output}
        if prompt is not None and output is not None:
            said["total_tokens"] = prompt + output
        if cached is not None or written is not None:
            said["prompt_tokens_details"] = PromptTokens(cached_tokens=cached, cache_write_tokens=written)
        if (details := self.output_tokens_details) is not None:
            said["completion_tokens_details"] = CompletionTokens(reasoning_tokens=details.thinking_tokens)
        # Not `_amend`: they did not come, so they are not among the fields that are set.
        vars(self).update({name: value for name, value in said.items() if getattr(self, name) is None})
        return self
