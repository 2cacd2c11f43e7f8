"""Schemas as prose: their requirements beyond the shape, and `describe`, a whole schema as text that a model can
follow.

It shows the expected value, with its requirements beside it:

```
{
  "name": text,  // Full name.
  "born": text or null,  // optional; a date, e.g. 2026-01-31
  "friends": [Person, ...]
}
where Person is {...}
```
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from .references import list_in, names_in, resolve

if TYPE_CHECKING:
    from pydantic import JsonValue

__all__ = ["CONSTRAINTS", "constraints", "describe", "plain_json"]

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

_DEMANDS = {
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

CONSTRAINTS = frozenset({*_DEMANDS, *_SCHEMAS, "format", "uniqueItems", "dependentRequired"})
"""Keywords that can be said in words."""


def constraints(schema: Mapping[str, JsonValue]) -> list[str]:
    """Return what is demanded, as phrases: `["at least 0", "a multiple of 5"]`."""
    phrases: list[str] = []
    for keyword, value in schema.items():
        if keyword in _DEMANDS and not isinstance(value, bool):
            phrase = _DEMANDS[keyword].format(_number(value))
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


MAX_LENGTH = 100_000
"""Characters; what would be longer is given as it is, as JSON."""

_WORDS = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "null": "null",
    "array": "array",
    "object": "object",
}
_AS_JSON = ("if", "then", "else", "dependentSchemas", "unevaluatedProperties", "unevaluatedItems")


def describe(document: Mapping[str, JsonValue]) -> str:
    """Return the text for a schema whose references have been checked."""
    return _Describer(document).text()


class _TooLong(Exception):
    """The text would be longer than the schema deserves."""


class _Describer:
    def __init__(self, document: Mapping[str, JsonValue]) -> None:
        self._document = document
        self._names: dict[str, str] = {}
        self._waiting: list[str] = []
        self._length = 0

    def text(self) -> str:
        try:
            root = dict(self._document)
            ref = root.get("$ref")
            lines = [self._with_notes(resolve(self._document, str(ref)) if ref else root, 0)]
            while self._waiting:
                ref = self._waiting.pop(0)
                lines.append(
                    f"where {self._names[ref]} is {self._with_notes(resolve(self._document, ref), 0)}"
                )
        except _TooLong:
            return plain_json(dict(self._document))
        return "\n".join(lines)

    def _with_notes(self, schema: JsonValue, depth: int) -> str:
        notes = self._notes(schema)
        return self._value(schema, depth) + (f"  // {notes}" if notes else "")

    def _value(self, schema: JsonValue, depth: int) -> str:
        """Return what a value looks like, without what is demanded of it besides."""
        if not isinstance(schema, dict):
            return "nothing" if schema is False else "any JSON"
        if "$ref" in schema:
            return self._name(str(schema["$ref"]))
        for keyword in ("anyOf", "oneOf"):
            if arms := list_in(schema, keyword):
                return " or ".join(dict.fromkeys(self._arm(arm, depth) for arm in arms))
        parts = schema.get("allOf")
        if isinstance(parts, list):
            own = {key: value for key, value in schema.items() if key not in ("allOf", "description")}
            every = [own, *parts] if own.keys() - {"title"} else parts
            return " that is also ".join(self._value(part, depth) for part in every)
        if "const" in schema:
            return plain_json(schema["const"])
        choices = schema.get("enum")
        if isinstance(choices, list):
            return " or ".join(map(plain_json, choices))
        kind = schema.get("type")
        if isinstance(kind, list):
            return " or ".join(self._value({**schema, "type": each}, depth) for each in kind)
        if kind == "object" or "properties" in schema:
            return self._object(schema, depth)
        if kind == "array" or "items" in schema or "prefixItems" in schema:
            return self._array(schema, depth)
        return _WORDS.get(str(kind), "any JSON")

    def _arm(self, arm: JsonValue, depth: int) -> str:
        text = self._value(arm, depth)
        phrases = _demands(arm) if isinstance(arm, dict) else []
        return f"{text} ({'; '.join(phrases)})" if phrases else text

    def _name(self, ref: str) -> str:
        if ref not in self._names:
            name = ref.rpartition("/")[2].lstrip("#") or "Root"
            while name in self._names.values():
                name += "_"
            self._names[ref] = name
            self._waiting.append(ref)
        return self._names[ref]

    def _object(self, schema: Mapping[str, JsonValue], depth: int) -> str:
        properties, required = names_in(schema, "properties"), list_in(schema, "required")
        lines: list[str] = []
        for name, item in properties.items():
            notes = self._notes(item, is_optional=name not in required)
            line = f"{plain_json(name)}: {self._value(item, depth + 1)},"
            lines.append(line + (f"  // {notes}" if notes else ""))
        patterns = names_in(schema, "patternProperties")
        for pattern, item in patterns.items():
            lines.append(f"(any key matching {pattern}): {self._with_notes(item, depth + 1)}")
        more = schema.get("additionalProperties", not properties and not patterns)
        if more is not False and (more is not True or not properties):
            lines.append(f"(any {'other ' if properties else ''}key): {self._with_notes(more, depth + 1)}")
        lines += [f"{plain_json(name)}: any JSON," for name in required if name not in properties]
        if not lines:
            return "{}"
        self._length += sum(map(len, lines))
        if self._length > MAX_LENGTH:
            raise _TooLong
        indent = "  " * (depth + 1)
        return "{\n" + "".join(f"{indent}{line}\n" for line in lines) + "  " * depth + "}"

    def _array(self, schema: Mapping[str, JsonValue], depth: int) -> str:
        prefix, items = schema.get("prefixItems"), schema.get("items", True)
        if isinstance(items, list):
            prefix, items = items, schema.get("additionalItems", True)
        if isinstance(prefix, list) and prefix:
            parts = [self._arm(item, depth) for item in prefix]
            most = schema.get("maxItems")
            if items is not False and not (isinstance(most, int) and most <= len(prefix)):
                parts.append(f"{self._arm(items, depth)}, ...")
            return f"[{', '.join(parts)}]"
        return f"[{self._arm(items, depth)}, ...]"

    def _notes(self, schema: JsonValue, *, is_optional: bool = False) -> str:
        if not isinstance(schema, dict):
            return "optional" if is_optional else ""
        notes = ["optional"] if is_optional else []
        if "default" in schema and is_optional:
            notes[0] = f"default {plain_json(schema['default'])}"
        if said := schema.get("description"):
            notes.append(" ".join(str(said).split()))
        notes += _demands(schema)
        notes += [f"{keyword} {plain_json(schema[keyword])}" for keyword in _AS_JSON if keyword in schema]
        return "; ".join(notes)


def _demands(schema: Mapping[str, JsonValue]) -> list[str]:
    """Return the constraints in words, without the lengths that the form of a tuple shows already."""
    prefix = schema.get("prefixItems")
    is_fixed = isinstance(prefix, list) and schema.get("minItems") == len(prefix)
    shown = ("minItems", "maxItems") if is_fixed else ()
    return constraints({key: value for key, value in schema.items() if key not in shown})
