"""Schemas from types, JSON schemas and examples; what is refused; and agreement with the package jsonschema."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, IntEnum
from typing import Annotated, Any, Literal

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, Field, JsonValue
from pydantic_core import to_jsonable_python
from typing_extensions import TypedDict

from openrouter_async.errors import ConfigurationError, ReplyNotParsed, SchemaMismatch
from openrouter_async.structured.output import as_schema
from openrouter_async.structured.schema import Schema
from tests.structured.json_schemas import ANY_JSON, assert_is_strict, instances, schemas


class Person(BaseModel):
    """Somebody."""

    name: str = Field(min_length=1)
    friends: list[Person] = []


@dataclass
class Point:
    x: int
    y: int = 0


class Movie(TypedDict, total=False):
    title: str


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Level(IntEnum):
    LOW = 1
    HIGH = 2


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: int = 9


class Dog(BaseModel):
    kind: Literal["dog"]


Pet = Annotated[Cat | Dog, Field(discriminator="kind")]

TYPES: dict[str, tuple[Any, JsonValue, object]] = {
    "model": (
        Person,
        {"name": "A", "friends": [{"name": "B"}]},
        Person(name="A", friends=[Person(name="B")]),
    ),
    "dataclass": (Point, {"x": 1}, Point(1)),
    "typed dict": (Movie, {"title": "M"}, {"title": "M"}),
    "list": (list[int], [1], [1]),
    "map": (dict[str, Point], {"a": {"x": 1}}, {"a": Point(1)}),
    "tuple": (tuple[int, str], [1, "a"], (1, "a")),
    "open tuple": (tuple[int, ...], [1, 2], (1, 2)),
    "union": (int | list[str], ["a"], ["a"]),
    "optional": (Point | None, None, None),
    "literal": (Literal["a", 1, None], 1, 1),
    "enum": (Colour, "red", Colour.RED),
    "enum of numbers": (Level, 2, Level.HIGH),
    "discriminated union": (Pet, {"kind": "cat"}, Cat(kind="cat")),
    "set": (set[int], [1, 2], {1, 2}),
    "anything": (Any, {"a": [1]}, {"a": [1]}),
    "bounds": (Annotated[int, Field(ge=0, le=9)], 3, 3),
}


@pytest.mark.parametrize(("wanted", "plain", "value"), TYPES.values(), ids=TYPES)
def test_any_type_has_a_schema_a_validator_and_a_strict_form(
    wanted: Any, plain: JsonValue, value: object
) -> None:
    schema: Schema[object] = Schema.from_type(wanted)
    assert schema.read_value(plain) == value
    assert schema.validate(value) == value
    jsonschema.Draft202012Validator.check_schema(schema.json_schema)
    assert_is_strict(dict(schema.strict.schema))
    there = schema.strict.convert(to_jsonable_python(value))
    jsonschema.Draft202012Validator(schema.strict.schema).validate(there)
    assert schema.read_value(schema.strict.undo(there)) == value
    assert schema.describe()


def test_a_schema_is_made_once_a_type() -> None:
    assert Schema.from_type(list[Person]) is Schema.from_type(list[Person])
    assert Schema.from_type(int | str) is not Schema.from_type(str | int)


@pytest.mark.parametrize(
    ("wanted", "name"),
    [
        (Person, "Person"),
        (list[Person], "list_Person"),
        (dict[str, Point] | None, "dict_str_Point_None"),
        (Literal["a b", "ü"], "Literal_a_b"),
    ],
)
def test_schemas_are_named_after_their_type(wanted: Any, name: str) -> None:
    assert Schema.from_type(wanted).name == name


class HasCallable(BaseModel):
    run: Callable[[], int]


BAD_TYPES: dict[str, tuple[Any, str]] = {
    "no schema": (HasCallable, "output type HasCallable has no JSON schema"),
    "an arm without schema": (int | Callable[[], int], "has no JSON schema"),
    "an object": (object(), "is not a type that can be read from JSON"),
    "a number": (5, "is not a type that can be read from JSON"),
    "text": ("Person", "output is 'Person'; expected a type"),
    "an unknown name": (list["Unknown"], r"output type list\['Unknown'\] has no JSON schema"),  # type: ignore[name-defined]  # noqa: F821
    "a value of a type": (Person(name="A"), "output is a Person; expected a type"),
}


@pytest.mark.parametrize(("wanted", "message"), BAD_TYPES.values(), ids=BAD_TYPES)
def test_a_type_without_schema_is_refused(wanted: Any, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        as_schema(wanted)


def deep(levels: int) -> dict[str, object]:
    schema: dict[str, object] = {}
    for _ in range(levels):
        schema = {"type": "array", "items": schema}
    return schema


BAD_SCHEMAS: dict[str, tuple[Any, str]] = {
    "no object": ([], "the JSON schema is an array of 0; expected a dict"),
    "an unknown type": ({"properties": {"a": {"type": "texts"}}}, "invalid at #/properties/a/type"),
    "a wrong keyword": ({"type": "object", "required": "a"}, "invalid at #/required"),
    "a pattern that is none": ({"type": "string", "pattern": "("}, "the JSON schema"),
    "nowhere": ({"items": {"$ref": "#/$defs/A"}}, r"refers to '#/\$defs/A' at #/items, which is not in it"),
    "the network": ({"items": {"$ref": "https://x.example/a.json"}}, "at #/items; nothing is fetched"),
    "a file": ({"anyOf": [{"$ref": "other.json"}]}, "at #/anyOf/0; nothing is fetched"),
    "a circle": ({"$ref": "#/$defs/A", "$defs": {"A": {"$ref": "#/$defs/A"}}}, "leads back to itself"),
    "a circle through allOf": ({"allOf": [{"$ref": "#"}]}, "leads back to itself"),
    "a circle through anyOf": (
        {"$ref": "#/$defs/A", "$defs": {"A": {"anyOf": [{"type": "null"}, {"$ref": "#/$defs/A"}]}}},
        "leads back to itself",
    ),
    "500 deep": (deep(500), "nested more than 100 deep at #/items/items"),
    "100,000 deep": (deep(100_000), "nested more than 100 deep"),
    "no JSON": ({"const": {1, 2}}, "the JSON schema is not JSON"),
    "a dynamic reference": ({"$dynamicRef": "#a"}, r"has '\$dynamicRef' at #"),
}


@pytest.mark.parametrize(("document", "message"), BAD_SCHEMAS.values(), ids=BAD_SCHEMAS)
def test_a_bad_json_schema_is_refused_and_its_place_named(document: Any, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        Schema.from_json_schema(document)


def test_a_reference_within_data_is_none() -> None:
    document = {"type": "object", "default": {"$ref": "https://x.example"}, "enum": [{"$ref": "a"}]}
    Schema.from_json_schema(document)


def test_an_anchor_and_a_quoted_name_can_be_referred_to() -> None:
    document = {
        "type": "object",
        "properties": {"a": {"$ref": "#word"}, "b": {"$ref": "#/$defs/o~1dd%20name"}},
        "required": ["a", "b"],
        "$defs": {"x": {"$anchor": "word", "type": "string"}, "o/dd name": {"type": "integer"}},
    }
    schema = Schema.from_json_schema(document)
    assert schema.validate({"a": "x", "b": 1}) == {"a": "x", "b": 1}
    assert schema.strict.schema["properties"] == {"a": {"type": "string"}, "b": {"type": "integer"}}


def test_a_text_is_read_as_a_value() -> None:
    """Documented for calls of one's own; nothing within the library needs it."""
    assert Schema.from_type(Cat).read_json('{"kind": "cat"}') == Cat(kind="cat")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "EOF while parsing a value at line 1 column 0"),
        ("Sure: {}", "expected value at line 1 column 1"),
        ('{\n "kind": "cat",}', "trailing comma at line 2 column 16"),
        ('{"kind": NaN}', "expected value at line 1 column 10"),
        ('{"kind": "\\ud83d"}', "unexpected end of hex escape at line 1 column 17"),
        ('{"kind": "\ud83d"}', "surrogates not allowed"),
        ("[" * 100_000, "recursion limit exceeded"),
        ("1" * 5_000, "number out of range"),
    ],
)
def test_of_text_that_is_no_json_it_says_why_and_where(text: str, told: str) -> None:
    with pytest.raises(ReplyNotParsed) as caught:
        Schema.from_type(Cat).read_json(text)
    assert told in caught.value.message
    assert (caught.value.raw, caught.value.may_have_been_billed) == (text, False)
    assert caught.value.__context__ is None


