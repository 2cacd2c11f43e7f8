from __future__ import annotations

import json
import math
import sys
import traceback
from dataclasses import dataclass
from datetime import date
from typing import Annotated, ForwardRef, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, JsonValue, TypeAdapter, field_validator
from pydantic_core import PydanticCustomError
from typing_extensions import TypedDict

from openrouter_async._sansio import parse as parse_module
from openrouter_async._sansio.parse import ParseFailure, parse
from openrouter_async.errors import ConfigurationError
from openrouter_async.types._base import WireType

BOM = b"\xef\xbb\xbf"


class Item(WireType):
    text: str | None = None
    count: int | None = None
    share: float | None = None
    items: list[Item] | None = None


class Strict(BaseModel):
    model_config = ConfigDict(strict=True, val_json_bytes="base64", ser_json_bytes="base64")

    day: date
    pair: tuple[int, int]
    blob: bytes


@dataclass
class Point:
    x: int
    y: int = 0


class Size(TypedDict):
    width: int


@pytest.mark.parametrize(
    ("into", "data", "expected"),
    [
        pytest.param(
            Item, b'{"text": "a", "new": [1]}', Item(text="a", new=[1]), id="model keeps unknown fields"
        ),
        pytest.param(Item, b' \n\r\t\n{"count": 1}\n \n', Item(count=1), id="padding"),
        pytest.param(list[Item], b'[{"count": 1}]', [Item(count=1)], id="list"),
        pytest.param(Point, b'{"x": 1}', Point(1), id="dataclass"),
        pytest.param(Size, b'{"width": 1}', {"width": 1}, id="TypedDict"),
        pytest.param(int | str, b'"1"', "1", id="union"),
        pytest.param(Annotated[int, []], b"1", 1, id="metadata that cannot be a key of a cache"),
        pytest.param(type(None), b"null", None, id="null"),
    ],
)
def test_a_document_is_read_as_the_type(into: type[object], data: bytes, expected: object) -> None:
    assert parse(into, data) == expected


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param(BOM + b'{"text": "a"}', Item(text="a"), id="byte order mark"),
        pytest.param(b'{"text": "a\xff\xe2\x82b"}', Item(text="a\ufffd\ufffdb"), id="invalid UTF-8"),
        pytest.param('{"text": "naïve"}'.encode("latin-1"), Item(text="na\ufffdve"), id="latin-1"),
        pytest.param(rb'{"text": "a\ud83d"}', Item(text="a\ufffd"), id="high surrogate"),
        pytest.param(
            rb'{"text": "\ude00\ud83d"}', Item(text="\ufffd\ufffd"), id="surrogates in the wrong order"
        ),
        pytest.param(rb'{"text": "\ud83d\ude00"}', Item(text="😀"), id="surrogate pair"),
        pytest.param(
            rb'{"text": "\ud83d\ude00\ud83d"}', Item(text="😀\ufffd"), id="pair beside a lone surrogate"
        ),
        pytest.param(rb'{"x\ud83d": 1}', Item.model_validate({"x\ufffd": 1}), id="surrogate in a name"),
        pytest.param(rb'{"text": "a\u0000b"}', Item(text="a\0b"), id="NUL"),
        pytest.param(rb'{"text": "\ud83d\u0000"}', Item(text="\ufffd\0"), id="NUL beside a surrogate"),
        pytest.param(b'{"text": "a\nb"}', Item(text="a\nb"), id="line end inside a string"),
        pytest.param(b'{"text": "a", "text": "b"}', Item(text="b"), id="the last of duplicate names"),
        pytest.param(BOM + b'{"text": "a", "text": "b"}', Item(text="b"), id="the last, slow path"),
        pytest.param(b'{"share": Infinity}', Item(share=math.inf), id="Infinity"),
        pytest.param(BOM + b'{"share": -Infinity}', Item(share=-math.inf), id="Infinity, slow path"),
        pytest.param(b'{"share": 1e400}', Item(share=math.inf), id="1e400"),
        pytest.param(BOM + b'{"share": 1e400}', Item(share=math.inf), id="1e400, slow path"),
        pytest.param(b'{"share": -%b}' % (b"9" * 6_000), Item(share=-math.inf), id="6,000 digits"),
        pytest.param(b'{"new": %b}' % (b"9" * 6_000), Item(new=math.inf), id="6,000 digits, unknown field"),
        pytest.param(BOM + b'{"count": %d}' % 2**80, Item(count=2**80), id="a long integer stays one"),
    ],
)
def test_odd_documents_are_read(data: bytes, expected: Item) -> None:
    assert parse(Item, data) == expected


@pytest.mark.parametrize("prefix", [b"", BOM], ids=["fast path", "slow path"])
def test_nan_is_read(prefix: bytes) -> None:
    share = parse(Item, prefix + b'{"share": NaN}').share
    assert share is not None
    assert math.isnan(share)


