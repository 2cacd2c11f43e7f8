from __future__ import annotations

import itertools
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openrouter_async._sansio import sse
from openrouter_async._sansio.sse import Comment, ServerSentEvent, SSEDecoder, SSEItem
from openrouter_async.errors import ResponseTooLarge
from tests.support.sse_standard import as_text, interpret, joined_comments

BOM = b"\xef\xbb\xbf"


def decode(stream: bytes, *cuts: int, limit: int = sse.DEFAULT_LIMIT) -> list[SSEItem]:
    """Feed the stream cut at the given places."""
    decoder = SSEDecoder(limit=limit)
    edges = [0, *sorted(cuts), len(stream)]
    return [item for start, end in itertools.pairwise(edges) for item in decoder.feed(stream[start:end])]


def texts(items: list[SSEItem]) -> list[tuple[str, str]]:
    return joined_comments([as_text(item) for item in items])


def decode_by_byte(stream: bytes) -> list[SSEItem]:
    return decode(stream, *range(len(stream)))


CASES: dict[str, tuple[bytes, list[SSEItem]]] = {
    # The examples of the standard.
    "three messages": (
        b"data: This is the first message.\n\n"
        b"data: This is the second message, it\ndata: has two lines.\n\n"
        b"data: This is the third message.\n\n",
        [
            b"This is the first message.",
            b"This is the second message, it\nhas two lines.",
            b"This is the third message.",
        ],
    ),
    "named events": (
        b"event: add\ndata: 73857293\n\nevent: remove\ndata: 2153\n\nevent: add\ndata: 113411\n\n",
        [
            ServerSentEvent("add", b"73857293"),
            ServerSentEvent("remove", b"2153"),
            ServerSentEvent("add", b"113411"),
        ],
    ),
    "stock ticker": (b"data: YHOO\ndata: +2\ndata: 10\n\n", [b"YHOO\n+2\n10"]),
    "comment, id, empty id, no end": (
        b": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n",
        [Comment(b"test stream"), b"first event", b"second event"],
    ),
    "empty data, then a line feed, then an unfinished event": (
        b"data\n\ndata\ndata\n\ndata:",
        [b"", b"\n"],
    ),
    "space after the colon is optional": (b"data:test\n\ndata: test\n\n", [b"test", b"test"]),
    # Line ends.
    "LF": (b"data: 1\n\ndata: 2\n\n", [b"1", b"2"]),
    "CRLF": (b"data: 1\r\n\r\ndata: 2\r\n\r\n", [b"1", b"2"]),
    "CR": (b"data: 1\r\rdata: 2\r\r", [b"1", b"2"]),
    "mixed ends": (b"data: 1\r\ndata: 2\ndata: 3\r\r\ndata: 4\n\r\n", [b"1\n2\n3", b"4"]),
    "LF CR is two ends": (b"data: 1\n\rdata: 2\n\r", [b"1", b"2"]),
    "other separators are text": (
        "data: a\u2028b\u2029c\u0085d\x0be\x0cf\x1cg\x1dh\x1ei\x00j\n\n".encode(),
        ["a\u2028b\u2029c\u0085d\x0be\x0cf\x1cg\x1dh\x1ei\x00j".encode()],
    ),
    # Unlike the standard, by which all of this would be one event, and no JSON.
    "objects without blank lines": (
        b'data: {"a": 1}\ndata: {"a": 2} \r\ndata:{"a": 3}\ndata: [DONE]\n\n',
        [b'{"a": 1}', b'{"a": 2} ', b'{"a": 3}', b"[DONE]"],
    ),
    "names without blank lines": (
        b"event: a\ndata: {}\nevent: b\ndata: {}\ndata: {}\nevent: d\ndata: [DONE]\n\n",
        [
            ServerSentEvent("a", b"{}"),
            ServerSentEvent("b", b"{}"),
            b"{}",
            ServerSentEvent("d", b"[DONE]"),
        ],
    ),
    "an object over several lines": (
        b'data: {"a": [\ndata: {}\ndata: ,\ndata: {"b": {}}\ndata: ]\ndata: }\n\n',
        [b'{"a": [\n{}\n,\n{"b": {}}\n]\n}'],
    ),
    "other texts over several lines": (
        b"data: [1]\ndata: {}\n\ndata: x}\ndata: {\n\n",
        [b"[1]\n{}", b"x}\n{"],
    ),
    # Byte order marks.
    "BOM": (BOM + b"data: 1\n\n", [b"1"]),
    "BOM before a line end": (BOM + b"\ndata: 1\n\n", [b"1"]),
    # Unlike the standard, to which it is a part of the name of the field.
    "BOM before any line": (
        b"data: 1\n\n" + BOM + b"data: 2\n" + BOM + b"data: 3\n" + BOM + b"\n" + BOM + b": x\n\n",
        [b"1", b"2\n3", Comment(b"x")],
    ),
    "BOM before an event after a BOM": (BOM + BOM + b"data: 1\n\n" + BOM + b"data: 2\n\n", [b"1", b"2"]),
    "two BOMs belong to the field name": (b"data: 1\n\n" + BOM + BOM + b"data: 2\n\n", [b"1"]),
    "BOM in the data is text": (b"data: " + BOM + b"\n\n", [BOM]),
    "half a BOM": (BOM[:2] + b"data: 1\n\ndata: 2\n\n", [b"2"]),
    # Fields.
    "one space is dropped, no more": (b"data:  a \n\ndata:\tb\n\n", [b" a ", b"\tb"]),
    "only the first colon divides": (b"data: a: b:c\n\n", [b"a: b:c"]),
    "line feeds between data lines": (b"data: a\ndata:\ndata\ndata: b\n\n", [b"a\n\n\nb"]),
    "comment between data lines": (b"data: a\n:x\ndata: b\n\n", [Comment(b"x"), b"a\nb"]),
    "empty data is dispatched": (b"data:\n\ndata: \n\n", [b"", b""]),
    "names match whole and exactly": (b"Data: a\n\n data: b\n\ndata : c\n\ndatas: d\n\ndat: e\n\n", []),
    "invalid UTF-8 is passed on": (b"data: \xff\xe2\x82\n\n", [b"\xff\xe2\x82"]),
    "id and retry are ignored": (b"id: 1\x00\nretry: 10\nretry: x\nid\n\ndata: a\n\n", [b"a"]),
    "unknown field": (b"foo: 1\nbar\ndata: a\n\n", [b"a"]),
    # Names of events.
    "message is the usual name": (b"event: message\ndata: a\n\nevent:\ndata: b\n\n", [b"a", b"b"]),
    "last name wins": (b"event: x\nevent: y\ndata: a\n\n", [ServerSentEvent("y", b"a")]),
    "empty name takes the name back": (b"event: x\nevent\ndata: a\n\n", [b"a"]),
    "a name without data is forgotten": (b"event: x\n\ndata: a\n\n", [b"a"]),
    "a name after the data": (b"data: a\nevent: x\n\n", [ServerSentEvent("x", b"a")]),
    "invalid UTF-8 in a name": (b"event: \xff\ndata: a\n\n", [ServerSentEvent("\ufffd", b"a")]),
    # Comments.
    "heartbeat before, inside and after": (
        b": PROCESSING\n\ndata: 1\n: PROCESSING\n\n: PROCESSING\n\n",
        [Comment(b"PROCESSING"), b"1", Comment(b"PROCESSING")],
    ),
    "comment after an id line": (b"id: 1\n: x\n\n", [Comment(b"x")]),
    "empty comment": (b":\ndata: 1\n\n", [Comment(b""), b"1"]),
    "comment with colons": (b"::x\n\n", [Comment(b":x")]),
    "comment that looks like data": (b":data: 1\n\n", [Comment(b"data: 1")]),
    # The end, and the places where splitting a read into whole events must step aside.
    "nothing": (b"", []),
    "blank lines only": (b"\n\r\n\r\n\n", []),
    "event cut off": (b'data: 1\n\ndata: {"a": ', [b"1"]),
    "blank line missing": (b"data: 1\n\ndata: [DONE]\n", [b"1"]),
    "three line feeds": (b"data: 1\n\n\ndata: 2\n\n", [b"1", b"2"]),
    "other line among events": (b"data: 1\n\nid: 1\ndata: 2\n\ndata: 3\n\n", [b"1", b"2", b"3"]),
    "two data lines among events": (b"data: 1\n\ndata: 2\ndata: 3\n\ndata: 4\n\n", [b"1", b"2\n3", b"4"]),
    "no space among events": (b"data: 1\n\ndata:2\n\ndata: 3\n\n", [b"1", b"2", b"3"]),
    "text before the first event": (b"x\n\ndata: 1\n\n", [b"1"]),
    "name kept from an earlier read": (
        b"event: x\ndata: 1\n\ndata: 2\n\n",
        [ServerSentEvent("x", b"1"), b"2"],
    ),
}


