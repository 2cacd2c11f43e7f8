from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from openrouter_async import errors
from openrouter_async._sansio import error_body
from openrouter_async._sansio.parse import ParseFailure
from openrouter_async._sansio.response import read_reply
from openrouter_async.types._base import WireType
from tests._sansio.test_error_body import JSON, KEY


class Part(WireType):
    number: int


class Thing(WireType):
    id: str | None = None
    part: Part | None = None


class Job(WireType):
    """A type whose own `error` says why the job failed."""

    id: str
    error: str | dict[str, Any] | None = None


class Foreign(BaseModel):
    """A caller's own type, which drops what it does not know."""

    id: str | None = None


class ForeignJob(BaseModel):
    error: str | None = None


HEADERS = {"content-type": "application/json", "cf-ray": "8f1-FRA", "x-generation-id": "gen-head"}


def read(into: type[Any], body: bytes, *, status: int = 200, content_type: str = "application/json") -> Any:
    return read_reply(into, status, {**HEADERS, "content-type": content_type}, body)


GOOD = b'{"id": "a", "part": {"number": 1}, "new": [1]}'


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(GOOD, id="as it is"),
        pytest.param(b"\n         \n\n  \r\n\t" + GOOD + b"\n\n", id="padded"),
        pytest.param(b"\xef\xbb\xbf" + GOOD, id="byte order mark"),
        pytest.param(b"\n\n\xef\xbb\xbf\n" + GOOD, id="byte order mark behind padding"),
        pytest.param(GOOD + b"\n\ndata: [DONE]\n\n", id="end mark of a stream behind it"),
        pytest.param(GOOD[:-1] + b', "error": null}', id="error null"),
        pytest.param(GOOD[:-1] + b', "error": {}}', id="error empty"),
        pytest.param(GOOD[:-1] + b', "error": ""}', id="error blank"),
        pytest.param(GOOD[:-1] + b', "error": false}', id="error false"),
    ],
)
def test_a_good_answer_is_read(body: bytes) -> None:
    thing = read(Thing, body)
    assert (thing.id, thing.part.number, thing.model_extra["new"]) == ("a", 1, [1])


@pytest.mark.parametrize(
    "content_type", ["text/plain", "text/html; charset=latin-1", "", "application/octet-stream"]
)
def test_the_content_type_is_not_trusted(content_type: str) -> None:
    assert read(Thing, '{"id": "ü"}'.encode(), content_type=content_type).id == "ü"


def test_the_end_mark_within_a_text_is_left_alone() -> None:
    assert read(Thing, b'{"id": "data: [DONE]"}').id == "data: [DONE]"
    assert read(Thing, b'{"id": "data: [DONE]"}\ndata: [DONE]').id == "data: [DONE]"


def test_other_types_are_read_too() -> None:
    assert read(dict, b'{"a": 1}') == {"a": 1}
    assert read(list[Thing], b'[{"id": "a"}]')[0].id == "a"
    assert read(Foreign, b'{"id": "a", "error": null}') == Foreign(id="a")
    assert read(Foreign, b'{"id": "the \\"error\\" field"}').id == 'the "error" field'


@pytest.mark.parametrize("into", [Thing, Foreign, dict, Part, list], ids=lambda into: into.__name__)
@pytest.mark.parametrize(
    ("error", "cls", "code"),
    [
        pytest.param({"code": 504, "message": "slow"}, errors.ProviderError, 504, id="number"),
        pytest.param({"code": "server_error", "message": "x"}, errors.ServerError, "server_error", id="text"),
        pytest.param("something broke", errors.ServerError, None, id="sentence"),
        pytest.param({"code": 429, "message": "x"}, errors.RateLimited, 429, id="429"),
    ],
)
@pytest.mark.parametrize("padding", [b"", b"\n  \n\n"], ids=["", "padded"])
def test_an_error_in_place_of_the_answer_is_raised(
    into: type[Any], error: object, cls: type[errors.APIStatusError], code: object, padding: bytes
) -> None:
    with pytest.raises(cls) as caught:
        read(into, padding + json.dumps({"error": error, "user_id": "u"}).encode())
    assert (type(caught.value), caught.value.code) == (cls, code)
    assert (caught.value.request_id, caught.value.generation_id) == ("8f1-FRA", "gen-head")


