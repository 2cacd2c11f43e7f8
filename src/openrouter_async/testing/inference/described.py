"""Reads the plain English of a description as keywords of JSON Schema: a model reads descriptions, and obeys them.

Strict modes have no bounds, formats or patterns, so clients put them into words.
"""

from __future__ import annotations

import json
import re

from ..json_values import JSON

__all__ = ["as_described"]

_NUMBER = r"(-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)"

_UNITS = {
    "character": ("minLength", "maxLength"),
    "item": ("minItems", "maxItems"),
    "key": ("minProperties", "maxProperties"),
}

_LEAST = re.compile(
    rf"\b(at least|no less than|minimum of|at most|no more than|maximum of) {_NUMBER}(?: (character|item|key)s?\b)?",
    re.IGNORECASE,
)
_BEYOND = re.compile(rf"\b(?<!no )(more than|greater than|above|less than|below) {_NUMBER}", re.IGNORECASE)
_MULTIPLE = re.compile(rf"\bmultiple of {_NUMBER}", re.IGNORECASE)
_PATTERN = re.compile(r"\bregular expression (\S.*?)(?:; |\.?$)", re.IGNORECASE)
_EXAMPLE = re.compile(r"\be\.g\. (\S+?)[.,;]?(?:\s|$)")
_FORMAT = re.compile(r"\bin the format ([\w-]+)", re.IGNORECASE)
_JSON = re.compile(r"\bJSON\b|\bstringified\b", re.IGNORECASE)

_KEYWORDS = frozenset({
    "$ref", "allOf", "anyOf", "const", "enum", "format", "items", "maxLength", "maximum", "minLength", "minimum",
    "oneOf", "pattern", "properties", "type",
})  # fmt: skip
"""By one of these an object within a description is known to be a JSON Schema."""

_MAX_SEARCHED = 10_000
"""Characters of a description in which a schema is looked for; chosen: more than any person writes."""

_FORMATS = {
    "date and time without": "date-time-local",
    "date and time": "date-time",
    "a date": "date",
    "a time": "time",
    "duration": "duration",
    "e-mail address": "email",
    "email address": "email",
    "a URI": "uri",
    "a URL": "uri",
    "a UUID": "uuid",
    "IPv4 address": "ipv4",
    "IPv6 address": "ipv6",
    "base64": "byte",
    "path of a file": "path",
}
"""Words in a description -> format; the first match counts."""


def as_described(schema: JSON) -> JSON:
    """Return a schema with the demands of its description added; its own keywords stay."""
    said = schema.get("description")
    if not isinstance(said, str):
        return schema
    found: JSON = {}
    for word, number, unit in _LEAST.findall(said):
        is_least = word.lower() in ("at least", "no less than", "minimum of")
        least, most = _UNITS.get(unit.lower(), ("minimum", "maximum"))
        found[least if is_least else most] = _number(number)
    for word, number in _BEYOND.findall(said):
        is_least = word.lower() in ("more than", "greater than", "above")
        found["exclusiveMinimum" if is_least else "exclusiveMaximum"] = _number(number)
    if multiple := _MULTIPLE.search(said):
        found["multipleOf"] = _number(multiple[1])
    if "no item twice" in said.lower():
        found["uniqueItems"] = True
    inner = _schema_in(said)
    if inner is not None and schema.get("type") in ("array", "object"):
        found["propertyNames"] = inner  # the schema has keywords for all other parts
    elif inner is not None or _JSON.search(said):
        found["contentMediaType"] = "application/json"
        if inner is not None:
            found["contentSchema"] = inner
    return {**found, **_of_text(said), **schema}


def _of_text(said: str) -> JSON:
    """Return the demands on the form of a text."""
    found: JSON = {}
    if pattern := _PATTERN.search(said):
        found["pattern"] = pattern[1]
    if named := _FORMAT.search(said):
        found["format"] = named[1]
    else:
        told = [(said.lower().find(words.lower()), form) for words, form in _FORMATS.items()]
        told = [(place, form) for place, form in told if place >= 0]
        if told:
            found["format"] = min(told)[1]
    if example := _EXAMPLE.search(said):
        found["examples"] = [example[1]]
    return found


def _number(text: str) -> int | float:
    number = float(text)
    return int(number) if number.is_integer() else number


def _schema_in(said: str) -> JSON | None:
    """Return the JSON Schema within a description; None without one."""
    decoder = json.JSONDecoder()
    for brace in re.finditer(r"\{", said[:_MAX_SEARCHED]):
        try:
            value = decoder.raw_decode(said, brace.start())[0]
        except (ValueError, RecursionError):
            continue
        if value.keys() & _KEYWORDS:
            return dict(value)
    return None
