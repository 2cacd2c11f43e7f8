"""Samples are values of their shapes, for every operation of the service."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from openrouter_async.testing.facts.samples import choices, full_sample, minimal_sample
from openrouter_async.testing.facts.table import ServiceOperation, load_facts

from .json_schema import violations

FACTS = load_facts()
OPERATIONS = [pytest.param(each, id=each.id) for each in FACTS.operations.values()]
NODE: Any = {
    "type": "object",
    "fields": {"name": "string", "child?": "#Node|null", "others": {"type": "array", "items": "#Node"}},
}
PETS: Any = {
    "Node": NODE,
    "Cat": {"type": "object", "fields": {"type": {"type": "string", "enum": ["cat"]}, "lives?": "integer"}},
    "Dog": {
        "type": "object",
        "fields": {"type": {"type": "string", "enum": ["dog"]}, "tricks?": "number|null"},
    },
}


def shapes_of(operation: ServiceOperation) -> Iterator[Any]:
    yield from operation.bodies.values()
    yield from operation.errors.values()
    yield from (parameter.shape for parameter in operation.parameters)
    for content in operation.replies.values():
        yield from content.values()


@pytest.mark.parametrize("operation", OPERATIONS)
def test_samples_of_whatever_the_service_sends_and_takes_are_valid(operation: ServiceOperation) -> None:
    for shape in shapes_of(operation):
        assert list(violations(minimal_sample(shape, FACTS.shapes), shape)) == []
        for choice in range(min(4, choices(shape, FACTS.shapes))):
            assert list(violations(full_sample(shape, FACTS.shapes, choice=choice), shape)) == []


def test_a_full_sample_has_every_field_and_no_null() -> None:
    sample = full_sample({"any": ["#Cat", "#Dog"]}, PETS, choice=1)
    assert sample == {"type": "dog", "tricks": sample["tricks"]}  # type: ignore[index, call-overload]
    assert None not in sample.values()  # type: ignore[union-attr]


def test_every_member_of_a_union_comes_up() -> None:
    union: Any = {"any": ["#Cat", "#Dog"], "null": True}
    assert choices(union, PETS) == 2
    assert [full_sample(union, PETS, choice=n)["type"] for n in range(2)] == ["cat", "dog"]  # type: ignore[index, call-overload]


def test_every_member_of_a_union_within_a_union_comes_up() -> None:
    inner: Any = {"type": "object", "fields": {"pet": {"any": ["#Cat", "#Dog"]}}}
    union: Any = {"any": [inner, "integer"]}
    assert choices(union, PETS) == 4
    samples = [full_sample(union, PETS, choice=n) for n in range(4)]
    assert {sample["pet"]["type"] for sample in samples if isinstance(sample, dict)} == {"cat", "dog"}  # type: ignore[index, call-overload]


def test_fields_of_one_type_have_values_of_their_own() -> None:
    fields: Any = {"type": "object", "fields": dict.fromkeys(("a", "b", "c", "d"), "integer")}
    assert len(set(full_sample(fields, {}).values())) == 4  # type: ignore[union-attr]


def test_what_contains_itself_ends() -> None:
    sample = full_sample("#Node", PETS)
    assert len(json.dumps(sample)) < 500
    assert sample["child"] is not None  # type: ignore[index, call-overload]


def test_a_minimal_sample_has_what_is_required_and_null_where_it_may() -> None:
    assert minimal_sample("#Node", PETS) == {"name": "name", "others": []}
    assert minimal_sample({"type": "object", "fields": {"a": "#Cat|null", "b?": "string"}}, PETS) == {
        "a": None
    }


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        pytest.param({"type": "integer", "min": 20_000}, 20_000, id="at least"),
        pytest.param({"type": "integer", "max": 3}, 3, id="at most"),
        pytest.param({"type": "string", "max_length": 2}, "va", id="short"),
        pytest.param({"type": "string", "format": "date"}, "2026-11-28", id="a day"),
        pytest.param({"type": "string", "enum": ["b", "a"]}, "b", id="a value of a list"),
        pytest.param({"type": "array", "items": "boolean", "min_items": 2}, [True, True], id="so many items"),
    ],
)
def test_bounds_are_kept(shape: Any, expected: Any) -> None:
    assert full_sample(shape, {}) == expected


def test_a_pattern_that_nothing_fits_is_an_error() -> None:
    with pytest.raises(ValueError, match="no sample for the pattern"):
        full_sample({"type": "string", "pattern": "^0x[0-9]{40}$"}, {})
