"""Schemas as odd as the standard allows: nothing is narrowed or widened without a word, judged by jsonschema.

They are drawn by plain random numbers: thousands are cheap that way, and the seed names the one that fails.
"""

from __future__ import annotations

from random import Random
from typing import Any

import jsonschema
import pytest
from pydantic import JsonValue

from openrouter_async.structured.strict.codecs import UnsupportedSchema
from openrouter_async.structured.strict.convert import convert
from openrouter_async.structured.strict.result import StrictSchema
from tests.structured.json_schemas import assert_is_strict

KEYS = ["a", "b", "c"]
SCALARS: list[JsonValue] = [None, True, False, 0, 1, 2, 3, 1.0, 0.5, "", "a", "b", "1"]
TYPES = ["null", "boolean", "integer", "number", "string", "array", "object"]
SEEDS = range(20)
SCHEMAS = 250
"""For each seed."""


class Drawn:
    """Schemas and values."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)

    def value(self, depth: int = 2) -> JsonValue:
        chance = self.random.random()
        if depth == 0 or chance < 0.4:
            return self.random.choice(SCALARS)
        count = self.random.randint(0, 3)
        if chance < 0.65:
            return [self.value(depth - 1) for _ in range(count)]
        return {key: self.value(depth - 1) for key in self.random.sample(KEYS, count)}

    def schemas(self, depth: int, most: int = 3) -> list[Any]:
        return [self.schema(depth) for _ in range(self.random.randint(1, most))]

    def schema(self, depth: int = 3) -> Any:
        draw = self.random
        if depth == 0 or draw.random() < 0.3:
            leaf: list[Any] = [
                {"type": draw.choice(TYPES)}, {"const": draw.choice(SCALARS)}, {"enum": draw.sample(SCALARS, 2)},
                {"$ref": f"#/$defs/{draw.choice(['Leaf', 'Tree', 'Open'])}"}, {"type": draw.sample(TYPES, 2)},
                {"type": "array", "items": {"type": "integer"}}, {"type": "integer", "default": draw.choice(SCALARS)},
            ]  # fmt: skip
            return draw.choice(leaf) if draw.random() < 0.95 else draw.choice([True, False, {}])
        below = depth - 1
        base = draw.choice([{}, {}, {"type": "object"}, {"type": "array"}, {"type": draw.sample(TYPES, 2)}])
        makers: dict[str, Any] = {
            "type": lambda: draw.choice([draw.choice(TYPES), draw.sample(TYPES, 3)]),
            "enum": lambda: [self.value(1) for _ in range(2)],
            "const": lambda: self.value(1),
            "properties": lambda: {key: self.schema(below) for key in draw.sample(KEYS, draw.randint(1, 3))},
            "required": lambda: draw.sample(KEYS, draw.randint(1, 2)),
            "additionalProperties": lambda: draw.choice([False, False, True, self.schema(below)]),
            "patternProperties": lambda: {draw.choice(["^a", "b$", "."]): self.schema(below)},
            "propertyNames": lambda: {"pattern": "^[ab]"},
            "dependentRequired": lambda: {"a": ["b"]},
            "minProperties": lambda: draw.choice([1, 2.0]),
            "items": lambda: draw.choice([False, True, self.schema(below)]),
            "prefixItems": lambda: self.schemas(below, 2),
            "minItems": lambda: draw.choice([0, 1, 2.0]),
            "maxItems": lambda: draw.choice([0, 1, 2.0]),
            "uniqueItems": lambda: True,
            "contains": lambda: self.schema(below),
            "minimum": lambda: 1,
            "maxLength": lambda: 1,
            "not": lambda: self.schema(below),
            "anyOf": lambda: self.schemas(below),
            "oneOf": lambda: self.schemas(below),
            "allOf": lambda: self.schemas(below, 2),
            "$ref": lambda: f"#/$defs/{draw.choice(['Leaf', 'Tree', 'Open'])}",
            "default": lambda: draw.choice(SCALARS),
            "description": lambda: "words",
            "nullable": lambda: True,
        }
        usual = ["properties", "required", "additionalProperties", "anyOf", "oneOf", "items", "prefixItems"]
        names = draw.sample(list(makers), draw.randint(1, 2)) + draw.sample(usual, draw.randint(0, 2))
        return {**base, **{name: makers[name]() for name in names}}

    def document(self) -> dict[str, Any]:
        """Return a schema with definitions, of which one is recursive."""
        tree = self.random.choice(
            [
                {"$ref": "#/$defs/Tree"},
                {"anyOf": [{"$ref": "#/$defs/Tree"}, {"type": "null"}]},
                {"oneOf": [{"type": "null"}, {"$ref": "#/$defs/Tree"}]},
                {"type": "array", "items": {"$ref": "#/$defs/Tree"}},
            ]
        )
        definitions: dict[str, Any] = {
            "Leaf": {"type": self.random.choice(TYPES)},
            "Tree": {
                "type": "object",
                "properties": {"a": {"type": "integer"}, "b": tree},
                "additionalProperties": self.random.choice([True, False]),
            },
            "Open": {"properties": {"a": {"type": "integer"}}},
        }
        root = self.schema()
        return {**(root if isinstance(root, dict) else {"anyOf": [root]}), "$defs": definitions}

    def reply(self, schema: Any, document: Any, depth: int = 6) -> JsonValue:
        """Return an instance of a strict schema; null where it would become too deep."""
        if "$ref" in schema:
            schema = document["$defs"][schema["$ref"].rpartition("/")[2]]
        if depth <= 0:
            return None
        if "anyOf" in schema:
            return self.reply(self.random.choice(schema["anyOf"]), document, depth - 1)
        if "enum" in schema:
            return self.random.choice(schema["enum"])  # type: ignore[no-any-return]  # JSON
        match schema["type"]:
            case "object":
                return {
                    key: self.reply(item, document, depth - 1) for key, item in schema["properties"].items()
                }
            case "array":
                return [
                    self.reply(schema["items"], document, depth - 1) for _ in range(self.random.randint(0, 2))
                ]
            case "string":
                return self.random.choice(["a", "b", "", "c", "1", '"a"', "null", "{}", '{"a": 1}', "[1]"])
            case kind:
                samples = {
                    "null": [None],
                    "boolean": [True, False],
                    "integer": [0, 1, 2],
                    "number": [0.5, 1, 2],
                }
                return self.random.choice(samples[kind])


def converted(schema: dict[str, Any]) -> StrictSchema | None:
    try:
        return convert(schema, fills_defaults=False)
    except (UnsupportedSchema, RecursionError):
        return None


def is_valid(value: JsonValue, schema: object) -> bool:
    return bool(jsonschema.Draft202012Validator(schema).is_valid(value))  # type: ignore[arg-type]  # a dict


@pytest.mark.parametrize("seed", SEEDS)
def test_what_the_schema_accepts_comes_back_and_what_it_refuses_is_refused(seed: int) -> None:
    drawn = Drawn(seed)
    told: set[str] = set()
    for _ in range(SCHEMAS):
        schema = drawn.document()
        strict = converted(schema)
        if strict is None:
            continue
        told.add(strict.accepts)
        assert_is_strict(dict(strict.schema))
        for value in [drawn.value() for _ in range(8)]:
            where = (schema, value, strict.changes)
            fits = is_valid(value, schema)
            try:
                there = strict.convert(value)
            except ValueError:
                assert not fits or strict.accepts in ("fewer", "other"), where
                continue
            if fits:
                assert is_valid(there, strict.schema), where
                assert same(strict.undo(there), value) or "'default': None" in repr(schema), where
            elif is_valid(there, strict.schema):
                assert strict.accepts in ("more", "other"), where
    assert told == {"same", "fewer", "more", "other"}


@pytest.mark.parametrize("seed", SEEDS)
def test_what_the_strict_form_accepts_the_schema_does_unless_it_is_said(seed: int) -> None:
    drawn = Drawn(seed + 1_000)
    judged = 0
    for _ in range(SCHEMAS):
        schema = drawn.document()
        strict = converted(schema)
        if strict is None or strict.accepts not in ("same", "fewer"):
            continue
        for _ in range(4):
            reply = drawn.reply(strict.schema, strict.schema)
            if not is_valid(reply, strict.schema):
                continue
            try:
                value = strict.undo(reply)
            except ValueError:
                continue  # a key twice, a gap in a tuple, text that is not JSON: refused
            judged += 1
            assert is_valid(value, schema), (schema, reply, value, strict.changes)
    assert judged > SCHEMAS // 4


def same(a: object, b: object) -> bool:
    """Whether two values are the same in JSON, where 1 is 1.0 and true is not."""
    match a, b:
        case dict(), dict():
            return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
        case list(), list():
            return len(a) == len(b) and all(map(same, a, b))
        case _:
            return a == b and isinstance(a, bool) == isinstance(b, bool)
