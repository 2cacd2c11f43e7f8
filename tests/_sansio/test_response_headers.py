"""Headers of answers: what may be shown of them, and the ids in them."""

from __future__ import annotations

from openrouter_async._sansio.response_headers import generation_id, request_id, safe_headers

KEY = "sk-or-v1-0123456789abcdef"


def test_headers_are_shown_without_credentials_and_cookies() -> None:
    headers = {
        "Content-Type": "application/json",
        "X-Generation-Id": "gen-1",
        "Authorization": "Bearer abc",
        "Proxy-Authorization": "Basic YTpi",
        "Set-Cookie": "__cf_bm=1",
        "COOKIE": "a=1",
        "X-Api-Key": "abc",
    }
    assert safe_headers(headers) == {"content-type": "application/json", "x-generation-id": "gen-1"}


def test_a_header_that_echoes_the_key_does_not_show_it() -> None:
    assert safe_headers({"X-Echo": f"was {KEY}"}) == {"x-echo": "was sk-or-…"}
    assert safe_headers({"X-Echo": "was my-token"}, ["my-token"]) == {"x-echo": "was …"}
    assert safe_headers({"a": "one", "b": "two"}, iter(["one", "two"])) == {"a": "…", "b": "…"}


def test_only_the_header_that_repeats_a_key_is_redacted() -> None:
    long = "A" * 300
    assert safe_headers({"a": "one", "b": long}, ["one"]) == {"a": "…", "b": long}


def test_ids_are_read_from_headers() -> None:
    assert request_id({"x-request-id": "r", "cf-ray": "c"}) == "r"
    assert request_id({"cf-ray": "c"}) == "c"
    assert request_id({}) is None
    assert generation_id({"x-generation-id": "gen-1"}) == "gen-1"
    assert generation_id({}) is None
