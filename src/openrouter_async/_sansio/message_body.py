"""`MessageCall`, one request of a model in the dialect of Messages, and its JSON bytes: always the same for the same.

Order of keys: `model`, `messages`, the parameters as `MessagesParams` declares them, `stream`, then the keys that only
`extra_body` has.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import ConfigurationError
from ..types.messages.content import message_params
from ..types.messages.request import check_messages_params, shared_params
from .request import ModelCall, begin_body, finish_body

if TYPE_CHECKING:
    from ..types.messages.content import MessageParams

__all__ = ["MessageCall"]


@dataclass(frozen=True, slots=True)
class MessageCall(ModelCall):
    """One request of a model, in the dialect of Messages."""

    messages: MessageParams

    @staticmethod
    def known(params: Mapping[str, object]) -> Mapping[str, object]:
        """Return those of a client's parameters, which are those of chat, that Messages has too."""
        return shared_params(params)

    @property
    def sent(self) -> dict[str, object]:
        """The fields of the request before their validation, with `extra_body` laid over them."""
        fields = {**self.params, "model": self.model, "messages": message_params(self.messages)}
        return {**fields, **(self.extra_body or {})}

    def body(self, *, stream: bool = False) -> bytes:
        """Return the body of the request.

        Raises:
            ConfigurationError: an argument is wrong, or no model is named; the error names field and allowed values.
        """
        if self.model is None and not (self.extra_body or {}).get("model"):
            raise ConfigurationError(
                "model is missing, and Messages has no default of the account; give model=, or default_model= to the"
                " client"
            )
        body = begin_body(self.model)
        body["messages"] = message_params(self.messages)
        if self.params:
            body |= check_messages_params(self.params)
        if stream:
            body["stream"] = True
        return finish_body(body, self.extra_body)
