"""What a description says in plain English, as keywords of JSON Schema: a model reads descriptions, and obeys them.

Strict modes know no bounds, formats or patterns, so clients put them into words.
"""

from __future__ import annotations

import json
import re

from pydantic import JsonValue

__all__ = ["as_described"]

JSON = dict[str, JsonValue]

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
_KEYS = re.compile(r"\bkeys of the schema (?=\{)", re.IGNORECASE)
_HELD = re.compile(r"\bholds JSON of the schema (?=\{)", re.IGNORECASE)
_FORMAT = re.compile(r"\bin the format ([\w-]+)", re.IGNORECASE)
_HOLDS_JSON = re.compile(r"\bas JSON\b|\bJSON (?:value|text|string)\b|\bholds JSON\b")

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
"""What is said of a text -> its format; the first that is said counts."""


def as_described(schema: JSON) -> JSON:
    """Return a schema with what its description demands besides; what it says by keywords stays."""
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
    if keys := _KEYS.search(said):
        found["propertyNames"] = _json_at(said, keys.end())
    return {**found, **_of_text(said), **schema}


def _of_text(said: str) -> JSON:
    """Return what is said of the form of a text."""
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
    if _HOLDS_JSON.search(said):
        found["contentMediaType"] = "application/json"
    if held := _HELD.search(said):
        found["contentSchema"] = _json_at(said, held.end())
    return found


def _number(text: str) -> int | float:
    number = float(text)
    return int(number) if number.is_integer() else number


def _json_at(text: str, at: int) -> JsonValue:
    try:
        value: JsonValue = json.JSONDecoder().raw_decode(text, at)[0]
    except ValueError:
        return {}
    return value
