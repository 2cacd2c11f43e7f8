"""The billing record of one call, and its stored content.

Source: `GenerationResponse`, `GenerationContentResponse` and `SubmitGenerationFeedbackResponse` in the service's
OpenAPI document.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal, TypeAlias

from pydantic import AwareDatetime

from .._base import WireType
from ..common import (
    Charged,
    Lenient,
    MaybeBool,
    MaybeDecimal,
    MaybeFloat,
    MaybeInt,
    MaybeStr,
    RawJson,
)

__all__ = [
    "FailedAttempt",
    "FeedbackCategory",
    "FeedbackResult",
    "Generation",
    "GenerationContent",
    "GenerationFailure",
    "GenerationInput",
    "GenerationOutput",
    "ProviderAttempt",
]

FeedbackCategory: TypeAlias = (
    Literal["latency", "incoherence", "incorrect_response", "formatting", "billing", "api_error", "other"]
    | str
)


class ProviderAttempt(WireType):
    """One try with one provider; the last is the one that answered."""

    id: MaybeStr = None
    """The provider's own id of it."""
    provider_name: MaybeStr = None
    endpoint_id: MaybeStr = None
    model_permaslug: MaybeStr = None
    status: MaybeInt = None
    """HTTP status of the provider."""
    latency: MaybeFloat = None
    """Milliseconds."""
    is_byok: MaybeBool = None
    """Whether your own provider key was used."""
    routed_service_tier: MaybeStr = None
    """The requested tier; the billed one may differ."""


class Generation(WireType):
    """The billed record of one call; amounts in US dollars."""

    id: str
    upstream_id: MaybeStr = None
    """The provider's own id of it."""
    request_id: MaybeStr = None
    """The same for all generations of one request."""
    session_id: MaybeStr = None
    api_type: Annotated[
        Literal["completions", "embeddings", "rerank", "tts", "stt", "video", "image", "decisions"]
        | str
        | None,
        Lenient(),
    ] = None
    model: MaybeStr = None
    provider_name: MaybeStr = None
    router: MaybeStr = None
    """The router that chose the model, such as `openrouter/auto`."""
    preset_id: MaybeStr = None
    created_at: Annotated[AwareDatetime | None, Lenient()] = None
    streamed: MaybeBool = None
    cancelled: MaybeBool = None
    """Whether the client went away before the end."""
    finish_reason: MaybeStr = None
    native_finish_reason: MaybeStr = None
    """In the provider's word."""
    total_cost: Decimal
    """The cost of the call."""
    usage: Charged = None
    """The amount charged to the account."""
    upstream_inference_cost: Charged = None
    """The amount charged by the provider; set if your own provider key was used."""
    cache_discount: MaybeDecimal = None
    """What prompt caching saved; below zero where writing to it cost more."""
    is_byok: MaybeBool = None
    """Whether your own provider key was used."""
    tokens_prompt: MaybeInt = None
    """Tokens in a count that is the same for all models."""
    tokens_completion: MaybeInt = None
    native_tokens_prompt: MaybeInt = None
    """Tokens in the model's own count, which is what is billed."""
    native_tokens_completion: MaybeInt = None
    native_tokens_completion_images: MaybeInt = None
    native_tokens_reasoning: MaybeInt = None
    native_tokens_cached: MaybeInt = None
    num_media_prompt: MaybeInt = None
    num_input_audio_prompt: MaybeInt = None
    num_media_completion: MaybeInt = None
    num_search_results: MaybeInt = None
    num_fetches: MaybeInt = None
    """Pages that the service fetched."""
    web_search_engine: MaybeStr = None
    latency: MaybeFloat = None
    """Milliseconds to the first token."""
    generation_time: MaybeFloat = None
    """Milliseconds."""
    moderation_latency: MaybeFloat = None
    """Milliseconds."""
    service_tier: MaybeStr = None
    """Tokens read from the provider's own cache."""
    data_region: Annotated[Literal["global", "europe", "us"] | str | None, Lenient()] = None
    response_cache_source_id: MaybeStr = None
    """The generation whose answer was given again by the service's cache."""
    provider_responses: Annotated[list[ProviderAttempt] | None, Lenient()] = None
    app_id: MaybeInt = None
    origin: MaybeStr = None
    http_referer: MaybeStr = None
    user_agent: MaybeStr = None
    external_user: MaybeStr = None
    workspace_id: MaybeStr = None


class GenerationInput(WireType):
    """The request: one of the two."""

    prompt: MaybeStr = None
    messages: Annotated[list[RawJson] | None, Lenient()] = None
    """As they were sent."""


class GenerationOutput(WireType):
    """The answer."""

    completion: MaybeStr = None
    reasoning: MaybeStr = None


class FailedAttempt(WireType):
    """One try with one provider that failed."""

    code: MaybeInt = None
    """HTTP status."""
    message: MaybeStr = None
    provider_name: MaybeStr = None
    raw: MaybeStr = None
    """The provider's own error, where it was kept."""


class GenerationFailure(WireType):
    """How a call failed."""

    status: MaybeInt = None
    """HTTP status."""
    message: MaybeStr = None
    provider_name: MaybeStr = None
    raw: MaybeStr = None
    """The provider's own error, where it was kept."""
    previous_errors: Annotated[list[FailedAttempt] | None, Lenient()] = None
    """Every try before it, in order."""


class GenerationContent(WireType):
    """The input and output of a call, if the account keeps them."""

    input: Annotated[GenerationInput | None, Lenient()] = None
    output: Annotated[GenerationOutput | None, Lenient()] = None
    error: Annotated[GenerationFailure | None, Lenient()] = None
    """None where the call succeeded."""


class FeedbackResult(WireType):
    """Whether feedback was taken."""

    success: MaybeBool = None