def test_an_error_beside_an_answer_is_raised_with_its_surroundings() -> None:
    body = {
        "id": "gen-1",
        "provider": "X",
        "model": "a/b",
        "choices": [],
        "error": {"code": 502, "message": "m"},
    }
    with pytest.raises(errors.ProviderError) as caught:
        read_reply(
            Thing,
            200,
            {"retry-after": "Wed, 07 Jan 2026 06:00:30 GMT"},
            json.dumps(body).encode(),
            now=1_767_765_600.0,
        )
    assert (caught.value.generation_id, caught.value.provider, caught.value.retry_after) == (
        "gen-1",
        "X",
        30.0,
    )
    assert str(caught.value).startswith("502 provider error (provider 'X', model 'a/b'): m")


@pytest.mark.parametrize("error", ["it failed", {"code": "x", "message": "m"}], ids=["text", "object"])
def test_a_type_keeps_an_error_field_of_its_own(error: object) -> None:
    """A job that failed was read all right."""
    assert read(Job, json.dumps({"id": "j", "error": error}).encode()).error == error


def test_a_foreign_type_keeps_an_error_field_of_its_own() -> None:
    assert read(ForeignJob, b'{"error": "it failed"}').error == "it failed"


def test_an_error_in_place_of_a_job_is_raised_where_the_job_is_missing() -> None:
    with pytest.raises(errors.RateLimited):
        read(Job, b'{"error": {"code": 429, "message": "x"}}')


def test_a_good_answer_is_parsed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looking for an error must not cost a second look at the JSON."""

    def refuse(*_: object) -> None:
        raise AssertionError("parsed again")

    monkeypatch.setattr("openrouter_async._sansio.response.load_json", refuse)
    assert read(Thing, b'{"id": "an \\"error\\"", "part": {"number": 1, "error": "x"}, "error": null}').id


@pytest.mark.parametrize(
    ("status", "body"), [(200, b""), (200, b"\n\n  \r\n"), (200, b"\xef\xbb\xbf"), (204, b""), (202, b" ")]
)
def test_nothing_is_no_answer(status: int, body: bytes) -> None:
    with pytest.raises(errors.InvalidResponseError) as caught:
        read(Thing, body, status=status)
    assert str(caught.value) == f"{status} with content type 'application/json': an empty body is no Thing"
    assert caught.value.body == ""


@pytest.mark.parametrize(
    ("content_type", "body", "begins"),
    [
        pytest.param("text/html", b"<html><body>" + b"so sorry " * 50, "<html><body>so sorry", id="HTML"),
        pytest.param("application/json", b"[1, 2]", "[1, 2]", id="array"),
        pytest.param("application/json", b"null", "null", id="null"),
        pytest.param("text/plain", b"a text", "a text", id="plain text"),
        pytest.param("application/json", b'"a text"', '"a text"', id="text"),
        pytest.param("application/json", b"17", "17", id="number"),
    ],
)
def test_something_else_is_refused_with_its_beginning(content_type: str, body: bytes, begins: str) -> None:
    with pytest.raises(errors.InvalidResponseError) as caught:
        read(Thing, body, content_type=content_type)
    error = caught.value
    assert error.content_type == content_type
    assert error.body == body.decode()[:200]
    assert f"200 with content type {content_type!r}: it is no Thing: " in str(error)
    assert f"it begins {begins!r}"[:-1] in str(error)
    assert (error.request_id, error.generation_id) == ("8f1-FRA", "gen-head")
    assert error.may_have_been_billed is None
    assert isinstance(error.__cause__, ParseFailure)


def test_an_object_of_the_wrong_shape_is_refused_without_its_text() -> None:
    """The text may be a model's answer; the place of what is wrong is told instead."""
    with pytest.raises(errors.InvalidResponseError) as caught:
        read(Thing, b'{"id": "a private sentence", "part": {"number": []}}')
    assert "part.number" in str(caught.value)
    assert "private" not in str(caught.value)
    assert caught.value.body == '{"id": "a private sentence", "part": {"number": []}}'


