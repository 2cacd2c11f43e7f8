"""Images as they are received: their bytes, their kind, and where they are saved."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from pydantic import ValidationError

from openrouter_async import ConfigurationError
from openrouter_async.errors import InvalidResponseError
from openrouter_async.types.media.images import GeneratedImage, GeneratedImages

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(200)) * 20


def image(data: bytes, media_type: str | None = None) -> GeneratedImage:
    return GeneratedImage(b64_json=base64.b64encode(data).decode(), media_type=media_type)


@pytest.mark.parametrize(
    ("data", "said", "media_type"),
    [
        (PNG, "image/webp", "image/webp"),
        (PNG, None, "image/png"),
        (b'<?xml version="1.0"?><svg xmlns="">', None, "image/svg+xml"),
        (b"words", None, None),
        (b"", None, None),
    ],
)
def test_the_kind_of_an_image(data: bytes, said: str | None, media_type: str | None) -> None:
    assert image(data, said).media_type == media_type


@pytest.mark.loopback
async def test_an_image_is_saved_whole(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"before")
    assert await image(PNG).save(tmp_path / "a.png") == tmp_path / "a.png"
    assert await image(PNG).save(str(tmp_path / "b.png")) == tmp_path / "b.png"
    assert {path.read_bytes() for path in tmp_path.iterdir()} == {PNG}  # noqa: ASYNC240 - a test may wait
    with pytest.raises(ConfigurationError, match="cannot be written: no such file or directory"):
        await image(PNG).save(tmp_path / "none" / "a.png")


def test_what_is_no_base64_is_an_error() -> None:
    with pytest.raises(InvalidResponseError, match="an image of 3 characters is not base64"):
        _ = GeneratedImage(b64_json="...").bytes


ENCODED = base64.b64encode(PNG + b"\xff\xfe").decode()


@pytest.mark.parametrize(
    "given",
    [
        {"b64_json": ENCODED},
        {"b64_json": ENCODED[:76] + "\n" + ENCODED[76:] + "\n"},
        {"b64_json": ENCODED.rstrip("=")},
        {"b64_json": ENCODED.replace("+", "-").replace("/", "_")},
        {"b64_json": f"data:image/png;base64,{ENCODED}"},
        {"url": f"data:image/png;base64,{ENCODED}", "b64_json": None},
        f"data:image/png;base64,{ENCODED}",
        ENCODED,
    ],
)
def test_an_image_is_read_in_whatever_form_it_comes(given: object) -> None:
    made = GeneratedImages.model_validate({"data": [None, given]}).image
    assert (made.bytes, made.media_type, made.url) == (PNG + b"\xff\xfe", "image/png", None)


def test_an_image_that_is_elsewhere_is_told_by_its_address() -> None:
    made = GeneratedImages.model_validate({"data": [{"url": "https://a.example/b.png?signed"}]}).image
    assert (made.url, made.b64_json, made.media_type) == ("https://a.example/b.png?signed", "", None)
    with pytest.raises(InvalidResponseError, match=r"only its address; see \.url$"):
        _ = made.bytes


@pytest.mark.parametrize("given", [{}, {"b64_json": None}, {"url": 5}, 7])
def test_what_is_no_image_is_refused(given: object) -> None:
    with pytest.raises(ValidationError):
        GeneratedImages.model_validate({"data": [given]})


def test_an_answer_without_images() -> None:
    with pytest.raises(InvalidResponseError, match="has no image"):
        _ = GeneratedImages(data=[]).image


def test_no_data_is_in_what_is_shown() -> None:
    assert "iVBOR" not in repr(GeneratedImages(data=[image(PNG)]))
