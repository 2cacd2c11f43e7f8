"""The strict form of each construct, what is said of the change, and the way back."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest
from pydantic import JsonValue

from openrouter_async.structured.schema import Schema
from openrouter_async.structured.strict.codecs import (
    ArrayCodec,
    JSONTextCodec,
    ScalarCodec,
    ShapeError,
    UnsupportedSchema,
)
from openrouter_async.structured.strict.convert import convert
from openrouter_async.structured.strict.objects import FieldCodec, ObjectCodec
from tests.structured.json_schemas import assert_is_strict

TEXT: JsonValue = {"type": "string"}
NUMBER: JsonValue = {"type": "integer"}
MAP: JsonValue = {"type": "object", "additionalProperties": NUMBER}


def closed(**properties: JsonValue) -> dict[str, JsonValue]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def pairs(values: JsonValue) -> dict[str, JsonValue]:
    return {
        "type": "array",
        "items": closed(key=TEXT, value=values),
        "description": "An object, as a list of its keys and values; each key once.",
    }


ANY = {"type": "string", "description": "Any JSON value, written as JSON in this text."}

CONSTRUCTS: dict[str, tuple[JsonValue, JsonValue, str, JsonValue, JsonValue]] = {
    # the schema of a property, its strict form, what that accepts, a value, the value in strict form
    "scalar": (TEXT, TEXT, "same", "a", "a"),
    "title": ({**TEXT, "title": "T"}, TEXT, "same", "a", "a"),  # type: ignore[dict-item]
    "examples": (
        {**TEXT, "examples": ["x", "y"]},  # type: ignore[dict-item]
        {**TEXT, "description": "E.g. x."},
        "same",
        "a",
        "a",
    ),
    "unknown keywords": ({"type": "string", "units": "kg"}, TEXT, "same", "a", "a"),
    "constant": ({"const": "x"}, {"type": "string", "enum": ["x"]}, "same", "x", "x"),
    "enum without type": ({"enum": [1, 2]}, {"type": "integer", "enum": [1, 2]}, "same", 2, 2),
    "enum of several types": (
        {"enum": ["a", None]},
        {"anyOf": [{"type": "string", "enum": ["a"]}, {"type": "null"}]},
        "same",
        None,
        None,
    ),
    "several types": (
        {"type": ["integer", "null"], "minimum": 0},
        {"anyOf": [{"type": "null"}, {"type": "integer", "description": "At least 0."}]},
        "more",
        3,
        3,
    ),
    "bounds": (
        {"type": "integer", "minimum": 1, "multipleOf": 5, "description": "How many"},
        {"type": "integer", "description": "How many. At least 1; a multiple of 5."},
        "more",
        5,
        5,
    ),
    "format": (
        {"type": "string", "format": "date"},
        {"type": "string", "description": "A date, e.g. 2026-01-31."},
        "more",
        "2026-01-31",
        "2026-01-31",
    ),
    "map": (MAP, pairs(NUMBER), "same", {"a": 1}, [{"key": "a", "value": 1}]),
    "any object": ({"type": "object"}, pairs(ANY), "same", {"a": [1]}, [{"key": "a", "value": "[1]"}]),
    "an object of nothing": (
        {"type": "object", "additionalProperties": False, "properties": {}},
        closed(),
        "same",
        {},
        {},
    ),
    "open object": (
        {"type": "object", "properties": {"a": NUMBER}, "required": ["a"], "additionalProperties": True},
        closed(a=NUMBER, other_properties=pairs(ANY)),
        "same",
        {"a": 1, "b": None},
        {"a": 1, "other_properties": [{"key": "b", "value": "null"}]},
    ),
    "object that says nothing of other keys": (
        {"type": "object", "properties": {"a": NUMBER}, "required": ["a"]},
        closed(a=NUMBER),
        "fewer",
        {"a": 1},
        {"a": 1},
    ),
    "tuple": (
        {"type": "array", "prefixItems": [NUMBER, TEXT], "minItems": 2, "maxItems": 2},
        closed(item_1=NUMBER, item_2=TEXT),
        "same",
        [1, "a"],
        {"item_1": 1, "item_2": "a"},
    ),
    "tuple of draft 7": (
        {"type": "array", "items": [NUMBER], "minItems": 1, "additionalItems": TEXT},
        closed(item_1=NUMBER, more_items={"type": "array", "items": TEXT}),
        "same",
        [1, "a", "b"],
        {"item_1": 1, "more_items": ["a", "b"]},
    ),
    "anything": ({}, ANY, "same", {"a": [None]}, '{"a": [null]}'),
    "items of any kind": ({"type": "array"}, {"type": "array", "items": ANY}, "same", [1], ["1"]),
    "oneOf with tags": (
        {
            "oneOf": [closed(kind={"const": "a"}, x=NUMBER), closed(kind={"const": "b"})],
            "discriminator": {"propertyName": "kind"},
        },
        {
            "anyOf": [
                closed(kind={"type": "string", "enum": ["a"]}, x=NUMBER),
                closed(kind={"type": "string", "enum": ["b"]}),
            ]
        },
        "same",
        {"kind": "b"},
        {"kind": "b"},
    ),
    "oneOf that overlaps": (
        {"oneOf": [NUMBER, {"type": "number"}]},
        {"anyOf": [NUMBER, {"type": "number"}]},
        "more",
        1,
        1,
    ),
    "arms that look alike": (
        {"anyOf": [{"type": "object", "additionalProperties": NUMBER}, {"type": "array", "items": TEXT}]},
        {
            "anyOf": [
                closed(kind={"type": "string", "enum": ["object"]}, value=pairs(NUMBER)),
                closed(kind={"type": "string", "enum": ["array"]}, value={"type": "array", "items": TEXT}),
            ]
        },
        "same",
        ["a"],
        {"kind": "array", "value": ["a"]},
    ),
    "allOf": (
        {"allOf": [closed(), {"type": "object"}]},
        closed(),
        "same",
        {},
        {},
    ),
    "allOf with bounds": (
        {"allOf": [{"type": "integer", "minimum": 1}, {"minimum": 3, "maximum": 9}]},
        {"type": "integer", "description": "At least 3; at most 9."},
        "more",
        5,
        5,
    ),
    "a reference with siblings": (
        {"$ref": "#/$defs/Word", "description": "A word"},
        {"type": "string", "description": "A word"},
        "same",
        "a",
        "a",
    ),
    "a choice beside properties": (
        {
            "type": "object",
            "properties": {"a": NUMBER, "b": NUMBER},
            "additionalProperties": False,
            "anyOf": [{"required": ["a"]}, {"required": ["b"]}],
        },
        {
            "anyOf": [
                closed(
                    kind={"type": "string", "enum": ["option_1"]},
                    value=closed(a=NUMBER, b={"anyOf": [NUMBER, {"type": "null"}]}),
                ),
                closed(
                    kind={"type": "string", "enum": ["option_2"]},
                    value=closed(a={"anyOf": [NUMBER, {"type": "null"}]}, b=NUMBER),
                ),
            ]
        },
        "same",
        {"b": 1},
        {"kind": "option_2", "value": {"a": None, "b": 1}},
    ),
}


@pytest.mark.parametrize(
    ("schema", "strict", "accepts", "value", "there"), CONSTRUCTS.values(), ids=CONSTRUCTS
)
def test_each_construct_has_its_form_and_its_way_back(
    schema: JsonValue, strict: JsonValue, accepts: str, value: JsonValue, there: JsonValue
) -> None:
    document = {**closed(x=schema), "$defs": {"Word": {"type": "string", "description": "hidden"}}}
    made = convert(document)
    assert_is_strict(dict(made.schema))
    assert made.schema == closed(x=strict)
    assert made.accepts == accepts
    assert made.convert({"x": value}) == {"x": there}
    assert made.undo({"x": there}) == {"x": value}
    assert bool(made.changes) >= (accepts != "same")
    for change in made.changes:
        assert change.place.startswith("#/properties/x")


def test_a_value_that_is_no_object_stands_in_one() -> None:
    made = convert({"type": "array", "items": NUMBER})
    assert made.schema == closed(value={"type": "array", "items": NUMBER})
    assert made.undo({"value": [1]}) == [1]
    with pytest.raises(ValueError, match="an object with 'value' alone"):
        made.undo([1])


class TestOptionalProperties:
    def optional(self, schema: JsonValue) -> dict[str, JsonValue]:
        return {"type": "object", "properties": {"x": schema}, "additionalProperties": False}

    def test_null_means_absent(self) -> None:
        made = convert(self.optional(NUMBER))
        assert made.schema == closed(x={"anyOf": [NUMBER, {"type": "null"}]})
        assert (made.undo({"x": None}), made.undo({"x": 1}), made.undo({})) == ({}, {"x": 1}, {})

    def test_null_means_the_default_which_is_given_back(self) -> None:
        made = convert(self.optional({"type": "integer", "default": 7}))
        assert made.schema["properties"] == {
            "x": {"anyOf": [NUMBER, {"type": "null"}], "description": "null means the default, 7."}
        }
        assert made.undo({"x": None}) == {"x": 7}
        assert made.undo({}) == {"x": 7}

    def test_a_validator_that_knows_the_default_gives_it_back_itself(self) -> None:
        assert (
            convert(self.optional({"type": "integer", "default": 7}), fills_defaults=False).undo({"x": None})
            == {}
        )

    def test_null_and_absent_are_told_apart(self) -> None:
        nullable = {"anyOf": [NUMBER, {"type": "null"}]}
        made = convert(self.optional(nullable))
        assert made.schema == closed(x={"anyOf": [closed(value=nullable), {"type": "null"}]})
        for value in ({}, {"x": None}, {"x": 1}):
            assert made.undo(made.convert(value)) == value  # type: ignore[arg-type]  # JSON

    def test_a_default_of_null_needs_no_distinction(self) -> None:
        nullable = {"anyOf": [NUMBER, {"type": "null"}], "default": None}
        made = convert(self.optional(nullable))
        assert made.schema == closed(x={"anyOf": [NUMBER, {"type": "null"}]})
        assert made.undo({"x": None}) == {"x": None}


class TestDefinitions:
    TREE: ClassVar[dict[str, Any]] = {
        "$ref": "#/$defs/Tree",
        "$defs": {
            "Tree": {
                "type": "object",
                "properties": {"size": NUMBER, "parts": {"type": "array", "items": {"$ref": "#/$defs/Tree"}}},
                "required": ["size", "parts"],
                "additionalProperties": False,
            }
        },
    }

    def test_what_is_recursive_stays_a_definition(self) -> None:
        made = convert(self.TREE)
        parts: JsonValue = {"type": "array", "items": {"$ref": "#/$defs/Tree"}}
        assert made.schema["$defs"] == {"Tree": closed(size=NUMBER, parts=parts)}
        assert made.schema["type"] == "object"
        value: JsonValue = {"size": 1, "parts": [{"size": 2, "parts": []}]}
        assert made.undo(made.convert(value)) == value

    def test_a_reference_to_the_root_is_one_too(self) -> None:
        made = convert(closed(next={"anyOf": [{"$ref": "#"}, {"type": "null"}]}))
        assert_is_strict(dict(made.schema))
        value: JsonValue = {"next": {"next": None}}
        assert made.undo(made.convert(value)) == value

    def test_what_is_used_once_is_put_in_place(self) -> None:
        made = convert({**closed(a={"$ref": "#/$defs/P"}), "$defs": {"P": closed(x=NUMBER)}})
        assert made.schema == closed(a=closed(x=NUMBER))

    def test_what_is_used_twice_stays(self) -> None:
        ref: JsonValue = {"$ref": "#/$defs/P"}
        made = convert({**closed(a=ref, b=ref), "$defs": {"P": closed(x=NUMBER)}})
        assert made.schema == {**closed(a=ref, b=ref), "$defs": {"P": closed(x=NUMBER)}}

    def test_a_definition_called_like_another_is_told_apart(self) -> None:
        ref: JsonValue = {"$ref": "#/$defs/P"}
        other: JsonValue = {"$ref": "#/definitions/P"}
        document = {
            **closed(a=ref, b=ref, c=other, d=other),
            "$defs": {"P": closed(x=NUMBER)},
            "definitions": {"P": closed(y=TEXT)},
        }
        made = convert(document)
        assert made.schema["$defs"] == {"P": closed(x=NUMBER), "P_": closed(y=TEXT)}


INEXPRESSIBLE: dict[str, tuple[JsonValue, str]] = {
    "if": ({"if": {"type": "string"}, "then": {}}, "'if' has no strict form, at #/properties/x"),
    "false": (False, "nothing fits it, at #/properties/x"),
    "an enum of objects": ({"enum": [{"a": 1}]}, "'enum' holds an array or an object"),
    "an empty enum": ({"enum": []}, "nothing fits it"),
    "several patterns of keys": (
        {"type": "object", "patternProperties": {"^a": NUMBER, "^b": TEXT}},
        "'patternProperties' has no strict form",
    ),
    "a required key that cannot be": (
        {"type": "object", "properties": {"a": NUMBER}, "required": ["b"], "additionalProperties": False},
        "'b' is required, but no property",
    ),
    "parts that contradict": ({"allOf": [NUMBER, TEXT]}, "say different things by 'type'"),
    "closed parts": ({"allOf": [closed(a=NUMBER), closed(b=NUMBER)]}, "'additionalProperties' of one part"),
    "constants that only Python takes for the same": (
        {"allOf": [{"const": 1}, {"const": True}]},
        "say different things by 'const'",
    ),
    "an enum of what only Python takes for the constant": ({"enum": [1], "const": True}, "nothing fits it"),
    "more items than there may be": (
        {"type": "array", "prefixItems": [NUMBER], "minItems": 2, "maxItems": 1},
        "nothing fits it",
    ),
    "items of one part, positions of another": (
        {"allOf": [{"type": "array", "prefixItems": [NUMBER]}, {"items": TEXT}]},
        "'items' of one part of 'allOf'",
    ),
    "two choices at once": (
        {"allOf": [{"anyOf": [NUMBER, TEXT]}, {"anyOf": [TEXT, {"type": "null"}]}]},
        "'allOf' holds several choices",
    ),
}


@pytest.mark.parametrize(("schema", "reason"), INEXPRESSIBLE.values(), ids=INEXPRESSIBLE)
def test_what_cannot_be_said_is_named_with_its_place(schema: JsonValue, reason: str) -> None:
    with pytest.raises(UnsupportedSchema) as caught:
        convert(closed(x=schema))
    assert reason in str(caught.value)
    assert caught.value.place.startswith("#/properties/x")


def test_a_schema_that_would_grow_without_end_is_refused() -> None:
    """Each definition holds the next one twice, with a description, so all would be put in place."""
    definitions: dict[str, JsonValue] = {
        f"D{n}": closed(
            a={"$ref": f"#/$defs/D{n + 1}", "description": "a"},
            b={"$ref": f"#/$defs/D{n + 1}", "description": "b"},
        )
        for n in range(40)
    }
    definitions["D40"] = TEXT
    with pytest.raises(UnsupportedSchema, match="more than 5,000 constructs"):
        convert({"$ref": "#/$defs/D0", "$defs": definitions})


OPEN_A: JsonValue = {"type": "object", "properties": {"a": NUMBER}, "required": ["a"]}
OPEN_B: JsonValue = {"type": "object", "properties": {"b": NUMBER}}
ACCEPTS: dict[str, tuple[JsonValue, str]] = {
    "oneOf of what may be anything": ({"oneOf": [{}, NUMBER]}, "more"),
    "oneOf of open objects": ({"oneOf": [OPEN_A, OPEN_B]}, "other"),
    "oneOf of a map and an object": ({"oneOf": [MAP, closed(a=NUMBER)]}, "more"),
    "oneOf of closed objects": ({"oneOf": [closed(a=NUMBER), closed(b=NUMBER)]}, "more"),
    "oneOf of a map and an array": ({"oneOf": [MAP, {"type": "array", "items": NUMBER}]}, "more"),
    "a choice of anything beside a type": ({"type": "integer", "anyOf": [True, {"title": "x"}]}, "same"),
    "a pattern of keys": ({"type": "object", "patternProperties": {"^a": NUMBER}}, "other"),
    "a pattern of keys and no others": (
        {"type": "object", "patternProperties": {"^a": NUMBER}, "additionalProperties": False},
        "more",
    ),
    "numbers and whole numbers": ({"allOf": [{"type": ["number", "null"]}, {"type": ["integer"]}]}, "same"),
    "a number of items with a point": (
        {"type": "array", "prefixItems": [NUMBER, NUMBER], "minItems": 2.0, "maxItems": 2.0},
        "same",
    ),
}


@pytest.mark.parametrize(("schema", "accepts"), ACCEPTS.values(), ids=ACCEPTS)
def test_what_the_strict_form_accepts_is_told(schema: JsonValue, accepts: str) -> None:
    made = convert(closed(x=schema))
    assert_is_strict(dict(made.schema))
    assert made.accepts == accepts


def test_a_default_that_does_not_fit_is_none() -> None:
    """Such as null for a text that may be left out, which many schemas say."""
    schema: dict[str, JsonValue] = {
        "type": "object",
        "properties": {"x": {"type": "string", "default": None}},
        "additionalProperties": False,
    }
    assert Schema.from_json_schema(schema).strict.undo({"x": None}) == {}


REFUSED: dict[str, tuple[JsonValue, JsonValue]] = {
    "a key twice, with values that only Python takes for the same": (
        {"type": "object", "additionalProperties": {"type": ["integer", "boolean"]}},
        [{"key": "a", "value": 1}, {"key": "a", "value": True}],
    ),
    "a key twice": (MAP, [{"key": "a", "value": 1}, {"key": "a", "value": 2}]),
    "a pair without value": (MAP, [{"key": "a"}]),
    "a gap in a tuple": (
        {"type": "array", "prefixItems": [NUMBER, NUMBER], "items": False},
        {"item_1": None, "item_2": {"value": 1}},
    ),
    "text that is not JSON": ({}, "{broken"),
    "an arm nobody knows": (CONSTRUCTS["arms that look alike"][0], {"kind": "other", "value": 1}),
    "a foreign key": (closed(a=NUMBER), {"a": 1, "b": 2}),
    "a missing key": (closed(a=NUMBER), {}),
}


@pytest.mark.parametrize(("schema", "reply"), REFUSED.values(), ids=REFUSED)
def test_a_reply_of_another_shape_is_refused(schema: JsonValue, reply: JsonValue) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # the text is for nobody: the reply is then read as it is
        convert(closed(x=schema)).undo({"x": reply})


def test_a_keyword_that_nobody_knows_is_named_where_it_is_left_out() -> None:
    made = convert(closed(x={"type": "string", "units": "kg"}))
    assert [(change.place, change.what, change.effect) for change in made.changes] == [
        ("#/properties/x", "the unknown keyword 'units' is left out", "same")
    ]


def test_true_in_all_of_demands_nothing_and_false_fits_nothing() -> None:
    assert convert(closed(x={"allOf": [True, TEXT]})).schema == closed(x=TEXT)
    with pytest.raises(UnsupportedSchema, match="nothing fits it"):
        convert(closed(x={"allOf": [False, TEXT]}))


def test_constraints_beside_a_recursive_reference_are_named_and_a_structure_is_refused() -> None:
    def tree(**beside: JsonValue) -> JsonValue:
        node = closed(next={"anyOf": [{"$ref": "#/$defs/Node", **beside}, {"type": "null"}]})
        return {**closed(x={"$ref": "#/$defs/Node"}), "$defs": {"Node": node}}

    assert convert(tree()).changes == ()
    (change,) = convert(tree(minProperties=1)).changes
    assert (change.what, change.effect) == ("constraints beside '$ref' are left out", "more")
    with pytest.raises(UnsupportedSchema, match="recursive schema has constraints"):
        convert(tree(properties={"more": TEXT}))


def test_choices_inside_choices_are_one_list() -> None:
    inner: JsonValue = {"anyOf": [NUMBER, {"type": "boolean"}]}
    (x,) = convert(closed(x={"anyOf": [TEXT, inner]})).schema["properties"].values()
    assert x == {"anyOf": [TEXT, NUMBER, {"type": "boolean"}]}
    optional = {**closed(x={"anyOf": [TEXT, NUMBER]}), "required": []}
    (x,) = convert(optional).schema["properties"].values()
    assert x == {"anyOf": [TEXT, NUMBER, {"type": "null"}]}


def test_choices_of_scalars_are_the_same_in_both_forms() -> None:
    assert convert(closed(x={"anyOf": [TEXT, NUMBER, {"type": "array", "items": TEXT}]})).is_original
    assert not convert(closed(x=MAP)).is_original


@pytest.mark.parametrize(("count", "is_defined"), [(5, False), (6, True)])
def test_a_list_of_more_than_five_values_that_is_used_twice_is_written_once(
    count: int, is_defined: bool
) -> None:
    words: JsonValue = {"type": "string", "enum": [f"word {number}" for number in range(count)]}
    document = {**closed(a={"$ref": "#/$defs/W"}, b={"$ref": "#/$defs/W"}), "$defs": {"W": words}}
    assert ("$defs" in convert(document).schema) is is_defined


def test_of_a_value_that_is_still_written_only_what_comes_last_may_be_half() -> None:
    text = JSONTextCodec()
    whole, half = '{"a": 1}', '{"b": 2'
    items = ArrayCodec(text)
    assert items.decode([whole, half], partial=True) == [{"a": 1}, {"b": 2}]
    both = ObjectCodec((FieldCodec("x", text), FieldCodec("y", text)))
    assert both.decode({"x": whole, "y": half}, partial=True) == {"x": {"a": 1}, "y": {"b": 2}}
    for codec, value in ((items, [half, whole]), (both, {"x": half, "y": whole})):
        with pytest.raises(ShapeError):
            codec.decode(value, partial=True)
    word = ScalarCodec("string", ("north", "south"))
    named = ObjectCodec((FieldCodec("x", word), FieldCodec("y", word)))
    assert named.matches({"x": "north", "y": "so"}, partial=True)
    assert not named.matches({"x": "no", "y": "south"}, partial=True)
