"""Bodies that are forms: fields by name, each a text, or a file with its name, type and bytes."""

from __future__ import annotations

from email.message import Message
from urllib.parse import parse_qsl

from pydantic import JsonValue

from ..json_values import JSON
from .service_errors import bad_request

__all__ = ["FORMS", "file_bytes", "read_form"]

FORMS = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})
"""The content types of forms."""


def read_form(content_type: str, raw: bytes) -> JSON:
    """Return the fields of a form; one that comes several times is a list.

    A file is an object with `fileName`, `Content-Type` and `content`, which `file_bytes` turns back into bytes.

    Raises:
        ServiceError: 400; this is not such a form.
    """
    head = Message()
    head["content-type"] = content_type
    if head.get_content_type() == "application/x-www-form-urlencoded":
        pairs = parse_qsl(raw.decode("utf-8", "replace"), keep_blank_values=True)
        return _by_name([(name, value) for name, value in pairs])
    boundary = head.get_param("boundary")
    if not isinstance(boundary, str) or not boundary:
        raise bad_request("Invalid multipart form: no boundary")
    first, *parts = (b"\r\n" + raw).split(b"\r\n--" + boundary.encode())
    if first or not parts or not parts[-1].startswith(b"--"):
        raise bad_request("Invalid multipart form: it does not end with its boundary")
    return _by_name([_part(part) for part in parts[:-1]])


def file_bytes(value: JsonValue) -> bytes | None:
    """Return the bytes of a file of a form; None for a text."""
    content = value.get("content") if isinstance(value, dict) else None
    return content.encode("latin-1") if isinstance(content, str) else None


def _part(part: bytes) -> tuple[str, JsonValue]:
    lines, separator, data = part.partition(b"\r\n\r\n")
    head = Message()
    for line in lines.decode("utf-8", "replace").split("\r\n"):
        header, _, value = line.partition(":")
        if header.strip():
            head[header.strip()] = value.strip()
    name = head.get_param("name", header="content-disposition")
    if not separator or not isinstance(name, str):
        raise bad_request("Invalid multipart form: a part has no name")
    file = head.get_param("filename", header="content-disposition")
    if file is None:
        return name, data.decode("utf-8", "replace")
    return name, {
        "fileName": str(file),
        "Content-Type": head.get_content_type() if "content-type" in head else "application/octet-stream",
        "content": data.decode("latin-1"),
    }


def _by_name(pairs: list[tuple[str, JsonValue]]) -> JSON:
    fields: dict[str, list[JsonValue]] = {}
    for name, value in pairs:
        fields.setdefault(name, []).append(value)
    return {
        name: values[0] if len(values) == 1 else list[JsonValue](values) for name, values in fields.items()
    }
