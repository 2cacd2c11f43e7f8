"""Tokens and cost of a response, whose names on the wire differ from those of chat."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AliasChoices, Field

from ..common import CompletionTokens, CostDetails, Lenient, MaybeDecimal, MaybeInt, PromptTokens, Usage

__all__ = ["ResponseCostDetails", "ResponseUsage"]


def _also(name: str, wire: str) -> Any:
    return Field(validation_alias=AliasChoices(name, wire))


class ResponseCostDetails(CostDetails):
    """Charges of the upstream provider, in US dollars."""

    upstream_inference_prompt_cost: Annotated[
        MaybeDecimal, _also("upstream_inference_prompt_cost", "upstream_inference_input_cost")
    ] = None
    upstream_inference_completions_cost: Annotated[
        MaybeDecimal, _also("upstream_inference_completions_cost", "upstream_inference_output_cost")
    ] = None


class ResponseUsage(Usage):
    """Tokens, in the model's own count, and their cost, with the names of chat."""

    prompt_tokens: Annotated[MaybeInt, _also("prompt_tokens", "input_tokens")] = None
    """Input, cached tokens included; `input_tokens` on the wire."""
    completion_tokens: Annotated[MaybeInt, _also("completion_tokens", "output_tokens")] = None
    """Output, reasoning included; `output_tokens` on the wire."""
    # A narrower type of a field that nobody assigns to.
    cost_details: Annotated[ResponseCostDetails | None, Lenient()] = None  # pyright: ignore[reportIncompatibleVariableOverride]
    prompt_tokens_details: Annotated[
        PromptTokens | None, Lenient(), _also("prompt_tokens_details", "input_tokens_details")
    ] = None
    completion_tokens_details: Annotated[
        CompletionTokens | None, Lenient(), _also("completion_tokens_details", "output_tokens_details")
    ] = None
