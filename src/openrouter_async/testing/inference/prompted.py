"""The schema that a prompt asks a value of: given as JSON Schema, or as the value looks, with its notes behind `//`.

```
{
  "name": text,  // at least 1 character
  "size": "small" or "large" or null,  // optional
  "parts": [Part, ...],
}
where Part is {...}
```

Read as any model would read it, knowing nothing of who wrote it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from pydantic import JsonValue

from ..json_values import JSON

__all__ = ["schema_in"]

MAX_READ = 200_000
"""Characters of a prompt in which a schema is looked for."""

_KINDS: dict[str, JSON] = {
    "true or false": {"type": "boolean"},
    "whole number": {"type": "integer"},
    "number": {"type": "number"},
    "text": {"type": "string"},
    "string": {"type": "string"},
    "integer": {"type": "integer"},
    "boolean": {"type": "boolean"},
    "any JSON": {"type": "string"},
    "object": {"type": "object"},
    "array": {"type": "array"},
}
"""Words for types, the longer first where one begins another."""

_NOTE = re.compile(r"[ \t]*//[ \t]*(.*)")
_SPACE = re.compile(r"\s*")
_NAME = re.compile(r"[A-Za-z_][\w.-]*")
_KEY_OF_ANY = re.compile(r"\(any (?:other )?key(?: matching (?P<pattern>.+?))?\): ")
_WHERE = re.compile(r"\s*\nwhere ([A-Za-z_][\w.-]*) is ")
_CLOSED = re.compile(r"\)(?= or | \| | that is also |[,\]\n]|[ \t]+//|$)")
_END = re.compile(r"[ \t]*(?:\n|$)")


def schema_in(texts: list[str]) -> JSON | None:
    """Return the schema of the first text that contains one; None if none does."""
    for text in texts:
        text = text[:MAX_READ]
        found = next(_json_schemas(text), None) or _drawn(text)
        if found is not None:
            return found
    return None


def _json_schemas(text: str) -> Iterator[JSON]:
    """Give what is a JSON Schema of something with parts."""
    decoder, at = json.JSONDecoder(), text.find("{")
    while at >= 0:
        try:
            value, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            end = at + 1
        else:
            is_note = "  // " in text[:at].rpartition("\n")[2]  # of a part of what is drawn
            if _is_schema(value) and not is_note:
                yield value
        at = text.find("{", end)


def _is_schema(value: JsonValue) -> bool:
    if not isinstance(value, dict):
        return False
    kind = value.get("type")
    return (
        (kind == "object" and isinstance(value.get("properties", value.get("additionalProperties")), dict))
        or (kind == "array" and isinstance(value.get("items", value.get("prefixItems")), dict | list))
        or any(isinstance(value.get(name), dict) for name in ("$defs", "definitions"))
    )


def _drawn(text: str) -> JSON | None:
    """Return the schema of a value that is drawn below a line which ends with a colon."""
    for line in re.finditer(r":[ \t]*\n+(?=\S)", text):
        try:
            schema = _Reader(text, line.end()).document()
        except (_NotDrawn, RecursionError):
            continue
        if schema.get("type") in ("object", "array") or "$defs" in schema:
            return schema
    return None


class _NotDrawn(ValueError):
    """The text there is something else."""


class _Reader:
    """Reads one drawn value."""

    def __init__(self, text: str, at: int) -> None:
        self._text = text
        self._at = at

    def document(self) -> JSON:
        """Return the schema, with the definitions that follow it."""
        schema = self._noted()
        definitions: JSON = {}
        while where := _WHERE.match(self._text, self._at):
            self._at = where.end()
            definitions[where[1]] = self._noted()
        if not _END.match(self._text, self._at):
            raise _NotDrawn
        for name in _names_in(schema) | _names_in(definitions):
            if name not in definitions:
                raise _NotDrawn
        return {**schema, "$defs": definitions} if definitions else schema

    def _takes(self, token: str) -> bool:
        if not self._text.startswith(token, self._at):
            return False
        self._at += len(token)
        return True

    def _closes(self, token: str) -> bool:
        space = _SPACE.match(self._text, self._at)
        self._at = space.end() if space else self._at
        return self._takes(token)

    def _noted(self) -> JSON:
        """Return a value with its note, which is a description."""
        schema = self._value()
        self._takes(",")
        note = _NOTE.match(self._text, self._at)
        if note is None:
            return schema
        self._at = note.end()
        return {**schema, "description": note[1]} if note[1] else schema

    def _value(self) -> JSON:
        """Return alternatives, or the members of an intersection."""
        arms, joint = [self._arm()], ""
        while joint := next((word for word in (" or ", " | ", " that is also ") if self._takes(word)), ""):
            arm = self._arm()
            arms = [*arms[:-1], {"allOf": [arms[-1], arm]}] if "also" in joint else [*arms, arm]
        if len(arms) == 1:
            return arms[0]
        if all("const" in arm for arm in arms):
            return {"enum": [arm["const"] for arm in arms]}
        return {"anyOf": list[JsonValue](arms)}

    def _arm(self) -> JSON:
        schema = self._term()
        if not self._text.startswith(" (", self._at):
            return schema
        end = _CLOSED.search(self._text, self._at)  # what is demanded may itself hold brackets
        if end is None:
            raise _NotDrawn
        said, self._at = self._text[self._at + 2 : end.start()], end.end()
        return {**schema, "description": said}

    def _term(self) -> JSON:
        for words, kind in _KINDS.items():
            after = self._text[self._at + len(words) : self._at + len(words) + 1]
            if self._text.startswith(words, self._at) and not (after.isalnum() or after == "_"):
                self._at += len(words)
                return dict(kind)
        if re.compile(r"\{\s*(\n|\})").match(self._text, self._at):
            return self._object()
        if self._text.startswith("[", self._at):
            return self._array()
        try:
            value, self._at = json.JSONDecoder().raw_decode(self._text, self._at)
        except ValueError:
            name = _NAME.match(self._text, self._at)
            if name is None:
                raise _NotDrawn from None
            self._at = name.end()
            return {"$ref": f"#/$defs/{name[0]}"}
        return {"const": value} if value is not None else {"type": "null"}

    def _object(self) -> JSON:
        self._takes("{")
        properties: JSON = {}
        required: list[JsonValue] = []
        schema: JSON = {"type": "object", "properties": properties, "required": required}
        while not self._closes("}"):
            if any_key := _KEY_OF_ANY.match(self._text, self._at):
                self._at = any_key.end()
                schema["additionalProperties"] = self._noted()
                if any_key["pattern"]:
                    schema["propertyNames"] = {"pattern": any_key["pattern"]}
                continue
            try:
                name, self._at = json.JSONDecoder().raw_decode(self._text, self._at)
            except ValueError:
                raise _NotDrawn from None
            if not isinstance(name, str) or not self._takes(": "):
                raise _NotDrawn
            item = self._noted()
            properties[name] = item
            said = str(item.get("description", ""))
            if not said.startswith(("optional", "default ")):
                required.append(name)
        return schema

    def _array(self) -> JSON:
        self._takes("[")
        items: list[JsonValue] = []
        is_open = False
        while not self._takes("]"):
            if self._takes("..."):
                is_open = True
            else:
                items.append(self._value())
            if not self._takes(", ") and not self._text.startswith("]", self._at):
                raise _NotDrawn
        if is_open and items:
            rest = items.pop()
            return (
                {"type": "array", "prefixItems": items, "items": rest}
                if items
                else {"type": "array", "items": rest}
            )
        return {"type": "array", "prefixItems": items, "items": False, "minItems": len(items)}


def _names_in(schema: JsonValue) -> set[str]:
    """Return the names of definitions that a schema speaks of."""
    if isinstance(schema, list):
        return set[str]().union(*map(_names_in, schema))
    if not isinstance(schema, dict):
        return set()
    own = {str(schema["$ref"]).rpartition("/")[2]} if isinstance(schema.get("$ref"), str) else set[str]()
    return own.union(*map(_names_in, schema.values()))
