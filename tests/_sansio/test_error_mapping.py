from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openrouter_async import errors
from openrouter_async._sansio.error_mapping import payload_error, status_error
from openrouter_async._sansio.response import read_reply
from openrouter_async.errors import APIStatusError
from tests._sansio.test_error_body import JSON, KEY
from tests.support.folders import EXCHANGES


def status(code: int, body: object, headers: dict[str, str] | None = None, **options: Any) -> APIStatusError:
    return status_error(code, headers or {}, json.dumps(body).encode(), **options)


@pytest.mark.parametrize(
    ("code", "cls"),
    [
        (200, errors.APIStatusError),
        (304, errors.APIStatusError),
        (307, errors.APIStatusError),
        (400, errors.BadRequest),
        (401, errors.AuthenticationError),
        (402, errors.InsufficientCredits),
        (403, errors.PermissionDenied),
        (404, errors.NotFound),
        (405, errors.BadRequest),
        (408, errors.ServerError),
        (409, errors.Conflict),
        (410, errors.BadRequest),
        (412, errors.BadRequest),
        (413, errors.PayloadTooLarge),
        (418, errors.BadRequest),
        (422, errors.UnprocessableRequest),
        (429, errors.RateLimited),
        (499, errors.BadRequest),
        (500, errors.ServerError),
        (501, errors.ServerError),
        (502, errors.ProviderError),
        (503, errors.Overloaded),
        (504, errors.ProviderError),
        (520, errors.ServerError),
        (524, errors.ProviderError),
        (529, errors.Overloaded),
        (599, errors.ServerError),
        (999, errors.ServerError),
    ],
)
@pytest.mark.parametrize("body", [{"error": {"code": 1, "message": "m"}}, None], ids=["envelope", "null"])
def test_the_status_chooses_the_class(code: int, cls: type[APIStatusError], body: object) -> None:
    error = status(code, body)
    assert (type(error), error.status) == (cls, code)
    assert str(error).startswith(f"{code} ")


CONTEXT = (
    "This endpoint's maximum context length is 200000 tokens. However, you requested about 2500021 tokens"
)


@pytest.mark.parametrize(
    ("code", "error", "cls"),
    [
        pytest.param(400, {"code": 400, "message": CONTEXT}, errors.ContextLengthExceeded, id="by its words"),
        pytest.param(
            400,
            {
                "message": "Provider returned error",
                "metadata": {"raw": json.dumps({"error": {"message": CONTEXT}})},
            },
            errors.ContextLengthExceeded,
            id="by the provider's words",
        ),
        *(
            pytest.param(400, {"metadata": {"error_type": name}}, errors.ContextLengthExceeded, id=name)
            for name in (
                "context_length_exceeded",
                "max_tokens_exceeded",
                "token_limit_exceeded",
                "string_too_long",
            )
        ),
        pytest.param(
            400, {"code": "context_length_exceeded"}, errors.ContextLengthExceeded, id="by a code as text"
        ),
        pytest.param(
            400, {"metadata": {"error_type": "invalid_request"}}, errors.BadRequest, id="another 400"
        ),
        pytest.param(500, {"message": CONTEXT}, errors.ServerError, id="not for other statuses"),
        pytest.param(403, {"metadata": {"reasons": ["violence"]}}, errors.ModerationError, id="reasons"),
        pytest.param(403, {"metadata": {"reasons": []}}, errors.ModerationError, id="reasons empty"),
        pytest.param(
            403, {"metadata": {"flagged_input": "a...b"}}, errors.ModerationError, id="flagged input"
        ),
        pytest.param(403, {"metadata": {"patterns": ["ssn"]}}, errors.GuardrailError, id="patterns"),
        pytest.param(
            403, {"metadata": {"reasons": None, "patterns": None}}, errors.PermissionDenied, id="nulls"
        ),
        pytest.param(400, {"metadata": {"reasons": ["violence"]}}, errors.BadRequest, id="reasons of a 400"),
    ],
)
def test_the_body_makes_the_class_more_precise(code: int, error: object, cls: type[APIStatusError]) -> None:
    assert type(status(code, {"error": error})) is cls


