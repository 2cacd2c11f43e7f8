"""Files that players and viewers take: a picture of one point, silence, and a video without pictures."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from random import Random

__all__ = ["SAMPLE_RATE", "point", "silence", "video"]

SAMPLE_RATE = 24_000
"""Samples a second, of 16 bits each; what models speak in."""

_MP3_FRAME = b"\xff\xfb\x90\xc4" + bytes(413)
"""Of MPEG 1, layer III: 128 kbit/s, 44.1 kHz, one channel, all of it silent; 26 ms."""


def point(random: Random) -> bytes:
    """Return a PNG of one point, of a colour by chance (W3C PNG, 5.3 and 11.2)."""
    colour = bytes(random.randrange(256) for _ in range(3))
    header = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(b"\x00" + colour)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )


def silence(seconds: float, kind: str) -> Iterator[bytes]:
    """Yield silence in pieces of a tenth of a second each: bare samples for `pcm`, or else MP3."""
    piece = bytes(2 * SAMPLE_RATE // 10) if kind == "pcm" else _MP3_FRAME * 4
    yield from (piece for _ in range(max(1, round(seconds * 10))))


def video(random: Random, size: int = 65_536) -> bytes:
    """Return a file that begins as MP4 does (ISO/IEC 14496-12, 4.3), and whose content is by chance."""
    brand = b"mp42" + bytes(4) + b"mp42isom"
    data = random.randbytes(size)
    boxes = ((b"ftyp", brand), (b"mdat", data))
    return b"".join(struct.pack(">I", 8 + len(content)) + name + content for name, content in boxes)