def test_both_paths_read_strict_types_bytes_and_tuples_alike() -> None:
    """Validating the Python objects instead would refuse lists as tuples, and not decode base64."""
    data = b'{"day": "2026-01-07", "pair": [1, 2], "blob": "aGk="}'
    expected = Strict(day=date(2026, 1, 7), pair=(1, 2), blob=b"hi")
    assert parse(Strict, data) == parse(Strict, BOM + data) == expected


def nested(depth: int) -> bytes:
    return b'{"new": ' + b"[" * (depth - 1) + b"]" * (depth - 1) + b"}"


@pytest.mark.parametrize("prefix", [b"", BOM], ids=["fast path", "slow path"])
def test_two_hundred_levels_are_read(prefix: bytes) -> None:
    assert parse(Item, prefix + nested(200)).model_extra


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(nested(202), id="little more"),
        pytest.param(nested(100_000), id="much more"),
        pytest.param(b'{"a":' * 100_000, id="objects that do not end"),
        pytest.param(BOM + b'["]", "\\"]", ' * 100_000, id="closing brackets inside strings"),
        pytest.param(b"]" + b"[" * 100_000, id="one bracket too many first"),
        pytest.param(b"[[}" + b"[" * 100_000, id="the wrong bracket first"),
    ],
)
def test_more_levels_are_a_failure(data: bytes) -> None:
    with pytest.raises(ParseFailure):
        parse(Item, data)


def test_brackets_inside_strings_are_no_nesting() -> None:
    text = "[{" * 1_000 + '"' + "[{" * 1_000
    assert parse(Item, BOM + json.dumps({"text": text}).encode()).text == text


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="the parser no longer counts the caller's frames")
def test_a_call_deep_in_the_stack_fails_with_the_same_type() -> None:
    """The standard library's parser recurses on the caller's stack."""

    def call(levels: int) -> Item:
        return call(levels - 1) if levels else parse(Item, BOM + nested(190))

    frames = len(traceback.extract_stack())
    with pytest.raises(ParseFailure, match="stack"):
        call(sys.getrecursionlimit() - frames - 60)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        pytest.param(b"", "no content", id="empty"),
        pytest.param(b" \n\n", "no content", id="blank"),
        pytest.param(b"<html>", "no JSON: expecting value at character 0 of 6", id="HTML"),
        pytest.param(b"{} data: [DONE]", "no JSON: extra data at character 3 of 15", id="text after it"),
        pytest.param(b'{"text": "a', "no JSON: unterminated string starting at character 9 of 11", id="cut"),
        pytest.param(b"\x1f\x8b\x08", "no JSON: expecting value at character 0 of 3", id="gzip"),
        pytest.param(nested(300), "nested more than 200 deep", id="nesting"),
        pytest.param(b"[1, 2]", "input should be an object, got an array of 2", id="array"),
        pytest.param(b"null", "input should be an object, got null", id="null"),
        pytest.param(b"true", "input should be an object, got true", id="boolean"),
        pytest.param(b"1.5", "input should be an object, got 1.5", id="number"),
        pytest.param(b'"hi"', "input should be an object, got 'hi'", id="text"),
        pytest.param(
            b'{"text": {}}', "text: input should be a valid string, got an object of 0 keys", id="object"
        ),
        pytest.param(
            b'{"items": [{}, {"items": [{"text": true}]}]}',
            "items.1.items.0.text: input should be a valid string, got true",
            id="path",
        ),
        pytest.param(
            rb'{"text": "\ud83d", "share": []}',
            "share: input should be a valid number, got an array of 0",
            id="after the slow path",
        ),
    ],
)
def test_the_reason_names_the_first_fault(data: bytes, reason: str) -> None:
    with pytest.raises(ParseFailure) as caught:
        parse(Item, data)
    assert caught.value.reason == str(caught.value) == reason


def test_a_missing_field_is_named() -> None:
    with pytest.raises(ParseFailure) as caught:
        parse(Size, b'{"height": "the prompt"}')
    assert caught.value.reason == "width: field required"


PROMPT = "my secret prompt of some length, which no message may show"


class Fussy(BaseModel):
    kind: Literal["a"] = "a"
    told: str = ""
    coded: str = ""
    count: int = 0
    named: dict[str, int] = {}

    @field_validator("told")
    @classmethod
    def _tell(cls, value: str) -> str:
        raise ValueError(f"{value} is not nice")

    @field_validator("coded")
    @classmethod
    def _code(cls, value: str) -> str:
        raise PydanticCustomError("not_nice", "{value} is not nice", {"value": value})


@pytest.mark.parametrize("prefix", [b"", BOM], ids=["fast path", "slow path"])
@pytest.mark.parametrize(
    "value",
    [
        {"kind": PROMPT},
        {"told": PROMPT},
        {"coded": PROMPT},
        {"count": PROMPT},
        {"count": [PROMPT]},
        {"count": {PROMPT: PROMPT}},
    ],
    ids=["literal", "validator of the type", "custom error", "scalar", "array", "object"],
)
def test_no_failure_shows_what_came(prefix: bytes, value: JsonValue) -> None:
    with pytest.raises(ParseFailure) as caught:
        parse(Fussy, prefix + json.dumps(value).encode())
    shown = "".join(traceback.format_exception(caught.value))
    assert "secret prompt" not in shown
    assert caught.value.__context__ is None, "it would keep the whole input alive"


