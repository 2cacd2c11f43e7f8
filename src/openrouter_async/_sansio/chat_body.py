"""The bodies of chat and completion requests: arguments become JSON bytes, validated, always the same for the same.

Order of keys: `model`, `messages` (or `prompt`), the parameters as `ChatParams` declares them, `stream`, then what only
`extra_body` has. Within free JSON the caller's order stays. Caches of whole answers and of prompts go by these bytes.
"""

from __future__ import annotations

from collections.abc import Mapping

from pydantic_core import PydanticCustomError, PydanticSerializationError, to_json

from ..errors import ConfigurationError
from ..types._request_check import hide
from ..types._request_fields import check_json
from ..types.chat_messages import wire_messages
from ..types.chat_request import check_chat_params
from ..types.completion_request import check_completion_params

__all__ = ["chat_body", "completion_body"]


def chat_body(
    messages: object,
    *,
    model: str | None,
    params: Mapping[str, object],
    extra_body: Mapping[str, object] | None = None,
    stream: bool = False,
) -> bytes:
    """Return the body of a chat request.

    `extra_body` comes last and wins: a key of it replaces the whole value of that key. Without `model` the account's
    default answers. Local attachments must have been encoded before.

    Raises:
        ConfigurationError: an argument is wrong; field, value and what is allowed are named.
    """
    body = _begin(model)
    body["messages"] = wire_messages(messages)
    if params:
        body |= check_chat_params(params, stream=stream)
    return _finish(body, extra_body, stream=stream)


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
        raise ConfigurationError(f"prompt is {hide(prompt, private=True)}; expected text")
    body = _begin(model)
    body["prompt"] = prompt
    if params:
        body |= check_completion_params(params)
    return _finish(body, extra_body, stream=stream)


def _begin(model: object) -> dict[str, object]:
    if model is None:
        return {}
    if not isinstance(model, str) or not model:
        raise ConfigurationError(
            f"model is {hide(model)}; expected a slug such as 'openai/gpt-5-mini', or None"
        )
    return {"model": model}


def _finish(body: dict[str, object], extra_body: object, *, stream: bool) -> bytes:
    if stream:
        body["stream"] = True
    if extra_body is not None:
        body |= _checked_extra(extra_body)
    try:
        return to_json(body)
    except PydanticSerializationError:
        path = _not_utf8(body, "")
    raise ConfigurationError(
        f"{path} holds half of a surrogate pair, which UTF-8 cannot carry; expected valid text"
    )


def _checked_extra(extra_body: object) -> dict[str, object]:
    if not isinstance(extra_body, Mapping):
        raise ConfigurationError(f"extra_body is {hide(extra_body)}; expected a dict of JSON values")
    checked: dict[str, object] = {}
    problem = ""
    for name, value in extra_body.items():
        if not isinstance(name, str):
            raise ConfigurationError(f"extra_body has the key {hide(name)}; expected text")
        try:
            checked[name] = check_json(value)
        except PydanticCustomError as error:
            problem = f"extra_body[{hide(name)}] cannot be sent; expected {error.message()}"
    if problem:
        raise ConfigurationError(problem)
    return checked


def _not_utf8(value: object, path: str) -> str:
    """Return the path of the first text that is no valid Unicode; empty if all is."""
    if isinstance(value, str):
        return path if any("\ud800" <= character <= "\udfff" for character in value) else ""
    if isinstance(value, Mapping):
        for key, item in value.items():
            if found := _not_utf8(key, f"a key of {path}") or _not_utf8(item, f"{path}.{key}".lstrip(".")):
                return found
    if isinstance(value, list | tuple):
        for index, item in enumerate(value):
            if found := _not_utf8(item, f"{path}[{index}]"):
                return found
    return ""