@pytest.mark.parametrize(
    "body",
    [
        b'{"id": "cut',
        b"[" * 100_000,
        b'{"part": {"number": ' + b"9" * 6_000 + b"x}}",
        b'{"part": ' * 300 + b"1" + b"}" * 300,
    ],
    ids=["cut", "nested", "digits", "nested objects"],
)
def test_what_is_no_json_is_refused(body: bytes) -> None:
    with pytest.raises(errors.InvalidResponseError, match="it is no Thing"):
        read(Thing, body)


def test_an_event_stream_is_refused() -> None:
    body = b': OPENROUTER PROCESSING\n\ndata: {"id": "gen-1", "choices": []}\n\ndata: [DONE]\n\n'
    with pytest.raises(errors.InvalidResponseError, match=r"an event stream is no Thing$"):
        read(Thing, body, content_type="text/event-stream")


@pytest.mark.parametrize(
    "body",
    [b'[{"choices": [{"message": {"content": "private"}}]}]', b'"{\\"content\\": \\"' + b"private " * 30 + b'\\"}"',
     b")]}',\n" + b'{"choices": [{"message": {"content": "private"}}]}'],
    ids=["in a list", "in a text", "behind a guard"],
)  # fmt: skip
def test_what_may_be_an_answer_is_in_no_message(body: bytes) -> None:
    with pytest.raises(errors.InvalidResponseError) as caught:
        read(Thing, body)
    assert "private" not in str(caught.value)


def test_an_error_within_an_event_stream_is_raised() -> None:
    body = b': x\n\ndata: {"id": "gen-1"}\r\n\r\ndata:{"error": {"code": 503, "message": "m"}}\n\n'
    with pytest.raises(errors.Overloaded):
        read(Thing, body)


def test_bytes_are_given_as_they_came() -> None:
    assert read(bytes, b"\x00\xff \n", content_type="audio/mpeg") == b"\x00\xff \n"
    assert read(bytes, b"", status=204) == b""
    assert read(bytes, b'{"a": 1}') == b'{"a": 1}'


def test_text_is_decoded_with_replacement() -> None:
    assert read(str, "\ufeffü".encode() + b"\xff", content_type="application/rss+xml") == "ü\ufffd"


@pytest.mark.parametrize("into", [bytes, str])
def test_an_error_in_place_of_bytes_is_raised(into: type[Any]) -> None:
    with pytest.raises(errors.ProviderError):
        read(
            into,
            b'\n{"error": {"code": 502, "message": "m"}}',
            content_type="application/json; charset=utf-8",
        )


@pytest.mark.parametrize("into", [bytes, str])
def test_bytes_that_are_no_json_may_hold_anything(into: type[Any]) -> None:
    body = b'{"error": {"code": 502}}'
    assert read(into, body, content_type="text/csv") == (body if into is bytes else body.decode())


@pytest.mark.parametrize("secret", [KEY, "marker-key-without-a-known-form"])
@pytest.mark.parametrize("form", ['["{}"]', "<p>{}", "{}", '{{"part": "{}"}}', '{{"error": "{}"}}'])
def test_a_server_that_echoes_the_key_does_not_show_it(secret: str, form: str) -> None:
    headers = dict.fromkeys(("content-type", "x-request-id", "x-generation-id"), secret)
    with pytest.raises(errors.OpenRouterError) as caught:
        read_reply(Thing, 200, headers, form.format(secret).encode(), secrets=[secret])
    assert secret not in f"{caught.value!r} {vars(caught.value)}"


@given(
    st.binary() | JSON.map(lambda value: json.dumps(value).encode()),
    st.sampled_from([Thing, Part, Job, Foreign, dict, list, bytes, str]),
    st.sampled_from(["application/json", "text/html", ""]),
)
def test_any_body_is_an_answer_or_a_typed_error(body: bytes, into: type[Any], content_type: str) -> None:
    with suppress(errors.APIStatusError, errors.InvalidResponseError):
        read(into, body, content_type=content_type)


def test_the_reading_of_errors_shares_one_json_reader() -> None:
    """A body that a type can be read from must not be "no JSON" to the search for errors."""
    lenient = b'{"error": {"code": 502, "message": "half \\ud83d \xff"}}'
    assert error_body.load_json(lenient)
    with pytest.raises(errors.ProviderError):
        read(Thing, lenient)
