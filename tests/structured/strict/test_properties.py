"""Values survive the way to the strict form and back, whatever the schema; judged by the package jsonschema."""

from __future__ import annotations

import json
from contextlib import suppress

import jsonschema
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from pydantic import JsonValue
from pydantic_core import from_json

from openrouter_async.structured.strict.codecs import UnsupportedSchema
from openrouter_async.structured.strict.convert import convert
from openrouter_async.structured.strict.result import StrictSchema
from tests.structured.json_schemas import assert_is_strict, instances, schemas
from tests.support.examples import TIMES

SETTINGS = settings(
    max_examples=100 * TIMES, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)


def converted(schema: dict[str, JsonValue]) -> StrictSchema:
    try:
        return convert(schema, fills_defaults=False)
    except UnsupportedSchema:
        assume(False)
        raise


def judge(schema: object) -> jsonschema.Draft202012Validator:
    assert isinstance(schema, dict)
    return jsonschema.Draft202012Validator(schema)


@pytest.mark.slow
@SETTINGS
@given(st.data())
def test_a_value_comes_back_as_it_was(data: st.DataObject) -> None:
    schema = data.draw(schemas())
    value = data.draw(instances(schema, schema))
    assume(judge(schema).is_valid(value))
    strict = converted(schema)
    assert_is_strict(dict(strict.schema))
    there = strict.convert(value)
    judge(strict.schema).validate(there)
    assert strict.undo(there) == value


@pytest.mark.slow
@SETTINGS
@given(st.data())
def test_what_the_strict_form_accepts_fits_the_schema_unless_it_accepts_more(data: st.DataObject) -> None:
    schema = data.draw(schemas())
    strict = converted(schema)
    reply = data.draw(instances(dict(strict.schema), strict.schema))
    assume(judge(strict.schema).is_valid(reply))
    try:
        value = strict.undo(reply)
    except ValueError:
        assume(False)  # a key twice, or positions of a tuple left out: refused, never guessed
    if strict.accepts in ("same", "fewer"):
        judge(schema).validate(value)
    if judge(schema).is_valid(value):
        assert strict.undo(strict.convert(value)) == value


@pytest.mark.slow
@SETTINGS
@given(st.data())
def test_half_a_reply_never_fails(data: st.DataObject) -> None:
    schema = data.draw(schemas())
    strict = converted(schema)
    reply = data.draw(instances(dict(strict.schema), strict.schema))
    text = json.dumps(reply)
    cut = from_json(text[: data.draw(st.integers(0, len(text)))] or "{}", allow_partial="trailing-strings")
    with suppress(ValueError):
        strict.undo(cut, partial=True)
