"""`MessageCall`, one request of a model in the dialect of Messages, and its JSON bytes: always the same for the same.

Order of keys: `model`, `messages`, the parameters as `MessagesParams` declares them, `stream`, then the keys that only
`extra_body` has.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, cast

from ..errors import ConfigurationError
from ..types.messages.chat_form import fit_messages, without_system
from ..types.messages.content import message_params
from ..types.messages.request import check_messages_params, shared_params
from .request import ModelCall, begin_body, finish_body

if TYPE_CHECKING:
    from typing import Self

    from ..types.common import JsonObject
    from ..types.messages.content import MessageParams

__all__ = ["MessageCall"]


class MessageCall(ModelCall):
    """One request of a model, in the dialect of Messages."""

    __slots__ = ()

    api: ClassVar[str] = "messages"

    messages: MessageParams  # pyright: ignore[reportIncompatibleVariableOverride]  # nobody sets one

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
        sent, system = without_system(self.fit(self.wire(self.messages)), self.params.get("system"))
        if not sent:
            raise ConfigurationError("messages contains only instructions; expected a message of the user")
        body["messages"] = sent
        params = self.params if system is None else {**self.params, "system": system}
        if params:
            body |= check_messages_params(params)
        if stream:
            body["stream"] = True
        return finish_body(body, self.extra_body)

    @staticmethod
    def wire(messages: object) -> list[JsonObject]:
        """Return messages, replies and results as they are sent and kept."""
        return cast("list[JsonObject]", message_params(messages))

    @staticmethod
    def fit(messages: Sequence[JsonObject]) -> list[JsonObject]:
        """Return messages in which the results of all calls of a reply follow it in one message, and no others do."""
        return fit_messages(messages)

    @property
    def names_a_form(self) -> str | None:
        """`output_config.format`, where the call has one."""
        for given in (self.params.get("output_config"), (self.extra_body or {}).get("output_config")):
            if isinstance(given, Mapping) and given.get("format") is not None:
                return "output_config.format"
        return None

    def in_form(self, form: Mapping[str, object]) -> dict[str, object]:
        """Return the parameters with those for an answer in a form; a schema has no name here."""
        schema = form.get("json_schema")
        described = schema.get("schema") if isinstance(schema, Mapping) else None
        options = self.params.get("output_config")
        config = {
            **(options if isinstance(options, Mapping) else {}),
            "format": {"type": "json_schema", "schema": described},
        }
        return {**self.params, "output_config": config}

    def instructed(self, words: str) -> Self:
        """Return the call with words at the end of its instructions, wherever these are."""
        system = self.params.get("system")
        if isinstance(system, str):
            said: object = f"{system}\n\n{words}"
        elif isinstance(system, list | tuple):
            said = [*system, {"type": "text", "text": words}]
        else:
            return super().instructed(words)
        return replace(self, params={**self.params, "system": said})
