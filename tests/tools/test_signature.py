"""From annotations and docstrings to what a model is told, and from what it sends back to Python values."""

from __future__ import annotations

import enum
import json
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

import hypothesis.strategies as st
import pytest
from hypothesis import given
from pydantic import BaseModel, Field
from typing_extensions import TypedDict

from openrouter_async import ConfigurationError
from openrouter_async.tools.arguments import InvalidArguments
from openrouter_async.tools.signature import Signature, read_docstring


class Place(BaseModel):
    """A place on a map."""

    city: str
    zip: Annotated[str, Field(pattern="^[0-9]+$")] | None = None


@dataclass
class Point:
    x: int
    y: int = 0


class Box(TypedDict):
    width: int


class Colour(enum.Enum):
    RED = "red"


def signature_of(function: Callable[..., object]) -> Signature:
    return Signature(function.__name__, function)


def of_one(hint: object) -> Signature:
    def f(value: Any) -> None: ...

    f.__annotations__["value"] = hint
    return signature_of(f)


@pytest.mark.parametrize(
    ("hint", "schema"),
    [
        pytest.param(str, {"type": "string"}, id="text"),
        pytest.param(int, {"type": "integer"}, id="int"),
        pytest.param(float, {"type": "number"}, id="float"),
        pytest.param(bool, {"type": "boolean"}, id="bool"),
        pytest.param(list[int], {"type": "array", "items": {"type": "integer"}}, id="list"),
        pytest.param(
            dict[str, int], {"type": "object", "additionalProperties": {"type": "integer"}}, id="dict"
        ),
        pytest.param(Literal["c", "f"], {"enum": ["c", "f"], "type": "string"}, id="Literal"),
        pytest.param(int | None, {"anyOf": [{"type": "integer"}, {"type": "null"}]}, id="Optional"),
        pytest.param(int | str, {"anyOf": [{"type": "integer"}, {"type": "string"}]}, id="union"),
        pytest.param(date, {"type": "string", "format": "date"}, id="date"),
        pytest.param(UUID, {"type": "string", "format": "uuid"}, id="UUID"),
        pytest.param(
            Annotated[int, Field(ge=1, le=9, description="How many.")],
            {"type": "integer", "minimum": 1, "maximum": 9, "description": "How many."},
            id="Field",
        ),
        pytest.param(Any, {}, id="anything"),
    ],
)
def test_a_parameter_has_the_schema_of_its_annotation(hint: object, schema: dict[str, object]) -> None:
    assert of_one(hint).schema == {
        "type": "object",
        "properties": {"value": schema},
        "required": ["value"],
        "additionalProperties": False,
    }


@pytest.mark.parametrize(
    ("hint", "text", "value"),
    [
        pytest.param(Place, '{"city": "Oslo"}', Place(city="Oslo"), id="pydantic"),
        pytest.param(Point, '{"x": 1}', Point(1), id="dataclass"),
        pytest.param(Box, '{"width": 1}', {"width": 1}, id="TypedDict"),
        pytest.param(Colour, '"red"', Colour.RED, id="enum"),
        pytest.param(date, '"2026-01-31"', date(2026, 1, 31), id="date"),
        pytest.param(Decimal, '"0.10"', Decimal("0.10"), id="Decimal"),
        pytest.param(tuple[int, str], '[1, "a"]', (1, "a"), id="tuple"),
        pytest.param(set[int], "[1, 1]", {1}, id="set"),
        pytest.param(list[Place], '[{"city": "Rome"}]', [Place(city="Rome")], id="list of pydantic"),
    ],
)
def test_arguments_become_values_of_the_annotated_type(hint: object, text: str, value: object) -> None:
    assert of_one(hint).read(f'{{"value": {text}}}') == {"value": value}


def test_a_default_is_told_and_left_to_the_function() -> None:
    marker = object()

    def f(a: int, b: int = 5, c: Place | None = None, d: Any = marker) -> object:
        return a, b, c, d

    signature = signature_of(f)
    properties = signature.schema["properties"]
    assert signature.schema["required"] == ["a"]
    assert (properties["b"]["default"], properties["c"]["default"]) == (5, None)
    assert "default" not in properties["d"], "JSON has no such value"
    bound = signature.bind(signature.read('{"a": 1}'))
    assert f(*bound.args, **bound.kwargs) == (1, 5, None, marker)


