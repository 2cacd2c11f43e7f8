"""Forms with a file, as a parser of others reads them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openrouter_async import ConfigurationError
from openrouter_async._sansio.multipart import Form
from tests.support.forms import parse_form

BOUNDARY = "0123456789abcdef" * 2


def form_of(**changes: object) -> Form:
    fields: dict[str, object] = {"boundary": BOUNDARY, "fields": (), "filename": "a.mp3", **changes}
    return Form(**fields)  # type: ignore[arg-type]  # of each test


def whole(form: Form, data: bytes) -> bytes:
    return form.before + data + form.after


def test_a_form_on_the_wire() -> None:
    form = form_of(fields=(("model", "m/é"), ("words[]", "a"), ("words[]", "b")), media_type="audio/mpeg")
    assert form.content_type == f"multipart/form-data; boundary={BOUNDARY}"
    lines = whole(form, b"DATA").decode().split("\r\n")
    assert lines == [
        f"--{BOUNDARY}", 'Content-Disposition: form-data; name="model"', "", "m/é",
        f"--{BOUNDARY}", 'Content-Disposition: form-data; name="words[]"', "", "a",
        f"--{BOUNDARY}", 'Content-Disposition: form-data; name="words[]"', "", "b",
        f"--{BOUNDARY}", 'Content-Disposition: form-data; name="file"; filename="a.mp3"',
        "Content-Type: audio/mpeg", "", "DATA",
        f"--{BOUNDARY}--", "",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("été 中文.mp3", "été 中文.mp3"),
        ('say "hi".mp3', "say %22hi%22.mp3"),
        ("a\r\nX-Evil: 1\r\n\r\n.mp3", "a%0D%0AX-Evil: 1%0D%0A%0D%0A.mp3"),
        ("a;b=c, d.mp3", "a;b=c, d.mp3"),
        ("100%.mp3", "100%.mp3"),
        ("\x00\x1f\x7f", "%00%1F%7F"),
        ("lone \udcff", "lone ?"),
    ],
)
def test_odd_names_of_files_are_read_by_others(name: str, read: str) -> None:
    form = form_of(filename=name)
    _, (file,) = parse_form(form.content_type, whole(form, b"DATA"))
    assert (file.filename, file.data) == (read, b"DATA")


@given(
    st.text(min_size=1),
    st.lists(st.tuples(st.text(min_size=1), st.text()), max_size=4),
    st.binary(max_size=200),
)
def test_whatever_is_in_a_form_is_read_by_others(
    name: str, fields: list[tuple[str, str]], data: bytes
) -> None:
    form = form_of(filename=name, fields=tuple(fields))
    body = whole(form, data)
    assert form.length(len(data)) == len(body)
    values, files = parse_form(form.content_type, body)
    assert [value for _, value in values] == [value.encode("utf-8", "replace") for _, value in fields]
    assert [file.data for file in files] == [data]


@pytest.mark.parametrize("media_type", ["", "audio", "audio/mpeg\r\nX: 1", "audio/é"])
def test_a_media_type_that_is_no_header_is_refused(media_type: str) -> None:
    with pytest.raises(ConfigurationError, match="media_type is "):
        _ = form_of(media_type=media_type).before
