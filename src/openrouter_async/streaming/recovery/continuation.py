"""Requests that resume an answer that was cut off: which answers can be resumed, and the request; see `Recover`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from ...errors import ConfigurationError
from ...types.chat.messages import assistant, wire_messages
from ...types.chat.request import check_chat_params

if TYPE_CHECKING:
    from ..._sansio.chat_body import ChatCall
    from ...special_options import Recover

__all__ = ["call_of_recovery", "check_recoverable", "with_beginning"]

_NOT_TEXT = ("tools", "response_format", "audio", "image_config", "web_search_options", "logprobs")
"""Parameters whose answers cannot be joined from the text of two."""

_SET_BY_RECOVERY = ("messages", "prompt")


def check_recoverable(call: ChatCall, recover: Recover) -> None:
    """Return if the answer to a call is text that another request could continue.

    Raises:
        ConfigurationError: it may contain something else, or `recover` is wrong.
    """
    extra_body = call.extra_body or {}
    sent = {**call.params, **extra_body}
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
            f"recover continues answers that are text alone, and {', '.join(unfit)} may bring others;"
            " leave out either"
        )
    taken = [name for name in _SET_BY_RECOVERY if name in extra_body]
    if recover.models:
        taken += [name for name in ("model", "models") if name in extra_body]
    if recover.provider is not None and "provider" in extra_body:
        taken.append("provider")
    if taken:
        raise ConfigurationError(
            f"extra_body has {', '.join(map(repr, taken))}, which would replace what recover sends; leave out either"
        )
    check_chat_params(_params_of_recovery({}, recover), stream=True)


def call_of_recovery(call: ChatCall, recover: Recover) -> ChatCall:
    """Return the request to the models that continue the answer to a call."""
    model = recover.models[0] if recover.models else call.model
    return replace(call, model=model, params=_params_of_recovery(call.params, recover))


def _params_of_recovery(params: Mapping[str, object], recover: Recover) -> dict[str, object]:
    changed = dict(params)
    if recover.models:
        changed.pop("models", None)
    if len(recover.models) > 1:
        changed["models"] = list(recover.models[1:])
    if recover.provider is not None:
        changed["provider"] = recover.provider
    return changed


def with_beginning(call: ChatCall, text: str) -> ChatCall:
    """Return the call with `text` as the beginning of its answer; attachments have been encoded."""
    sent = wire_messages(call.messages)
    last = sent[-1] if sent else None
    # The caller may have begun the answer too; two beginnings in a row would be two turns.
    if last is not None and last["role"] == "assistant" and not last.get("tool_calls"):
        begun = last.get("content")
        if isinstance(begun, str):
            return replace(call, messages=[*sent[:-1], {**last, "content": begun + text}])
    return replace(call, messages=[*sent, assistant(text)])


def _each(value: object) -> Iterable[object]:
    return value if isinstance(value, list | tuple) else ()
