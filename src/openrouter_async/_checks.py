"""Checks of arguments, each defined once: a wrong value raises `ConfigurationError` with the expected one.

A check returns its argument, so you can use it in an expression.
"""

from __future__ import annotations

import datetime
import ipaddress
import math
import re
from collections.abc import Collection, Mapping, Sequence
from typing import TypeVar

from .errors import ConfigurationError

__all__ = [
    "day",
    "describe_json",
    "describe_value",
    "flag",
    "header_value",
    "host_of",
    "instance",
    "is_this_machine",
    "is_unicode",
    "mapping",
    "names",
    "number",
    "one_of",
    "seconds",
    "whole",
]

T = TypeVar("T")

MAX_SHOWN = 48
"""Characters of a text that an error shows. Chosen: the longest slug of a model has 45, a prompt seldom so few."""

MAX_JSON_SHOWN = 40
"""Characters of a text within received JSON that an error shows. Chosen: names and dates fit, sentences do not."""

# The value of `Host`, and what stands behind the scheme of an `Origin` (RFC 9110, 7.2; RFC 6454, 7): a name, or an IPv6
# address in brackets, and perhaps a port. It has no user name, behind which another host could stand.
# Compiled when it is first used, as the next one is: the import of a program that needs neither is cheaper.
_AUTHORITY = r"(?P<host>\[[0-9a-f:.]+\]|[^\s:/@\[\]]+)(?::[0-9]{1,5})?"


_NOT_IN_A_HEADER = r"[\0-\x08\x0b-\x1f\x7f\ud800-\udfff]"
"""Control characters, and halves of characters, which cannot be encoded."""


def whole(name: str, value: object, *, least: int = 1) -> int:
    """Return a whole number of at least `least`; True and False are not numbers here."""
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise ConfigurationError(f"{name} is {value!r}; expected a whole number of at least {least}")
    return value


def number(name: str, value: object, *, above: float | None = None, unit: str | None = None) -> float:
    """Return a finite number of at least 0, or one above `above`; `unit` is what it counts, such as seconds."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if not is_number or not (value >= 0 if above is None else value > above):  # type: ignore[operator]  # a number
        bound = "at least 0" if above is None else f"above {above:g}"
        of = "of " if above is None else ""
        wanted = f"a finite number {of}{bound}" if unit is None else f"{unit}, {bound}"
        raise ConfigurationError(f"{name} is {value!r}; expected {wanted}")
    return value  # type: ignore[return-value]  # a number, as looked at above


def seconds(name: str, value: object) -> float:
    """Return a time above 0, which may be infinite; True is not a time."""
    if not isinstance(value, int | float) or isinstance(value, bool) or not value > 0:
        raise ConfigurationError(f"{name} is {value!r}; expected seconds above 0")
    return value


def flag(name: str, value: object) -> bool:
    """Return True or False; numbers and strings are refused."""
    if not isinstance(value, bool):
        raise ConfigurationError(f"{name} is {value!r}; expected True or False")
    return value


def one_of(name: str, value: T, choices: Collection[T]) -> T:
    """Return one of the choices."""
    if value not in choices:
        *others, last = map(repr, choices)
        expected = f"{', '.join(others)} or {last}" if others else last
        raise ConfigurationError(f"{name} is {value!r}; expected {expected}")
    return value


def names(name: str, value: Collection[str], what: str = "names") -> tuple[str, ...]:
    """Return a list of texts; a text alone is refused, since it would be taken letter by letter."""
    if isinstance(value, str) or not isinstance(value, Collection):
        raise ConfigurationError(f"{name} is {value!r}; expected a list of {what}")
    for each in value:
        if not isinstance(each, str):
            raise ConfigurationError(f"{name} has {each!r}; expected {what} as text")
    return tuple(value)


def instance(name: str, value: object, kind: type[T]) -> T:
    """Return an instance of that class."""
    if not isinstance(value, kind):
        raise ConfigurationError(f"{name} is a {type(value).__name__}; expected {kind.__name__}(...)")
    return value


def day(name: str, value: datetime.date | str) -> str:
    """Return a day as text; of a moment the day in its own time zone."""
    if isinstance(value, datetime.datetime):
        value = value.date()
    try:
        return (value if isinstance(value, datetime.date) else datetime.date.fromisoformat(value)).isoformat()
    except (TypeError, ValueError):
        raise ConfigurationError(
            f"{name} is {value!r}; expected a date, or text such as '2026-05-31'"
        ) from None


def mapping(name: str, value: Mapping[str, T], example: str) -> Mapping[str, T]:
    """Return a dict, or what is like one."""
    if not isinstance(value, Mapping):
        raise ConfigurationError(f"{name} is a {type(value).__name__}; expected a dict, such as {example}")
    return value


def header_value(name: str, value: str) -> str:
    """Return a value as HTTP allows it: one line, without blanks around it, which do not belong to it."""
    if not isinstance(value, str) or "\n" in value or "\r" in value:
        raise ConfigurationError(f"the header {name!r} has a value that is not a single line of text")
    bad = re.search(_NOT_IN_A_HEADER, value)
    if bad is not None:
        raise ConfigurationError(
            f"the header {name!r} has the character {bad[0]!r}, which no header can have; take it out"
        )
    return value.strip(" \t")


def describe_value(value: object, *, private: bool = False) -> str:
    """Return how `value` may appear in an error: short, and nothing of a prompt, a key or a data URL."""
    if isinstance(value, str):
        secret = private or len(value) > MAX_SHOWN or value.startswith(("sk-", "data:"))
        return f"text of {len(value):,} characters" if secret else repr(value)
    if value is None or isinstance(value, bool | float):
        return repr(value)
    if isinstance(value, int):
        # Python refuses to write a number of more than 4,300 digits, which takes quadratic time (CVE-2020-10735).
        return repr(value) if value.bit_length() <= 128 else f"a whole number of {value.bit_length():,} bits"
    if isinstance(value, Mapping):
        return f"a {type(value).__name__} of {len(value)} keys"
    if isinstance(value, Sequence | set | frozenset):
        return f"a {type(value).__name__} of {len(value)} items"
    return f"a {type(value).__name__}"


def describe_json(value: object) -> str:
    """Return what a JSON value that was received is, in JSON's words; a scalar is shown where it is short."""
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case str() if len(value) > MAX_JSON_SHOWN:
            return f"text of {len(value):,} characters"
        case int() if value.bit_length() > 128:  # see `describe_value`
            return "a very long number"
        case str() | int() | float():
            return repr(value)
        case list() | tuple():
            return f"an array of {len(value)}"
        case dict():
            return f"an object of {len(value)} keys"
        case _:
            return f"a {type(value).__name__}"


def is_unicode(text: str) -> bool:
    """Whether a text can be sent: UTF-8 cannot encode half of a surrogate pair (RFC 3629, 3)."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def host_of(authority: str) -> str | None:
    """Return the host of a `Host` header, in lower case and without its port; None if the header is invalid."""
    match = re.fullmatch(_AUTHORITY, authority, re.IGNORECASE)
    return None if match is None else match["host"].lower()


def is_this_machine(host: str) -> bool:
    """Whether a host is the local machine: `localhost` and names below it (RFC 6761, 6.3), 127.0.0.0/8, ::1.

    An address may be in brackets, and may be an IPv4 address within an IPv6 one.
    """
    name = host.lower().removesuffix(".")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(name[1:-1] if name[:1] + name[-1:] == "[]" else name)
    except ValueError:
        return False
    # Before Python 3.13 `is_loopback` of a mapped address was False.
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback
