"""The request for a value: what is added to the messages and parameters of a call, on either path. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from ..errors import ConfigurationError
from ..types._base import WireType
from ..types._request_check import Checked
from ..types.chat_messages import system, user
from .prompt import ask_again, strict_examples, universal_prompt

if TYPE_CHECKING:
    from .._sansio.chat_call import ChatCall
    from ..errors import StructuredOutputError
    from ..types.chat import ChatCompletion
    from ..types.chat_messages import MessageLike, MessagesLike
    from .output import Output

__all__ = [
    "as_list",
    "asked_again",
    "asked_models",
    "check_call",
    "native_call",
    "prompted_call",
]

HEALING = "response-healing"

_PROVIDER = Checked(require_parameters=True)


def native_call(output: Output[Any], call: ChatCall, *, streaming: bool) -> ChatCall:
    """Return the call with the schema, which endpoints must know unless the call says otherwise, and the examples."""
    asked = dict(call.params)
    asked["response_format"] = output.schema.asked_format(output.name)
    provider = asked.get("provider")
    if provider is None:
        asked["provider"] = _PROVIDER
    elif isinstance(provider, Mapping):
        asked["provider"] = {**_PROVIDER, **provider}
    plugins = asked.get("plugins") or ()
    if (
        output.healing
        and not streaming
        and isinstance(plugins, Sequence)
        and not any(isinstance(each, Mapping) and each.get("id") == HEALING for each in plugins)
    ):
        asked["plugins"] = [*plugins, {"id": HEALING}]
    messages = call.messages
    if output.examples:
        messages = _instructed(messages, strict_examples(output.schema, output.examples))
    return replace(call, messages=messages, params=asked)


def check_call(call: ChatCall) -> None:
    """Raise if a call says by itself what form its reply has."""
    given = (call.params.get("response_format"), (call.extra_body or {}).get("response_format"))
    if given != (None, None):
        raise ConfigurationError("both output and response_format are given; leave response_format out")


def prompted_call(output: Output[Any], call: ChatCall) -> ChatCall:
    """Return the call with the words that ask for the value, behind its system prompt."""
    words = universal_prompt(output.schema, examples=output.examples)
    return replace(call, messages=_instructed(call.messages, words))


def _instructed(messages: MessagesLike, words: str) -> list[MessageLike]:
    """Return the messages with `words` at the end of the system prompt: some models' templates refuse a second one."""
    listed = as_list(messages)
    at = next((index for index, message in enumerate(listed) if not _instructs(message)), len(listed))
    if at == 0:
        return [system(words), *listed]
    own = listed[at - 1]
    assert isinstance(own, Mapping)
    content = own.get("content")
    merged: object
    if isinstance(content, str):
        merged = f"{content}\n\n{words}"
    elif isinstance(content, Sequence):
        merged = [*content, {"type": "text", "text": f"\n\n{words}"}]
    else:
        return [*listed[:at], system(words), *listed[at:]]  # what is wrong with it is said when it is checked
    return [*listed[: at - 1], cast("MessageLike", {**own, "content": merged}), *listed[at:]]


def _instructs(message: MessageLike) -> bool:
    return isinstance(message, Mapping) and message.get("role") in ("system", "developer")


def asked_again(call: ChatCall, reply: ChatCompletion[Any], error: StructuredOutputError) -> ChatCall:
    """Return the call with the reply that did not fit, and what was wrong with it."""
    told = user(ask_again(error.message, error.violations))
    # Some providers refuse a message of the model without content.
    said = [reply, told] if reply.text else [told]
    return replace(call, messages=[*as_list(call.messages), *said])


def as_list(messages: MessagesLike) -> list[MessageLike]:
    """Return a conversation as a list of messages."""
    if isinstance(messages, str):
        return [user(messages)]
    if isinstance(messages, Mapping | WireType):
        return [messages]
    return list(messages)


def asked_models(call: ChatCall) -> tuple[str, ...]:
    """Return the models that may answer: the one that is named, and those that stand in for it."""
    extra = call.extra_body or {}
    others = extra.get("models", call.params.get("models"))
    named = [extra.get("model", call.model), *(others if isinstance(others, list | tuple) else [])]
    return tuple(dict.fromkeys(name for name in named if isinstance(name, str)))
