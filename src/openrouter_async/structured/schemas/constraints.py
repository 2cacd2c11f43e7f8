"""What a schema demands beyond its shape, in words, for descriptions and prompts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import JsonValue

__all__ = ["CONSTRAINTS", "constraints", "plain_json"]

FORMATS = {
    "date-time": "a date and time of RFC 3339, e.g. 2026-01-31T12:00:00Z",
    "date-time-local": "a date and time without a time zone, e.g. 2026-01-31T12:00:00",
    "date": "a date, e.g. 2026-01-31",
    "time": "a time, e.g. 12:00:00Z",
    "duration": "a duration of ISO 8601, e.g. PT1H30M",
    "email": "an e-mail address",
    "uri": "a URI, with its scheme",
    "uuid": "a UUID",
    "ipv4": "an IPv4 address",
    "ipv6": "an IPv6 address",
    "binary": "bytes, as text",
    "base64": "base64",
    "base64url": "base64url",
    "path": "a path of a file",
    "json-string": "a text that holds JSON",
}

_WORDS = {
    "minimum": "at least {}",
    "exclusiveMinimum": "more than {}",
    "maximum": "at most {}",
    "exclusiveMaximum": "less than {}",
    "multipleOf": "a multiple of {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "pattern": "matching the regular expression {}",
    "minItems": "at least {} items",
    "maxItems": "at most {} items",
    "minContains": "at least {} of these",
    "maxContains": "at most {} of these",
    "minProperties": "at least {} keys",
    "maxProperties": "at most {} keys",
    "contentEncoding": "encoded as {}",
    "contentMediaType": "of the media type {}",
}

_SCHEMAS = {
    "contains": "with an item of the schema {}",
    "propertyNames": "with keys of the schema {}",
    "not": "not of the schema {}",
    "contentSchema": "that holds JSON of the schema {}",
}

CONSTRAINTS = frozenset({*_WORDS, *_SCHEMAS, "format", "uniqueItems", "dependentRequired"})
"""Keywords that can be said in words."""


def constraints(schema: Mapping[str, JsonValue]) -> list[str]:
    """Return what is demanded, as phrases: `["at least 0", "a multiple of 5"]`."""
    phrases: list[str] = []
    for keyword, value in schema.items():
        if keyword in _WORDS and not isinstance(value, bool):
            phrase = _WORDS[keyword].format(_number(value))
            phrases.append(phrase.removesuffix("s") if value == 1 else phrase)
        elif keyword == "contentSchema" and '"$ref"' in plain_json(value):
            phrases.append("that holds JSON")  # what it refers to does not stand there
        elif keyword in _SCHEMAS:
            phrases.append(_SCHEMAS[keyword].format(plain_json(value)))
        elif keyword == "format":
            phrases.append(_format(str(value), schema.get("examples")))
        elif keyword == "examples" and "format" not in schema and isinstance(value, list) and value:
            example = value[0]
            phrases.append(f"e.g. {example if _is_word(example) else plain_json(example)}")
        elif keyword == "uniqueItems" and value is True:
            phrases.append("no item twice")
        elif keyword == "dependentRequired" and isinstance(value, dict):
            phrases += [
                f"with {key!r} also {', '.join(map(repr, names))}"
                for key, names in value.items()
                if isinstance(names, list)
            ]
    return phrases


def _format(name: str, examples: JsonValue) -> str:
    """Return the phrase for a format, with an example of the caller's where there is one."""
    phrase = FORMATS.get(name, f"in the format {name}")
    own = examples[0] if isinstance(examples, list) and examples else None
    if _is_word(own) and "e.g. " in phrase:
        return f"{phrase.partition('e.g. ')[0]}e.g. {own}"
    return phrase


def _is_word(value: JsonValue) -> bool:
    return isinstance(value, str) and value.isprintable() and " " not in value


def _number(value: JsonValue) -> str:
    return f"{value:g}" if isinstance(value, float) and value.is_integer() else str(value)


def plain_json(value: JsonValue) -> str:
    """Return a value as JSON on one line, as people write it."""
    return json.dumps(value, ensure_ascii=False)