class Linked(BaseModel):
    size: int
    inner: Linked | None = None


@pytest.mark.parametrize("depth", [0, 1, 20, 90])
def test_of_a_value_that_does_not_fit_it_says_where_at_any_depth(depth: int) -> None:
    def text(innermost: str) -> str:
        return '{"size": 1, "inner": ' * depth + innermost + "}" * depth

    schema, place = Schema.from_type(Linked), "inner." * depth + "size"
    with pytest.raises(SchemaMismatch) as caught:
        schema.read_json(text('{"size": "?"}'))
    assert caught.value.violations == (f"{place}: expected a valid integer, got '?'",)
    assert caught.value.raw == text('{"size": "?"}')
    with pytest.raises(SchemaMismatch) as caught:
        schema.read_json(text('{"size": 1, "size": 2, "inner": null}'))
    where = place.removesuffix("size").removesuffix(".") or "value"
    assert caught.value.violations == (f"{where}: the key 'size' appears twice, with different values",)


def test_the_first_of_several_keys_that_stand_twice_is_told() -> None:
    schema: Schema[object] = Schema.from_type(dict[str, Any])
    with pytest.raises(SchemaMismatch, match=r"a\[1\]: the key 'x' appears twice"):
        schema.read_json('{"a": [0, {"x": 1, "x": true}], "b": {"y": 1, "y": 2}}')
    with pytest.raises(SchemaMismatch, match="value: the key 'x' appears twice"):
        schema.read_json('{"a": {"x": 1, "x": 2}, "a": {"x": 2}}')


