"""Requests that go on with an answer that broke off: which answers can be, and what is sent; see `Recover`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from ...errors import ConfigurationError
from ...types.chat.messages import assistant, wire_messages
from ...types.chat.request import check_chat_params

if TYPE_CHECKING:
    from ...options import Recover
    from ...types.chat.messages import Message, MessagesLike

__all__ = ["check_recoverable", "messages_with_beginning", "params_of_recovery"]

_NOT_TEXT = ("tools", "response_format", "audio", "image_config", "web_search_options", "logprobs")
"""Parameters whose answers cannot be put together from the text of two."""

_SET_BY_RECOVERY = ("messages", "prompt")


def check_recoverable(
    params: Mapping[str, object], extra_body: Mapping[str, object] | None, recover: Recover
) -> None:
    """Return if the answer to a request is text that another request could go on with.

    Raises:
        ConfigurationError: it holds or may hold something else, or `recover` is wrong.
    """
    sent = {**params, **(extra_body or {})}
    unfit = [name for name in _NOT_TEXT if sent.get(name)]
    if any(kind != "text" for kind in _each(sent.get("modalities"))):
        unfit.append("modalities")
    if isinstance(answers := sent.get("n"), int) and answers > 1:
        unfit.append("n")
    if any(
        isinstance(plugin, Mapping) and plugin.get("id") == "web" for plugin in _each(sent.get("plugins"))
    ):
        unfit.append("plugins of id 'web'")
    if unfit:
        raise ConfigurationError(
            f"recover goes on with answers that are text alone, and {', '.join(unfit)} may bring others;"
            " leave out either"
        )
    taken = [name for name in _SET_BY_RECOVERY if name in (extra_body or {})]
    if recover.models:
        taken += [name for name in ("model", "models") if name in (extra_body or {})]
    if recover.provider is not None and "provider" in (extra_body or {}):
        taken.append("provider")
    if taken:
        raise ConfigurationError(
            f"extra_body has {', '.join(map(repr, taken))}, which would replace what recover sends; leave out either"
        )
    check_chat_params(params_of_recovery({}, recover), stream=True)


def params_of_recovery(params: Mapping[str, object], recover: Recover) -> dict[str, object]:
    """Return the parameters of a request that goes on, `params` being those of the call."""
    changed = dict(params)
    if recover.models:
        changed.pop("models", None)
    if len(recover.models) > 1:
        changed["models"] = list(recover.models[1:])
    if recover.provider is not None:
        changed["provider"] = recover.provider
    return changed


def messages_with_beginning(messages: MessagesLike, text: str) -> list[Message]:
    """Return messages that end with `text` as the beginning of the answer; attachments have been encoded."""
    sent = wire_messages(messages)
    last = sent[-1] if sent else None
    # The caller may have begun the answer too; two beginnings in a row would be two turns.
    if last is not None and last["role"] == "assistant" and not last.get("tool_calls"):
        begun = last.get("content")
        if isinstance(begun, str):
            return [*sent[:-1], {**last, "content": begun + text}]
    return [*sent, assistant(text)]


def _each(value: object) -> Iterable[object]:
    return value if isinstance(value, list | tuple) else ()
