"""What the bodies of all requests to models have in common: the model first, what the types do not know last."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic_core import PydanticCustomError, PydanticSerializationError, to_json

from .._checks import describe_value, is_unicode
from ..errors import ConfigurationError
from ..types.requests.check import Prevalidated
from ..types.requests.fields import check_json

__all__ = ["begin_body", "finish_body"]


def begin_body(model: object) -> dict[str, object]:
    """Return a body that has only the model, or nothing where there is none.

    Raises:
        ConfigurationError: it is no slug.
    """
    if model is None:
        return {}
    if not isinstance(model, str) or not model:
        raise ConfigurationError(
            f"model is {describe_value(model)}; expected a slug such as 'openai/gpt-5-mini', or None"
        )
    return {"model": model}


def finish_body(body: dict[str, object], extra_body: object) -> bytes:
    """Return the JSON of a validated body; each key of `extra_body` replaces the whole value of that key.

    Raises:
        ConfigurationError: `extra_body` is no dict of JSON values, or a text is no valid Unicode.
    """
    if extra_body is not None:
        body = body | _checked_extra(extra_body)
    try:
        if Prevalidated in map(type, body.values()):
            return b"{%b}" % b",".join(_member(name, value) for name, value in body.items())
        return to_json(body)
    except PydanticSerializationError:
        path = _not_utf8(body, "")
    raise ConfigurationError(
        f"{path} holds half of a surrogate pair, which UTF-8 cannot carry; expected valid text"
    )


def _member(name: str, value: object) -> bytes:
    return b"%b:%b" % (to_json(name), value.json if type(value) is Prevalidated else to_json(value))


def _checked_extra(extra_body: object) -> dict[str, object]:
    if not isinstance(extra_body, Mapping):
        raise ConfigurationError(
            f"extra_body is {describe_value(extra_body)}; expected a dict of JSON values"
        )
    checked: dict[str, object] = {}
    problem = ""
    for name, value in extra_body.items():
        if not isinstance(name, str):
            raise ConfigurationError(f"extra_body has the key {describe_value(name)}; expected text")
        try:
            checked[name] = check_json(value)
        except PydanticCustomError as error:
            problem = f"extra_body[{describe_value(name)}] cannot be sent; expected {error.message()}"
    if problem:
        raise ConfigurationError(problem)
    return checked


def _not_utf8(value: object, path: str) -> str:
    """Return the path of the first text that is no valid Unicode; empty if all is."""
    if isinstance(value, str):
        return "" if is_unicode(value) else path
    if isinstance(value, Mapping):
        for key, item in value.items():
            if found := _not_utf8(key, f"a key of {path}") or _not_utf8(item, f"{path}.{key}".lstrip(".")):
                return found
    if isinstance(value, list | tuple):
        for index, item in enumerate(value):
            if found := _not_utf8(item, f"{path}[{index}]"):
                return found
    return ""
