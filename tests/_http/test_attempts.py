"""The requests of one call: which cost something, which follow, and what the error of the last one says."""

from __future__ import annotations

from decimal import Decimal

import httpx
import pytest

from openrouter_async._http.answered import Answered
from openrouter_async._http.attempts import CallAttempts
from openrouter_async._http.deadlines import CallTimeouts, Deadline
from openrouter_async._http.exchange import Exchange
from openrouter_async._http.http11.request import Head, OwnRequest
from openrouter_async._http.observers import Attempt, Observer
from openrouter_async._sansio.request import build_request
from openrouter_async._sansio.retry import RetryBudget
from openrouter_async._secret import Secret, Secrets
from openrouter_async.errors import (
    BadRequest,
    ConfigurationError,
    ConnectError,
    ConnectionLost,
    OpenRouterError,
    Overloaded,
    StreamError,
)
from openrouter_async.operations import CREATE_CHAT
from openrouter_async.options import Retries, Timeouts

KEY = Secret("sk-or-v1-0123456789abcdef0123456789abcdef")
USAGE = b'{"id": "gen-1", "usage": {"prompt_tokens": 3, "completion_tokens": 4, "cost": 0.01}}'
REQUEST = build_request(CREATE_CHAT, content=b"{}")


class Told(Observer):
    """Writes down what it is told."""

    def __init__(self) -> None:
        self.told: list[object] = []

    def failed(self, attempt: Attempt, error: OpenRouterError, wait: float | None, /) -> None:
        self.told.append((attempt.number, wait is not None))

    def ended(self, attempt: Attempt) -> None:
        self.told.append(attempt.outcome)


def attempts_of(told: Told, *, tries: int = 3) -> CallAttempts:
    return CallAttempts(
        REQUEST,
        timeouts=Timeouts(),
        retries=Retries(attempts=tries, base=0, cap=0),
        budget=RetryBudget(),
        streaming=False,
        observers=[told],
    )


def answer(status: int, **headers: str) -> Exchange:
    """Return an exchange whose head has arrived."""

    async def send(request: OwnRequest, deadline: Deadline) -> Answered:
        raise AssertionError("nothing is sent")

    head = Head(httpx, "POST", httpx.URL("http://127.0.0.1/"), [])
    timeouts = CallTimeouts.start(Timeouts(), streaming=False)
    exchange = Exchange(send, OwnRequest(head, timeouts, content=b""))
    exchange.status, exchange.headers = (
        status,
        {name.replace("_", "-"): value for name, value in headers.items()},
    )
    return exchange


async def sent(attempts: CallAttempts, exchange: Exchange | None = None, body: bytes = b"") -> None:
    """Go on to a request that has left, and has been answered with `exchange`."""
    await attempts.begin(KEY)
    attempts.current.was_sent = True
    if exchange is not None:
        attempts.answered(exchange)
    attempts.read(body)


@pytest.mark.parametrize(
    ("status", "error", "is_free"),
    [
        (None, ConnectError("no connection", may_have_been_billed=False), True),
        (None, ConnectionLost("lost"), False),
        (None, ConnectionLost("lost", may_have_been_billed=True), False),
        (200, ConnectionLost("lost"), False),
        (200, StreamError("refused in the stream", may_have_been_billed=False), True),
        (400, BadRequest("bad", status=400), True),
        (503, Overloaded("busy", status=503, may_have_been_billed=True), False),
    ],
)
def test_what_a_failed_request_may_have_cost(
    status: int | None, error: OpenRouterError, is_free: bool
) -> None:
    attempt = Attempt(request=REQUEST, number=1, began=0.0, secrets=Secrets(), status=status, error=error)
    assert attempt.is_free(error) is is_free
    assert not attempt.may_have_been_billed, "it did not leave"
    attempt.was_sent = True
    assert attempt.may_have_been_billed is not is_free
    attempt.error = None
    assert attempt.may_have_been_billed, "who left does not know"


async def test_each_request_of_unknown_cost_is_counted_and_a_free_one_is_not() -> None:
    told = Told()
    attempts = attempts_of(told)
    await sent(attempts)
    await attempts.wait_for_retry(ConnectionLost("lost", may_have_been_billed=True))
    await sent(attempts, answer(503))
    await attempts.wait_for_retry(Overloaded("busy", status=503))
    await sent(attempts, answer(200))
    assert attempts.meta().billed_before == (None,)
    assert attempts.meta().attempts == 3
    attempts.succeeded("the answer")
    assert told.told == [(1, True), (2, True), "answered"]


async def test_what_said_its_cost_is_not_asked_again_and_is_on_the_error() -> None:
    told = Told()
    attempts = attempts_of(told)
    await sent(attempts, answer(503), USAGE)
    with pytest.raises(Overloaded) as caught:
        await attempts.wait_for_retry(Overloaded("busy", status=503))
    assert [usage and usage.cost for usage in caught.value.billed] == [Decimal("0.01")]
    assert told.told == [(1, False), "failed"]


async def test_the_error_has_the_ids_of_its_head_unless_it_has_its_own() -> None:
    for own, expected in ((None, "gen-head"), ("gen-body", "gen-body")):
        attempts = attempts_of(Told(), tries=1)
        await sent(attempts, answer(400, x_generation_id="gen-head", cf_ray="ray-1"))
        error = attempts.failed(BadRequest("bad", status=400, generation_id=own))
        assert (error.generation_id, error.request_id, error.attempts) == (expected, "ray-1", 1)


async def test_the_key_is_taken_out_of_the_texts_of_an_error() -> None:
    attempts = attempts_of(Told(), tries=1)
    await sent(attempts, answer(400))
    error = attempts.failed(
        BadRequest(f"the key {KEY.get()}", status=400, metadata={"raw": ["x", KEY.get()]}, body=KEY.get())
    )
    assert isinstance(error, BadRequest)
    assert KEY.get() not in f"{error.message} {error.args} {error.body} {error.metadata}"


async def test_the_end_is_told_once() -> None:
    told = Told()
    attempts = attempts_of(told)
    await sent(attempts)
    attempts.cancelled()
    attempts.cancelled()
    attempts.succeeded("late")
    assert told.told == ["left"]


async def test_what_was_refused_before_it_left_is_not_tried_again() -> None:
    told = Told()
    attempts = attempts_of(told)
    await sent(attempts)
    with pytest.raises(ConfigurationError):
        await attempts.wait_for_retry(ConfigurationError("no key"))
    assert told.told == [(1, False), "failed"]
