"""Attachments: from every kind of source to the documented part, and nothing of the data in `repr` or errors."""

from __future__ import annotations

import base64
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openrouter_async.errors import ConfigurationError
from openrouter_async.types.chat.content_parts import Attachment, audio, file, image, text, video
from openrouter_async.types.chat.media_types import sniff
from openrouter_async.types.chat.messages import user, wire_messages

PNG = b"\x89PNG\r\n\x1a\n" + bytes(8)
WAV = b"RIFF\x24\x00\x00\x00WAVEfmt "
MP4 = b"\x00\x00\x00\x18ftypisom"
PDF = b"%PDF-1.7\n"


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (PNG, "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"GIF87a", "image/gif"),
        (b"GIF89a", "image/gif"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"\x00\x00\x00\x1cftypavif", "image/avif"),
        (PDF, "application/pdf"),
        (WAV, "audio/wav"),
        (b"ID3\x04", "audio/mpeg"),
        (b"\xff\xfb\x90\x00", "audio/mpeg"),
        (b"\xff\xf3\x90\x00", "audio/mpeg"),
        (b"\xff\xf1\x50\x80", "audio/aac"),
        (b"\xff\xf9\x50\x80", "audio/aac"),
        (b"OggS", "audio/ogg"),
        (b"fLaC", "audio/flac"),
        (b"FORM\x00\x00\x00\x00AIFF", "audio/aiff"),
        (b"\x00\x00\x00\x20ftypM4A ", "audio/mp4"),
        (MP4, "video/mp4"),
        (b"\x00\x00\x00\x14ftypqt  ", "video/quicktime"),
        (b"\x1aE\xdf\xa3", "video/webm"),
        (b"\x00\x00\x01\xba", "video/mpeg"),
        (b"RIFF\x00\x00\x00\x00????", None),
        (b"plain text", None),
        ("UTF-16 of Windows".encode("utf-16"), None),
        (b"\xff", None),
        (b"", None),
    ],
)
def test_the_first_bytes_tell_the_media_type(data: bytes, media_type: str | None) -> None:
    assert sniff(data) == media_type


@given(st.binary(max_size=64))
def test_sniffing_takes_any_bytes(data: bytes) -> None:
    assert sniff(data) is None or "/" in str(sniff(data))


