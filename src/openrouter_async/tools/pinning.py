"""Which provider has to serve the next request, and how it is named without allowing more than the caller does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..types.chat import ChatCompletion

__all__ = ["encrypting_provider", "narrowed"]


def encrypting_provider(completions: Sequence[ChatCompletion[Any]]) -> str | None:
    """Return the provider of the latest reply whose reasoning only that provider can read; None if there is none."""
    for completion in reversed(completions):
        details = completion.reasoning_details or ()
        if completion.provider and any(entry.get("type") == "reasoning.encrypted" for entry in details):
            return str(completion.provider)
    return None


def narrowed(only: object, provider: str) -> list[str] | None:
    """Return the providers of a request that is for `provider`; None where those that are allowed are others.

    A name such as `Amazon Bedrock` allows more than the slug `amazon-bedrock/us-east-1`, so that one stays.
    """
    if only is None:
        return [provider]
    allowed = only if isinstance(only, list | tuple) else ()
    name = _plain(provider)
    return [each for each in allowed if _plain(str(each).partition("/")[0]) == name] or None


def _plain(provider: str) -> str:
    """Return what name and slug of a provider have in common."""
    return "".join(filter(str.isalnum, provider.lower()))