@pytest.mark.parametrize(
    "wanted", [list[int], {"type": "array", "items": {"type": "integer"}}], ids=["type", "raw"]
)
def test_no_more_than_a_hundred_violations_are_told(wanted: Any) -> None:
    with pytest.raises(SchemaMismatch) as caught:
        as_schema(wanted).read_json(json.dumps(["?"] * 1_000))
    assert len(caught.value.violations) == 100
    assert caught.value.violations[99].startswith("[99]: ")


def test_without_the_extra_a_json_schema_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jsonschema_rs", None)
    with pytest.raises(ConfigurationError, match=r"pip install 'openrouter-async\[schema\]'"):
        Schema.from_json_schema({"type": "object"})


@pytest.mark.parametrize(
    ("document", "keys"),
    [
        ({"type": "object", "properties": {"a": {}}}, ["a"]),
        ({"properties": {"a": {}}, "additionalProperties": False}, ["a"]),
        ({"properties": {"a": {}}, "additionalProperties": True}, None),
        ({"properties": {"a": {}}, "patternProperties": {"^x": {}}}, None),
        ({"anyOf": [{"type": "string"}, {"properties": {"a": {}}}, {"properties": {"b": {}}}]}, ["a", "b"]),
        ({"anyOf": [{"properties": {"a": {}}}, {}]}, None),
        ({"type": "array"}, []),
    ],
    ids=str,
)
def test_the_keys_of_a_value_are_known_where_no_others_are_allowed(
    document: Any, keys: list[str] | None
) -> None:
    found = Schema.from_json_schema(document).root_keys
    assert (found if found is None else sorted(found)) == keys


