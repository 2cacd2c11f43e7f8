"""What the strict form of a schema says of itself (`same`, `fewer`, `more`) is true, judged by the package jsonschema.

`STRICT_SCHEMAS=10000 pytest tests/structured/test_strict_claim.py` draws so many schemas; the suite draws fewer.
"""

from __future__ import annotations

import os
from collections import Counter
from typing import Any

import jsonschema
import pytest
from pydantic import JsonValue

from openrouter_async.errors import ConfigurationError
from openrouter_async.structured.schema import Schema
from openrouter_async.structured.strict.result import StrictSchema
from tests.structured.strict.test_odd import Drawn, same

pytestmark = pytest.mark.slow

COUNT = int(os.environ.get("STRICT_SCHEMAS", "1000"))
BLOCKS = 4


class Bounded(Drawn):
    """Schemas of two drafts, with bounds, and defaults that need not fit."""

    def __init__(self, seed: int, *, draft7: bool) -> None:
        super().__init__(seed)
        self.draft7 = draft7

    def schema(self, depth: int = 3) -> Any:
        draw = self.random
        chance = draw.random()
        if depth and chance < 0.1:
            kept: list[Any] = [
                {"type": "integer", "minimum": 2, "default": draw.choice([1, 2, 9])},
                {"type": "string", "maxLength": 1, "default": draw.choice(["a", "abc"])},
                {"enum": ["a", "b"], "default": draw.choice(["a", "c"])},
                {
                    "type": "array",
                    "items": {"type": "integer"},
                    "minItems": 1,
                    "default": draw.choice([[], [1], ["a"]]),
                },
                {"type": ["integer", "null"], "default": draw.choice([None, 1, "a"])},
                {
                    "oneOf": [{"type": "integer"}, {"type": "number", "minimum": 1}],
                    "default": draw.choice([0, 1]),
                },
            ]
            return {"type": "object", "properties": {"a": draw.choice(kept)}, "additionalProperties": False}
        if depth and chance < 0.2:
            return self.tuples(depth)
        return super().schema(depth)

    def tuples(self, depth: int) -> Any:
        """Return a tuple, perhaps beside another part of `allOf`."""
        draw = self.random
        first, others = ("items", "additionalItems") if self.draft7 else ("prefixItems", "items")
        made: dict[str, Any] = {"type": "array", first: self.schemas(depth - 1, 2)}
        if draw.random() < 0.7:
            made[others] = draw.choice([False, True, {"type": "integer"}])
        if draw.random() < 0.5:
            made["minItems"] = draw.choice([0, 1, 2])
        second = draw.choice(
            [
                {"items": {"type": ["integer", "string"]}},
                {"minItems": 1},
                {first: [{}]},
                {others: False},
                {"maxItems": 2},
            ]
        )
        return draw.choice(
            [made, {"allOf": [made, second]}, {"allOf": [second, made]}, {**second, "allOf": [made]}]
        )


def drawn(seed: int, *, draft7: bool) -> tuple[Bounded, dict[str, Any], Any]:
    source = Bounded(seed, draft7=draft7)
    document = source.document()
    if draft7:
        document = {"$schema": "http://json-schema.org/draft-07/schema#", **document}
        return source, document, jsonschema.Draft7Validator(document)
    return source, document, jsonschema.Draft202012Validator(document)


def strict_form(document: dict[str, Any]) -> StrictSchema | None:
    try:
        return Schema.from_json_schema(document).strict
    except ConfigurationError:
        return None


def has_other_rules(document: JsonValue) -> bool:
    """Whether something stands in it that draft 7 reads otherwise: siblings of `$ref`, keywords that are newer."""
    match document:
        case dict():
            is_other = ("$ref" in document and len(document) > 1) or document.keys() & {
                "prefixItems", "dependentRequired", "contains", "minContains", "maxContains",
            }  # fmt: skip
            return bool(is_other) or any(map(has_other_rules, document.values()))
        case list():
            return any(map(has_other_rules, document))
        case _:
            return False


@pytest.mark.parametrize("draft7", [False, True], ids=["2020-12", "draft 7"])
@pytest.mark.parametrize("block", range(BLOCKS))
def test_the_claim_is_true(block: int, draft7: bool) -> None:
    claims: Counter[str] = Counter()
    judged = seed = 0
    while sum(claims.values()) < COUNT // (2 * BLOCKS):
        seed += 1
        source, document, judge = drawn(block * 1_000_000 + seed, draft7=draft7)
        if draft7 and has_other_rules({key: value for key, value in document.items() if key != "$defs"}):
            continue
        strict = strict_form(document)
        if strict is None:
            continue
        claims[strict.accepts] += 1
        takes_no_more = strict.accepts in ("same", "fewer")
        strict_judge = jsonschema.Draft202012Validator(dict(strict.schema))
        for reply in [source.reply(strict.schema, strict.schema) for _ in range(6)]:
            if not strict_judge.is_valid(reply):
                continue
            try:
                value = strict.undo(reply)
            except ValueError:
                continue  # a key twice, a gap in a tuple, text that is not JSON: refused
            judged += 1
            assert judge.is_valid(value) or not takes_no_more, (document, reply, value, strict.changes)
        for value in [source.value() for _ in range(6)]:
            if not judge.is_valid(value):
                continue
            judged += 1
            try:
                there = strict.convert(value)
            except ValueError:
                assert strict.accepts in ("fewer", "other"), (document, value, strict.changes)
                continue
            assert strict_judge.is_valid(there), (document, value, there)
            back = strict.undo(there)
            assert same(back, value) or judge.is_valid(back), (document, value, back)
    assert judged > COUNT // BLOCKS
    assert {"same", "fewer", "more"} <= claims.keys()


@pytest.mark.parametrize(
    ("property_", "default"),
    [
        ({"type": "integer", "minimum": 10, "default": 5}, None),
        ({"type": "integer", "minimum": 10, "default": 12}, 12),
        ({"type": "string", "pattern": "^a", "default": "b"}, None),
        ({"$ref": "#/$defs/Few", "default": ["x", "x"]}, None),
        ({"$ref": "#/$defs/Few", "default": ["x"]}, ["x"]),
    ],
)
def test_a_default_that_does_not_fit_is_none(property_: dict[str, Any], default: JsonValue) -> None:
    document = {
        "type": "object", "properties": {"a": property_}, "additionalProperties": False,
        "$defs": {"Few": {"type": "array", "items": {"type": "string"}, "uniqueItems": True}},
    }  # fmt: skip
    schema = Schema.from_json_schema(document)
    wanted: JsonValue = {} if default is None else {"a": default}
    assert schema.strict.undo({"a": None}) == wanted
    assert schema.read_value(wanted) == wanted
    told = str(schema.strict.schema["properties"])
    assert ("the default" in told) is (default is not None)


def test_a_tuple_of_draft_7_below_all_of_is_a_tuple() -> None:
    document = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "allOf": [
            {"type": "array", "items": [{"type": "string"}, {"type": "integer"}], "additionalItems": False},
            {"minItems": 2},
        ],
    }
    strict = Schema.from_json_schema(document).strict
    assert strict.accepts == "same"
    assert strict.undo(strict.convert(["a", 1])) == ["a", 1]