def test_positional_and_keyword_only_parameters_are_filled_in() -> None:
    def f(a: int, b: int = 2, /, *, c: int) -> object:
        return a, b, c

    signature = signature_of(f)
    bound = signature.bind(signature.read('{"c": 3, "a": 1}'))
    assert f(*bound.args, **bound.kwargs) == (1, 2, 3)


@pytest.mark.parametrize("text", ["", "  ", "null", "{}"])
def test_a_tool_without_parameters_needs_no_arguments(text: str) -> None:
    def f() -> None: ...

    assert signature_of(f).read(text) == {}


@pytest.mark.parametrize("text", ["", "  ", "null"])
def test_no_arguments_at_all_are_not_the_empty_object(text: str) -> None:
    """The defaults may be what no one asked for: the arguments of the call can have been lost on the way."""

    def delete(path: str = "/", *, force: bool = True) -> None: ...

    assert signature_of(delete).read("{}") == {}
    with pytest.raises(InvalidArguments, match=r"no arguments arrived; .* at least one of 'path', 'force'"):
        signature_of(delete).read(text)


class Step(BaseModel):
    """A step of a plan."""

    name: str
    parts: list[int] = []


def plan(
    steps: list[Step],
    note: str = "",
    best: Step | None = None,
    limits: dict[str, int] | None = None,
    either: str | list[str] = "",
) -> None: ...


@pytest.mark.parametrize(
    ("arguments", "read"),
    [
        pytest.param({"steps": '[{"name": "a"}]'}, {"steps": [Step(name="a")]}, id="a list"),
        pytest.param({"steps": ['{"name": "a"}']}, {"steps": [Step(name="a")]}, id="items of a list"),
        pytest.param({"steps": '["{\\"name\\": \\"a\\"}"]'}, {"steps": [Step(name="a")]}, id="both"),
        pytest.param(
            {"steps": [{"name": "a", "parts": "[1]"}]},
            {"steps": [Step(name="a", parts=[1])]},
            id="one level down",
        ),
        pytest.param(
            {"steps": [], "best": '{"name": "b"}'}, {"steps": [], "best": Step(name="b")}, id="an object"
        ),
        pytest.param({"steps": [], "best": "null"}, {"steps": [], "best": None}, id="null"),
        pytest.param({"steps": [], "limits": '{"x": 1}'}, {"steps": [], "limits": {"x": 1}}, id="a dict"),
        pytest.param(
            {"steps": [], "note": '{"x": 1}'}, {"steps": [], "note": '{"x": 1}'}, id="text stays text"
        ),
        pytest.param(
            {"steps": [], "either": '["x"]'}, {"steps": [], "either": '["x"]'}, id="text may be text"
        ),
    ],
)
def test_json_in_a_text_is_read_where_no_text_is_wanted(arguments: object, read: object) -> None:
    assert signature_of(plan).read(json.dumps(arguments)) == read


@pytest.mark.parametrize(
    ("arguments", "read"),
    [
        pytest.param({"steps": [], "note": None}, {"steps": []}, id="an optional one is left out"),
        pytest.param({"steps": "[]", "note": None}, {"steps": []}, id="beside a text that is read as JSON"),
        pytest.param({"steps": [], "note": "null"}, {"steps": [], "note": "null"}, id="the word is a text"),
        pytest.param({"steps": [], "best": None}, {"steps": [], "best": None}, id="where it fits it is null"),
    ],
)
def test_null_for_a_parameter_that_takes_none_is_its_default(arguments: object, read: object) -> None:
    assert signature_of(plan).read(json.dumps(arguments)) == read


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param({"steps": None, "note": None}, "steps: input should be a valid array", id="required"),
        pytest.param({"steps": [], "limits": {"x": None}}, "limits.x: input", id="within an argument"),
        pytest.param({"steps": [], "other": None}, "other: extra inputs", id="unknown"),
    ],
)
def test_any_other_null_that_does_not_fit_is_told(arguments: object, said: str) -> None:
    with pytest.raises(InvalidArguments, match=said):
        signature_of(plan).read(json.dumps(arguments))


