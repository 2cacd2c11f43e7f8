"""How much a model may think before it answers. Source: <https://openrouter.ai/docs/use-cases/reasoning-tokens>."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from typing_extensions import TypedDict

from ..requests.fields import Between, OneOfOrText, closed

__all__ = [
    "ConfigurationUpdate",
    "Effort",
    "Reasoning",
    "ReasoningBudget",
    "ReasoningUpdate",
    "ResponseReasoning",
]

Effort: TypeAlias = Annotated[
    Literal["max", "xhigh", "high", "medium", "low", "minimal", "none"] | str, OneOfOrText()
]
"""How hard a model thinks. One it does not have is mapped to the nearest; `none` fails where thinking is mandatory."""


@closed
class ResponseReasoning(TypedDict, total=False):
    """Thinking of the model that answers; give `effort` or `max_tokens`, not both."""

    effort: Effort | None
    max_tokens: Annotated[int, Between(1)] | None
    """Tokens to think with; Anthropic wants 1,024 or more. They are billed as output."""
    enabled: bool | None
    """True: reason at the model's default effort (medium by default). False: do not reason."""
    summary: Annotated[Literal["auto", "concise", "detailed"] | str, OneOfOrText()] | None
    """How wordy the summary of the thoughts is."""
    context: Annotated[Literal["auto", "all_turns", "current_turn"] | str, OneOfOrText()] | None
    """The earlier reasoning that the model may use (GPT-5.6 and later)."""
    mode: Annotated[Literal["standard", "pro"] | str, OneOfOrText()] | None
    """`pro` goes to the `-pro` form of the model (GPT-5.6 and later)."""


class Reasoning(ResponseReasoning, total=False):
    """The same, in chat."""

    exclude: bool
    """Think, but do not return the thoughts. Default False."""


@closed
class ReasoningBudget(TypedDict, total=False):
    """Thinking of a model that a server tool calls."""

    effort: Effort
    max_tokens: Annotated[int, Between(1)]
    """Tokens to think with."""


@closed
class ReasoningUpdate(TypedDict):
    """The new effort of a `ConfigurationUpdate`."""

    effort: Effort


@closed
class ConfigurationUpdate(TypedDict):
    """Changes the effort from this message on, and leaves the prompt cache valid."""

    reasoning: ReasoningUpdate
