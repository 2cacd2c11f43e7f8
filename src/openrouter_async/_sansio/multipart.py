"""A form with one file, as `multipart/form-data`: the bytes before the file, and the bytes after it.

Written as browsers do (WHATWG HTML, 4.10.21.8, which RFC 7578 section 4.2 leaves open): names in UTF-8, with quotes
and line ends percent-encoded, so no name can end its header. Pure: the boundary is an argument, and the bytes of the
file are never here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ..errors import ConfigurationError

__all__ = ["Form"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """Fields, and then one file."""

    boundary: str
    """Text that is in none of them: 32 characters by chance are."""
    fields: tuple[tuple[str, str], ...]
    """Names and values, in order; a name may be there several times."""
    name: str = "file"
    """Of the field that is the file."""
    filename: str
    """As the service sees it; directories before it are left out."""
    media_type: str = "application/octet-stream"

    @property
    def content_type(self) -> str:
        """The header that goes with it."""
        return f"multipart/form-data; boundary={self.boundary}"

    @property
    def before(self) -> bytes:
        """The bytes before the file.

        Raises:
            ConfigurationError: the media type is not a valid header.
        """
        if not self.media_type.isascii() or not self.media_type.isprintable() or "/" not in self.media_type:
            raise ConfigurationError(f"media_type is {self.media_type!r}; expected one such as 'audio/mpeg'")
        parts = [*map(self._field, self.fields), self._file()]
        return b"".join(parts)

    @property
    def after(self) -> bytes:
        """The bytes after the file."""
        return f"\r\n--{self.boundary}--\r\n".encode()

    def length(self, file: int) -> int:
        """Return the bytes of all of it, where the file has so many."""
        return len(self.before) + file + len(self.after)

    def _field(self, field: tuple[str, str]) -> bytes:
        name, value = field
        return self._head(f'name="{_quoted(name)}"') + _utf8(value) + b"\r\n"

    def _file(self) -> bytes:
        filename = _quoted(self.filename)
        of_file = f'name="{_quoted(self.name)}"; filename="{filename}"'
        return self._head(of_file, [f"Content-Type: {self.media_type}"])

    def _head(self, disposition: str, more: Iterable[str] = ()) -> bytes:
        lines = [f"--{self.boundary}", f"Content-Disposition: form-data; {disposition}", *more, "", ""]
        return _utf8("\r\n".join(lines))


def _quoted(name: str) -> str:
    """Return a name for use between quotes; control characters, which servers refuse, become their code."""
    return "".join(
        f"%{ord(sign):02X}" if sign == '"' or ord(sign) < 32 or sign == "\x7f" else sign for sign in name
    )


def _utf8(text: str) -> bytes:
    # A file's name may hold bytes that are no text; nothing can be done about these but to show that they were there.
    return text.encode("utf-8", "replace")