@pytest.mark.parametrize(
    ("document", "kinds"),
    [
        ({"properties": {"a": {}}}, ["object"]),
        ({"type": ["string", "null"], "properties": {"a": {}}}, ["string", "null"]),
        ({"anyOf": [{"type": "string"}, {"properties": {"a": {}}}]}, ["string", "object"]),
        ({"anyOf": [{"type": "string"}, {"enum": [1, 2]}]}, []),
        ({"enum": [1, 2]}, []),
    ],
    ids=str,
)
def test_the_types_of_a_value_are_known_where_each_arm_names_its_own(document: Any, kinds: list[str]) -> None:
    assert sorted(Schema.from_json_schema(document).root_kinds) == sorted(kinds)


def test_the_given_schema_is_not_touched() -> None:
    document: dict[str, Any] = {"type": "object", "properties": {"a": {"type": "string"}}}
    schema = Schema.from_json_schema(document)
    schema.json_schema["properties"].clear()  # type: ignore[union-attr]  # a dict
    document["properties"]["a"] = {"type": "integer"}
    assert schema.json_schema["properties"] == {"a": {"type": "string"}}
    assert schema.validate({"a": "x"}) == {"a": "x"}


class TestResponseFormat:
    def test_it_is_the_part_of_a_request(self) -> None:
        made = Schema.from_type(Point).response_format("point")
        assert made["type"] == "json_schema"
        sent = made["json_schema"]
        assert (sent["name"], sent["strict"]) == ("point", True)
        assert_is_strict(dict(sent["schema"]))  # type: ignore[arg-type]  # JSON

    def test_without_strict_it_is_the_schema_as_it_is(self) -> None:
        schema = Schema.from_type(dict[str, int])
        assert schema.response_format(strict=False)["json_schema"]["schema"] == schema.json_schema

    @pytest.mark.parametrize("name", ["", "a b", "ü", "x" * 65])
    def test_a_name_that_the_service_refuses_is_told(self, name: str) -> None:
        with pytest.raises(ConfigurationError, match="expected 1 to 64 letters"):
            Schema.from_type(int).response_format(name)

    def test_a_schema_without_strict_form_is_told(self) -> None:
        schema = Schema.from_json_schema({"type": "object", "if": {"required": ["a"]}})
        assert schema.strict_problem == "'if' has no strict form, at #"
        with pytest.raises(ConfigurationError, match="or strict=False"):
            schema.response_format()


class TestValidation:
    def test_every_violation_is_told_with_its_path(self) -> None:
        document = {
            "type": "object",
            "properties": {"n": {"type": "integer"}, "l": {"type": "array", "items": {"type": "string"}}},
            "required": ["n", "x"],
        }
        with pytest.raises(SchemaMismatch) as caught:
            Schema.from_json_schema(document).validate({"n": "1", "l": ["a", 2]})
        assert sorted(violation.partition(":")[0] for violation in caught.value.violations) == [
            "l[1]",
            "n",
            "value",
        ]
        assert caught.value.may_have_been_billed is False

    @pytest.mark.parametrize(
        "value", [10**5_000, {"a": [10**5_000]}, "\ud800"], ids=["5,001 digits", "inside", "half a pair"]
    )
    def test_a_value_that_json_cannot_carry_does_not_fit(self, value: JsonValue) -> None:
        with pytest.raises(SchemaMismatch, match="value: cannot be read as JSON: ") as caught:
            Schema.from_json_schema({}).validate(value)
        [violation] = caught.value.violations
        assert len(violation) < 300

    def test_formats_are_checked(self) -> None:
        schema = Schema.from_json_schema({"type": "string", "format": "date"})
        assert schema.validate("2020-01-31") == "2020-01-31"
        with pytest.raises(SchemaMismatch):
            schema.validate("tomorrow")

    @pytest.mark.slow
    @settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow])
    @given(st.data())
    def test_it_agrees_with_the_package_jsonschema(self, data: st.DataObject) -> None:
        document = data.draw(schemas())
        value = data.draw(st.one_of(instances(document, document), ANY_JSON))
        judge = jsonschema.Draft202012Validator(document, format_checker=jsonschema.FormatChecker())
        schema = Schema.from_json_schema(document)
        if judge.is_valid(value):
            assert schema.validate(value) == value
        else:
            with pytest.raises(SchemaMismatch):
                schema.validate(value)