@pytest.mark.parametrize(
    ("error", "code", "cls"),
    [
        pytest.param({"code": 502}, 502, errors.ProviderError, id="number"),
        pytest.param({"code": "503"}, 503, errors.Overloaded, id="number as text"),
        pytest.param(
            {"code": 429, "metadata": {"error_type": "server"}}, 429, errors.RateLimited, id="number wins"
        ),
        pytest.param({"http_status": 404, "error_type": "not_found"}, 404, errors.NotFound, id="http_status"),
        pytest.param({"code": "server_error"}, 500, errors.ServerError, id="server_error"),
        pytest.param({"code": "rate_limit_exceeded"}, 429, errors.RateLimited, id="name of a code"),
        pytest.param(
            {"code": "server_error", "error_type": "provider_overloaded"},
            503,
            errors.Overloaded,
            id="type over code",
        ),
        pytest.param({"code": "invalid_prompt"}, 400, errors.BadRequest, id="Responses code"),
        pytest.param(
            {"code": "context_length_exceeded"}, 400, errors.ContextLengthExceeded, id="context length"
        ),
        pytest.param({"type": "overloaded_error"}, 529, errors.Overloaded, id="Anthropic type"),
        pytest.param({"type": "timeout_error"}, 504, errors.ProviderError, id="Anthropic timeout"),
        pytest.param({"availability": {"code": "no_endpoints"}}, 404, errors.NotFound, id="availability"),
        pytest.param({"code": "entirely_new"}, 500, errors.ServerError, id="unknown name"),
        pytest.param({"code": 7}, 500, errors.ServerError, id="number that is no status"),
        pytest.param({"code": 200}, 500, errors.ServerError, id="status that is no error"),
        pytest.param({}, 500, errors.ServerError, id="nothing"),
        pytest.param("something broke", 500, errors.ServerError, id="sentence"),
        pytest.param("temporarily_unavailable", 503, errors.Overloaded, id="bare name"),
    ],
)
def test_an_error_within_a_200_has_the_status_of_its_code(
    error: Any, code: int, cls: type[APIStatusError]
) -> None:
    raised = payload_error(error)
    assert (type(raised), raised.status) == (cls, code)
    if isinstance(error, dict):
        assert raised.code == error.get("code")


@pytest.mark.parametrize(
    ("names", "code"),
    [
        (
            "max_tokens_exceeded token_limit_exceeded string_too_long invalid_request invalid_prompt"
            " content_policy_violation refusal invalid_image image_too_large image_too_small"
            " unsupported_image_format image_download_failed",
            400,
        ),
        ("authentication", 401),
        ("payment_required", 402),
        ("permission_denied", 403),
        ("not_found image_not_found", 404),
        ("precondition_failed", 412),
        ("payload_too_large", 413),
        ("unprocessable", 422),
        ("rate_limit_exceeded", 429),
        ("server unmapped", 500),
        ("provider_unavailable", 502),
        ("provider_overloaded", 503),
        ("timeout", 504),
    ],
)
def test_every_documented_name_has_its_status(names: str, code: int) -> None:
    for name in names.split():
        assert payload_error({"metadata": {"error_type": name}}).status == code


def test_everything_known_is_kept() -> None:
    metadata = {"provider_name": "X", "error_type": "rate_limit_exceeded", "raw": "busy"}
    error = status(
        429,
        {"error": {"code": 429, "message": "slow down", "metadata": metadata}, "id": "gen-body"},
        {"retry-after": "7", "cf-ray": "8f1-FRA", "x-generation-id": "gen-head"},
    )
    assert error.code == 429
    assert error.error_type == "rate_limit_exceeded"
    assert error.provider == "X"
    assert error.metadata == metadata
    assert error.retry_after == 7
    assert error.request_id == "8f1-FRA"
    assert error.generation_id == "gen-head"
    assert error.body is None
    again = pickle.loads(pickle.dumps(error))
    assert vars(again) == vars(error)


def test_the_generation_of_the_body_stands_in_for_that_of_the_header() -> None:
    anthropic = {"type": "error", "error": {"type": "api_error", "message": "m"}, "request_id": "gen-1"}
    assert status(500, anthropic).generation_id == "gen-1"
    assert payload_error({"code": 500}, around={"id": "gen-2"}).generation_id == "gen-2"


NOW = 1_789_999_990.0
_QUOTA = (
    '{"error": {"details": [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "38s"}]}}'
)


