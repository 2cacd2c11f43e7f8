"""The bodies of what manages the account: something new with a name, a change, a list of names.

Each is checked before a byte leaves. Fields that are not given are not sent; None is sent as null.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from types import MappingProxyType

from pydantic import JsonValue, SecretStr
from pydantic_core import PydanticCustomError

from .._checks import describe_value
from .._sansio.request import finish_body
from ..errors import ConfigurationError
from ..types.requests.check import check_params
from ..types.requests.fields import check_json

__all__ = ["SECRET_NAMES", "change_body", "name_of", "named_body", "names_body", "opened", "secret_of"]

SECRET_NAMES = re.compile(r"key|secret|token|password|dsn|headers ", re.IGNORECASE)
"""Found in the names of settings whose text is a secret; a header is named `headers Authorization`."""

_NOTHING: Mapping[str, str] = MappingProxyType({})


def named_body(
    owner: type,
    name: str,
    fields: Mapping[str, object],
    extra_body: Mapping[str, JsonValue] | None,
    *,
    where: str,
    most: int | None = None,
    elsewhere: Mapping[str, str] = _NOTHING,
) -> bytes:
    """Return the body of something new: its name, and fields that the `TypedDict` `owner` allows.

    Raises:
        ConfigurationError: the name is empty or has more than `most` characters, or a field is unknown or wrong.
    """
    checked = check_params(owner, fields, elsewhere=elsewhere, where=where)
    return finish_body({"name": name_of("name", name, most=most), **checked}, extra_body)


def change_body(
    owner: type,
    changes: Mapping[str, object],
    extra_body: Mapping[str, JsonValue] | None,
    *,
    where: str,
    elsewhere: Mapping[str, str] = _NOTHING,
) -> bytes:
    """Return the body of a change: the fields that are given, None as null.

    Raises:
        ConfigurationError: a field is unknown, a value is wrong, or the change is empty.
    """
    checked = check_params(owner, changes, elsewhere=elsewhere, where=where)
    if not checked and not extra_body:
        raise ConfigurationError("nothing is to be changed; give at least one field")
    return finish_body(checked, extra_body)


def names_body(
    field: str, values: Collection[str], *, argument: str | None = None, most: int | None = None
) -> bytes:
    """Return the body that has one list of ids; `argument` is what the caller calls it.

    Raises:
        ConfigurationError: it is not a list, it is empty or too long, or an id in it is not text, or a key.
    """
    name = argument or field
    if isinstance(values, str) or not isinstance(values, Collection):
        raise ConfigurationError(f"{name} is {describe_value(values, private=True)}; expected a list of ids")
    if not values or (most is not None and len(values) > most):
        bound = "at least one id" if most is None else f"1 to {most} ids"
        raise ConfigurationError(f"{name} has {len(values)} ids; expected {bound}")
    return finish_body({field: [_id_in(name, value) for value in values]}, None)


def name_of(argument: str, value: object, *, most: int | None = None) -> str:
    """Return a text that is not empty.

    Raises:
        ConfigurationError: it is not, or has more than `most` characters.
    """
    if not isinstance(value, str) or not value or (most is not None and len(value) > most):
        size = "text that is not empty" if most is None else f"text of 1 to {most} characters"
        raise ConfigurationError(f"{argument} is {describe_value(value)}; expected {size}")
    return value


def secret_of(argument: str, value: object) -> SecretStr:
    """Return a secret from text or a `SecretStr`.

    Raises:
        ConfigurationError: it is neither, or empty; it is not shown.
    """
    text = value.get_secret_value() if isinstance(value, SecretStr) else value
    if not isinstance(text, str) or not text:
        raise ConfigurationError(
            f"{argument} is {describe_value(text, private=True)}; expected text or a SecretStr, not empty"
        )
    return SecretStr(text)


def opened(argument: str, settings: object, secrets: list[SecretStr]) -> dict[str, object]:
    """Return settings of another service as they are sent, and add the secrets that are in them to `secrets`.

    A secret is each `SecretStr`, each text under a name such as `apiKey` or `token`, and each header. Nobody should
    keep the result in a variable: tools that report errors show those.

    Raises:
        ConfigurationError: they are not a dict of JSON values and secrets; no value is shown.
    """
    if not isinstance(settings, Mapping):
        raise ConfigurationError(f"{argument} is {describe_value(settings, private=True)}; expected a dict")
    try:
        return {name: check_json(_opened(settings[name], str(name), secrets)) for name in settings}
    except PydanticCustomError as error:
        problem = error.message()
    raise ConfigurationError(f"{argument} cannot be sent; expected {problem}")


def _opened(value: object, name: str, secrets: list[SecretStr]) -> object:
    if isinstance(value, Mapping):
        inside = {key: f"{name} {key}" for key in value}
        return {key: _opened(value[key], path, secrets) for key, path in inside.items()}
    if isinstance(value, SecretStr):
        secrets.append(value)
        return value.get_secret_value()
    if isinstance(value, str) and SECRET_NAMES.search(name):
        secrets.append(SecretStr(value))
    return value


def _id_in(name: str, value: object) -> str:
    if isinstance(value, str) and value.startswith("sk-"):
        raise ConfigurationError(f"{name} has a key in it; expected the `hash` of each key")
    return name_of(f"an id in {name}", value)