@pytest.mark.parametrize(
    ("part", "wire"),
    [
        (
            image("https://a.example/x.png"),
            {"type": "image_url", "image_url": {"url": "https://a.example/x.png"}},
        ),
        (
            image("HTTP://a.example/x", detail="original"),
            {"type": "image_url", "image_url": {"url": "HTTP://a.example/x", "detail": "original"}},
        ),
        (image(PNG), {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{encoded(PNG)}"}}),
        (
            image(b"??", media_type="image/x-odd"),
            {"type": "image_url", "image_url": {"url": "data:image/x-odd;base64,Pz8="}},
        ),
        (audio(WAV), {"type": "input_audio", "input_audio": {"data": encoded(WAV), "format": "wav"}}),
        (
            audio(b"\x00\x00\x00\x20ftypisom"),
            {
                "type": "input_audio",
                "input_audio": {"data": encoded(b"\x00\x00\x00\x20ftypisom"), "format": "m4a"},
            },
        ),
        (
            audio(b"\x00\x01", format="pcm16"),
            {"type": "input_audio", "input_audio": {"data": "AAE=", "format": "pcm16"}},
        ),
        (
            audio("data:audio/mpeg;base64,AAE="),
            {"type": "input_audio", "input_audio": {"data": "AAE=", "format": "mp3"}},
        ),
        (
            audio("data:audio/x-odd;base64,AAE=", format="ogg"),
            {"type": "input_audio", "input_audio": {"data": "AAE=", "format": "ogg"}},
        ),
        (
            video("https://youtu.be/x", processing="agentic"),
            {"type": "video_url", "video_url": {"url": "https://youtu.be/x", "processing": "agentic"}},
        ),
        (video(MP4), {"type": "video_url", "video_url": {"url": f"data:video/mp4;base64,{encoded(MP4)}"}}),
        (file("https://a.example/x.pdf"), {"type": "file", "file": {"file_data": "https://a.example/x.pdf"}}),
        (
            file(PDF, filename="x.pdf"),
            {
                "type": "file",
                "file": {"filename": "x.pdf", "file_data": f"data:application/pdf;base64,{encoded(PDF)}"},
            },
        ),
        (file(PNG), {"type": "file", "file": {"file_data": f"data:image/png;base64,{encoded(PNG)}"}}),
        (
            file(b"a,b", media_type="text/csv"),
            {"type": "file", "file": {"file_data": "data:text/csv;base64,YSxi"}},
        ),
    ],
    ids=repr,
)
def test_each_source_becomes_the_documented_part(part: Attachment, wire: dict[str, Any]) -> None:
    assert part.encode() == wire


def test_samples_that_look_like_something_else_are_what_the_caller_says() -> None:
    part: Any = audio(PNG, format="pcm24").encode()
    assert part["input_audio"]["format"] == "pcm24"


def test_text_may_carry_marks_of_the_prompt_cache() -> None:
    assert text("x", prompt_cache_breakpoint={"mode": "explicit", "ttl": "30m"}) == {
        "type": "text",
        "text": "x",
        "prompt_cache_breakpoint": {"mode": "explicit", "ttl": "30m"},
    }


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: image("cat.png"), r"image\(\) got text of 7 characters that is not a URL; .* pathlib.Path"),
        (lambda: video("file:///etc/passwd"), "that is not a URL"),
        (lambda: file(5), r"file\(\) got a int; expected a URL, bytes or a pathlib.Path"),
        (lambda: audio("https://a.example/x.wav"), "audio is sent inline: give bytes or a path"),
        (lambda: audio("data:audio/wav,AAAA"), "not a base64 data URL"),
        (lambda: audio("data:audio/wav;base64,"), "whose data is not base64"),
        (lambda: audio("data:audio/wav;base64,A\nA"), "whose data is not base64"),
        (
            lambda: image(b"plain text").encode(),
            r"the media type of image\(<10 bytes>\) is unknown; give media_type=",
        ),
        (lambda: image(PDF).encode(), r"holds application/pdf, no image; use file\(\)"),
        (lambda: video(PNG).encode(), r"holds image/png, no video; use image\(\)"),
        (lambda: audio("data:audio/odd;base64,AAAA").encode(), "has no known audio format; give format="),
    ],
    ids=range(11),
)
def test_a_source_that_cannot_be_sent_is_refused(make: Any, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        make()


@pytest.mark.parametrize(
    ("part", "shown"),
    [
        (image(PNG, detail="low"), "image(<16 bytes>, detail='low')"),
        (image("data:image/png;base64,AAAA"), "image(<data URL of 26 characters>)"),
        (image("DATA:image/png;base64,AAAA"), "image(<data URL of 26 characters>)"),
        (file(Path("a.pdf"), filename="b.pdf"), f"file({Path('a.pdf')!r}, filename='b.pdf')"),
        (video("https://youtu.be/x"), "video('https://youtu.be/x')"),
    ],
    ids=["bytes", "data", "DATA", "path", "url"],
)
def test_repr_tells_the_source_and_never_the_data(part: Attachment, shown: str) -> None:
    assert repr(part) == shown


def test_a_file_is_read_when_it_is_encoded(tmp_path: Path) -> None:
    path = tmp_path / "x.png"
    part = image(path)
    path.write_bytes(PNG)
    assert part.encode() == image(PNG).encode()


def test_a_document_is_named_after_its_path_and_known_by_its_suffix(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(b"a,b")
    assert file(path).encode() == {
        "type": "file",
        "file": {"filename": "table.csv", "file_data": "data:text/csv;base64,YSxi"},
    }


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"missing\.png' cannot be read: no such file"):
        image(tmp_path / "missing.png").encode()


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="is not a regular file; expected a file to send"):
        image(tmp_path).encode()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the platform has no named pipes")
def test_a_pipe_is_refused_without_waiting_for_it(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(ConfigurationError, match="is not a regular file"):
        file(pipe).encode()


def test_a_path_that_no_file_can_have_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="cannot be read"):
        image(Path("a\0b")).encode()


JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00"


@pytest.mark.parametrize(
    "part",
    [
        pytest.param(image(JPEG, media_type="image/png"), id="bytes"),
        pytest.param(image("data:image/png;base64," + encoded(JPEG)), id="data URL"),
        pytest.param(image("data:;base64," + encoded(JPEG)), id="no type"),
        pytest.param(
            {"type": "image_url", "image_url": {"url": "data:image/png;base64," + encoded(JPEG)}},
            id="dict",
        ),
        pytest.param(file(JPEG, media_type="image/png"), id="file"),
    ],
)
def test_a_picture_goes_out_under_the_type_its_bytes_have(part: Any) -> None:
    given = part.encode() if isinstance(part, Attachment) else part
    [message] = wire_messages(user(given))
    assert encoded(JPEG) in str(message)
    assert "data:image/jpeg;base64," in str(message)


@pytest.mark.parametrize(
    "url",
    [
        "data:image/svg+xml;base64,PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvIj4=",
        "data:image/svg+xml,%3Csvg%3E",
        "data:image/png;base64,AA==",
        "https://example.com/a.png",
    ],
)
def test_what_cannot_be_told_keeps_its_type(url: str) -> None:
    assert wire_messages(user(image(url)))[0]["content"] == [{"type": "image_url", "image_url": {"url": url}}]  # type: ignore[typeddict-item]
