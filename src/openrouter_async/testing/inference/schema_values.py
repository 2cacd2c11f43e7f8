"""Values that fit a JSON Schema, with the words and numbers of a prompt where they fit.

Covers the keywords that schemas of tools and of structured outputs use: types, enums, bounds, formats, references,
combinations and simple patterns. Others (`not`, `if`, `dependentSchemas`) are ignored.
"""

from __future__ import annotations

import json
import math
import re
from random import Random

from pydantic import JsonValue

from ..json_values import JSON, as_list, as_object, objects_in
from .described import as_described

__all__ = ["Words", "value_for"]

_EXACT = 2**53 - 1
"""The largest whole number that JavaScript, and any reader of JSON by floats, has exactly."""

_DEEPEST = 12
"""Levels after which nothing is made that a schema does not require."""

_MOST_VALUES = 5_000
"""In one document; values beyond that stay null or missing."""

_TYPICAL: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("city", "location", "place"), ("Oslo", "Lisbon", "Kyoto", "Lima")),
    "country": ("Norway", "Portugal", "Japan", "Peru"),
    "name": ("Ada", "Noor", "Kenji", "Ines"),
    "currency": ("EUR", "USD", "JPY"),
    "language": ("English", "Norwegian", "Spanish"),
    "unit": ("celsius", "metres"),
    **dict.fromkeys(("color", "colour"), ("blue", "green")),
}
"""Usual values of texts with these names."""

_FORMATS: dict[str, str] = {
    "date": "2026-03-14",
    "date-time": "2026-03-14T09:26:53Z",
    "time": "09:26:53Z",
    "duration": "PT15M",
    **dict.fromkeys(("email", "idn-email"), "ada@example.com"),
    "hostname": "example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "uri": "https://example.com/page",
    "uri-reference": "/page",
    "url": "https://example.com/page",
    "uuid": "3f2504e0-4f89-41d3-9a0c-0305e82c3301",
    **{f"uuid{version}": f"3f2504e0-4f89-{version}1d3-9a0c-0305e82c3301" for version in range(1, 9)},
    "ipv4network": "192.0.2.0/24",
    "ipv6network": "2001:db8::/32",
    "ipv4interface": "192.0.2.1/24",
    "ipv6interface": "2001:db8::1/32",
    "ipvanyinterface": "192.0.2.1/24",
    "ipvanynetwork": "192.0.2.0/24",
    "json-pointer": "/a/b",
    "regex": "^a+$",
    "date-time-local": "2026-03-14T09:26:53",
    **dict.fromkeys(("byte", "base64", "base64url", "binary"), "YWJj"),
    **dict.fromkeys(("path", "file-path"), "/tmp/page"),
    "json-string": "{}",
    "ipvanyaddress": "192.0.2.1",
}

_SAMPLES = (
    *_FORMATS.values(), "a", "A", "0", "abc", "ABC", "word", "Word", "12", "123", "1234", "12345", "AB", "AB12",
    "ABC-123", "a-b", "a_b", "#aabbcc", "+4712345678", "1.0.0", "10:30", "en", "en-US", "NO", "EUR", "true",
)  # fmt: skip
"""Tried against patterns, before one is built from the pattern itself."""


class Words:
    """Where the contents of values come from: the prompt first."""

    def __init__(self, prompt: str, random: Random) -> None:
        self.random = random
        text = prompt[:4_000]
        self._numbers = [
            float(found) for found in re.findall(r"(?<![\w.])-?\d{1,9}(?:\.\d{1,6})?(?![\w.])", text)
        ]
        names = re.findall(r"(?<=[\w,;:] )[A-Z]\w+(?: [A-Z]\w+)*", text)
        self._names = [str(name) for name in names if name != "I"]
        self._quoted: list[str] = re.findall(r"[\"'“‘]([^\"'”’]{1,80})[\"'”’]", text)
        self._text = " ".join(text.split())[:80]

    def number(self) -> float | None:
        """Return the next number of the prompt."""
        return self._numbers.pop(0) if self._numbers else None

    def text(self, name: str) -> str:
        """Return a text for a field of this name."""
        key = name.lower()
        if self._quoted and key in ("text", "query", "quote", "title", "content"):
            return self._quoted[0]
        if key in ("text", "query", "question", "prompt", "message", "content", "q") and self._text:
            return self._text
        for usual, values in _TYPICAL.items():
            if key == usual or key.endswith(f"_{usual}"):
                return self._names[0] if self._names else self.random.choice(values)
        if key in _FORMATS:
            return _FORMATS[key]
        if self._quoted:
            return self._quoted[0]
        return self._names[0] if self._names else f"{name or 'text'} {self.random.randint(1, 99)}"


