"""`ChatCall`: what a caller asks of a model, as one value on its way from the method to the bytes that are sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..types.chat.messages import wire_messages

if TYPE_CHECKING:
    from ..types.chat.messages import MessagesLike

__all__ = ["ChatCall"]


@dataclass(frozen=True, slots=True)
class ChatCall:
    """One request of a model. Its arguments are as they were given; `chat_body` validates them."""

    messages: MessagesLike
    model: str | None = None
    params: Mapping[str, object] = field(default_factory=dict)
    """See `ChatParams`."""
    extra_body: Mapping[str, object] | None = None
    """Sent besides; each key of it replaces the whole value of that key."""

    def with_defaults(self, model: str | None, params: Mapping[str, object]) -> ChatCall:
        """Return the call with this model if it names none, and with those of `params` that it does not give."""
        return ChatCall(
            self.messages,
            model if self.model is None else self.model,
            {**params, **self.params},
            self.extra_body,
        )

    @property
    def sent(self) -> dict[str, object]:
        """The fields of the request before they are validated, with `extra_body` laid over them."""
        fields = {**self.params, "model": self.model, "messages": wire_messages(self.messages)}
        return {**fields, **(self.extra_body or {})}
