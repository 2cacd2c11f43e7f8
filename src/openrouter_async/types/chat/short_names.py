"""Short names of well-known models, and the listings that a name may mean. Pure.

A short name has no slash, so it cannot be mistaken for an id, an alias of the service (`~author/...`) or a preset of
the account (`@preset/...`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

__all__ = ["FREE_MODELS", "MODELS", "listings_of", "resolve_alias"]

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
"""Short names of models, which requests accept too: `model="gpt4o"`. The service no longer lists some of them;
`client.models.resolve` then says so, and names a replacement."""

FREE_MODELS: tuple[str, ...] = (
    "google/gemma-2-9b-it:free",
    "meta-llama/llama-3.2-3b-instruct:free",
    "microsoft/phi-3-mini-128k-instruct:free",
    "huggingfaceh4/zephyr-7b-beta:free",
    "openchat/openchat-7b:free",
    "mistralai/mistral-7b-instruct:free",
)
"""Models that cost nothing, or did; `client.models.random_free_model()` knows which do now."""


def resolve_alias(name: str | None) -> str | None:
    """Return the id that a short name stands for, and everything else as it is."""
    return MODELS.get(name, name) if isinstance(name, str) else name


def listings_of(name: str) -> Iterator[str]:
    """Yield the ids that may list the model a request calls `name`, the closest first.

    ```
    openai/gpt-4o:free:online@preset/polite  ->  openai/gpt-4o:free:online, openai/gpt-4o:free, openai/gpt-4o
    ```

    Variants such as `:free` have listings of their own; `:nitro` and `:floor` only affect routing, so they share the
    listing of the model. A preset alone has no listing.
    Source: <https://openrouter.ai/docs/guides/routing/model-variants>.
    """
    name = MODELS.get(name, name)
    base = name.partition("@preset/")[0]
    while base:
        yield base
        base = base.rpartition(":")[0]
