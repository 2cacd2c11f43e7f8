from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openrouter_async._sansio.error_body import (
    ErrorBody,
    excerpt,
    load_json,
    one_line,
    read_error,
    read_error_body,
)
from openrouter_async._sansio.parse import ParseFailure
from openrouter_async.errors import Availability

KEY = "sk-or-v1-0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"


def read(body: object) -> ErrorBody:
    return read_error_body(json.dumps(body).encode())


@pytest.mark.parametrize(
    ("body", "message", "code"),
    [
        pytest.param({"error": {"code": 404, "message": "gone"}}, "gone", 404, id="envelope"),
        pytest.param(
            {"error": {"code": "server_error", "message": "x"}}, "x", "server_error", id="code as text"
        ),
        pytest.param({"error": {"code": 502.0, "message": "x"}}, "x", 502, id="code as float"),
        pytest.param({"error": {"code": None, "message": "x"}}, "x", None, id="code null"),
        pytest.param({"error": {"code": True, "message": "x"}}, "x", None, id="code boolean"),
        pytest.param({"error": {"code": 10**30, "message": "x"}}, "x", None, id="code beyond any integer"),
        pytest.param({"error": {"code": [1], "message": 5}}, None, None, id="odd types"),
        pytest.param({"error": "no such thing"}, "no such thing", None, id="error is a sentence"),
        pytest.param(
            {"error": "invalid_grant", "error_description": "the code was used"},
            "invalid_grant: the code was used",
            "invalid_grant",
            id="OAuth",
        ),
        pytest.param({"error": "invalid_grant"}, "invalid_grant", "invalid_grant", id="OAuth without words"),
        pytest.param({"error": None}, None, None, id="error null"),
        pytest.param({"error": None, "message": "m"}, "m", None, id="error null beside a message"),
        pytest.param({"error": {}}, None, None, id="error empty"),
        pytest.param({"error": []}, None, None, id="error a list"),
        pytest.param({"error": ["a", {"message": "b"}]}, "a; b", None, id="error a list of errors"),
        pytest.param({"error": 5}, None, None, id="error a number"),
        pytest.param({"error": {"error": {"message": "deep"}}}, "deep", None, id="error within an error"),
        pytest.param({"message": "m"}, "m", None, id="flat message"),
        pytest.param({"type": "error", "code": "x_y", "message": "m"}, "m", "x_y", id="flat stream error"),
        pytest.param({"detail": "Not Found"}, "Not Found", None, id="detail a text"),
        pytest.param(
            {"detail": [{"loc": ["body", "messages", 0], "msg": "field required", "input": "a prompt"}]},
            "body.messages.0: field required",
            None,
            id="detail a list of violations",
        ),
        pytest.param(
            {"success": False, "errors": [{"code": 7003, "message": "no route"}, {"message": "bad id"}]},
            "no route; bad id",
            None,
            id="a list under another name",
        ),
        pytest.param([{"error": {"code": 400, "message": "in a list"}}], "in a list", 400, id="list"),
        pytest.param([], None, None, id="empty list"),
        pytest.param({}, None, None, id="empty object"),
        pytest.param(None, None, None, id="null"),
        pytest.param(17, None, None, id="number"),
        pytest.param("Bad Gateway", "Bad Gateway", None, id="text"),
        pytest.param(
            {"error": {"message": "two\nlines\tand \u001b[31mcolour"}},
            "two lines and [31mcolour",
            None,
            id="one line",
        ),
    ],
)
def test_the_words_and_the_code_are_found(body: object, message: str | None, code: int | str | None) -> None:
    said = read(body)
    assert (said.message, said.code) == (message, code)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        pytest.param(b"", None, id="empty"),
        pytest.param(b" \n\n ", None, id="blank"),
        pytest.param(b"upstream connect error\nreset", "upstream connect error", id="text"),
        pytest.param(
            b"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>x</body></html>",
            "502 Bad Gateway",
            id="page with a title",
        ),
        pytest.param(
            b"<!DOCTYPE html><style>a {b: c}</style><body>\n<script>f()</script><h1>Sorry</h1><p>busy",
            "Sorry",
            id="page without a title",
        ),
        pytest.param(b'<HTML><TITLE lang="en">\n Just a\n moment </TITLE>', "Just a moment", id="upper case"),
        pytest.param(b"<<<<<", "<<<<<", id="angle brackets only"),
        pytest.param(b"\xff\xfe\x00", "\ufffd\ufffd", id="no UTF-8"),
        pytest.param(b'{"error": {"message": "cut', '{"error": {"message": "cut', id="cut JSON"),
        pytest.param(b"\xef\xbb\xbfbusy", "busy", id="byte order mark"),
    ],
)
def test_of_what_is_no_json_the_first_line_is_told(body: bytes, message: str | None) -> None:
    said = read_error_body(body)
    assert said.message == message
    assert said.text == (body.decode("utf-8", "replace").lstrip("\ufeff \r\n\t")[:200] or None)


