"""Forms as python-multipart reads them: what Starlette, FastAPI and Litestar parse uploads with."""

from __future__ import annotations

from dataclasses import dataclass, field

from python_multipart.multipart import MultipartParser, parse_options_header

__all__ = ["FormFile", "parse_form"]


@dataclass
class FormFile:
    """A file of a form."""

    name: str
    filename: str
    media_type: str
    data: bytes


@dataclass
class _Part:
    headers: dict[bytes, bytes] = field(default_factory=dict)
    data: bytearray = field(default_factory=bytearray)


def parse_form(content_type: str, body: bytes) -> tuple[list[tuple[str, bytes]], list[FormFile]]:
    """Return the fields and the files of a form; raises what the parser raises."""
    kind, options = parse_options_header(content_type)
    assert kind == b"multipart/form-data"
    parts: list[_Part] = []
    name = bytearray()
    value = bytearray()

    def end_header() -> None:
        parts[-1].headers[bytes(name).lower()] = bytes(value)
        name.clear()
        value.clear()

    parser = MultipartParser(
        options[b"boundary"],
        {
            "on_part_begin": lambda: parts.append(_Part()),
            "on_header_field": lambda data, start, end: name.extend(data[start:end]),
            "on_header_value": lambda data, start, end: value.extend(data[start:end]),
            "on_header_end": end_header,
            "on_part_data": lambda data, start, end: parts[-1].data.extend(data[start:end]),
        },
    )
    parser.write(body)
    parser.finalize()
    fields: list[tuple[str, bytes]] = []
    files: list[FormFile] = []
    for part in parts:
        _, facts = parse_options_header(part.headers[b"content-disposition"])
        if b"filename" in facts:
            files.append(
                FormFile(
                    facts[b"name"].decode(),
                    facts[b"filename"].decode(),
                    part.headers[b"content-type"].decode(),
                    bytes(part.data),
                )
            )
        else:
            fields.append((facts[b"name"].decode(), bytes(part.data)))
    return fields, files
