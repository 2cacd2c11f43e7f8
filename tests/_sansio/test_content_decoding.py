"""Compressed bodies come out whole, in bounded steps, or as a typed failure."""

from __future__ import annotations

import gzip
import itertools
import random
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openrouter_async._sansio.content_decoding import FREE, STEP, ContentDecodingError, content_decoder
from openrouter_async.errors import ResponseTooLarge

TEXT = b'{"answer": "forty-two"}' * 50


def bare_deflate(data: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return compressor.compress(data) + compressor.flush()


def decode(header: str, pieces: list[bytes]) -> bytes:
    decoder = content_decoder(header)
    assert decoder is not None
    out = b"".join(part for piece in pieces for part in decoder.decode(piece))
    decoder.finish()
    return out


@pytest.mark.parametrize(
    ("header", "body"),
    [
        pytest.param("gzip", gzip.compress(TEXT), id="gzip"),
        pytest.param("X-GZip", gzip.compress(TEXT), id="old name"),
        pytest.param("deflate", zlib.compress(TEXT), id="deflate"),
        pytest.param("deflate", bare_deflate(TEXT), id="deflate without its header"),
        pytest.param("gzip, gzip", gzip.compress(gzip.compress(TEXT)), id="twice"),
        pytest.param("deflate, gzip", gzip.compress(zlib.compress(TEXT)), id="both, the last one outermost"),
        pytest.param("gzip", gzip.compress(TEXT[:100]) + gzip.compress(TEXT[100:]), id="two members"),
    ],
)
@given(cuts=st.lists(st.integers(0, 2_000), max_size=8))
def test_any_cut_of_the_body_gives_the_same_text(header: str, body: bytes, cuts: list[int]) -> None:
    edges = [0, *sorted(min(cut, len(body)) for cut in cuts), len(body)]
    pieces = [body[a:b] for a, b in itertools.pairwise(edges)]
    assert decode(header, pieces) == TEXT


@pytest.mark.parametrize("header", [None, "", "identity", "identity, ", "UTF-8", "utf8", "none"])
def test_an_unencoded_body_needs_no_decoder(header: str | None) -> None:
    assert content_decoder(header) is None


def test_a_flushed_piece_comes_out_before_the_end() -> None:
    """Streams that are compressed event by event must not wait for the end."""
    compressor = zlib.compressobj(wbits=zlib.MAX_WBITS | 16)
    decoder = content_decoder("gzip")
    assert decoder is not None
    for event in (b"data: 1\n\n", b"data: 2\n\n"):
        sent = compressor.compress(event) + compressor.flush(zlib.Z_SYNC_FLUSH)
        assert b"".join(decoder.decode(sent)) == event


def test_a_bomb_is_inflated_in_bounded_steps() -> None:
    bomb = gzip.compress(bytes(2 * FREE))
    decoder = content_decoder("gzip")
    assert decoder is not None
    steps = decoder.decode(bomb)
    assert [len(next(steps)) for _ in range(3)] == [STEP, STEP, STEP]


@pytest.mark.parametrize("times", [1, 2, 3])
def test_a_body_that_grows_out_of_all_proportion_is_refused(times: int) -> None:
    body = bytes(64 * 1024 * 1024)
    for _ in range(times):
        body = gzip.compress(body)
    decoder = content_decoder(", ".join(["gzip"] * times))
    assert decoder is not None
    given: list[int] = []
    with pytest.raises(ResponseTooLarge, match="more than 100 times its size") as caught:
        given.extend(map(len, decoder.decode(body)))
    assert sum(given) <= caught.value.limit == FREE


def test_what_text_and_json_inflate_to_is_never_refused() -> None:
    chunk = b'data: {"id": "gen-%d", "choices": [{"index": 0, "delta": {"content": " a"}}]}\n\n'
    body = b"".join(chunk % random.getrandbits(32) for _ in range(100_000))
    assert len(body) > FREE
    assert decode("gzip", [gzip.compress(body, 9)]) == body


def test_members_without_content_are_steps_of_their_own() -> None:
    """So that whoever reads can pause between them."""
    decoder = content_decoder("gzip")
    assert decoder is not None
    assert list(decoder.decode(gzip.compress(b"") * 3)) == [b"", b"", b""]


@pytest.mark.parametrize(
    ("header", "body", "message"),
    [
        pytest.param("gzip", b"no gzip at all", "is no gzip", id="false"),
        pytest.param("deflate", b"\x78\x9c\xff\xff\xff", "is no deflate", id="false deflate"),
        pytest.param("gzip", gzip.compress(TEXT)[:-9], "ends inside", id="cut"),
        pytest.param("deflate", zlib.compress(TEXT) + b"more", "continues", id="bytes after the end"),
    ],
)
def test_a_wrong_body_is_a_typed_failure(header: str, body: bytes, message: str) -> None:
    with pytest.raises(ContentDecodingError, match=message):
        decode(header, [body])


@pytest.mark.parametrize("header", ["br", "zstd", "gzip, br", "gzip, gzip, gzip, gzip"])
def test_an_encoding_that_was_not_offered_is_refused(header: str) -> None:
    with pytest.raises(ContentDecodingError, match=r"not offered|4 times"):
        decode(header, [b"xx"])


def test_of_a_body_that_is_not_there_the_encoding_does_not_matter() -> None:
    assert decode("br", []) == b""
