"""`ChatCall`, a caller's request to a model, and its JSON bytes: validated, always the same for the same call.

Order of keys: `model`, `messages` (or `prompt`), the parameters as `ChatParams` declares them, `stream`, then the
rest of `extra_body`. Free JSON keeps the caller's order. Caches of whole answers and of prompts depend on these
bytes.

A prompt that is text needs no check, so what checks messages and parameters is loaded by the first call that has any:
loading it takes a tenth of the CPU of a program's first call.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, cast

from .._checks import describe_value
from ..errors import ConfigurationError
from ..types.requests.prevalidated import PrevalidatedParams
from .request import ModelCall, begin_body, finish_body

if TYPE_CHECKING:
    from ..types.chat.messages import MessagesLike
    from ..types.common import JsonObject

__all__ = ["ChatCall", "chat_body", "completion_body"]


class ChatCall(ModelCall):
    """One request of a model, in the dialect of chat."""

    __slots__ = ()

    api: ClassVar[str] = "chat"

    messages: MessagesLike  # pyright: ignore[reportIncompatibleVariableOverride]  # nobody sets one

    @property
    def sent(self) -> dict[str, object]:
        """The fields of the request before they are validated, with `extra_body` laid over them."""
        fields = {**self.params, "model": self.model, "messages": self.wire(self.messages)}
        return {**fields, **(self.extra_body or {})}

    def body(self, *, stream: bool = False) -> bytes:
        """Return the body of the request, see `chat_body`."""
        return chat_body(self, stream=stream)

    @staticmethod
    def prevalidated(params: Mapping[str, object]) -> PrevalidatedParams:
        """Return parameters that many calls have, checked."""
        from ..types.chat.request import check_chat_params

        return PrevalidatedParams(check_chat_params(params, stream=False))

    @staticmethod
    def wire(messages: object) -> list[JsonObject]:
        """Return messages, replies and results as they are sent and kept."""
        if isinstance(messages, str):
            return [{"role": "user", "content": messages}]
        from ..types.chat.messages import wire_messages

        return cast("list[JsonObject]", wire_messages(messages))

    @staticmethod
    def fit(messages: Sequence[JsonObject]) -> list[JsonObject]:
        """Return such messages with each call followed by its result, and each result behind its call."""
        from ..types.chat.sent_back import fit_history

        return fit_history(messages)

    @property
    def names_a_form(self) -> str | None:
        """`response_format`, where the call has one."""
        given = (self.params.get("response_format"), (self.extra_body or {}).get("response_format"))
        return None if given == (None, None) else "response_format"

    def in_form(self, form: Mapping[str, object]) -> dict[str, object]:
        """Return the parameters with those for an answer in a form."""
        return {**self.params, "response_format": form}


def chat_body(call: ChatCall, *, stream: bool = False) -> bytes:
    """Return the body of a chat request; without a model the account's default answers.

    Local attachments must have been encoded before.

    Raises:
        ConfigurationError: an argument is wrong; the message names the field, the value and the allowed ones.
    """
    messages = call.wire(call.messages)
    fitting = messages if isinstance(call.messages, str) else call.fit(messages)
    if not fitting:
        raise ConfigurationError(
            "messages contains only results of unknown calls; put the reply with the calls before them"
        )
    body = begin_body(call.model)
    body["messages"] = fitting
    params = call.params
    if type(params) is PrevalidatedParams and not stream and call.extra_body is None:
        return b"%b,%b}" % (finish_body(body, None)[:-1], params.members)
    if params:
        from ..types.chat.request import check_chat_params

        body |= check_chat_params(params, stream=stream)
    if stream:
        body["stream"] = True
    return finish_body(body, call.extra_body)


def completion_body(
    prompt: object,
    *,
    model: str | None,
    params: Mapping[str, object],
    extra_body: Mapping[str, object] | None = None,
    stream: bool = False,
) -> bytes:
    """Return the body of a request in the older prompt form.

    Raises:
        ConfigurationError: an argument is wrong; the message names the field, the value and the allowed ones.
    """
    if not isinstance(prompt, str):
        raise ConfigurationError(f"prompt is {describe_value(prompt, private=True)}; expected text")
    body = begin_body(model)
    body["prompt"] = prompt
    if params:
        from ..types.chat.completion_request import check_completion_params  # few ask

        body |= check_completion_params(params)
    if stream:
        body["stream"] = True
    return finish_body(body, extra_body)
