"""Short names of well-known models, and settings of sampling by name. Pure.

A short name has no slash, so it cannot be mistaken for an id, an alias of the service (`~author/...`) or a preset of
the account (`@preset/...`).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from .request import ChatParams

__all__ = ["FREE_MODELS", "MODELS", "PRESETS", "model_of"]

MODELS: Mapping[str, str] = MappingProxyType(
    {
        "gpt4": "openai/gpt-4-turbo",
        "gpt4o": "openai/gpt-4o",
        "gpt4omini": "openai/gpt-4o-mini",
        "claude3opus": "anthropic/claude-3-opus",
        "claude3sonnet": "anthropic/claude-3.5-sonnet",
        "claude3haiku": "anthropic/claude-3-haiku",
        "gemini": "google/gemini-pro-1.5",
        "llama3": "meta-llama/llama-3.1-70b-instruct",
        "llama3small": "meta-llama/llama-3.1-8b-instruct",
        "mistral": "mistralai/mistral-large",
        "mixtral": "mistralai/mixtral-8x22b-instruct",
        "deepseek": "deepseek/deepseek-chat",
        "qwen": "qwen/qwen-2.5-72b-instruct",
        "gemma": "google/gemma-2-9b-it:free",
    }
)
"""Short names of models, which requests take too: `model="gpt4o"`. Some of them are no longer listed by the service;
`client.models.resolve` says so, and which one could stand in."""

FREE_MODELS: tuple[str, ...] = (
    "google/gemma-2-9b-it:free",
    "meta-llama/llama-3.2-3b-instruct:free",
    "microsoft/phi-3-mini-128k-instruct:free",
    "huggingfaceh4/zephyr-7b-beta:free",
    "openchat/openchat-7b:free",
    "mistralai/mistral-7b-instruct:free",
)
"""Models that cost nothing, or did; `client.models.random_free_model()` knows which do now."""

PRESETS: Mapping[str, ChatParams] = MappingProxyType(
    {
        "creative": {"temperature": 1.0, "top_p": 0.95},
        "balanced": {"temperature": 0.7, "top_p": 1.0},
        "precise": {"temperature": 0.2, "top_p": 0.9},
        "deterministic": {"temperature": 0, "top_p": 1.0, "seed": 42},
        "code": {"temperature": 0.1, "top_p": 0.95},
    }
)
"""Settings of sampling by name, for a call: `create(..., **PRESETS["precise"])`, or a client:
`params=PRESETS["precise"]`. They are plain dicts, so one of your own is used alike."""


def model_of(name: str | None) -> str | None:
    """Return the id that a short name stands for, and everything else as it is."""
    return MODELS.get(name, name) if isinstance(name, str) else name
