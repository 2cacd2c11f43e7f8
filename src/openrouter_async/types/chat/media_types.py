"""Tells the media type of data by its first bytes, for the kinds that models read."""

from __future__ import annotations

from codecs import BOM_UTF16_LE

__all__ = ["sniff"]

# As in WHATWG MIME Sniffing, 6, and the formats' own specifications.
_PREFIXES = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"ID3", "audio/mpeg"),
    (b"OggS", "audio/ogg"),
    (b"fLaC", "audio/flac"),
    (b"\x1aE\xdf\xa3", "video/webm"),
    (b"\x00\x00\x01\xba", "video/mpeg"),
    (b"\x00\x00\x01\xb3", "video/mpeg"),
)

_RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}
_FORM = {b"AIFF": "audio/aiff", b"AIFC": "audio/aiff"}
_BRANDS = {b"M4A ": "audio/mp4", b"M4B ": "audio/mp4", b"qt  ": "video/quicktime", b"avif": "image/avif",
           b"heic": "image/heic", b"heix": "image/heic", b"mif1": "image/heif"}  # fmt: skip
"""First brand of an ISO media file (ISO/IEC 14496-12, `ftyp`); every other one counts as MP4."""


def sniff(data: bytes) -> str | None:
    """Return the media type of `data`, or None where its first bytes do not tell it."""
    for prefix, media_type in _PREFIXES:
        if data.startswith(prefix):
            return media_type
    if data.startswith(b"RIFF"):
        return _RIFF.get(data[8:12])
    if data.startswith(b"FORM"):
        return _FORM.get(data[8:12])
    if data[4:8] == b"ftyp":
        return _BRANDS.get(data[8:12], "video/mp4")
    if data.startswith(BOM_UTF16_LE):
        return None  # a text; as a frame of MPEG audio it would be of layer 1, which nobody makes
    if len(data) > 1 and data[0] == 0xFF and data[1] & 0xE0 == 0xE0:
        # The layer bits of an MPEG audio frame are 00 in ADTS, which is how AAC is framed.
        return "audio/aac" if data[1] & 0xF6 == 0xF0 else "audio/mpeg"
    return None