@pytest.mark.parametrize(
    ("before", "after"),
    [(b"", b""), (b": hello\n\n", b"\n\ndata: [DONE]\n\n"), (b"id: 1\r\nevent: error\r\n", b"\r\n\r\n")],
)
def test_an_error_in_an_event_stream_is_read(before: bytes, after: bytes) -> None:
    event = b'data: {"error": {"code": 429, "message": "slow down"}}'
    said = read_error_body(before + event + after)
    assert (said.message, said.code) == ("slow down", 429)


@pytest.mark.parametrize(
    ("said", "seconds"),
    [("13s", 13.0), ("38.5s", 38.5), ("0s", 0.0), ("soon", None), ("-1s", None), ("1e3s", None), (13, None)],
)
@pytest.mark.parametrize("is_text", [True, False])
def test_the_wait_that_the_provider_asks_for_is_found(
    said: object, seconds: float | None, is_text: bool
) -> None:
    details = [None, {"@type": "x.QuotaFailure"}, {"@type": "x.RetryInfo", "retryDelay": said}]
    raw = [{"error": {"code": 429, "message": "quota", "details": details}}]
    metadata = {"raw": json.dumps(raw) if is_text else raw[0]}
    assert read({"error": {"message": "m", "metadata": metadata}}).upstream_wait == seconds


def test_a_byte_order_mark_and_halves_of_pairs_are_read_over() -> None:
    said = read_error_body(b'\xef\xbb\xbf{"error": {"message": "cut \\ud83d", "code": 400}}')
    assert said.code == 400
    assert said.message is not None
    assert said.message.startswith("cut ")
    said.message.encode()


@pytest.mark.parametrize(
    "body",
    [
        {"error": {"metadata": {"error_type": "timeout"}, "error_type": "server"}, "error_type": "unmapped"},
        {"error": {"error_type": "timeout"}, "error_type": "unmapped"},
        {"error": {"metadata": {"error_type": None}}, "error_type": "timeout"},
    ],
    ids=["in the metadata", "in the error", "at the top"],
)
def test_the_error_type_is_looked_for_in_three_places(body: dict[str, Any]) -> None:
    assert read(body).error_type == "timeout"


@pytest.mark.parametrize(
    "body",
    [
        {"error": {"metadata": {"provider_name": "A", "provider": "B"}, "provider": "C"}},
        {"error": {"metadata": {"provider_name": None, "provider": "A"}}, "provider": "D"},
        {"error": {"provider": "A"}, "provider": "D"},
        {"error": {"message": "x"}, "provider": "A"},
    ],
)
def test_the_provider_is_found(body: dict[str, Any]) -> None:
    assert read(body).provider == "A"


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        pytest.param(
            '{"error": {"message": "no permission", "code": 403}}', "no permission", id="JSON in a text"
        ),
        pytest.param({"error": {"message": "no permission"}}, "no permission", id="object"),
        pytest.param('{"message": "m"}', "m", id="flat"),
        pytest.param('[{"error": {"message": "in a list"}}]', "in a list", id="a list in a text"),
        pytest.param('{"success": false, "errors": [{"message": "no route"}]}', "no route", id="errors"),
        pytest.param(
            'event: error\ndata: {"error": {"message": "in an event"}}\n\n', "in an event", id="event stream"
        ),
        pytest.param('"a text in a text"', "a text in a text", id="JSON of a text"),
        pytest.param("busy, try again", "busy, try again", id="prose"),
        pytest.param("<html><title>504</title>", "504", id="page"),
        pytest.param("x." * 200, "x." * 99 + "x…", id="long prose"),
        pytest.param({"message": "y." * 200}, "y." * 149 + "y…", id="long message"),
        pytest.param({"input": "a prompt"}, None, id="object without words"),
        pytest.param("Provider returned error", None, id="the same again"),
        pytest.param("", None, id="empty"),
        pytest.param(None, None, id="null"),
        pytest.param("\ud83d", "\ufffd", id="half of a pair"),
    ],
)
def test_the_providers_own_words_are_found(raw: object, words: str | None) -> None:
    said = read({"error": {"message": "Provider returned error", "metadata": {"raw": raw}}})
    assert said.upstream_message == words
    assert said.message == "Provider returned error"


