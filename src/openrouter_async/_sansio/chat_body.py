"""The bodies of chat and completion requests: arguments become JSON bytes, validated, always the same for the same.

Order of keys: `model`, `messages` (or `prompt`), the parameters as `ChatParams` declares them, `stream`, then what only
`extra_body` has. Within free JSON the caller's order stays. Caches of whole answers and of prompts go by these bytes.
"""

from __future__ import annotations

from collections.abc import Mapping

from .._checks import describe_value
from ..errors import ConfigurationError
from ..types.chat.completion_request import check_completion_params
from ..types.chat.messages import wire_messages
from ..types.chat.request import check_chat_params
from ..types.chat.sent_back import fit_history
from .chat_call import ChatCall
from .request_body import begin_body, finish_body

__all__ = ["chat_body", "completion_body"]


def chat_body(call: ChatCall, *, stream: bool = False) -> bytes:
    """Return the body of a chat request; without a model the account's default answers.

    Local attachments must have been encoded before.

    Raises:
        ConfigurationError: an argument is wrong; field, value and what is allowed are named.
    """
    body = begin_body(call.model)
    body["messages"] = fitting = fit_history(wire_messages(call.messages))
    if not fitting:
        raise ConfigurationError(
            "messages holds nothing but results of calls that are not there; give the reply with the calls before them"
        )
    if call.params:
        body |= check_chat_params(call.params, stream=stream)
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
        ConfigurationError: an argument is wrong; field, value and what is allowed are named.
    """
    if not isinstance(prompt, str):
        raise ConfigurationError(f"prompt is {describe_value(prompt, private=True)}; expected text")
    body = begin_body(model)
    body["prompt"] = prompt
    if params:
        body |= check_completion_params(params)
    if stream:
        body["stream"] = True
    return finish_body(body, extra_body)