@pytest.mark.parametrize(("stream", "expected"), CASES.values(), ids=CASES)
def test_streams_decode_as_the_standard_says(stream: bytes, expected: list[SSEItem]) -> None:
    assert decode(stream) == expected


@pytest.mark.parametrize(("stream", "expected"), CASES.values(), ids=CASES)
def test_reads_may_end_anywhere(stream: bytes, expected: list[SSEItem]) -> None:
    assert texts(decode_by_byte(stream)) == texts(expected)
    for cut in range(len(stream)):
        assert texts(decode(stream, cut)) == texts(expected)


def test_a_line_that_ends_in_cr_is_complete_at_once() -> None:
    """Waiting for a LF that may follow would hold back the last event until the next one."""
    decoder = SSEDecoder()
    assert decoder.feed(b"data: 1\r\r") == [b"1"]
    assert decoder.feed(b"\ndata: 2\r\n\r") == [b"2"]
    assert decoder.feed(b"\n") == []


def test_empty_reads_change_nothing() -> None:
    decoder = SSEDecoder()
    reads = [BOM[:1], b"", BOM[1:], b"", b"data: 1\r", b"", b"\ndata: 2\r", b"", b"\n", b"", b"\r"]
    assert [decoder.feed(read) for read in reads] == [[]] * 10 + [[b"1\n2"]]