def test_the_availability_is_typed_and_kept() -> None:
    raw = {
        "code": "model_deprecated",
        "retryable": False,
        "retry_after": 30,
        "requested_models": ["a/b"],
        "fallback_models": ["a/c", "a/d", 5],
        "affected_providers": ["X"],
        "excluded_by": ["max_price", "data_policy:zdr"],
        "constraint": {"field": "model", "detail": "d"},
        "docs_url": "https://openrouter.ai/docs",
        "new": 1,
    }
    said = read(
        {"error": {"http_status": 404, "error_type": "not_found", "message": "m", "availability": raw}}
    )
    assert said.availability == Availability(
        code="model_deprecated",
        retryable=False,
        retry_after=30.0,
        requested_models=("a/b",),
        fallback_models=("a/c", "a/d"),
        affected_providers=("X",),
        excluded_by=("max_price", "data_policy:zdr"),
        constraint={"field": "model", "detail": "d"},
        docs_url="https://openrouter.ai/docs",
        raw=raw,
    )
    assert (said.http_status, said.model) == (404, "a/b")


@pytest.mark.parametrize(
    ("named", "model"),
    [
        ({"error": {"message": "m", "metadata": {"model_slug": "a/slug"}}, "model": "a/around"}, "a/slug"),
        ({"error": {"message": "m"}, "model": "a/around"}, "a/around"),
        ({"error": {"message": "m"}}, None),
    ],
)
def test_the_model_is_found_wherever_it_is_named(named: dict[str, object], model: str | None) -> None:
    assert read(named).model == model


@pytest.mark.parametrize("seconds", [-1, True, "30", None, float("nan"), float("inf"), 10**400, []], ids=repr)
def test_an_odd_availability_is_read_as_far_as_it_goes(seconds: object) -> None:
    odd = {"code": 5, "retryable": "yes", "retry_after": seconds, "fallback_models": "a/b", "constraint": 1}
    said = read({"error": {"availability": odd}})
    assert said.availability is not None
    assert (said.availability.retryable, said.availability.retry_after) == (None, None)
    assert (said.availability.code, said.availability.fallback_models) == (None, ())


@pytest.mark.parametrize("odd", [None, [], "x", 1])
def test_what_is_no_availability_is_none(odd: object) -> None:
    assert read({"error": {"availability": odd}}).availability is None


@pytest.mark.parametrize(
    ("around", "expected"),
    [
        ({"id": "gen-1"}, "gen-1"),
        ({"id": "resp_1", "request_id": "gen-2"}, "gen-2"),
        ({"request_id": "req_1"}, None),
        ({"id": 5, "request_id": None}, None),
    ],
)
def test_the_generation_is_found(around: dict[str, Any], expected: str | None) -> None:
    assert read_error({"message": "x"}, around).generation_id == expected


def test_metadata_at_the_top_counts_only_in_the_shape_that_has_it_there() -> None:
    """In a reply of the Responses skin, the metadata at the top are the caller's own."""
    assert read_error({"message": "x"}, {"type": "error", "metadata": {"a": 1}}).metadata == {"a": 1}
    assert read_error({"message": "x"}, {"object": "response", "metadata": {"a": 1}}).metadata == {}


