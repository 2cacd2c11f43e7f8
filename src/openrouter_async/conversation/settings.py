"""The keyword arguments of a conversation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pydantic import JsonValue
from typing_extensions import TypedDict

from ..tools.settings import RunParams

if TYPE_CHECKING:
    from ..options import RequestOptions
    from ..types.chat.messages import DeveloperMessage, SystemMessage
    from .history import History
    from .trimming import Trim

__all__ = ["ConversationParams", "ConversationSettings"]


class ConversationSettings(TypedDict, total=False):
    """Keyword arguments of `client.conversation`, in every dialect."""

    model: str | None
    """As for `client.chat.create`; default: that of the history."""
    system: str | SystemMessage | DeveloperMessage | None
    """The instructions for the model, before all turns; default: those of the history."""
    history: History | str | bytes | None
    """What `model_dump_json()` of an earlier conversation wrote, or its `history`."""
    trim: Trim | None
    """Selects the turns to send when there are many, e.g. `keep_turns(20)`; default: all."""
    keep_partial: bool
    """Whether a streamed answer that was left or broke off is kept as far as it had come. Default False."""
    extra_body: Mapping[str, JsonValue] | None
    """Sent besides with every request, for parameters that these types do not know."""
    options: RequestOptions | None
    """What its requests do differently, such as a timeout or retries. Its requests have a `session_id` of the
    conversation's own, unless one is given here or anywhere else; `{"session_id": None}` sends none."""


class ConversationParams(RunParams, ConversationSettings, total=False):
    """Keyword arguments of `client.conversation`; those of `RunParams` apply to every message."""
