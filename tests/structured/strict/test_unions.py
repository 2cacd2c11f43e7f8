"""Unions within unions: how their strict form is nested, and what their arms carry."""

from __future__ import annotations

from pydantic import JsonValue

from openrouter_async.structured.strict.convert import convert
from tests.structured.strict.test_convert import NUMBER, TEXT, closed

LAMP, ROOM, HOUSE = closed(watts=NUMBER), closed(name=TEXT), closed(street=TEXT)


def strict_form(schema: JsonValue) -> JsonValue:
    properties = convert(closed(x=schema)).schema["properties"]
    assert isinstance(properties, dict)
    return properties["x"]


def test_a_union_within_a_union_is_one_union() -> None:
    """Nested, arms that are objects would need a name around them to be told apart."""
    inner: JsonValue = {"anyOf": [LAMP, ROOM]}
    assert strict_form({"anyOf": [inner, HOUSE]}) == {"anyOf": [LAMP, ROOM, HOUSE]}


def test_a_union_with_a_description_stays_as_it_is_within_another() -> None:
    inner: JsonValue = {"anyOf": [NUMBER, {"type": "boolean"}], "description": "How many."}
    assert strict_form({"anyOf": [inner, TEXT]}) == {"anyOf": [inner, TEXT]}
