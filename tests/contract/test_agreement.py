"""The comparison of our types with the service's shapes finds each kind of difference."""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired

import pytest
from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import TypedDict

from .agreement import Comparison
from .shapes import Shape, shape_of


def differences(ours: Any, *, sent: bool = True, **theirs: dict[str, Any]) -> set[str]:
    """Return the keys of the differences between a type and the schema `Thing`."""
    names: dict[str, Shape] = {name: shape_of(schema) for name, schema in theirs.items()}
    comparison = Comparison(names)
    comparison.compare(ours, "Thing", sent=sent)
    return set(comparison.found)


def thing(required: tuple[str, ...] = (), **fields: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": fields, "required": list(required)}


TEXT = {"type": "string"}
KINDS = {"type": "string", "enum": ["a", "b"]}


class Plain(TypedDict, total=False):
    x: str


class Needed(TypedDict):
    x: str


class Nullable(TypedDict, total=False):
    x: str | None


class Closed(TypedDict, total=False):
    x: Literal["a"]


class Open(TypedDict, total=False):
    x: Literal["a", "c"] | str


class Bounded(TypedDict, total=False):
    x: Annotated[int, Field(ge=0, le=2)]


class Number(TypedDict, total=False):
    x: float


class Untyped(TypedDict, total=False):
    x: dict[str, Any]


class Aliased(BaseModel):
    ours: Annotated[str | None, Field(alias="x")] = None


class Cat(TypedDict):
    type: Literal["cat"]
    lives: NotRequired[int]


class Pets(TypedDict, total=False):
    x: list[Cat]


class Node(BaseModel):
    model_config = ConfigDict(extra="allow")
    x: list[Node] = []


CAT = thing(("type",), type={"const": "cat"}, lives={"type": "integer"})
DOG = thing(("type",), type={"const": "dog"})


@pytest.mark.parametrize(
    ("ours", "theirs", "sent", "received"),
    [
        pytest.param(Plain, thing(x=TEXT), set(), set(), id="equal"),
        pytest.param(
            Plain, thing(x=TEXT, y=TEXT), {"missing Thing.y"}, {"missing Thing.y"}, id="field missing"
        ),
        pytest.param(Plain, thing(), {"extra Thing.x"}, {"extra Thing.x"}, id="field invented"),
        pytest.param(
            Plain, thing(("x",), x=TEXT), {"required Thing.x"}, set(), id="required, and ours is optional"
        ),
        pytest.param(
            Needed, thing(x=TEXT), {"required Thing.x"}, {"required Thing.x"}, id="required where optional"
        ),
        pytest.param(
            Plain, thing(x={"type": ["string", "null"]}), set(), {"null Thing.x"}, id="null refused"
        ),
        pytest.param(
            Needed,
            thing(("x",), x={"type": ["string", "null"]}),
            {"null Thing.x"},
            {"null Thing.x"},
            id="null of a required field refused",
        ),
        pytest.param(Nullable, thing(x=TEXT), {"null Thing.x"}, set(), id="null invented"),
        pytest.param(
            Plain,
            thing(x={"type": "array"}),
            {"type Thing.x", "extra Thing.x<string>"},
            {"type Thing.x"},
            id="another type",
        ),
        pytest.param(
            Number,
            thing(x={"type": "integer"}),
            {"type Thing.x", "extra Thing.x<number>"},
            set(),
            id="fractions sent for a whole number",
        ),
        pytest.param(Plain, thing(x=KINDS), set(), set(), id="text takes every value"),
        pytest.param(Closed, thing(x=KINDS), {"enum Thing.x=b"}, {"enum Thing.x=b"}, id="value refused"),
        pytest.param(
            Open,
            thing(x=KINDS),
            {"enum Thing.x=b", "extra Thing.x=c"},
            {"enum Thing.x=b"},
            id="value not named, value invented",
        ),
        pytest.param(Closed, thing(x=TEXT), {"enum Thing.x"}, {"enum Thing.x"}, id="free text closed"),
        pytest.param(
            Bounded,
            thing(x={"type": "integer", "minimum": 0, "maximum": 2}),
            set(),
            set(),
            id="same bounds",
        ),
        pytest.param(
            Bounded, thing(x={"type": "integer", "minimum": 1}), {"range Thing.x"}, set(), id="other bounds"
        ),
        pytest.param(
            Untyped, thing(x=thing(y=TEXT)), {"untyped Thing.x"}, {"untyped Thing.x"}, id="fields not typed"
        ),
        pytest.param(Aliased, thing(x={"type": ["string", "null"]}), set(), set(), id="alias"),
        pytest.param(Pets, thing(x={"type": "array", "items": CAT}), set(), set(), id="tagged object"),
        pytest.param(
            Pets,
            thing(x={"type": "array", "items": {"anyOf": [CAT, DOG]}}),
            {"missing Thing.x[]<dog>"},
            {"missing Thing.x[]<dog>"},
            id="union member missing",
        ),
        pytest.param(
            Pets,
            thing(x={"type": "array", "items": DOG}),
            {"missing Thing.x[]", "extra Thing.x[]<cat>"},
            {"missing Thing.x[]"},
            id="union member invented",
        ),
    ],
)
def test_each_kind_of_difference(
    ours: Any, theirs: dict[str, Any], sent: set[str], received: set[str]
) -> None:
    assert differences(ours, sent=True, Thing=theirs) == sent
    assert differences(ours, sent=False, Thing=theirs) == received


def test_types_that_contain_themselves_end() -> None:
    theirs = thing(x={"type": "array", "items": {"$ref": "#/x/Thing"}}, y=TEXT)
    assert differences(Node, sent=False, Thing=theirs) == {"missing Thing.y"}


def test_a_difference_is_named_after_the_nearest_named_schema() -> None:
    theirs = thing(x={"type": "array", "items": {"$ref": "#/x/Beast"}})
    beast = thing(("type",), type={"const": "cat"}, lives={"type": "string"})
    found = differences(Pets, sent=False, Thing=theirs, Beast=beast)
    assert found == {"type Beast.lives"}


def test_an_extended_schema_has_the_fields_of_all_its_parts() -> None:
    theirs = {"allOf": [{"$ref": "#/x/Base"}, thing(("x",), y=TEXT)]}
    found = differences(Plain, sent=True, Thing=theirs, Base=thing(x=TEXT))
    assert found == {"missing Thing.y", "required Thing.x"}


def test_a_field_that_a_call_takes_apart_is_not_missing_in_the_rest() -> None:
    theirs: dict[str, Shape] = {"Thing": shape_of(thing(x=TEXT, y=TEXT, z=TEXT))}
    comparison = Comparison(theirs)
    comparison.compare(Plain, "Thing", sent=True, apart={"y"})
    assert set(comparison.found) == {"missing Thing.z"}


def test_one_type_may_read_all_members_of_a_union() -> None:
    class Both(BaseModel):
        type: str
        lives: int | None = None
        tricks: int | None = None
        wings: int | None = None

    kinds = {
        kind: shape_of(thing(("type",), type={"const": kind.lower()}, **{own: {"type": "integer"}}))
        for kind, own in (("Cat", "lives"), ("Dog", "tricks"))
    }
    comparison = Comparison({**kinds, "Thing": {"any": ["#Cat", "#Dog"]}})
    comparison.compare(Both, "Thing", sent=False)
    assert set(comparison.found) == {"extra Cat.wings", "extra Dog.wings"}


def test_what_takes_any_object_stands_for_the_kinds_that_are_not_named() -> None:
    class Pet(TypedDict, total=False):
        x: Cat | dict[str, Any]

    other = thing(("type",), type=TEXT, parameters={"type": "object"})
    assert differences(Pet, Thing=thing(x={"anyOf": [CAT, other]})) == {"untyped Thing.x"}


def test_bounds_known_from_words_are_added_to_the_shape_and_known_to_be_used() -> None:
    theirs: dict[str, Shape] = {"Thing": shape_of(thing(x={"type": "integer", "minimum": 0}))}
    comparison = Comparison(theirs, {"Thing.x": {"max": 2}, "Thing.y": {"max": 2}})
    comparison.compare(Bounded, "Thing", sent=True)
    assert comparison.found == {}
    assert comparison.used == {"Thing.x"}


def test_a_bound_of_a_list_does_not_count_for_text_in_the_same_place() -> None:
    class Either(TypedDict, total=False):
        x: str | Annotated[list[str], Field(min_length=1)]

    field = {"anyOf": [TEXT, {"type": "array", "items": TEXT}]}
    comparison = Comparison({"Thing": shape_of(thing(x=field))}, {"Thing.x": {"min_items": 1}})
    comparison.compare(Either, "Thing", sent=True)
    assert comparison.found == {}
