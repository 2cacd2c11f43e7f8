"""Streams of images: partial ones, whole ones, what is written meanwhile, and how a stream ends."""

from __future__ import annotations

import base64
import json
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import pytest

from openrouter_async import errors
from openrouter_async._sansio.sse import Comment, ServerSentEvent
from openrouter_async.streaming.events import Keepalive, Progress, ReasoningDelta, TextDelta
from openrouter_async.streaming.images.events import ImageCompleted, ImageEvent, ImagePartial, ImagesFinished
from openrouter_async.streaming.images.reader import ImageReader
from openrouter_async.streaming.source import PlainBody
from openrouter_async.types.meta import ResponseMeta, response_meta

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(20)).decode()
META = ResponseMeta(200, MappingProxyType({}), None, "gen-img-1", 0.1, 1)
USAGE = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3, "cost": 0.04}
PARTIAL = {"type": "image_generation.partial_image", "partial_image_index": 1, "b64_json": PNG}
COMPLETED = {"type": "image_generation.completed", "b64_json": PNG, "created": 5, "usage": USAGE}
DONE = b"[DONE]"


def wire(event: object) -> bytes:
    return json.dumps(event).encode()


def text(phase: str, text: str) -> bytes:
    return wire({"type": "image_generation.text_chunk", "phase": phase, "text": text})


def read(*reads: list[Any], ends: bool = True) -> tuple[list[ImageEvent], ImageReader]:
    """Return the events of reads, and the reader; raises the failure of one."""
    reader = ImageReader(lambda: META)
    events: list[ImageEvent] = []
    for items in reads:
        some, failure = reader.feed(items)
        events += some
        if failure is not None:
            raise failure
    if ends and not reader.is_complete:
        some, failure = reader.feed_eof()
        events += some
        if failure is not None:
            raise failure
    return events, reader


def test_partial_images_the_image_and_the_end() -> None:
    events, reader = read([Comment(b"x"), wire(PARTIAL)], [wire(COMPLETED), DONE])
    keepalive, partial, completed, finished = events
    assert keepalive == Keepalive("x")
    assert isinstance(partial, ImagePartial)
    assert (partial.index, partial.image.media_type) == (1, "image/png")
    assert partial.image.bytes == base64.b64decode(PNG)
    assert isinstance(completed, ImageCompleted)
    assert isinstance(finished, ImagesFinished)
    assert finished.images is reader.reply
    assert finished.images.cost == Decimal("0.04")
    assert finished.images.created == 5
    assert response_meta(finished.images).generation_id == "gen-img-1"


def test_what_is_written_meanwhile() -> None:
    draft = {"type": "image_generation.text_chunk", "phase": "draft", "text": "c"}
    unknown = {"type": "image_generation.moved", "x": 1}
    events, _ = read(
        [text("content", "a"), text("reasoning", "b"), wire(draft), wire(unknown), wire(COMPLETED)]
    )
    assert events[:4] == [
        TextDelta("a"), ReasoningDelta("b"), Progress(draft["type"], {**draft}), Progress(unknown["type"], unknown),
    ]  # fmt: skip


def test_several_images_come_one_by_one() -> None:
    later = {**COMPLETED, "usage": {**USAGE, "cost": 0.08}}
    _, reader = read([wire({**COMPLETED, "usage": None})], [wire(later)], [DONE])
    assert reader.reply is not None
    assert len(reader.reply.images) == 2
    assert reader.reply.cost == Decimal("0.08")


def test_a_plain_answer_is_a_stream_whose_images_come_all_at_once() -> None:
    body = {"created": 0, "data": [{"b64_json": PNG}, {"b64_json": "PHN2Zz4="}], "usage": USAGE}
    events, reader = read([PlainBody(wire(body))])
    assert [type(event) for event in events] == [ImageCompleted, ImageCompleted, ImagesFinished]
    assert reader.reply is not None
    assert [image.media_type for image in reader.reply.images] == ["image/png", "image/svg+xml"]


def test_a_stream_without_done_is_whole_if_an_image_is() -> None:
    events, _ = read([wire(PARTIAL), wire(COMPLETED)])
    assert isinstance(events[-1], ImagesFinished)


@pytest.mark.parametrize("reads", [[[wire(PARTIAL)]], [[wire(PARTIAL), DONE]], [[]]])
def test_a_stream_without_an_image_is_truncated(reads: list[list[bytes]]) -> None:
    with pytest.raises(errors.StreamTruncated, match="nothing is billed"):
        read(*reads)


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ({"type": "error", "error": {"message": "flagged", "code": "content_policy"}}, errors.APIStatusError),
        ({"type": "error", "error": {"message": "no credits", "code": 402}}, errors.InsufficientCredits),
        ({"type": "error", "error": "broken"}, errors.APIStatusError),
    ],
)
def test_an_error_within_the_stream_is_raised(event: object, expected: type[Exception]) -> None:
    with pytest.raises(expected):
        read([wire(PARTIAL), ServerSentEvent("error", wire(event))])


def test_what_is_no_event_is_an_error() -> None:
    with pytest.raises(errors.StreamDecodeError, match="none of images"):
        read([b"<html>"])


def test_the_request_is_repeated_only_before_the_first_event() -> None:
    reader = ImageReader(lambda: META)
    reader.feed([Comment(b"x")])
    assert not reader.has_piece
    reader.feed([wire(PARTIAL)])
    assert reader.has_piece
    assert isinstance(reader.enrich(errors.ConnectionLost("gone")), errors.StreamInterrupted)
    reader.restart()
    assert not reader.has_piece
    assert isinstance(reader.enrich(errors.ConnectionLost("gone")), errors.ConnectionLost)
