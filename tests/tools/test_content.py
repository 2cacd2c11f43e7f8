"""What a tool returns, as the model is given it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from openrouter_async import ConfigurationError, file, image, text
from openrouter_async.tools.content import content_of, encoded_content

GIF = bytes.fromhex("47494638396101000100800000ffffff00000021f90401000000002c00000000010001000002024401003b")


class Weather(BaseModel):
    city: str
    degrees: Decimal


@dataclass
class Point:
    x: int


@pytest.mark.parametrize(
    ("value", "content"),
    [
        pytest.param("sunny", "sunny", id="text"),
        pytest.param("", "", id="empty text"),
        pytest.param("half \ud83d", "half ?", id="half of a surrogate pair"),
        pytest.param(None, "null", id="nothing"),
        pytest.param(True, "true", id="bool"),
        pytest.param(1.5, "1.5", id="number"),
        pytest.param(float("nan"), "NaN", id="NaN"),
        pytest.param({"a": [1, None]}, '{"a":[1,null]}', id="JSON"),
        pytest.param([1, "a"], '[1,"a"]', id="list"),
        pytest.param(
            Weather(city="Oslo", degrees=Decimal("1.50")), '{"city":"Oslo","degrees":"1.50"}', id="pydantic"
        ),
        pytest.param([Point(1)], '[{"x":1}]', id="dataclass"),
        pytest.param(date(2026, 1, 31), '"2026-01-31"', id="date"),
        pytest.param(
            image("https://a.example/x.png"),
            [{"type": "image_url", "image_url": {"url": "https://a.example/x.png"}}],
            id="image",
        ),
        pytest.param(
            ["look:", image("https://a.example/x.png"), {"n": 1}, text("so")],
            [
                {"type": "text", "text": "look:"},
                {"type": "image_url", "image_url": {"url": "https://a.example/x.png"}},
                {"type": "text", "text": '{"n":1}'},
                {"type": "text", "text": "so"},
            ],
            id="text and image",
        ),
    ],
)
async def test_a_value_becomes_content(value: object, content: object) -> None:
    assert content_of(value) == await encoded_content(value) == content


async def test_bytes_and_files_are_encoded(tmp_path: Path) -> None:
    path = tmp_path / "a.gif"
    path.write_bytes(GIF)
    from_bytes, from_file = await encoded_content(image(GIF)), await encoded_content(image(path))
    assert from_bytes == from_file
    part: Any = from_bytes[0]
    assert part["image_url"]["url"].startswith("data:image/gif;base64,")


async def test_what_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read"):
        await encoded_content(file(tmp_path / "missing.pdf"))


@pytest.mark.parametrize("value", [object(), b"\xff\xfe", {"a": object()}], ids=["object", "bytes", "inside"])
def test_what_is_no_json_is_an_error_that_says_what_would_be(value: object) -> None:
    with pytest.raises(TypeError, match=r"expected text, JSON values, pydantic values, or image\(\.\.\.\)"):
        content_of(value)
