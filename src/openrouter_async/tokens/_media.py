"""Tokens of images, audio, video and documents, by what providers say of their models; wide bands. Pure.

Sources: OpenAI, "Images and vision"; Anthropic, "Vision"; Google, "Understand and count tokens". Where the data is not
at hand, as behind a URL, a size is assumed, and the band is as wide as the sizes that there are.
"""

from __future__ import annotations

import base64
import binascii
import math
import re
from typing import Literal, TypeAlias

from ._families import Family

__all__ = ["MediaKind", "count_media"]

MediaKind: TypeAlias = Literal["image", "audio", "video", "file"]

Band: TypeAlias = tuple[float, float, float]
"""The best guess, and the least and the most."""

Size: TypeAlias = tuple[int, int]

ASSUMED_SIZE: Size = (1024, 1024)
HEAD = 96 * 1024
"""Characters of a data URL that are read: the size of an image is near its beginning."""

_GUESSES: dict[MediaKind, Band] = {
    "image": (800, 65, 3_000),
    "audio": (1_000, 30, 20_000),
    "video": (5_000, 100, 100_000),
    "file": (3_000, 100, 100_000),
}


def count_media(
    kind: MediaKind, data: str | bytes | None, family: Family, *, model: str = "", detail: str | None = None
) -> Band:
    """Return the tokens of an attachment; `data` is its bytes, data URL or base64, or None where it is elsewhere."""
    head = None if data is None else _decoded(data)
    if kind == "image":
        size = None if head is None else image_size(head)
        if size is None:
            return _GUESSES["image"]
        tokens = image_tokens(size, family, model=model, detail=detail)
        return tokens, tokens * 0.5, tokens * 1.5 + 20
    if kind == "file" and head is not None and head.startswith(b"%PDF"):
        pages = max(1, len(re.findall(rb"/Type\s*/Page\b", head)))
        if family.name == "gemini":
            return pages * 258.0, pages * 250.0, pages * 1_200.0
        return pages * 800.0, pages * 100.0, pages * 3_000.0
    return _GUESSES[kind]


def image_tokens(size: Size, family: Family, *, model: str = "", detail: str | None = None) -> float:
    """Return the tokens of an image of that many points."""
    width, height = size
    if family.name in ("o200k", "cl100k"):
        return _gpt_image(width, height, model, detail)
    if family.name == "claude":
        scale = min(1.0, 1568 / max(width, height))
        return min(1_600.0, width * height * scale * scale / 750)
    if family.name == "gemini":
        if max(width, height) <= 384:
            return 258.0
        tile = min(768, max(256, math.floor(min(width, height) / 1.5)))
        return 258.0 * math.ceil(width / tile) * math.ceil(height / tile)
    return min(4_096.0, max(64.0, width * height / 28**2))


def _gpt_image(width: int, height: int, model: str, detail: str | None) -> float:
    patch_factor = next((factor for name, factor in _PATCH_MODELS.items() if name in model), None)
    if patch_factor is not None:
        patches = math.ceil(width / 32) * math.ceil(height / 32)
        return min(1_536, patches) * patch_factor
    base, tile = next((both for name, both in _TILE_MODELS.items() if name in model), (85, 170))
    if detail == "low":
        return float(base)
    scale = min(1.0, 2048 / max(width, height))
    scale = min(scale, 768 / (min(width, height) * scale) * scale)
    tiles = math.ceil(width * scale / 512) * math.ceil(height * scale / 512)
    return float(base + tile * tiles)


_PATCH_MODELS = {
    "gpt-4.1-mini": 1.62,
    "gpt-4.1-nano": 2.46,
    "gpt-5-mini": 1.62,
    "gpt-5-nano": 2.46,
    "o4-mini": 1.72,
}
_TILE_MODELS = {"gpt-4o-mini": (2_833, 5_667), "gpt-5": (70, 140), "o1": (75, 150), "o3": (75, 150)}


def _decoded(data: str | bytes) -> bytes | None:
    if isinstance(data, bytes):
        return data
    if data.startswith("data:"):
        data = data.partition(",")[2]
    text = data[: HEAD if len(data) > 16 * HEAD else None]
    try:
        return base64.b64decode(text[: len(text) // 4 * 4])
    except (ValueError, binascii.Error):
        return None


def image_size(data: bytes) -> Size | None:
    """Return width and height of a PNG, GIF, WebP or JPEG; None where they are not found."""
    if data.startswith(b"\x89PNG\r\n\x1a\n") and len(data) >= 24:
        return _valid(int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big"))
    if data[:6] in (b"GIF87a", b"GIF89a") and len(data) >= 10:
        return _valid(int.from_bytes(data[6:8], "little"), int.from_bytes(data[8:10], "little"))
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP" and len(data) >= 30:
        return _webp_size(data)
    return _jpeg_size(data) if data.startswith(b"\xff\xd8") else None


def _webp_size(data: bytes) -> Size | None:
    match data[12:16]:
        case b"VP8 ":
            width, height = (int.from_bytes(data[at : at + 2], "little") & 0x3FFF for at in (26, 28))
        case b"VP8L":
            bits = int.from_bytes(data[21:25], "little")
            width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case b"VP8X":
            width, height = (int.from_bytes(data[at : at + 3], "little") + 1 for at in (24, 27))
        case _:
            return None
    return _valid(width, height)


def _jpeg_size(data: bytes) -> Size | None:
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            return _valid(
                int.from_bytes(data[at + 7 : at + 9], "big"), int.from_bytes(data[at + 5 : at + 7], "big")
            )
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return None


def _valid(width: int, height: int) -> Size | None:
    return (width, height) if width > 0 and height > 0 else None
