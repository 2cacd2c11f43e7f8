"""The capabilities of a listed model, as far as the service reports them. Pure.

A capability is a request parameter (`tools`, `structured_outputs`), an input modality besides text (`image`), or an
output modality: `image_output`, and those that are never inputs, such as `embeddings`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Literal, TypeAlias

from ..types.catalogue.models import Model

__all__ = ["Capability", "is_capable", "is_known"]

Capability: TypeAlias = (
    Literal[
        "tools",
        "tool_choice",
        "parallel_tool_calls",
        "structured_outputs",
        "response_format",
        "reasoning",
        "image",
        "file",
        "audio",
        "video",
        "image_output",
        "audio_output",
        "embeddings",
    ]
    | str
)
"""A request parameter, an input modality, or an output modality with `_output`; the common ones by name."""

_INPUTS = frozenset({"text", "image", "file", "audio", "video"})
_OUTPUTS = frozenset({"embeddings", "rerank", "speech", "transcription", "decisions"})
"""Those that cannot be meant as inputs."""
_PARAMETERS = frozenset(
    {
        "frequency_penalty",
        "include_reasoning",
        "logit_bias",
        "logprobs",
        "max_completion_tokens",
        "max_tokens",
        "min_p",
        "parallel_tool_calls",
        "prediction",
        "presence_penalty",
        "reasoning",
        "reasoning_effort",
        "repetition_penalty",
        "response_format",
        "seed",
        "stop",
        "structured_outputs",
        "temperature",
        "tool_choice",
        "tools",
        "top_a",
        "top_k",
        "top_logprobs",
        "top_p",
        "verbosity",
        "web_search_options",
    }
)


def is_known(capability: str) -> bool:
    """Return whether `capability` is one; a new parameter of the service may be one although it is not known here."""
    return capability in _PARAMETERS or _modality(capability) is not None


def is_capable(model: Model, capability: str) -> bool | None:
    """Return whether a model has a capability; None where the service says nothing of that kind about it.

    A parameter counts where at least one endpoint knows it; to use only such endpoints, requests say
    `provider={"require_parameters": True}`.
    """
    side, modality = _modality(capability) or ("parameter", capability)
    listed = {
        "input": model.architecture.input_modalities,
        "output": model.architecture.output_modalities,
        "parameter": model.supported_parameters,
    }[side]
    return None if listed is None else modality in listed


@lru_cache(maxsize=256)
def _modality(capability: str) -> tuple[Literal["input", "output"], str] | None:
    """Return the side and the modality that a capability names; None where it names a parameter."""
    if capability in _INPUTS:
        return "input", capability
    if capability in _OUTPUTS:
        return "output", capability
    modality = capability.removesuffix("_output")
    return ("output", modality) if modality != capability and modality in _INPUTS | _OUTPUTS else None
