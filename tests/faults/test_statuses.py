"""Rows H: answers with an error status."""

from __future__ import annotations

import time
from functools import partial

import pytest

from openrouter_async import AsyncOpenRouter, Timeouts, errors
from tests.faults.calls import EACH, FAST, KEY, Call, client_of, fail, kinds, succeed
from tests.faults.scenes.answers import failure, good
from tests.faults.scenes.statuses import PAGE, cut_error, echo, stalling_error
from tests.faults.service import FaultServer
from tests.support.loopback import Answer, Reply


async def refused(
    faults: FaultServer, call: Call, answer: Answer, *, requests: int = 1, **settings: object
) -> errors.APIStatusError:
    """Return the error that a status becomes, after a look at the number of requests."""
    with faults.play(answer) as stage:
        async with client_of(stage, **settings) as client:
            error = await fail(call, client)
        assert len(stage.requests) == error.attempts == requests
    assert isinstance(error, errors.APIStatusError)
    return error


@kinds(EACH)
@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, errors.BadRequest),
        (401, errors.AuthenticationError),
        (402, errors.InsufficientCredits),
        (403, errors.PermissionDenied),
        (404, errors.NotFound),
        (409, errors.Conflict),
        (413, errors.PayloadTooLarge),
        (418, errors.BadRequest),
        (422, errors.UnprocessableRequest),
    ],
)
async def test_H01_refusals(
    faults: FaultServer, call: Call, status: int, kind: type[errors.APIStatusError]
) -> None:
    metadata = {"error_type": "a_name", "provider_name": "Provider", "more": [1]}
    error = await refused(faults, call, failure(status, "said the service", metadata=metadata))
    assert type(error) is kind
    assert (error.status, error.code, error.error_type, error.provider) == (
        status,
        status,
        "a_name",
        "Provider",
    )
    assert error.metadata == metadata
    assert "said the service" in error.message
    assert error.may_have_been_billed is False


@kinds(EACH)
async def test_H01_too_long_for_the_model(faults: FaultServer, call: Call) -> None:
    error = await refused(faults, call, failure(400, metadata={"error_type": "context_length_exceeded"}))
    assert type(error) is errors.ContextLengthExceeded


@kinds(EACH)
async def test_H02_moderation(faults: FaultServer, call: Call) -> None:
    metadata = {"reasons": ["violence"], "flagged_input": "some words", "model_slug": "a/b"}
    error = await refused(faults, call, failure(403, metadata=metadata))
    assert type(error) is errors.ModerationError
    assert (error.reasons, error.flagged_input, error.model_slug) == (("violence",), "some words", "a/b")


@kinds(EACH)
async def test_H03_guardrail(faults: FaultServer, call: Call) -> None:
    error = await refused(faults, call, failure(403, metadata={"patterns": ["a.*b"], "more": 1}))
    assert type(error) is errors.GuardrailError
    assert isinstance(error, errors.PermissionDenied)
    assert (error.patterns, error.metadata) == (("a.*b",), {"patterns": ["a.*b"], "more": 1})


def unavailable(**availability: object) -> Reply:
    """Return the shape of a 404 that has no code of its own."""
    error = {
        "message": "no endpoints found",
        "http_status": 404,
        "error_type": "no_endpoints",
        "availability": {"code": "no_endpoints", **availability},
    }
    return Reply(404, json={"error": error})


@kinds(EACH)
async def test_H04_availability(faults: FaultServer, call: Call) -> None:
    answer = unavailable(
        retryable=False,
        requested_models=["a/b"],
        fallback_models=["c/d", "e/f"],
        excluded_by=["max_price"],
        affected_providers=["P"],
    )
    error = await refused(faults, call, answer)
    assert type(error) is errors.NotFound
    assert error.availability is not None
    assert (error.status, error.error_type, error.availability.code) == (404, "no_endpoints", "no_endpoints")
    assert (error.availability.retryable, error.availability.fallback_models) == (False, ("c/d", "e/f"))
    assert (error.availability.requested_models, error.availability.excluded_by) == (("a/b",), ("max_price",))
    assert "could use 'c/d', 'e/f'" in str(error)


@kinds(EACH)
async def test_H05_availability_that_may_return(faults: FaultServer, call: Call) -> None:
    answer = unavailable(retryable=True, retry_after=0.2)
    with faults.play(answer, good) as stage:
        async with client_of(stage) as client:
            await succeed(call, client)
        first, second = (request.at for request in stage.requests)
    assert second - first >= 0.2
    error = await refused(faults, call, unavailable(retryable=True, retry_after=0), requests=3)
    assert type(error) is errors.NotFound


