"""Several requests as one reply: what is joined, what is kept of each, and what nothing can go on from."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openrouter_async.errors import ServerError, StreamInterrupted
from openrouter_async.streaming.events import Finished, ReasoningDelta, StreamEvent, TextDelta
from openrouter_async.streaming.recovery.joined import JoinedAccumulator
from openrouter_async.types.chat.completion import ChatCompletion
from tests.streaming.fakes import accumulate, chunk

STOP = chunk({}, finish_reason="stop", usage={"cost": 1})
BROKEN = StreamInterrupted("it broke off")


def feed(part: JoinedAccumulator, *chunks: bytes) -> list[StreamEvent]:
    return [event for data in chunks for event in part.feed(part.parse(data))]


def texts(*pieces: str) -> list[bytes]:
    return [chunk({"content": piece}) for piece in pieces]


def text_of(events: Iterable[StreamEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def broken_after(*chunks: bytes) -> tuple[str, JoinedAccumulator]:
    """Return what a request that breaks off gave out, and the accumulator of the next one."""
    part = JoinedAccumulator()
    given_out = text_of(feed(part, *chunks))
    assert part.why_not_resumable() is None
    return given_out, JoinedAccumulator(part.checkpoint(BROKEN))


@given(st.lists(st.text(alphabet="ab \n", min_size=1, max_size=5), min_size=1))
def test_a_reply_in_one_request_is_that_of_any_stream(pieces: list[str]) -> None:
    part = JoinedAccumulator()
    events = feed(part, *texts(*pieces), STOP)
    last, reply = part.finish("done")
    expected_events, expected = accumulate(*texts(*pieces), STOP)
    assert reply == expected
    assert text_of(events + last) == text_of(expected_events) == reply.text
    assert last[-1] == Finished(reply)


@given(st.data())
def test_any_two_parts_give_the_text(data: st.DataObject) -> None:
    words = data.draw(st.lists(st.sampled_from([f"w{n}" for n in range(99)]), unique=True, min_size=2))
    text = " ".join(words)
    cut = data.draw(st.integers(1, len(text)))
    pieces = [text[at : at + 3] for at in range(0, cut, 3)]
    before, part = broken_after(*texts(*pieces))
    rest = text[len(before) :]
    events = feed(part, *texts(*[rest[at : at + 2] for at in range(0, len(rest), 2)]), STOP)
    last, reply = part.finish("done")
    assert before + text_of(events + last) == reply.text == text


def test_the_reply_is_the_last_requests_and_knows_the_others() -> None:
    before, part = broken_after(*texts("The quick", " brown"))
    assert before == "The quick"
    events = feed(part, chunk({"content": " brown fox"}, id="gen-2", provider="Two"), STOP)
    last, reply = part.finish("done")
    assert isinstance(last[-1], Finished)
    assert last[-1].completion is reply
    assert before + text_of(events + last) == reply.text == "The quick brown fox"
    (recovery,) = reply.recoveries
    assert (recovery.at, recovery.error, recovery.repeated) == (9, BROKEN, 0)
    assert (recovery.generation_id, recovery.broken.text) == ("gen-1", "The quick brown")
    assert reply.billed == (None, reply.usage)


def test_what_was_repeated_is_counted() -> None:
    _, part = broken_after(*texts("The quick", " brown"))
    feed(part, *texts("quick brown fox"), STOP)
    _, reply = part.finish("done")
    assert reply.text == "The quick brown fox"
    assert reply.recoveries[0].repeated == len("quick")


def test_reasoning_is_kept_and_goes_on_apart() -> None:
    _, part = broken_after(chunk({"reasoning": "Hm."}), *texts("The quick", " brown"))
    events = feed(part, chunk({"reasoning": "So:"}), *texts(" brown"), STOP)
    _, reply = part.finish("done")
    assert [event.text for event in events if isinstance(event, ReasoningDelta)] == ["So:"]
    assert reply.reasoning == "Hm.\n\nSo:"
    assert reply.text == "The quick brown"


def test_what_has_arrived_is_in_the_snapshot_also_before_the_next_request_gives_anything() -> None:
    _, part = broken_after(*texts("The quick", " brown"))
    assert part.snapshot().text == "The quick brown"
    assert text_of(part.release()) == " brown"
    assert part.snapshot().text == "The quick brown"
    assert part.release() == []


def test_a_next_request_that_says_nothing_more_adds_nothing() -> None:
    given_out, part = broken_after(*texts("The quick", " brown"))
    feed(part, chunk({"content": ""}))
    last, reply = part.finish("done")
    assert given_out + text_of(last) == reply.text == "The quick"


def test_an_error_in_the_next_request_keeps_what_came_before() -> None:
    _, part = broken_after(*texts("The quick", " brown"))
    with pytest.raises(ServerError) as caught:
        feed(part, *texts(" brown fox"), chunk({}, error={"code": 500, "message": "no"}))
    assert isinstance(caught.value.partial, ChatCompletion)
    assert caught.value.partial.text == "The quick brown fox"


@pytest.mark.parametrize(
    ("chunks", "why"),
    [
        pytest.param([*texts("a b"), STOP], "the model had finished", id="finished"),
        pytest.param([*texts("a b"), chunk({"content": "c"}, index=1)], "there are 2 answers", id="answers"),
        pytest.param([chunk({"reasoning": "Hm"})], "it broke off in the reasoning", id="reasoning"),
        pytest.param(
            [
                chunk({"reasoning_details": [{"type": "reasoning.text", "text": "Hm", "signature": "x"}]}),
                *texts("a b"),
            ],
            "signed reasoning",
            id="signed reasoning",
        ),
        pytest.param(
            [chunk({"reasoning_details": [{"type": "reasoning.encrypted", "data": "x"}]}), *texts("a b")],
            "signed reasoning",
            id="encrypted reasoning",
        ),
        pytest.param(
            [*texts("a b"), chunk({"tool_calls": [{"index": 0, "function": {"name": "f"}}]})],
            "calls",
            id="calls",
        ),
        pytest.param([*texts("a b"), chunk({"refusal": "No."})], "a refusal", id="refusal"),
        pytest.param(
            [*texts("a b"), chunk({"images": [{"type": "image_url", "image_url": {"url": "u"}}]})],
            "images",
            id="images",
        ),
        pytest.param([*texts("a b"), chunk({"audio": {"data": "AA=="}})], "audio", id="audio"),
        pytest.param(
            [*texts("a b"), chunk({"annotations": [{"type": "file"}]})], "annotations", id="citations"
        ),
    ],
)
def test_only_text_can_be_gone_on_from(chunks: list[bytes], why: str) -> None:
    part = JoinedAccumulator()
    feed(part, *chunks)
    obstacle: Any = part.why_not_resumable()
    assert why in obstacle