@pytest.mark.parametrize(
    "data", [b"<" + PROMPT.encode(), b'{"told": "' + PROMPT.encode()], ids=["HTML", "cut"]
)
def test_no_failure_shows_or_keeps_what_is_no_json(data: bytes) -> None:
    with pytest.raises(ParseFailure) as caught:
        parse(Fussy, data)
    assert "secret prompt" not in "".join(traceback.format_exception(caught.value))
    assert caught.value.__context__ is None


@pytest.mark.parametrize(
    "value",
    [
        pytest.param({"named": {"k" * 10_000: "x"}}, id="long name"),
        pytest.param({"count": "x" * 10_000}, id="long text"),
        pytest.param({"kind": 10**4_000}, id="long number"),
    ],
)
def test_a_reason_is_short(value: JsonValue) -> None:
    with pytest.raises(ParseFailure) as caught:
        parse(Fussy, json.dumps(value).encode())
    assert len(caught.value.reason) < 500


class NoSchema:
    pass


class Undefined(BaseModel):
    field: NotDefinedAnywhere  # noqa: F821  # type: ignore[name-defined]


@pytest.mark.parametrize("into", [NoSchema, list[NoSchema], Undefined, list[ForwardRef("Nowhere")]], ids=repr)
def test_a_type_that_pydantic_cannot_read_is_the_callers_fault(into: type[object]) -> None:
    with pytest.raises(ConfigurationError, match=r"not a type that can be read from JSON"):
        parse(into, b"[]")


def test_an_adapter_is_made_once_for_a_type(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[object] = []

    def counting(into: type[object]) -> TypeAdapter[object]:
        made.append(into)
        return TypeAdapter(into)

    monkeypatch.setattr(parse_module, "TypeAdapter", counting)
    for number in range(100):
        assert parse(dict[str, tuple[int, Point]], b'{"a": [%d, {"x": 1}]}' % number) == {
            "a": (number, Point(1))
        }
    assert len(made) == 1


def test_the_order_of_a_union_is_kept() -> None:
    """`Left | Right` and `Right | Left` are equal, but not the same type to read into."""

    class Left(BaseModel):
        a: int = 0

    class Right(BaseModel):
        a: int = 0

    assert isinstance(parse(Left | Right, b"{}"), Left)
    assert isinstance(parse(Right | Left, b"{}"), Right)


texts = st.text(st.characters(exclude_categories=["Cs"]))
documents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts,
    lambda values: st.lists(values, max_size=4) | st.dictionaries(texts, values, max_size=4),
    max_leaves=20,
)


@given(documents, st.booleans())
def test_both_paths_give_the_value_that_was_written(value: JsonValue, ascii_only: bool) -> None:
    data = json.dumps(value, ensure_ascii=ascii_only).encode()
    assert parse(JsonValue, data) == value
    assert parse(JsonValue, BOM + data) == value


TOKENS = [
    *(
        b"{",
        b"}",
        b"[",
        b"]",
        b",",
        b":",
        b'"',
        b"\\",
        b"\\u",
        b"d83d",
        b"\\ud83d",
        b"\\u0000",
        b"text",
        b'"text":',
    ),
    *(
        b"1",
        b"-",
        b"e999",
        b"NaN",
        b"null",
        b"true",
        b" ",
        b"\n",
        b"\x00",
        b"\xff",
        "é".encode(),
        BOM,
        b"9" * 5_000,
    ),
]
pieces = st.lists(st.sampled_from(TOKENS) | st.binary(max_size=3), max_size=12).map(b"".join)


@given(pieces | st.builds(lambda inner: b'{"text": "' + inner + b'"}', pieces))
def test_any_bytes_give_a_value_that_can_be_written_or_a_failure(data: bytes) -> None:
    for into in (Item, JsonValue):
        try:
            value: object = parse(into, data)
        except ParseFailure:
            continue
        json.dumps(value.model_dump() if isinstance(value, Item) else value, ensure_ascii=False).encode()


@pytest.mark.parametrize(
    "data",
    [
        b'"\\"' * 300_000,
        b'"' + b"\\" * 1_000_000,
        b"[" * 1_000_000,
        b'"' * 1_000_001,
        b"[" + b"[]," * 300_000,
    ],
    ids=["escaped quotes", "backslashes", "brackets", "quotes", "many arrays"],
)
@pytest.mark.timeout(20)
def test_a_hostile_megabyte_is_refused_in_linear_time(data: bytes) -> None:
    """A second look at every byte of it would take minutes."""
    with pytest.raises(ParseFailure):
        parse(Item, data)
