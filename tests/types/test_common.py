"""What accompanies an answer is read leniently, and nothing of it is lost."""

from __future__ import annotations

import gc
import json
import weakref
from decimal import Decimal
from typing import Annotated, Literal

import pytest
from pydantic.json_schema import JsonSchemaMode

from openrouter_async._sansio.parse import ParseFailure, parse
from openrouter_async.types._base import WireType
from openrouter_async.types.chat.completion import ChatCompletion, Choice
from openrouter_async.types.common import (
    Envelope,
    Lenient,
    Listing,
    MaybeInt,
    MaybeStr,
    MaybeWords,
    RouterMetadata,
    RowsWithoutNulls,
    ServerToolUse,
    Usage,
    fuller_usage,
)


def test_the_cost_is_the_decimal_that_was_written() -> None:
    usage = Usage.model_validate_json('{"cost": 0.00111, "cost_details": {"server_tool_cost": 1e-7}}')
    assert usage.cost == Decimal("0.00111")
    assert usage.cost_details is not None
    assert usage.cost_details.server_tool_cost == Decimal("1E-7")


@pytest.mark.parametrize("name", ["server_tool_use_details", "server_tool_use"])
def test_server_tool_use_is_read_by_both_its_names(name: str) -> None:
    usage = Usage.model_validate_json(f'{{"{name}": {{"web_search_requests": 3}}}}')
    assert usage.server_tool_use is not None
    assert usage.server_tool_use.web_search_requests == 3


@pytest.mark.parametrize(
    ("written", "read"),
    [("7", 7), ('"7"', 7), ("7.0", 7), ("null", None), ("[]", None), ('"many"', None), ("7.5", None)],
)
def test_a_count_is_read_from_numbers_and_texts_and_else_is_none(written: str, read: int | None) -> None:
    assert Usage.model_validate_json(f'{{"prompt_tokens": {written}}}').prompt_tokens == read


@pytest.mark.parametrize("written", ["NaN", "1e400", "true", '"free"', "{}"])
def test_a_cost_that_is_no_number_is_none(written: str) -> None:
    assert Usage.model_validate_json(f'{{"cost": {written}, "prompt_tokens": 1}}').prompt_tokens == 1


def test_unknown_fields_are_kept() -> None:
    usage = Usage.model_validate_json('{"speed": "fast", "prompt_tokens_details": {"smell_tokens": 4}}')
    assert usage.model_extra == {"speed": "fast"}
    assert usage.prompt_tokens_details is not None
    assert usage.prompt_tokens_details.model_extra == {"smell_tokens": 4}


def test_the_routing_trace_is_read() -> None:
    trace = RouterMetadata.model_validate_json(
        '{"requested": "~a/b", "attempt": 2,'
        ' "endpoints": {"total": 3, "available": [{"provider": "P", "selected": true}]},'
        ' "attempts": [{"provider": "Q", "status": 503}], "pipeline": [{"type": "plugin", "name": "web"}]}'
    )
    assert trace.endpoints is not None
    assert trace.endpoints.available is not None
    assert trace.endpoints.available[0].selected is True
    assert trace.attempts is not None
    assert trace.attempts[0].status == 503
    assert trace.pipeline == [{"type": "plugin", "name": "web"}]


def test_what_stands_around_an_object_is_one_class_however_often_it_is_named() -> None:
    first = weakref.ref(Envelope[ServerToolUse])
    gc.collect()
    assert first() is Envelope[ServerToolUse]
    assert Listing[ServerToolUse].model_validate({"data": [None, {}]}).data == [ServerToolUse()]


@pytest.mark.parametrize("mode", ["validation", "serialization"])
def test_a_reply_has_a_json_schema(mode: JsonSchemaMode) -> None:
    """Of a field that is taken as it came, such as `error`, it says nothing."""
    fields = ChatCompletion.model_json_schema(mode=mode)["$defs"]["Choice"]["properties"]
    assert fields["error"] == {"default": None, "title": "Error"}


def test_free_json_is_kept_and_written_as_it_came() -> None:
    error = {"b": [1, {"a": None}], "a": "x"}
    choice = Choice.model_validate({"error": error})
    assert choice.error is error
    assert list(choice.model_dump(exclude_unset=True)["error"]) == ["b", "a"]
    assert choice.model_dump_json(exclude_unset=True) == '{"error":{"b":[1,{"a":null}],"a":"x"}}'


def test_the_sum_of_tokens_is_that_of_the_fuller_usage() -> None:
    full = Usage(prompt_tokens=10, completion_tokens=5, total_tokens=15)
    less = Usage(prompt_tokens=10, completion_tokens=0, total_tokens=10)
    assert fuller_usage(full, less).total_tokens == fuller_usage(less, full).total_tokens == 15


class Row(WireType):
    name: MaybeStr = None
    inner: Annotated[list[Row] | None, Lenient()] = None


class Lists(WireType):
    rows: Annotated[list[Row] | None, Lenient()] = None
    words: MaybeWords = None
    kinds: Annotated[list[Literal["a", "b"]] | None, Lenient(list)] = None
    numbers: Annotated[list[int] | None, Lenient()] = None
    vector: Annotated[list[float] | None, Lenient()] = None


def test_of_a_list_the_entries_that_cannot_be_used_are_left_out() -> None:
    given = {"rows": [None, {"name": "x", "inner": [3, {"name": "y"}]}, 5], "words": ["a", None, ["b"], "c"]}
    lists = Lists.model_validate({**given, "kinds": ["a", "z"]})
    assert lists == Lists(rows=[Row(name="x", inner=[Row(name="y")])], words=["a", "c"], kinds=["a"])
    assert Lists.model_validate({"rows": 5, "words": "a", "kinds": "a"}) == Lists(
        rows=None, words=None, kinds=[]
    )


def test_of_numbers_none_is_left_out_since_their_places_count() -> None:
    lists = Lists.model_validate({"numbers": [1, None, 2], "vector": [0.5, "x"]})
    assert (lists.numbers, lists.vector) == (None, None)


class Named(WireType):
    name: str
    count: MaybeInt = None


NAMED = {"name": "x", "count": 3}


@pytest.mark.parametrize("odd", [None, {"count": 3}, {"name": [], "count": 3}, 5, "x", []], ids=repr)
def test_of_a_listing_the_rows_that_cannot_be_read_are_left_out(odd: object) -> None:
    listing = parse(Listing[Named], json.dumps({"data": [NAMED, odd, NAMED]}).encode())
    assert listing.data == [Named(name="x", count=3)] * 2
    assert isinstance(listing.data, RowsWithoutNulls)
    assert listing.data.sent == 3  # by which the next page is asked for
    assert json.loads(listing.model_dump_json()) == {"data": [NAMED, NAMED]}


def test_a_listing_of_which_no_row_can_be_read_says_why() -> None:
    with pytest.raises(ParseFailure, match=r"^data\.1\.name: field required$"):
        parse(Listing[Named], b'{"data": [null, {"count": 3}, 5]}')
    for none in (b"[]", b"[null]"):
        assert parse(Listing[Named], b'{"data": %b}' % none).data == []