def test_ten_thousand_comments_inside_an_event_do_not_disturb_it() -> None:
    comments = b": OPENROUTER PROCESSING\n" * 10_000
    items = decode(b"data: a\n" + comments + b"data: b\n\n", limit=100)
    assert items[-1] == b"a\nb"
    assert items[:-1] == [Comment(b"OPENROUTER PROCESSING")]


def test_of_comments_in_a_row_each_read_gives_one() -> None:
    decoder = SSEDecoder()
    for _ in range(3):
        assert decoder.feed(b": 1\n\n: 2\n\n" * 1_000) == [Comment(b"1")]
    assert decoder.feed(b": 3\ndata: a\n\n: 4\n: 5\n\n") == [Comment(b"3"), b"a", Comment(b"4")]


@pytest.mark.parametrize(
    ("stream", "unfinished"),
    [
        (b"", b""),
        (b"data: 1\n\n", b""),
        (b"data: 1\n\ndata: [DONE]", b"[DONE]"),
        (b"data: 1\n\ndata: [DONE]\n", b"[DONE]"),
        (b"data: 1\n\ndata: [DONE]\r", b"[DONE]"),
        (b"data:[DONE]\r\n", b"[DONE]"),
        (b"data: a\ndata: b", b"a\nb"),
        (b"data: a\ndata: b\ndata: c", b"a\nb\nc"),
        (b"data: a\n: comment", b"a"),
        (b"data: a\nda", b"a"),
        (b"data: a\ndata", b"a\n"),
        (b"event: error\ndata: a", ServerSentEvent("error", b"a")),
        (b"data: 1\n\n" + BOM + b"data: a", b"a"),
        (BOM[:2], b""),
        (BOM + b"data: a", b"a"),
    ],
)
def test_unfinished_is_the_event_that_the_end_of_the_stream_cuts_off(
    stream: bytes, unfinished: SSEItem
) -> None:
    decoder = SSEDecoder()
    for byte in stream:
        decoder.feed(bytes([byte]))
    assert decoder.unfinished == unfinished
    assert decoder.unfinished == unfinished


