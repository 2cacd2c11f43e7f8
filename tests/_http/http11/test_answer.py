"""Chunks are read here and by h11 in turn; whatever comes is what h11 alone makes of it."""

from __future__ import annotations

import asyncio

import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.http11 import outcome, outcome_by_httpcore

HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
HEADS = st.sampled_from(
    [
        HEAD,
        b"HTTP/1.1 100 Continue\r\n\r\n" + HEAD,
        b"HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n",
    ]
)
ENDS = st.sampled_from(
    [
        b"0\r\n\r\n",
        b"0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
        b"00\r\nA: b\r\n\r\n",
        b"0;a\r\n\r\n",
        b"0\r\n",
        b"0\r",
        b"",
    ]
)
MOSTLY_NOTHING = [b""] * 6


@st.composite
def chunks(draw: st.DrawFn) -> bytes:
    """One chunk, whose data may look like the lines around it, and some with what is no plain chunk."""
    data = draw(st.text("a\r\n0;5", min_size=1, max_size=20)).encode()
    size = b"%x" % len(data)
    size = size.rjust(draw(st.sampled_from([0, 0, 0, 20, 21])), b"0")
    size += draw(st.sampled_from([*MOSTLY_NOTHING, b";x=y", b" ", b"\t", b"g", b"_1"]))
    end = draw(st.sampled_from([b"\r\n"] * 6 + [b"", b"\n", b"\r", b"\rX", b"5\r\nhello\r\n"]))
    return size + b"\r\n" + data + end


def cut(data: bytes, places: list[int]) -> list[bytes]:
    ends = sorted({place % len(data) for place in places} | {len(data)})
    return [data[start:end] for start, end in zip([0, *ends], ends, strict=False)]


@given(HEADS, st.lists(chunks(), max_size=5), ENDS, st.lists(st.integers(0, 1_000), max_size=8))
def test_chunks_are_what_h11_takes_them_for(
    head: bytes, body: list[bytes], end: bytes, places: list[int]
) -> None:
    pieces = cut(head + b"".join(body) + end, places)

    async def compare() -> None:
        assert await outcome("h11", pieces) == await outcome_by_httpcore(pieces)

    asyncio.run(compare())


@pytest.mark.parametrize(
    "body", [b"2\r\n\r\n\r\n3\r\nabc\r\n0\r\n\r\n", b"1\r\na\r\n1;x\r\nb\r\n1\r\nc\r\n0\r\nT: t\r\n\r\n"]
)
async def test_reads_may_end_anywhere(body: bytes) -> None:
    data = HEAD + body
    whole = await outcome("h11", [data])
    assert not whole.refusal
    assert whole.is_reusable
    for first in range(1, len(data)):
        assert await outcome("h11", [data[:first], data[first:]]) == whole
    assert await outcome("h11", [data[at : at + 1] for at in range(len(data))]) == whole


async def test_h11_is_shown_no_plain_chunk(monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes some forty calls for each, which was half of what a chunk of a slow stream costs."""
    shown: list[bytes] = []
    genuine = h11.Connection.receive_data

    def receive(self: h11.Connection, data: bytes) -> None:
        shown.append(data)
        genuine(self, data)

    monkeypatch.setattr(h11.Connection, "receive_data", receive)
    got = await outcome("h11", [HEAD, b"1\r\na\r\n", b"2\r\nb", b"b\r\n", b"1", b"\r\nc\r\n0\r\n\r\n"])
    assert got.body == b"abbc"
    assert got.is_reusable
    assert shown == [HEAD, b"0\r\n\r\n"]
