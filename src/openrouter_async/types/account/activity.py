"""The use of an account, day by day. Source: `ActivityItem` in the service's OpenAPI document."""

from __future__ import annotations

import datetime
from typing import Annotated

from .._base import WireType
from ..common import Lenient, MaybeDecimal, MaybeInt, MaybeStr

__all__ = ["ActivityItem"]


class ActivityItem(WireType):
    """The use of one endpoint of a model on one day, by UTC."""

    date: Annotated[datetime.date | None, Lenient()] = None
    model: MaybeStr = None
    """Its id, such as `openai/gpt-4.1`."""
    model_permaslug: MaybeStr = None
    """Its permanent name, such as `openai/gpt-4.1-2025-04-14`."""
    endpoint_id: MaybeStr = None
    provider_name: MaybeStr = None
    usage: MaybeDecimal = None
    """US dollars charged to the account."""
    byok_usage_inference: MaybeDecimal = None
    """US dollars of the use of one's own provider keys."""
    requests: MaybeInt = None
    prompt_tokens: MaybeInt = None
    completion_tokens: MaybeInt = None
    reasoning_tokens: MaybeInt = None
    """They are counted in `completion_tokens` too."""
    cached_tokens: MaybeInt = None
    """Of the prompts, read from the provider's cache."""
    workspace_id: MaybeStr = None
    """Set only where rows were asked for by workspace."""