@pytest.mark.parametrize(
    ("stream", "last"),
    [
        (b"", []),
        (b"data: {}\n\n", []),
        (b"data: {}\ndata: [DONE]", [b"{}", b"[DONE]"]),
        (b"data: {}\ndata: [DONE] \n", [b"[DONE]"]),
        (b'data: {}\ndata: {"a', [b"{}"]),
        (b"event: a\ndata: {}", [ServerSentEvent("a", b"{}")]),
        (b'data: {"a', []),
        (b"data: text", []),
    ],
)
def test_the_end_of_the_body_completes_what_is_whole(stream: bytes, last: list[SSEItem]) -> None:
    decoder = SSEDecoder()
    decoder.feed(stream)
    assert decoder.last() == last


FRAGMENTS = [
    *(
        b"\n",
        b"\n",
        b"\r",
        b"\r\n",
        b"\n\n",
        b":",
        b" ",
        b"data",
        b"data:",
        b"data: ",
        b"event",
        b"event: ",
        b"id",
    ),
    *(
        b"event: message",
        b"event:delta",
        b"id: \x00",
        b"retry: 10",
        b"message",
        b"x",
        b"{}",
        b"[DONE]",
        b"\x00",
    ),
    *(
        b"data: {}\n\n",
        b"data: {}\n",
        b"data: {\n",
        b"data: x\n\ndata: y\n\n",
        b": OPENROUTER PROCESSING\n\n",
        b"\n\ndata: ",
        b"\r\n\r\ndata: ",
    ),
    *(BOM, BOM[:1], BOM[1:], "é".encode(), "😀".encode()[:2], "😀".encode()[2:], b"\xff", b"\x0b", b"\x0c"),
    *("\u2028".encode(), "\u0085".encode(), b"\x1c"),
]
streams = st.lists(st.sampled_from(FRAGMENTS) | st.binary(max_size=4), max_size=40).map(b"".join)


@st.composite
def streams_with_cuts(draw: st.DrawFn) -> tuple[bytes, list[int]]:
    stream = draw(st.sampled_from([b"", BOM])) + draw(streams)
    return stream, draw(st.lists(st.integers(0, len(stream)), max_size=8))


@settings(max_examples=300, deadline=None)
@given(streams_with_cuts())
def test_any_split_of_the_bytes_gives_the_items_of_the_standard(example: tuple[bytes, list[int]]) -> None:
    stream, cuts = example
    expected = joined_comments(interpret(stream))
    for items in (decode(stream, *cuts), decode(stream), decode_by_byte(stream)):
        assert texts(items) == expected


LIMIT = 100


@pytest.mark.parametrize(
    ("stream", "accepted"),
    [
        pytest.param(b"data: " + b"x" * 94 + b"\n\n", True, id="line as long as the limit"),
        pytest.param(b"data: " + b"x" * 95 + b"\n\n", False, id="line one longer"),
        pytest.param(b"data: " + b"x" * 95, False, id="line one longer, unfinished"),
        pytest.param(b":" + b"x" * 100 + b"\n", False, id="comment"),
        pytest.param(b"foo: " + b"x" * 100 + b"\n", False, id="unknown field"),
        pytest.param(b"data: a\n\n" * 100, True, id="many events"),
        pytest.param(b"data: " + b"x" * 43 + b"\ndata: " + b"x" * 44 + b"\n\n", True, id="event as long"),
        pytest.param(b"data: " + b"x" * 44 + b"\ndata: " + b"x" * 44 + b"\n\n", False, id="event one longer"),
        pytest.param(b"data:\n" * 16 + b"\n", True, id="empty data lines"),
        pytest.param(b"data:\n" * 17, False, id="one empty data line more"),
        pytest.param(b"event: x\n" * 1_000, True, id="only the last name is kept"),
    ],
)
def test_a_line_and_an_event_may_be_as_long_as_the_limit(stream: bytes, accepted: bool) -> None:
    for size in (1, 7, 64, 1_000, len(stream)):
        cuts = range(0, len(stream), size)
        if accepted:
            assert decode(stream, *cuts, limit=LIMIT) == decode(stream)
        else:
            with pytest.raises(ResponseTooLarge, match="longer than 100 bytes") as caught:
                decode(stream, *cuts, limit=LIMIT)
            assert caught.value.limit == LIMIT