def value_for(schema: JSON, words: Words) -> JsonValue:
    """Return a value that fits the schema, as far as that can be done."""
    return _Maker(schema, words).value(schema, "", 0)


class _Maker:
    def __init__(self, root: JSON, words: Words) -> None:
        self._root = root
        self._words = words
        self._left = _MOST_VALUES

    def value(self, schema: JsonValue, name: str, depth: int) -> JsonValue:
        self._left -= 1
        if not isinstance(schema, dict) or depth > 4 * _DEEPEST or self._left < 0:
            return None
        schema = self._merged(schema, depth)
        if "const" in schema:
            return schema["const"]
        if choices := as_list(schema.get("enum")):
            return self._words.random.choice(choices)
        for key in ("anyOf", "oneOf"):
            if arms := objects_in(schema.get(key)):
                return self.value(self._arm(schema, key, arms, depth), name, depth + 1)
        # One in words is always a text.
        is_text = schema.get("type") == "string"
        examples = as_list(schema.get("examples"))
        if fitting := [each for each in examples if isinstance(each, str) or not is_text]:
            return self._words.random.choice(fitting)
        if "default" in schema and schema["default"] is not None:
            return schema["default"]
        return self._typed(schema, name, depth)

    def _merged(self, schema: JSON, depth: int) -> JSON:
        """Return the schema with its references followed, and the parts of `allOf` laid together."""
        for _ in range(_DEEPEST):
            target = schema.get("$ref")
            if not isinstance(target, str):
                break
            rest = {key: value for key, value in schema.items() if key != "$ref"}
            schema = {**self._find(target), **rest}
        schema = as_described(schema)
        parts = schema.get("allOf")
        if not isinstance(parts, list) or depth > 4 * _DEEPEST:
            return schema
        merged: JSON = {key: value for key, value in schema.items() if key != "allOf"}
        for part in objects_in(parts):
            merged = _laid_over(merged, self._merged(part, depth + 1))
        return merged

    def _find(self, reference: str) -> JSON:
        """Return what a local reference points to, `{}` for any other."""
        found: JsonValue = self._root
        for step in reference.removeprefix("#").split("/")[1:]:
            step = step.replace("~1", "/").replace("~0", "~")
            found = as_object(found).get(step)
        return as_object(found)

    def _arm(self, schema: JSON, key: str, arms: list[JSON], depth: int) -> JSON:
        """Return the arm of a union to fill: not `null`, and deep down the simplest."""
        real = [self._merged(arm, depth) for arm in arms]
        named = [arm for arm in real if arm.get("type") != "null"] or real or [{}]
        if depth > _DEEPEST:
            arm = next(
                (arm for arm in real if arm.get("type") == "null"), min(named, key=lambda arm: len(str(arm)))
            )
        else:
            arm = named[0]
        return _laid_over({name: value for name, value in schema.items() if name != key}, arm)

    def _typed(self, schema: JSON, name: str, depth: int) -> JsonValue:
        kind = schema.get("type")
        if isinstance(kind, list):
            real = [one for one in kind if one != "null"]
            kind = real[0] if real and depth <= _DEEPEST else "null" if "null" in kind else real[0]
        if kind is None:
            kind = _guessed(schema)
        match kind:
            case "object":
                return self._object(schema, depth)
            case "array":
                return self._array(schema, name, depth)
            case "integer":
                return self._number(schema, whole=True)
            case "number":
                return self._number(schema, whole=False)
            case "boolean":
                return self._words.random.random() < 0.5
            case "null":
                return None
            case _:
                return self._string(schema, name, depth)

    def _object(self, schema: JSON, depth: int) -> JSON:
        wanted = {name for name in as_list(schema.get("required")) if isinstance(name, str)}
        made: JSON = {}
        for name, inner in as_object(schema.get("properties")).items():
            if name in wanted or depth < _DEEPEST // 2:
                made[name] = self.value(inner, name, depth + 1)
        more = schema.get("additionalProperties")
        for name in sorted(wanted - made.keys()):
            made[name] = self.value(more if isinstance(more, dict) else {"type": "string"}, name, depth + 1)
        least = _whole(schema.get("minProperties"), 0)
        while more is not False and len(made) < least and self._left > 0:
            made[f"field_{len(made)}"] = self.value(as_object(more), "", depth + 1)
        return made

    def _array(self, schema: JSON, name: str, depth: int) -> list[JsonValue]:
        made = [self.value(inner, name, depth + 1) for inner in as_list(schema.get("prefixItems"))]
        least = _whole(schema.get("minItems"), 0 if depth > _DEEPEST // 2 else 2)
        most = _whole(schema.get("maxItems"), max(least, 2))
        items = schema.get("items")
        if items is False or (items is None and made):
            return made
        item: JSON = items if isinstance(items, dict) else {"type": "string"}
        if _is_pair(item):
            return self._pairs(schema, item, depth)
        unique = schema.get("uniqueItems") is True
        tries = 0
        while len(made) < min(least, most) and tries < 50 * (least + 1) and self._left > 0:
            tries += 1
            value = self.value(item, name.removesuffix("s"), depth + 1)
            if unique and value in made:
                value = _other(value, tries)
                if value in made or value not in (as_list(item.get("enum")) or [value]):
                    continue
            made.append(value)
        return made

    def _pairs(self, schema: JSON, pair: JSON, depth: int) -> list[JsonValue]:
        """Return a list of keys and values that stands for an object: each key once, and as is demanded of keys."""
        least = max(_whole(schema.get(name), 0) for name in ("minItems", "minProperties"))
        most = min(_whole(schema.get(name), 10_000) for name in ("maxItems", "maxProperties"))
        wanted = min(max(least, 2 if depth <= _DEEPEST // 2 else 0), most)
        properties, names = as_object(pair["properties"]), as_object(schema.get("propertyNames"))
        demanded: JSON = {"type": "string", **_as_key(names), **as_object(properties["key"])}
        is_strict = not demanded.keys().isdisjoint({"anyOf", "const", "enum", "format", "pattern", "$ref"})
        made: dict[str, JsonValue] = {}
        tries = 0
        while len(made) < wanted and tries < wanted + 20 and self._left > 0:
            tries += 1
            key = str(self.value(demanded, "key", depth + 1))
            if key in made:
                if is_strict:
                    continue
                key = f"{key} {len(made) + 1}"
            made[key] = self.value(properties["value"], "value", depth + 1)
        return [{"key": key, "value": value} for key, value in made.items()]

    def _number(self, schema: JSON, *, whole: bool) -> float | int:
        low, high = _bounds(schema, whole=whole)
        if low <= _EXACT and high >= -_EXACT:
            low = low if low == -math.inf else max(low, -_EXACT)
            high = high if high == math.inf else min(high, _EXACT)
        step = schema.get("multipleOf")
        step = float(step) if isinstance(step, int | float) and step > 0 else None
        value = self._words.number()
        if value is None or not low <= value <= high or (whole and not value.is_integer()):
            span_low = low if math.isfinite(low) else (high - 100 if math.isfinite(high) else 1)
            span_high = high if math.isfinite(high) else span_low + 100
            value = self._words.random.uniform(span_low, span_high)
            value = math.floor(value) if whole else round(value, 2)
            value = min(max(value, math.ceil(span_low) if whole else span_low), span_high)
        if step is not None:
            value = math.ceil(value / step) * step
            if value > high:
                value = math.floor(high / step) * step
        return int(value) if whole else value

    def _string(self, schema: JSON, name: str, depth: int) -> str:
        least, most = _whole(schema.get("minLength"), 0), _whole(schema.get("maxLength"), 10_000)
        pattern, form = schema.get("pattern"), schema.get("format")
        if schema.get("contentMediaType") == "application/json":
            held = schema.get("contentSchema", {"type": "string"})
            return json.dumps(self.value(held, name, depth + 1), ensure_ascii=False)
        if isinstance(pattern, str):
            return _matching(pattern, least, most)
        text = _FORMATS[form] if isinstance(form, str) and form in _FORMATS else self._words.text(name)
        if len(text) < least:
            text = (text + " ").ljust(least, "x")
        return text[:most]


def _matching(pattern: str, least: int, most: int) -> str:
    """Return a text that matches, where one of the usual ones does or one can be built from the pattern."""
    try:
        compiled = re.compile(pattern)
    except re.error:
        return "x" * least
    for sample in _SAMPLES:
        if least <= len(sample) <= most and compiled.search(sample):
            return sample
    built = _built(pattern)
    return built if built is not None and compiled.search(built) else "x" * least


_PIECE = re.compile(
    r"(?P<set>\[(?:\\.|[^\]\\])+\]|\\[dws.\-/+*?()\[\]{}|^$]|\(\?:[^()|]*\)|\([^()|]*\)|[^\\()\[\]{}|*+?^$])"
    r"(?P<times>\{(\d+)(?:,\d*)?\}|[*+?])?"
)


def _built(pattern: str) -> str | None:
    """Return a text for a pattern of classes, literals and repeated groups; None for any other."""
    inner = pattern.removeprefix("^").removesuffix("$")
    built, at = "", 0
    while at < len(inner):
        piece = _PIECE.match(inner, at)
        if piece is None:
            return None
        times = piece["times"] or ""
        count = int(piece[3]) if times.startswith("{") else 0 if times in ("*", "?") else 1
        unit = piece["set"]
        if unit.startswith("("):
            one = _built(unit.removeprefix("(?:").removeprefix("(").removesuffix(")"))
            if one is None:
                return None
        else:
            one = next((char for char in "a1A0-_ .#@/:x" if re.fullmatch(unit, char)), None) or unit[-1]
        built += one * count
        at = piece.end()
    return built


def _laid_over(base: JSON, over: JSON) -> JSON:
    """Return two schemas as one that demands both, as far as properties and requirements go."""
    merged = {**base, **over}
    for name in base.keys() & over.keys() & {"properties", "required"}:
        one, two = base[name], over[name]
        if isinstance(one, dict) and isinstance(two, dict):
            merged[name] = {**one, **two}
        elif isinstance(one, list) and isinstance(two, list):
            merged[name] = [*one, *(each for each in two if each not in one)]
    return merged


def _guessed(schema: JSON) -> str:
    """Return the type that the other keywords of a schema speak of."""
    if "properties" in schema or "required" in schema or "additionalProperties" in schema:
        return "object"
    if "items" in schema or "prefixItems" in schema:
        return "array"
    if schema.keys() & {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}:
        return "number"
    return "string"


def _bounds(schema: JSON, *, whole: bool) -> tuple[float, float]:
    given = {
        key: value
        for key, value in schema.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }
    low, high = given.get("minimum", -math.inf), given.get("maximum", math.inf)
    if (above := given.get("exclusiveMinimum")) is not None:
        low = max(low, math.floor(above) + 1 if whole else above + 0.01)
    if (below := given.get("exclusiveMaximum")) is not None:
        high = min(high, math.ceil(below) - 1 if whole else below - 0.01)
    if low == -math.inf and high == math.inf:
        low, high = 1, 100
    return low, high


def _whole(value: JsonValue, default: int) -> int:
    fits = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 10_000
    return int(str(value)) if fits else default


def _other(value: JsonValue, number: int) -> JsonValue:
    """Return another value of the same kind."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + number
    return f"{value} {number}" if isinstance(value, str) else value


def _is_pair(schema: JSON) -> bool:
    """Return whether items are pairs of a key and its value, so their list represents an object."""
    return as_object(schema.get("properties")).keys() == {"key", "value"}


def _as_key(schema: JSON) -> JSON:
    """Return what is demanded of a key, which is a text whatever it stands for."""
    if schema.get("type") in ("integer", "number"):
        return {"pattern": "^[0-9]{1,3}$"}
    return {name: value for name, value in schema.items() if name != "type"}