@kinds(EACH)
@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (408, errors.ServerError),
        (429, errors.RateLimited),
        (500, errors.ServerError),
        (502, errors.ProviderError),
        (503, errors.Overloaded),
        (504, errors.ProviderError),
        (520, errors.ServerError),
        (524, errors.ProviderError),
        (529, errors.Overloaded),
    ],
)
async def test_H06_passing_failures(
    faults: FaultServer, call: Call, status: int, kind: type[errors.APIStatusError]
) -> None:
    error = await refused(faults, call, failure(status), requests=3)
    assert type(error) is kind
    assert error.status == status
    with faults.play(failure(status), failure(status), good) as stage:
        async with client_of(stage) as client:
            await succeed(call, client)
        assert len(stage.requests) == 3


@kinds(EACH)
async def test_H07_html_error_page(faults: FaultServer, call: Call) -> None:
    page = Reply(502, body=PAGE, headers={"content-type": "text/html"})
    error = await refused(faults, call, page, requests=3)
    assert type(error) is errors.ProviderError
    assert "502 Bad Gateway" in str(error)
    assert "<" not in str(error)
    with faults.play(page, good) as stage:
        async with client_of(stage) as client:
            await succeed(call, client)


@kinds(EACH)
async def test_H08_empty_error_body(faults: FaultServer, call: Call) -> None:
    error = await refused(faults, call, Reply(503), requests=3)
    assert type(error) is errors.Overloaded
    assert error.status == 503


@kinds(EACH)
@pytest.mark.parametrize(
    ("body", "said"),
    [
        ('{"error": "in plain words"}', "in plain words"),
        ('{"error": null}', ""),
        ('{"detail": [{"loc": ["body", "model"], "msg": "field required"}]}', "body.model: field required"),
        ('{"message": "beside the point"}', "beside the point"),
        ('{"error": {"code": "server_error", "message": 7}}', ""),
        ('{"error": {"code": {}, "message": null, "metadata": []}}', ""),
        ('{"error": [[[[]]]]}', ""),
        ("[" * 5_000, ""),
        ("null", ""),
        ("5", ""),
        ("{", ""),
        ("\x00\xff\x00", ""),
    ],
    ids=range(12),
)
async def test_H09_odd_error_bodies(faults: FaultServer, call: Call, body: str, said: str) -> None:
    for status, kind in ((400, errors.BadRequest), (500, errors.ServerError)):
        answer = Reply(status, body=body.encode("latin-1"))
        error = await refused(faults, call, answer, requests=1 if status == 400 else 3)
        assert type(error) is kind
        assert error.status == status
        assert said in str(error)


@kinds(EACH)
@pytest.mark.parametrize("encoding", ["br", "zstd, gzip", ", ".join(["gzip"] * 10)])
async def test_H09_in_an_encoding_that_cannot_be_undone(
    faults: FaultServer, call: Call, encoding: str
) -> None:
    answer = Reply(401, body=b"\x0b\x02\x80", headers={"content-encoding": encoding})
    error = await refused(faults, call, answer)
    assert type(error) is errors.AuthenticationError


@kinds(EACH)
async def test_H10_huge_error_body(faults: FaultServer, call: Call) -> None:
    error = await refused(faults, call, failure(400, "words and " * 600_000))
    assert type(error) is errors.BadRequest
    assert "words and words and" in str(error)
    assert len(str(error)) < 2_000
    assert len(repr(vars(error))) < 10_000


@kinds(EACH)
async def test_H11_error_body_stalls(faults: FaultServer, call: Call) -> None:
    began = time.monotonic()
    answer = partial(stalling_error, status=403)
    error = await refused(faults, call, answer, timeouts=Timeouts(idle=0.2))
    assert type(error) is errors.PermissionDenied
    assert time.monotonic() - began < 5
    error = await refused(faults, call, partial(cut_error, status=402))
    assert type(error) is errors.InsufficientCredits


@kinds(EACH)
@pytest.mark.parametrize("status", [400, 401, 403, 500, 200])
@pytest.mark.parametrize("key", [KEY, "of-another-form-c0ffee0123456789-1234"], ids=["usual key", "odd key"])
async def test_H12_the_server_echoes_the_key(faults: FaultServer, call: Call, status: int, key: str) -> None:
    """`fail` and `checked` look for it in all there is but the bytes of the answer; here is checked that it came."""
    with faults.play(partial(echo, status=status)) as stage:
        async with AsyncOpenRouter(key, base_url=stage.url, retries=FAST, log_bodies=True) as client:
            error = await fail(call, client, with_locals=False)
        assert stage.requests[0].headers["authorization"] == f"Bearer {key}"
        assert len(stage.requests) == error.attempts == (3 if status in (200, 500) else 1)
    assert isinstance(error, errors.APIStatusError)
    assert error.status == (502 if status == 200 else status)
    assert "bad key" in str(error)
    assert error.request_id is not None
    assert error.request_id.startswith("for-")
    assert "raw" in error.metadata
