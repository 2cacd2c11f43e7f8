"""Text in files, as other programs write it: UTF-8, with a byte order mark or without, or UTF-16 with one."""

from __future__ import annotations

from codecs import BOM_UTF16_BE, BOM_UTF16_LE

__all__ = ["decoded", "encoding_of"]


def encoding_of(data: bytes) -> str:
    """Return the encoding of a text that begins so; UTF-16 is what older PowerShells write by `>`."""
    return "utf-16" if data.startswith((BOM_UTF16_BE, BOM_UTF16_LE)) else "utf-8-sig"


def decoded(data: bytes) -> str:
    """Return a text without its byte order mark; raises `UnicodeDecodeError`."""
    return data.decode(encoding_of(data))
