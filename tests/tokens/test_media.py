"""The sizes of images are read from their first bytes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openrouter_async.tokens._families import family_of
from openrouter_async.tokens._media import count_media, image_size

JPEG = (
    b"\xff\xd8\xff\xe0\x00\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0"
    b"\xff\xc0\x00\x11\x08\x01\xe0\x02\x80\x03\x01\x22\0\x02\x11\x01\x03\x11\x01"
)
GIF = b"GIF89a\x80\x02\xe0\x01" + bytes(20)
VP8 = b"RIFF\0\0\0\0WEBPVP8 \0\0\0\0\0\0\0\x9d\x01\x2a\x80\x02\xe0\x01" + bytes(8)
VP8L = b"RIFF\0\0\0\0WEBPVP8L\0\0\0\0\x2f" + (639 | 479 << 14).to_bytes(4, "little") + bytes(8)
VP8X = b"RIFF\0\0\0\0WEBPVP8X\0\0\0\0\0\0\0\0" + (639).to_bytes(3, "little") + (479).to_bytes(3, "little")


@pytest.mark.parametrize(
    "data", [JPEG, GIF, VP8, VP8L, VP8X], ids=["jpeg", "gif", "webp lossy", "webp lossless", "webp extended"]
)
def test_width_and_height_are_found(data: bytes) -> None:
    assert image_size(data) == (640, 480)


@given(
    st.binary(max_size=60),
    st.sampled_from([b"", JPEG[:20], GIF[:6], VP8[:16], VP8L[:16], b"\x89PNG\r\n\x1a\n"]),
)
def test_any_bytes_have_a_size_or_none(rest: bytes, start: bytes) -> None:
    size = image_size(start + rest)
    assert size is None or min(size) > 0


def test_pages_of_a_document_count() -> None:
    pdf = b"%PDF-1.4\n" + b"<< /Type /Page /Parent 2 0 R >>\n" * 3 + b"<< /Type /Pages /Count 3 >>"
    assert count_media("file", pdf, family_of("google/gemini-2.5-flash")) == (3 * 258, 3 * 250, 3 * 1_200)
    assert count_media("file", pdf, family_of("openai/gpt-5")) == (3 * 800, 3 * 100, 3 * 3_000)


@given(st.text(max_size=50))
def test_data_that_is_none_is_guessed(data: str) -> None:
    tokens, least, most = count_media("image", f"data:image/png;base64,{data}", family_of(None))
    assert 0 < least <= tokens <= most