@pytest.mark.parametrize("text", ["one and two", '{"name": "a"}', "3", '[{"nam": 1}]'])
def test_a_text_that_is_no_such_json_is_told_as_it_came(text: str) -> None:
    with pytest.raises(InvalidArguments, match=r"^steps: input should be a valid array$"):
        signature_of(plan).read(json.dumps({"steps": text}))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("{}", "city: field required", id="missing"),
        pytest.param('{"city": 1}', "city: input should be a valid string", id="type"),
        pytest.param('{"city": "a", "x": 1}', "x: extra inputs are not permitted", id="unknown"),
        pytest.param('{"city": "a', "invalid JSON: EOF while parsing", id="cut"),
        pytest.param("[1]", "input should be an object", id="no object"),
        pytest.param('"{}"', "input should be an object", id="JSON in JSON"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(text: str, said: str) -> None:
    def f(city: str) -> None: ...

    with pytest.raises(InvalidArguments) as caught:
        signature_of(f).read(text)
    assert said in str(caught.value)


def test_many_problems_are_counted() -> None:
    def f(a: list[int]) -> None: ...

    with pytest.raises(InvalidArguments, match="; and 12 more"):
        signature_of(f).read(json.dumps({"a": ["x"] * 20}))


@given(st.text() | st.from_regex(r'\{"city": .*\}'))
def test_no_text_of_a_model_raises_anything_else(text: str) -> None:
    def f(city: str, count: int = 1) -> None: ...

    with suppress(InvalidArguments):
        assert isinstance(signature_of_f(f).read(text), dict)


_SIGNATURES: dict[str, Signature] = {}


def signature_of_f(function: Callable[..., object]) -> Signature:
    return _SIGNATURES.setdefault("f", signature_of(function))


def google(city: str, days: int = 1) -> None:
    """Tell the weather.

    It is always good.

    Args:
        city: Where to look.
        days: How far ahead.

    Returns:
        Nothing.
    """


def numpy(city: str, days: int = 1) -> None:
    """Tell the weather.

    It is always good.

    Parameters
    ----------
    city : str
        Where to look.
    days : int
        How far ahead.
    """


def rest(city: str, days: int = 1) -> None:
    """Tell the weather.

    It is always good.

    :param city: Where to look.
    :param days: How far ahead.
    """


@pytest.mark.parametrize("function", [google, numpy, rest], ids=lambda function: function.__name__)
def test_docstrings_describe_the_function_and_its_parameters(function: Callable[..., object]) -> None:
    pytest.importorskip("docstring_parser")
    documentation = read_docstring(function)
    assert documentation.description == "Tell the weather.\n\nIt is always good."
    properties = signature_of(function).schema["properties"]
    assert properties["city"] == {"type": "string", "description": "Where to look."}
    assert properties["days"] == {"type": "integer", "default": 1, "description": "How far ahead."}


def test_a_summary_before_sections_ends_without_an_empty_line() -> None:
    pytest.importorskip("docstring_parser")

    def f(city: str) -> None:
        """Tell the weather.

        Parameters
        ----------
        city : str
            Where to look.
        """

    assert read_docstring(f).description == "Tell the weather."


def test_a_field_wins_over_the_docstring() -> None:
    def f(city: Annotated[str, Field(description="From the field.")]) -> None:
        """Do.

        Args:
            city: From the docstring.
        """

    assert signature_of(f).schema["properties"]["city"]["description"] == "From the field."


def test_without_the_package_the_whole_docstring_is_the_description(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "docstring_parser", None)
    documentation = read_docstring(google)
    assert documentation.description is not None
    assert "Where to look." in documentation.description
    assert documentation.parameters == {}


@pytest.mark.parametrize(
    "function",
    [
        pytest.param(lambda *args: None, id="args"),
        pytest.param(lambda **kwargs: None, id="kwargs"),
    ],
)
def test_parameters_without_names_are_refused(function: Callable[..., object]) -> None:
    with pytest.raises(ConfigurationError, match="expected parameters with a name each"):
        signature_of(function)


def test_an_annotation_without_a_schema_is_refused() -> None:
    class Opaque: ...

    with pytest.raises(ConfigurationError, match="have no JSON schema") as caught:
        of_one(Opaque)
    assert "\n" not in str(caught.value)


def test_nested_types_keep_their_names_and_descriptions_and_no_titles() -> None:
    schema = of_one(Place).schema
    assert schema["$defs"]["Place"]["description"] == "A place on a map."
    assert '"title"' not in json.dumps(schema)