class TestFromExamples:
    def inferred(self, *examples: object) -> dict[str, JsonValue]:
        return Schema.from_examples(examples).json_schema

    def test_what_all_have_is_required_and_null_is_remembered(self) -> None:
        made = self.inferred({"a": 1, "b": None}, {"a": 2.5, "b": "x", "c": [True]})
        assert made == {
            "type": "object",
            "properties": {
                "a": {"type": "number"},
                "b": {"anyOf": [{"type": "string"}, {"type": "null"}]},
                "c": {"type": "array", "items": {"type": "boolean"}},
            },
            "required": ["a", "b"],
            "additionalProperties": False,
        }

    def test_items_of_all_arrays_count(self) -> None:
        made = self.inferred({"l": [{"x": 1}]}, {"l": [{"x": 2, "y": "z"}, {"x": None}]}, {"l": []})
        assert made["properties"] == {
            "l": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "x": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
                        "y": {"type": "string"},
                    },
                    "required": ["x"],
                    "additionalProperties": False,
                },
            }
        }

    @pytest.mark.parametrize(
        ("texts", "expected"),
        [
            (["2020-01-31", "1999-12-01"], {"type": "string", "format": "date"}),
            (["2020-13-31"], {"type": "string"}),
            (["2020-01-31T10:00:00Z"], {"type": "string", "format": "date-time"}),
            (["2020-01-31T10:00:00"], {"type": "string"}),
            (["a@b.example"], {"type": "string", "format": "email"}),
            (["https://a.example/b?c=d"], {"type": "string", "format": "uri"}),
            (["12345678-1234-1234-1234-123456789abc"], {"type": "string", "format": "uuid"}),
            (["2020-01-31", "soon"], {"type": "string"}),
            (["yes", "no"] * 3, {"type": "string", "enum": ["no", "yes"]}),
            (["yes", "no"], {"type": "string"}),
            (["yes"] * 9, {"type": "string"}),
            ([f"word {number}" for number in range(9)] * 9, {"type": "string"}),
            (["a longer text that is surely no name of anything", "b"] * 4, {"type": "string"}),
        ],
    )
    def test_formats_and_enums_are_taken_only_where_they_are_plain(
        self, texts: list[str], expected: dict[str, JsonValue]
    ) -> None:
        assert self.inferred(*texts) == expected

    def test_examples_of_several_types_make_a_choice(self) -> None:
        assert self.inferred(1, "a", None) == {
            "anyOf": [{"type": "integer"}, {"type": "string"}, {"type": "null"}]
        }

    def test_text_that_holds_an_object_is_read(self) -> None:
        assert self.inferred('{"a": 1}')["properties"] == {"a": {"type": "integer"}}

    @pytest.mark.parametrize(
        ("examples", "message"),
        [
            ([], "examples is empty"),
            ([{"a": 1}, {"a": {1, 2}}], r"examples\[1\] is an object of 1 keys, which is not JSON"),
            (['{"a": '], r"examples\[0\] is '\{\"a\": ', which is not JSON; expected JSON \(EOF"),
            (["[1, NaN]"], r"examples\[0\]"),
            ([float("nan")], r"examples\[0\]"),
            ({"a": 1}, "examples is an object of 1 keys; expected a list"),
            ("{}", "expected a list"),
        ],
    )
    def test_what_is_no_example_is_named(self, examples: Any, message: str) -> None:
        with pytest.raises(ConfigurationError, match=message):
            Schema.from_examples(examples)

    @settings(max_examples=200)
    @given(st.lists(ANY_JSON.filter(lambda value: not isinstance(value, str)), min_size=1, max_size=4))
    def test_every_example_fits_the_schema_made_of_them(self, examples: list[JsonValue]) -> None:
        schema = Schema.from_examples(examples)
        for example in examples:
            assert schema.validate(example) == example
            assert schema.strict.undo(schema.strict.convert(example)) == example
