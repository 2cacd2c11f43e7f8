"""The endpoints of a model: provider, terms, and measured performance.

Source: `PublicEndpoint` and `ListEndpointsResponse` in the service's OpenAPI document.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from .._base import WireType
from ..common import Lenient, MaybeBool, MaybeFloat, MaybeInt, MaybeStr, WithoutNulls
from .models import Architecture, MaybeStrs, Pricing

__all__ = [
    "Endpoint",
    "ModelEndpoints",
    "NativeTool",
    "Percentiles",
    "ToolChoices",
    "WorkloadPerformance",
]


Quantization: TypeAlias = (
    Literal["int4", "int8", "fp4", "mxfp4", "nvfp4", "fp6", "fp8", "mxfp8", "fp16", "bf16", "fp32", "unknown"]
    | str
)


class Percentiles(WireType):
    """What that share of the requests stayed below."""

    p50: MaybeFloat = None
    p75: MaybeFloat = None
    p90: MaybeFloat = None
    p99: MaybeFloat = None


class ToolChoices(WireType):
    """The values of `tool_choice` that have an effect."""

    auto: MaybeBool = None
    function: MaybeBool = None
    none: MaybeBool = None
    required: MaybeBool = None


class NativeTool(WireType):
    """A tool that the provider runs itself."""

    type: MaybeStr = None
    """Its name there."""


class WorkloadPerformance(WireType):
    """How an offer did for one kind of work."""

    request_count: MaybeInt = None
    latency: Annotated[Percentiles | None, Lenient()] = None
    """Milliseconds to the first token."""
    throughput: Annotated[Percentiles | None, Lenient()] = None
    """Tokens a second."""


class Endpoint(WireType):
    """One provider's offer of a model."""

    provider_name: MaybeStr = None
    tag: MaybeStr = None
    """What `provider={"only": [...]}` names it by, such as `azure/eu`."""
    name: MaybeStr = None
    model_id: MaybeStr = None
    model_name: MaybeStr = None
    context_length: MaybeInt = None
    """Tokens of input and output together."""
    max_completion_tokens: MaybeInt = None
    max_prompt_tokens: MaybeInt = None
    pricing: Annotated[Pricing, Lenient(Pricing)] = Field(default_factory=Pricing)
    quantization: Annotated[Quantization | None, Lenient()] = None
    supported_parameters: MaybeStrs = None
    """None where the service does not say."""
    supports_tool_choice: Annotated[ToolChoices | None, Lenient()] = None
    supports_implicit_caching: MaybeBool = None
    """Whether prompts are cached without being asked to."""
    supports_voice_cloning: MaybeBool = None
    supports_image_reference: MaybeBool = None
    supports_multiple_audio_references: MaybeBool = None
    supports_diarization: MaybeBool = None
    native_tools: Annotated[dict[str, NativeTool] | None, Lenient()] = None
    """Tools that the provider runs itself, by their name here."""
    service_tier: MaybeStr = None
    status: MaybeInt = None
    """0 is well; below that it is passed over, the lower the more."""
    uptime_last_5m: MaybeFloat = None
    """Percent of the requests that succeeded; None where there were too few."""
    uptime_last_30m: MaybeFloat = None
    uptime_last_1d: MaybeFloat = None
    latency_last_30m: Annotated[Percentiles | None, Lenient()] = None
    """Milliseconds to the first token; None without a key."""
    throughput_last_30m: Annotated[Percentiles | None, Lenient()] = None
    """Tokens a second; None without a key. Here a percentile is what that share of the requests reached."""
    perf_last_30m_by_workload: Annotated[dict[str, WorkloadPerformance] | None, Lenient()] = None
    """By kind of work, such as `text_generation` and `stt`; None without a key."""


class ModelEndpoints(WireType):
    """A model, and everyone who offers it."""

    id: str
    name: MaybeStr = None
    created: MaybeInt = None
    """When it was listed, in seconds since 1970."""
    description: MaybeStr = None
    architecture: Annotated[Architecture, Lenient(Architecture)] = Field(default_factory=Architecture)
    endpoints: Annotated[list[Endpoint], WithoutNulls()]