@pytest.mark.parametrize(
    "line",
    [b"xxxxxxxx", b"data:\n", b"data: x\n"],
    ids=["a line without end", "empty data lines", "short data lines"],
)
def test_an_endless_line_or_event_is_refused_as_soon_as_the_limit_is_passed(line: bytes) -> None:
    limit = 1 << 20
    piece = line * 1_000
    decoder = SSEDecoder(limit=limit)
    decoder.feed(b"data: ")
    for _ in range(limit // len(piece)):
        decoder.feed(piece)
    with pytest.raises(ResponseTooLarge):
        decoder.feed(piece)


SCANS = (
    "find",
    "rfind",
    "index",
    "count",
    "split",
    "splitlines",
    "partition",
    "replace",
    "endswith",
    "startswith",
)


@pytest.mark.parametrize("read_size", [16_384, 13])
@pytest.mark.parametrize(
    "event",
    [
        b"data: " + b"x" * 200_000 + b"\n\n",
        b"data: xyz\n" * 20_000 + b"\n",
        b"data: xyz\r\n" * 20_000 + b"\r\n",
    ],
    ids=["one line", "many lines", "CRLF"],
)
def test_what_is_held_is_not_looked_at_again_with_every_read(
    event: bytes, read_size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counts the bytes of the decoder's own buffers that are copied or scanned: a clock would be noise."""
    looked_at = 0

    class CountingBuffer(bytearray):
        def __bytes__(self) -> bytes:
            nonlocal looked_at
            looked_at += len(self)
            return bytes(memoryview(self))

        def __contains__(self, key: object) -> bool:
            raise AssertionError("the buffer is searched")

        def __add__(self, other: object) -> bytearray:
            raise AssertionError("the buffer is copied to make it longer")

    def refuse(self: CountingBuffer, *_: object) -> None:
        raise AssertionError("the buffer is scanned")

    for name in SCANS:
        setattr(CountingBuffer, name, refuse)
    monkeypatch.setattr(sse, "bytearray", CountingBuffer, raising=False)

    stream = event * 3
    items = decode(stream, *range(0, len(stream), read_size))
    monkeypatch.undo()
    assert items == decode(stream)
    assert len(stream) / 4 < looked_at <= 2 * len(stream)


def test_long_random_streams_of_one_line_events_come_back_as_they_were() -> None:
    """Reads of the size that sockets give, so that most of them are split whole."""
    chance = random.Random(1)
    events = [chance.randbytes(chance.randrange(600)).translate(None, b"\r\n") for _ in range(2_000)]
    stream = b"".join(b"data: %b\n\n" % event for event in events)
    for size in (150, 1_460, 16_384):
        assert decode(stream, *range(0, len(stream), size)) == events


def test_an_object_in_place_of_an_event_is_ignored_and_kept() -> None:
    """The standard knows no such field; some services report an error so, in the midst of a stream."""
    body = b'data: 1\n\n{"error":\n {"code": 502}}\nid: 7\n'
    for size in (1, 5, len(body)):
        decoder = SSEDecoder()
        items = [item for at in range(0, len(body), size) for item in decoder.feed(body[at : at + size])]
        assert items == [b"1"]
        assert decoder.ignored == b'{"error": {"code": 502}}'
    decoder = SSEDecoder()
    decoder.feed(b"nothing: known\n" + b"{" + b"x" * 100_000)
    assert len(decoder.ignored) == 64 * 1024