def test_no_secret_is_left() -> None:
    body = {
        "error": {"message": f"bad key {KEY}", "code": KEY, "metadata": {"raw": f"got {KEY}", "list": [KEY]}},
        "provider": KEY,
        "id": f"gen-{KEY}",
    }
    assert KEY not in repr(read(body))
    assert KEY not in repr(read_error_body(b"<title>" + KEY.encode()))
    assert "my secret" not in repr(read_error_body(b'{"error": "my secret is out"}', secrets=["my secret"]))
    assert "my secret" not in repr(read_error_body(b"my secret is out", secrets=["my secret"]))


def test_a_secret_at_the_cut_is_not_cut_in_two() -> None:
    assert "sk-or-v1-0123" not in excerpt(b"x." * 95 + b" " + KEY.encode())


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"<" * 5_000_000, id="brackets"),
        pytest.param(b"<title" * 1_000_000, id="titles"),
        pytest.param(b"<script>" * 1_000_000, id="scripts"),
        pytest.param(b"[" * 5_000_000, id="nesting"),
        pytest.param(b'{"error": ' * 500_000, id="nested errors"),
        pytest.param(b'{"error": {"message": "' + b"x " * 2_500_000 + b'"}}', id="message of 5 MB"),
        pytest.param(b"9" * 5_000_000, id="digits"),
        pytest.param(b"data:" + b" " * 5_000_000, id="blank data"),
        pytest.param(b"data: \n" * 1_000_000, id="empty events"),
    ],
)
def test_a_hostile_body_costs_little(body: bytes) -> None:
    began = time.process_time()
    said = read_error_body(body)
    assert time.process_time() - began < 3
    assert said.message is None or len(said.message) <= 1_000


def test_load_json_takes_any_json_and_nothing_else() -> None:
    assert [load_json(data) for data in (b"null", b" [1]", b'"a"', b"1.5", b"{}")] == [
        None,
        [1],
        "a",
        1.5,
        {},
    ]
    for data in (b"", b"{", b"<p>", b"[" * 300 + b"]" * 300):
        with pytest.raises(ParseFailure):
            load_json(data)


@pytest.mark.parametrize(
    ("text", "line"), [(None, None), ("", None), (" \n", None), ("a\u2028b\x00c", "a b c")]
)
def test_one_line(text: str | None, line: str | None) -> None:
    assert one_line(text) == line


FIELDS = [
    *("error", "message", "code", "metadata", "raw", "headers", "availability"),
    *("retry_after", "detail", "loc", "msg", "type", "id"),
]

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(FIELDS) | st.text(max_size=5),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


@given(JSON, st.dictionaries(st.sampled_from(["id", "error", "metadata", "type", "provider"]), JSON))
def test_any_error_value_is_read(error: Any, around: dict[str, Any]) -> None:
    said = read_error(error, around)
    for text in (said.message, said.upstream_message):
        assert text is None or (text.isprintable() and text == text.strip() != "")


@given(st.binary() | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_read(body: bytes) -> None:
    said = read_error_body(body)
    assert said.text is None or len(said.text) <= 200


@pytest.mark.parametrize("unit", ["[],", '{"a":1},', '"a",'])
def test_an_error_with_more_values_than_any_has_is_text(unit: str) -> None:
    many = "[" + unit * (900_000 // len(unit)) + "1]"
    said = read_error_body(b'{"error": {"message": "x", "metadata": {"raw": ' + many.encode() + b"}}}")
    assert (said.message or "").startswith('{"error"')
    assert said.metadata == {}
    raw = read_error_body(json.dumps({"error": {"message": "x", "metadata": {"raw": many}}}).encode())
    assert (raw.upstream_message or "").startswith("[") or (raw.message or "").startswith('{"error"')


def test_a_long_text_within_an_error_is_read() -> None:
    page = json.dumps({"error": {"message": "x", "metadata": {"raw": "word " * 100_000}}})
    assert read_error_body(page.encode()).message == "x"


@pytest.mark.parametrize("body", ['"gone"', "5", "[]", "true"])
def test_a_body_that_is_json_and_no_object_is_kept_as_text(body: str) -> None:
    assert read_error_body(body.encode()).text == body
