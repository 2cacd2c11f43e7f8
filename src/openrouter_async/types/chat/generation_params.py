"""The parameters of every request for generated text: routing, sampling, and labels.

Each parameter is declared once: `RoutedParams` has those of every dialect, and small classes beside it have those
that only some dialects share. `stop` is separate, since it means something else for a run of tools. Omitted
parameters are not sent, and the provider's own defaults apply.
Source: <https://openrouter.ai/docs/api-reference/parameters>.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, TypeAlias

from pydantic import Field
from typing_extensions import TypedDict

from ..requests.fields import (
    Between,
    ByKind,
    JSONObject,
    NonEmptyText,
    OneOfOrText,
    Text,
    ValidatedAs,
    closed,
)
from .plugins import Plugin
from .reasoning import Effort, Reasoning
from .routing import Provider

__all__ = ["GenerationParams", "PenaltyParams", "RoutedParams", "ServiceTier", "StopTexts"]

ServiceTier: TypeAlias = Annotated[
    Literal["auto", "default", "fast", "flex", "priority", "scale", "ultrafast"] | str, OneOfOrText()
]

_Stop: TypeAlias = Annotated[str | Annotated[list[str], Field(max_length=4)], ByKind()]
_Bias: TypeAlias = Annotated[float, Between(-100, 100)]


@closed
class RoutedParams(TypedDict, total=False):
    """Keyword arguments of every call that generates text, in every dialect."""

    models: Sequence[NonEmptyText]
    """Models tried in turn after `model`, whatever its error; the one that answers is billed."""
    provider: Provider | None
    """The providers that may serve the request."""
    plugins: Sequence[Plugin]
    """Run once on the request or its reply."""
    temperature: Annotated[float, Between(0, 2)] | None
    """0 (always the likeliest token) to 2; usually 1."""
    top_p: Annotated[float, Between(0, 1)] | None
    """0 to 1: only the likeliest tokens that together have this probability; usually 1."""
    top_k: Annotated[int, Between(0)] | None
    """Only this many likeliest tokens; 0 for all. Not for OpenAI models."""
    service_tier: ServiceTier | None
    """`priority` costs more, `flex` less; the reply has the tier that was used."""
    session_id: Annotated[str, Text(least=1, most=256)]
    """Groups requests, and keeps them with one provider; at most 256 characters."""
    user: NonEmptyText
    """A stable id of the end user; the provider sees only a hash of it."""
    metadata: Annotated[
        Mapping[Annotated[str, Text(most=64)], Annotated[str, Text(most=512)]], Field(max_length=16)
    ]
    """Up to 16 notes on the request: keys of up to 64 characters, texts of up to 512."""
    trace: JSONObject
    """For observability: `trace_id`, `trace_name`, `span_name`, `generation_name`, `parent_span_id`, and anything."""


@closed
class PenaltyParams(TypedDict, total=False):
    """What lowers the weight of tokens that were used before; Messages has no such thing."""

    frequency_penalty: Annotated[float, Between(-2, 2)] | None
    """-2 to 2: lowers tokens the more often they were used; usually 0."""
    presence_penalty: Annotated[float, Between(-2, 2)] | None
    """-2 to 2: lowers tokens that were used at all; usually 0."""


class GenerationParams(RoutedParams, PenaltyParams, total=False):
    """Keyword arguments of calls of chat, and of the older prompt form."""

    preset: NonEmptyText
    """Slug of a preset of the account; parameters given here win over it."""
    max_completion_tokens: Annotated[int, Between(1)] | None
    """Tokens of output, reasoning included; at least 1."""
    max_tokens: Annotated[int, Between(1)] | None
    """The older name of `max_completion_tokens`; some providers want 16 or more."""
    min_p: Annotated[float, Between(0, 1)] | None
    """0 to 1: only tokens at least this probable, relative to the likeliest; usually 0."""
    top_a: Annotated[float, Between(0, 1)] | None
    """0 to 1: as `min_p`, with a bound that grows with the square of the likeliest; usually 0."""
    repetition_penalty: Annotated[float, Between(0, 2)] | None
    """0 to 2: divides the weight of tokens of the prompt and the output; usually 1."""
    seed: Annotated[int, Between()] | None
    """The same seed mostly produces the same output."""
    logit_bias: (
        Annotated[Mapping[str, float] | Mapping[int, float], ValidatedAs(Mapping[str | int, _Bias])] | None
    )
    """By token id of the model's tokenizer: -100 (never) to 100 (always)."""
    reasoning: Reasoning
    """How much the model may think."""
    reasoning_effort: Effort | None
    """The same as `reasoning={"effort": ...}`."""
    verbosity: Annotated[Literal["low", "medium", "high", "xhigh", "max"] | str, OneOfOrText()]
    """How wordy the answer is; usually `medium`."""
    speed: Annotated[Literal["fast", "standard"] | str, OneOfOrText()]
    """`fast` is Anthropic's name for the service tier `priority`."""


@closed
class StopTexts(TypedDict, total=False):
    """Where the output of a single reply ends."""

    stop: Annotated[str | Sequence[str], ValidatedAs(_Stop)] | None
    """One text, or up to 4, before which the output ends."""