@pytest.mark.parametrize(
    ("headers", "error", "seconds"),
    [
        pytest.param({"retry-after": "2"}, {"availability": {"retry_after": 3}}, 2.0, id="header first"),
        pytest.param({}, {"availability": {"retry_after": 3}}, 3.0, id="body"),
        pytest.param(
            {},
            {"metadata": {"headers": {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1790000000000"}}},
            10.0,
            id="headers quoted in the body",
        ),
        pytest.param(
            {},
            {"metadata": {"headers": {"X-RateLimit-Remaining": 0, "X-RateLimit-Reset": 1790000000000}}},
            10.0,
            id="quoted as numbers",
        ),
        pytest.param(
            {"x-ratelimit-remaining": "5"},
            {"metadata": {"headers": {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1790000000000"}}},
            None,
            id="real headers over quoted ones",
        ),
        pytest.param({}, {"metadata": {"headers": ["x"]}}, None, id="odd"),
        pytest.param({}, {"metadata": {"raw": _QUOTA}}, 38.0, id="of the provider"),
        pytest.param(
            {},
            {"metadata": {"raw": _QUOTA}, "availability": {"retry_after": 3}},
            3.0,
            id="of the service over the provider's",
        ),
        pytest.param({"retry-after": "nan"}, {}, None, id="nonsense"),
    ],
)
def test_the_wait_is_found_wherever_it_stands(
    headers: dict[str, str], error: Any, seconds: float | None
) -> None:
    assert status(429, {"error": error}, headers, now=NOW).retry_after == seconds
    assert payload_error({"code": 429, **error}, headers=headers, now=NOW).retry_after == seconds


@pytest.mark.parametrize(
    ("code", "billed"),
    [
        (307, False),
        (400, False),
        (401, False),
        (404, False),
        (408, None),
        (429, False),
        (500, None),
        (504, None),
    ],
)
def test_only_a_refused_request_is_certainly_not_billed(code: int, billed: bool | None) -> None:
    assert status(code, {}).may_have_been_billed is billed


def test_an_error_within_a_200_may_have_been_billed() -> None:
    assert payload_error({"code": 400}).may_have_been_billed is None


@pytest.mark.parametrize(
    ("error", "text"),
    [
        pytest.param(
            status(401, {}),
            "401 not authenticated: no reason given; check the API key, see https://openrouter.ai/settings/keys",
            id="401",
        ),
        pytest.param(
            status(402, {"error": {"message": "Insufficient credits."}}),
            "402 out of credits: Insufficient credits; add credits at https://openrouter.ai/credits",
            id="402",
        ),
        pytest.param(
            status(429, {"error": {"message": "Slow down."}}, {"retry-after": "1.50"}),
            "429 rate limited: Slow down; the service asks to wait 1.5 s",
            id="429",
        ),
        pytest.param(
            status(
                404,
                {
                    "error": {
                        "message": "Gone.",
                        "availability": {"requested_models": ["a/b"], "fallback_models": ["a/c", "a/d"]},
                    }
                },
            ),
            "404 not found (model 'a/b'): Gone; could use 'a/c', 'a/d'",
            id="fallback models",
        ),
        pytest.param(
            status(
                502,
                {
                    "error": {
                        "message": "Provider returned error",
                        "metadata": {"provider_name": "X", "raw": '{"error": {"message": "No permission."}}'},
                    }
                },
            ),
            "502 provider error (provider 'X'): Provider returned error: No permission",
            id="provider",
        ),
        pytest.param(
            status_error(502, {}, b"<html>\r\n<head><title>502 Bad Gateway</title></head>"),
            "502 provider error: 502 Bad Gateway",
            id="page",
        ),
        pytest.param(
            status_error(307, {"location": "https://example.com"}, b""),
            "307 unexpected status: no reason given; redirects are not followed; check base_url",
            id="redirect",
        ),
        pytest.param(status_error(503, {}, b""), "503 overloaded: no reason given", id="empty"),
    ],
)
def test_the_message_says_what_happened_and_what_to_do(error: APIStatusError, text: str) -> None:
    assert str(error) == text


def test_the_flagged_input_is_in_no_message() -> None:
    metadata = {"reasons": ["violence"], "flagged_input": "a private sentence", "provider_name": "X"}
    error = status(403, {"error": {"message": "flagged", "metadata": metadata}})
    assert isinstance(error, errors.ModerationError)
    assert "private" not in str(error)
    assert error.flagged_input == "a private sentence"


def test_a_page_is_kept_to_200_characters() -> None:
    error = status_error(502, {}, b"<p>" + b"x." * 2_500)
    assert error.body == "<p>" + "x." * 98 + "x"
    assert str(error) == "502 provider error: " + "x." * 99 + "x…"


def test_a_huge_message_is_cut() -> None:
    body = json.dumps({"error": {"message": "m " * 2_500_000, "metadata": {"raw": "r." * 500_000}}}).encode()
    assert len(str(status_error(500, {}, body))) <= 2_000


@pytest.mark.parametrize("secret", [KEY, "marker-key-without-a-known-form"])
def test_a_server_that_echoes_the_key_does_not_show_it(secret: str) -> None:
    body: dict[str, Any] = {
        "error": {
            "message": f"invalid key {secret}",
            "code": secret,
            "error_type": secret,
            "metadata": {"raw": f'{{"message": "{secret}"}}', "provider_name": secret, "reasons": [secret]},
            "availability": {"code": secret, "fallback_models": [secret], "constraint": {"a": secret}},
        },
        "id": f"gen-{secret}",
    }
    headers = {"x-request-id": secret, "x-generation-id": f"gen-{secret}", "retry-after": secret}
    page = f"<title>{secret}</title>".encode()
    for error in (
        status_error(403, headers, json.dumps(body).encode(), secrets=[secret]),
        status_error(502, headers, page, secrets=[secret]),
        payload_error(body["error"], around=body, headers=headers, secrets=[secret]),
    ):
        assert secret not in f"{error} {error!r} {vars(error)} {error.args}"


def test_a_partial_reply_is_kept() -> None:
    partial: Any = object()
    assert payload_error({"code": 502}, partial=partial).partial is partial


HEADERS = st.dictionaries(
    st.sampled_from(["retry-after", "date", "x-request-id", "cf-ray", "x-generation-id", "content-type"]),
    st.text(),
)


@given(st.integers(100, 999), HEADERS, st.binary() | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_response_gives_an_error_and_raises_none(code: int, headers: dict[str, str], body: bytes) -> None:
    error = status_error(code, headers, body, now=NOW)
    assert isinstance(error, APIStatusError)
    assert error.status == code
    assert str(error).isprintable()
    assert len(str(error)) <= 2_000
    pickle.dumps(error)


@given(JSON, st.dictionaries(st.text(max_size=5), JSON, max_size=3), HEADERS)
def test_any_error_value_gives_an_error_and_raises_none(
    error: Any, around: dict[str, Any], headers: dict[str, str]
) -> None:
    raised = payload_error(error, around=around, headers=headers, now=NOW)
    assert 400 <= raised.status <= 599
    assert str(raised).isprintable()


CLASS_OF_RECORDING = {
    "400_this_endpoint_s_maximum": errors.ContextLengthExceeded,
    "400": errors.BadRequest,
    "401": errors.AuthenticationError,
    "402": errors.InsufficientCredits,
    "403_key_limit": errors.SpendingLimitExceeded,
    "403_moderation": errors.ModerationError,
    "403": errors.PermissionDenied,
    "404": errors.NotFound,
    "408": errors.ServerError,
    "429": errors.RateLimited,
    "500": errors.ServerError,
    "502": errors.ProviderError,
    "503": errors.Overloaded,
    "in_200_overloaded": errors.Overloaded,
    "in_200_provider": errors.ProviderError,
}


def recordings() -> list[Path]:
    return sorted([*EXCHANGES.glob("error_*.json"), *(EXCHANGES / "modelled").glob("error_*.json")])


def raised_by(recording: Path) -> APIStatusError:
    reply = json.loads(recording.read_text())["response"]
    if reply["status"] < 400:
        with pytest.raises(APIStatusError) as caught:
            read_reply(dict, reply["status"], reply["headers"], reply["body"].encode())
        return caught.value
    return status_error(reply["status"], reply["headers"], reply["body"].encode())


@pytest.mark.parametrize("recording", recordings(), ids=lambda path: path.stem)
def test_each_recorded_error_has_its_class_and_fields(recording: Path) -> None:
    error = raised_by(recording)
    name = recording.stem.removeprefix("error_")
    assert type(error) is next(cls for start, cls in CLASS_OF_RECORDING.items() if name.startswith(start))
    try:
        sent = json.loads(json.loads(recording.read_text())["response"]["body"])["error"]
    except ValueError:
        assert (error.code, error.provider, error.metadata) == (None, None, {})
        return
    metadata = sent.get("metadata") or {}
    assert error.code == error.status == sent["code"]
    assert sent["message"].rstrip(".") in str(error)
    assert error.provider == metadata.get("provider_name")
    assert error.error_type == metadata.get("error_type")
    assert error.metadata == metadata


def test_the_recorded_errors_agree_with_their_facts() -> None:
    facts = json.loads((EXCHANGES / "FACTS.json").read_text())
    told = {name: entry["facts"] for name, entry in facts.items() if entry["kind"] == "error"}
    assert len(told) == 13
    for name, fact in told.items():
        error = raised_by(EXCHANGES / name)
        expected = fact["error"]
        assert error.status == fact["http_status"]
        assert error.code == expected["code"]
        assert expected["message"].rstrip(".") in str(error)
        assert error.provider == expected.get("provider_name")
        assert sorted(error.metadata) == expected.get("metadata_keys", [])
        if raw := expected.get("metadata_raw"):
            assert len(str(error.metadata["raw"])) == raw["len"]
