"""The request for a value: what is added to the messages and parameters of a call, on either path. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from ..errors import ConfigurationError
from ..types._base import WireType
from ..types.chat.messages import system, user
from ..types.requests.check import Checked
from .prompt import ask_again, strict_examples, universal_prompt

if TYPE_CHECKING:
    from ..errors import StructuredOutputError
    from ..types.chat.completion import ChatCompletion
    from ..types.chat.messages import MessageLike, MessagesLike
    from .output import Output

__all__ = [
    "as_list",
    "asked_again",
    "asked_models",
    "check_params",
    "native_messages",
    "native_params",
    "prompted_messages",
]

HEALING = "response-healing"

_PROVIDER = Checked(require_parameters=True)


def native_params(output: Output[Any], params: Mapping[str, object], *, streaming: bool) -> dict[str, object]:
    """Return the parameters of a call with the schema, which endpoints must know unless the call says otherwise."""
    asked = dict(params)
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
    return asked


def check_params(params: Mapping[str, object], extra_body: Mapping[str, object] | None) -> None:
    """Raise if a call says by itself what form its reply has."""
    if params.get("response_format") is not None or (extra_body or {}).get("response_format") is not None:
        raise ConfigurationError("both output and response_format are given; leave response_format out")


def prompted_messages(output: Output[Any], messages: MessagesLike) -> list[MessageLike]:
    """Return the messages with the words that ask for the value, behind the system prompt of the call."""
    return _instructed(messages, universal_prompt(output.schema, examples=output.examples))


def native_messages(output: Output[Any], messages: MessagesLike) -> MessagesLike:
    """Return the messages with the examples, if there are any; the schema is enough otherwise."""
    return (
        _instructed(messages, strict_examples(output.schema, output.examples))
        if output.examples
        else messages
    )


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


def asked_again(
    messages: MessagesLike, reply: ChatCompletion[Any], error: StructuredOutputError
) -> list[MessageLike]:
    """Return the messages with the reply that did not fit, and what was wrong with it."""
    told = user(ask_again(error.message, error.violations))
    # Some providers refuse a message of the model without content.
    return [*as_list(messages), reply, told] if reply.text else [*as_list(messages), told]


def as_list(messages: MessagesLike) -> list[MessageLike]:
    """Return a conversation as a list of messages."""
    if isinstance(messages, str):
        return [user(messages)]
    if isinstance(messages, Mapping | WireType):
        return [messages]
    return list(messages)


def asked_models(
    model: str | None,
    params: Mapping[str, object],
    extra_body: Mapping[str, object] | None,
) -> tuple[str, ...]:
    """Return the models that may answer: the one that is named, and those that stand in for it."""
    if not extra_body and "models" not in params:
        return (model,) if isinstance(model, str) else ()
    extra = extra_body or {}
    named = [extra.get("model", model)]
    others = extra.get("models", params.get("models"))
    named += others if isinstance(others, list | tuple) else []
    return tuple(dict.fromkeys(name for name in named if isinstance(name, str)))
