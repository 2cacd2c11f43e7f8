"""A chunk that differs from an earlier one only in its text is read without being parsed, and means the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openrouter_async._sansio.parse import ParseFailure
from openrouter_async.errors import OpenRouterError
from openrouter_async.streaming.chat.accumulator import ChatAccumulator
from openrouter_async.streaming.events import ReasoningDelta, StreamEvent, TextDelta, ToolCallDelta
from openrouter_async.types.chat.completion import ChatCompletion
from tests.streaming.fakes import chunk
from tests.support.recordings import load_recordings

STOP = chunk({}, finish_reason="stop")


class Outcome(NamedTuple):
    """What became of a stream."""

    events: list[StreamEvent]
    reply: ChatCompletion | None
    has_piece: bool
    were_alike: list[bool]
    """Of each chunk, whether it was not parsed."""


def read(datas: Iterable[bytes], *, alike: bool) -> Outcome:
    accumulator = ChatAccumulator(["search"])
    events: list[StreamEvent] = []
    were_alike: list[bool] = []
    reply: ChatCompletion | None = None
    try:
        for data in datas:
            were_alike.append(alike and accumulator.feed_alike(data, events))
            if not were_alike[-1]:
                try:
                    parsed = accumulator.parse(data)
                except ParseFailure:
                    continue
                events += accumulator.feed(parsed)
        last, reply = accumulator.finish("done")
        events += last
    except OpenRouterError:
        reply = None
    return Outcome(events, reply, accumulator.has_piece, were_alike)


def check(*datas: bytes) -> list[bool]:
    """Read the chunks in both ways, see that the results are the same, and return which were not parsed."""
    expected, outcome = read(datas, alike=False), read(datas, alike=True)
    assert outcome[:3] == expected[:3]
    so_far, expected_so_far = (
        [event.arguments_so_far for event in events if isinstance(event, ToolCallDelta)]
        for events in (outcome.events, expected.events)
    )
    assert so_far == expected_so_far
    return outcome.were_alike


def fragment(text: str, **fields: object) -> bytes:
    return chunk({"tool_calls": [{"index": 0, "function": {"arguments": text}, **fields}]})


def thought(text: str, detail: str | None = None, **fields: object) -> bytes:
    entry = {"type": "reasoning.text", "text": text if detail is None else detail, "index": 0, **fields}
    return chunk({"content": "", "reasoning": text, "reasoning_details": [entry]})


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        pytest.param(lambda text: chunk({"role": "assistant", "content": text}), TextDelta, id="text"),
        pytest.param(
            lambda text: chunk({"content": text, "refusal": None, "reasoning_details": []}),
            TextDelta,
            id="nulls",
        ),
        pytest.param(lambda text: chunk({"content": text}, index=2), TextDelta, id="another choice"),
        pytest.param(lambda text: chunk({"content": text}, citations=["a"]), TextDelta, id="unknown field"),
        pytest.param(fragment, ToolCallDelta, id="fragment"),
        pytest.param(lambda text: chunk({"reasoning": text}), ReasoningDelta, id="reasoning"),
        pytest.param(lambda text: chunk({"reasoning_content": text}), ReasoningDelta, id="by its other name"),
        pytest.param(thought, ReasoningDelta, id="reasoning twice"),
    ],
)
def test_all_but_the_first_of_a_kind_are_read_without_being_parsed(
    make: Callable[[str], bytes], kind: type[StreamEvent]
) -> None:
    texts = ["{", "a", " b", '"', "\n", "ü", "\U0001f600", '","content":"', "\\", "}"]
    were_alike = check(*map(make, texts), STOP)
    assert were_alike == [False, *[True] * (len(texts) - 1), False]
    events = read([*map(make, texts), STOP], alike=True).events
    assert sum(isinstance(event, kind) for event in events) == len(texts)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(chunk({"content": "x", "refusal": "no"}), id="another field"),
        pytest.param(chunk({"content": "x"}, id="gen-2"), id="another id"),
        pytest.param(chunk({"content": ""}), id="no text"),
        pytest.param(chunk({"content": "x"}, finish_reason="stop"), id="end"),
        pytest.param(chunk({"content": "x"}, usage={"prompt_tokens": 1}), id="usage"),
        pytest.param(chunk({"content": [{"type": "text", "text": "x"}]}), id="parts"),
        pytest.param(chunk({"content": None}), id="null"),
        pytest.param(chunk({"content": "x"}, error={"message": "bad", "code": 502}), id="error"),
        pytest.param(chunk({"content": "x"}).replace(b'"x"', b'"x", "content": "y"'), id="twice"),
        pytest.param(
            chunk({"content": "x"}).replace(b'"x"', b'"x", "refusal": "y"'), id="a field slipped in"
        ),
        pytest.param(chunk({"content": "x"}).replace(b'"x"', b'"\\ud83d"'), id="half a character"),
        pytest.param(chunk({"content": "x"}).replace(b'"x"', b'"\xff"'), id="no UTF-8"),
        pytest.param(chunk({"content": "x"}).replace(b'"x"', b'"\n"'), id="a bare line feed"),
        pytest.param(chunk({"content": "x"}).replace(b'"x"', b'"\\"'), id="an open text"),
        pytest.param(chunk({"content": "x"}).replace(b'"x"', b'"'), id="one mark"),
    ],
)
def test_a_chunk_with_any_other_difference_is_parsed(other: bytes) -> None:
    datas = [chunk({"content": "a"}), chunk({"content": "b"}), other, chunk({"content": "c"})]
    assert check(*datas, STOP)[1:3] == [True, False]


def test_a_text_in_an_unusual_place_teaches_nothing() -> None:
    """The place must be the one that is read: another key of that name, or a key within a text, is none."""
    for field in ({"content": "a"}, {'x"content': "a"}, {"note": '"content":"a"'}):
        check(*(chunk({"content": text}, more=field) for text in "abc"), STOP)
    doubled = [chunk({"content": text}).replace(b'"content"', b'"content": "z", "content"') for text in "abc"]
    assert not any(check(*doubled, STOP))


def test_both_halves_of_a_character_are_joined() -> None:
    halves = [chunk({"content": "x"}).replace(b'"x"', half) for half in (b'"a\\ud83d"', b'"\\ude00b"')]
    assert check(chunk({"content": "a"}), chunk({"content": "b"}), *halves, chunk({"content": "c"}), STOP)[
        4:5
    ]


def test_reasoning_that_differs_in_its_two_places_is_parsed() -> None:
    were_alike = check(thought("a"), thought("b"), thought("c", "d"), thought("e"), thought("ff"), STOP)
    assert were_alike == [False, True, False, True, True, False]


def test_kinds_may_take_turns() -> None:
    turns = [thought("a"), chunk({"content": "b"}), fragment("{"), chunk({"content": "c"}, index=1)]
    assert check(*turns, *turns, STOP) == [*[False] * 4, *[True] * 4, False]


def test_chunks_with_a_field_that_always_changes_soon_cost_no_attempt() -> None:
    accumulator = ChatAccumulator()
    for number in range(20):
        data = chunk({"content": "a"}, obfuscation=str(number))
        accumulator.feed(accumulator.parse(data))
    assert not accumulator.feed_alike(chunk({"content": "b"}, obfuscation="19"), [])


TEXTS = st.sampled_from(["", "a", " b", '{"q": ', '"', "}", "{}", "\n", "ü", "\\u00e9", '","x":"'])
CHUNKS = st.one_of(
    TEXTS.map(lambda text: chunk({"content": text})),
    TEXTS.map(lambda text: chunk({"role": "assistant", "content": text, "reasoning": None})),
    st.builds(
        lambda text, index: chunk({"content": text}, index=index), TEXTS, st.sampled_from([None, 0, 1])
    ),
    st.builds(thought, TEXTS, st.sampled_from([None, None, "a"])),
    TEXTS.map(lambda text: thought(text, type="reasoning.summary", summary=text)),
    TEXTS.map(lambda text: thought(text, type="reasoning.summary", summary=text, index=None)),
    st.builds(lambda text, index: thought(text, index=index), TEXTS, st.sampled_from([None, 0, 1])),
    st.builds(lambda text, id: thought(text, id=id), TEXTS, st.sampled_from([None, "r1", "r2"])),
    st.builds(lambda text, signed: thought(text, signature=signed), TEXTS, st.sampled_from([None, "s1"])),
    TEXTS.map(lambda text: chunk({"reasoning_content": text})),
    TEXTS.map(fragment),
    st.builds(lambda text, id: fragment(text, id=id), TEXTS, st.sampled_from([None, "c1", "c2"])),
    TEXTS.map(lambda text: fragment(text, index=1)),
    TEXTS.map(lambda text: chunk(None, message={"content": text})),
    TEXTS.map(lambda text: chunk({"content": text}, created=len(text))),
)


@given(st.lists(CHUNKS, max_size=20).map(lambda datas: [*datas, *datas]))
def test_any_stream_means_the_same(datas: list[bytes]) -> None:
    check(*datas, STOP)


@given(st.lists(st.tuples(CHUNKS, st.integers(1, 4)), max_size=8))
def test_any_stream_that_says_things_again_means_the_same(datas: list[tuple[bytes, int]]) -> None:
    check(*[data for data, times in datas for _ in range(times)], STOP)


@pytest.mark.parametrize(
    "fields",
    [
        {"type": "reasoning.summary", "index": None},
        {"signature": "s1"},
        {"index": 1},
        {"format": "f", "id": "r"},
    ],
    ids=["sentences", "signed", "one block", "of a provider"],
)
def test_entries_of_reasoning_are_joined_as_if_each_was_parsed(fields: dict[str, object]) -> None:
    """Some begin a block each, and so do those behind another entry."""

    def said(text: str) -> bytes:
        more = {"summary": text} if fields.get("type") else {}
        return thought(text, **more, **fields)

    check(
        *map(said, "abcd"), thought("e"), *map(said, "fgh"), chunk({"content": "i"}), *map(said, "jkl"), STOP
    )


def test_recorded_streams_mean_the_same_and_most_of_their_pieces_are_alike() -> None:
    chunks, alike = 0, 0
    for recording in load_recordings("stream"):
        datas = [data for data in recording.data_events if data and data != b"[DONE]"]
        were_alike = check(*datas)
        if len(datas) >= 20:
            chunks, alike = chunks + len(were_alike), alike + sum(were_alike)
    assert alike / chunks > 0.8  # 595 of 681
