from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openrouter_async import errors
from openrouter_async._sansio.retry import (
    BUDGET,
    RETRYABLE_STATUSES,
    Failure,
    GiveUp,
    RetryBudget,
    RetrySettings,
    RetryState,
    Wait,
    is_continuable,
    is_retryable,
    resolve,
    should_retry,
)
from openrouter_async.options import Retries


def status_error(
    status: int, *, retryable: bool | None = None, retry_after: float | None = None
) -> errors.APIStatusError:
    availability = None if retryable is None else errors.Availability(retryable=retryable)
    return errors.APIStatusError("x", status=status, availability=availability, retry_after=retry_after)


def timeout(phase: errors.TimeoutPhase) -> errors.RequestTimeout:
    return errors.RequestTimeout("x", phase=phase)


LOST = errors.ConnectionLost("x")


@pytest.mark.parametrize(
    ("failure", "expected"),
    [
        pytest.param(Failure(error=errors.ConfigurationError("x"), stream=False), False, id="configuration"),
        pytest.param(Failure(error=errors.ConnectError("x"), stream=False), True, id="connect"),
        pytest.param(Failure(error=errors.TLSError("x"), stream=False), False, id="tls"),
        pytest.param(Failure(error=timeout("connect"), stream=False), True, id="connect timeout"),
        pytest.param(Failure(error=timeout("connect"), stream=True), True, id="connect timeout, stream"),
        pytest.param(Failure(error=timeout("queue"), stream=False), False, id="queue timeout"),
        pytest.param(Failure(error=timeout("queue"), stream=False, repeat="always"), False, id="queue, read"),
        pytest.param(Failure(error=timeout("headers"), stream=False), False, id="headers timeout, plain"),
        pytest.param(Failure(error=timeout("headers"), stream=True), True, id="headers timeout, stream"),
        pytest.param(
            Failure(error=timeout("headers"), stream=False, repeat="always"), True, id="headers, read"
        ),
        pytest.param(Failure(error=timeout("body"), stream=False), False, id="body timeout"),
        pytest.param(Failure(error=timeout("idle"), stream=False), False, id="idle timeout"),
        pytest.param(Failure(error=timeout("idle"), stream=False, repeat="always"), True, id="idle, read"),
        pytest.param(Failure(error=timeout("idle"), stream=True), False, id="idle timeout, stream"),
        pytest.param(Failure(error=timeout("event"), stream=True), False, id="event timeout"),
        pytest.param(Failure(error=errors.DeadlineExceeded("x"), stream=False), False, id="deadline"),
        pytest.param(Failure(error=LOST, stream=False), True, id="lost before the body"),
        pytest.param(Failure(error=LOST, stream=False, body_began=True), False, id="lost in the body"),
        pytest.param(
            Failure(error=LOST, stream=False, body_began=True, repeat="always"),
            True,
            id="lost in the body, read",
        ),
        pytest.param(Failure(error=LOST, stream=True, body_began=True), True, id="lost after comments only"),
        pytest.param(
            Failure(error=errors.InvalidResponseError("x"), stream=False), True, id="invalid response"
        ),
        pytest.param(Failure(error=errors.EmptyReply("x"), stream=False), True, id="empty reply"),
        pytest.param(
            Failure(error=errors.ResponseTooLarge("x", limit=1), stream=False), False, id="too large"
        ),
        pytest.param(
            Failure(error=errors.StreamInterrupted("x"), stream=True), True, id="interrupted, nothing given"
        ),
        pytest.param(
            Failure(error=errors.StreamTruncated("x"), stream=True), True, id="truncated, nothing given"
        ),
        pytest.param(Failure(error=errors.SchemaMismatch("x"), stream=False), False, id="structured output"),
        pytest.param(Failure(error=errors.ToolError("x"), stream=False), False, id="tool"),
        pytest.param(Failure(error=errors.BudgetExceeded("x"), stream=False), False, id="budget"),
        pytest.param(Failure(error=errors.OpenRouterError("x"), stream=False), False, id="unknown"),
    ],
)
def test_what_each_family_of_errors_allows(failure: Failure, expected: bool) -> None:
    assert is_retryable(failure, retry_ambiguous=False) is expected


OWN = errors.APIStatusError("x", status=502, is_reported=True)


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
@pytest.mark.parametrize(
    ("error", "expected"),
    [
        pytest.param(errors.ConnectError("x", may_have_been_billed=False), True, id="no connection"),
        pytest.param(timeout("connect"), True, id="connect timeout"),
        pytest.param(OWN, True, id="the service's own error"),
        pytest.param(status_error(429), True, id="rate limit"),
        pytest.param(status_error(503), True, id="503 of anyone"),
        pytest.param(status_error(529), True, id="529 of anyone"),
        *(
            pytest.param(status_error(status), False, id=f"a page with {status}")
            for status in (500, 502, 504, 520, 521, 522, 523, 524)
        ),
        pytest.param(LOST, False, id="lost"),
        pytest.param(timeout("headers"), False, id="headers timeout"),
        pytest.param(timeout("idle"), False, id="idle timeout"),
        pytest.param(errors.InvalidResponseError("x"), False, id="cannot be read"),
        pytest.param(errors.StreamTruncated("x"), False, id="empty stream"),
        pytest.param(errors.StreamInterrupted("x"), False, id="interrupted stream"),
    ],
)
def test_what_creates_or_changes_something_is_repeated_only_where_it_was_not_carried_out(
    error: errors.OpenRouterError, expected: bool, stream: bool
) -> None:
    failure = Failure(error=error, stream=stream, repeat="refused")
    assert is_retryable(failure, retry_ambiguous=True) is expected
    state = RetryState(RetrySettings(), RetryBudget())
    decision = state.after(failure, random=0.5, remaining=None)
    assert decision == GiveUp("uncertain") or expected
    assert isinstance(decision, Wait) is expected


def test_a_service_that_asks_for_a_repetition_is_believed() -> None:
    failure = Failure(error=status_error(502), stream=False, repeat="refused", should_retry=True)
    assert is_retryable(failure, retry_ambiguous=False)


@pytest.mark.parametrize("phase", ["headers", "body", "idle", "event"])
def test_ambiguous_plain_calls_are_repeated_only_where_the_caller_allows_it(
    phase: errors.TimeoutPhase,
) -> None:
    failure = Failure(error=timeout(phase), stream=False)
    assert not is_retryable(failure, retry_ambiguous=False)
    assert is_retryable(failure, retry_ambiguous=True)


@pytest.mark.parametrize("phase", ["body", "idle", "event"])
def test_allowing_ambiguous_calls_does_not_reach_streams(phase: errors.TimeoutPhase) -> None:
    assert not is_retryable(Failure(error=timeout(phase), stream=True), retry_ambiguous=True)


def test_allowing_ambiguous_calls_does_not_reach_a_body_that_broke_off() -> None:
    assert not is_retryable(Failure(error=LOST, stream=False, body_began=True), retry_ambiguous=True)


@pytest.mark.parametrize("status", range(300, 600))
def test_which_statuses_are_repeated(status: int) -> None:
    documented = {408, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 529}
    assert is_retryable(Failure(error=status_error(status), stream=False), retry_ambiguous=False) is (
        status in documented
    )


@pytest.mark.parametrize(
    ("status", "retryable", "header", "expected"),
    [
        pytest.param(404, True, None, True, id="availability allows a 404"),
        pytest.param(503, False, None, False, id="availability forbids a 503"),
        pytest.param(503, None, False, False, id="header forbids a 503"),
        pytest.param(400, None, True, True, id="header allows a 400"),
        pytest.param(503, True, False, False, id="header forbids against availability"),
        pytest.param(404, False, True, True, id="header allows against availability"),
    ],
)
def test_the_server_decides_over_the_status(
    status: int, retryable: bool | None, header: bool | None, expected: bool
) -> None:
    failure = Failure(error=status_error(status, retryable=retryable), stream=False, should_retry=header)
    assert is_retryable(failure, retry_ambiguous=False) is expected


def test_the_header_forbids_repeating_an_invalid_response_too() -> None:
    failure = Failure(error=errors.InvalidResponseError("x"), stream=False, should_retry=False)
    assert not is_retryable(failure, retry_ambiguous=False)


def test_the_header_never_allows_an_ambiguous_repeat() -> None:
    failure = Failure(error=timeout("body"), stream=False, should_retry=True)
    assert not is_retryable(failure, retry_ambiguous=False)


@pytest.mark.parametrize(
    ("value", "expected"),
    [("true", True), (" FALSE ", False), ("", None), ("1", None), ("maybe", None), (None, None)],
)
def test_the_header_is_read(value: str | None, expected: bool | None) -> None:
    assert should_retry({} if value is None else {"x-should-retry": value}) is expected


def start(settings: RetrySettings | None = None, budget: RetryBudget | None = None) -> RetryState:
    return RetryState(settings or RetrySettings(), budget or RetryBudget())


def plain(error: errors.OpenRouterError) -> Failure:
    return Failure(error=error, stream=False)


def wait(state: RetryState, failure: Failure, *, random: float = 0.0) -> float:
    decision = state.after(failure, random=random, remaining=None)
    assert isinstance(decision, Wait)
    return decision.seconds


def test_nothing_is_repeated_after_a_delivered_piece() -> None:
    for error in (status_error(503), LOST, errors.StreamInterrupted("x"), timeout("connect")):
        failure = Failure(error=error, stream=True, delivered=True, should_retry=True)
        assert start().after(failure, random=0, remaining=None) == GiveUp("delivered")


def test_three_requests_in_all() -> None:
    state = start()
    seen = [state.after(plain(status_error(503)), random=0, remaining=None) for _ in range(3)]
    assert seen == [Wait(0.0), Wait(0.0), GiveUp("attempts")]
    assert state.attempts == 3


def test_one_attempt_means_no_retry() -> None:
    state = start(RetrySettings(attempts=1))
    assert state.after(plain(LOST), random=0, remaining=None) == GiveUp("attempts")


def test_an_invalid_response_is_repeated_once() -> None:
    state = start(RetrySettings(attempts=10))
    wait(state, plain(errors.InvalidResponseError("x")))
    wait(state, plain(status_error(503)))
    assert state.after(plain(errors.EmptyReply("x")), random=0, remaining=None) == GiveUp("final")


@pytest.mark.parametrize("error", [errors.StreamDecodeError("x"), errors.StreamTruncated("x")])
def test_a_stream_that_is_no_answer_is_repeated_once(error: errors.StreamError) -> None:
    state = start(RetrySettings(attempts=10))
    wait(state, Failure(error=error, stream=True))
    assert state.after(Failure(error=error, stream=True), random=0, remaining=None) == GiveUp("final")


@pytest.mark.parametrize(
    ("status", "longest"),
    [
        (503, [0.5, 1, 2, 4, 8, 8]),
        (502, [0.5, 1, 2, 4, 8, 8]),
        (429, [1, 2, 4, 8, 16, 20, 20]),
        (529, [1, 2, 4, 8, 16, 20, 20]),
    ],
)
def test_backoff_doubles_up_to_its_cap(status: int, longest: list[float]) -> None:
    """Full jitter: the fresh random number scales the whole wait."""
    state = start(RetrySettings(attempts=100))
    assert [wait(state, plain(status_error(status)), random=1.0) for _ in longest] == longest
    assert wait(state, plain(status_error(status)), random=0.25) == longest[-1] / 4
    assert wait(state, plain(status_error(status)), random=0.0) == 0.0


@pytest.mark.parametrize("status", [429, 503, 529])
def test_a_wait_asked_for_is_kept_with_a_little_jitter(status: int) -> None:
    assert wait(start(), plain(status_error(status, retry_after=30)), random=0.0) == 30
    assert wait(start(), plain(status_error(status, retry_after=30)), random=1.0) == pytest.approx(33)


def test_a_wait_of_up_to_the_maximum_is_kept_and_a_longer_one_raises_at_once() -> None:
    assert wait(start(), plain(status_error(429, retry_after=60))) == 60
    longer = plain(status_error(429, retry_after=60.001))
    assert start().after(longer, random=0, remaining=None) == GiveUp("retry_after")
    assert wait(start(RetrySettings(max_retry_after=100)), longer) == 60.001


@pytest.mark.parametrize(
    ("remaining", "decision"),
    [(None, Wait(10.0)), (10.1, Wait(10.0)), (10.0, GiveUp("deadline")), (-1.0, GiveUp("deadline"))],
)
def test_a_wait_that_passes_the_deadline_is_not_begun(
    remaining: float | None, decision: Wait | GiveUp
) -> None:
    budget = RetryBudget()
    state = start(budget=budget)
    assert state.after(plain(status_error(429, retry_after=10)), random=0, remaining=remaining) == decision
    assert budget.tokens == (BUDGET - 5 if decision == Wait(10.0) else BUDGET)


@given(
    status=st.sampled_from(sorted(RETRYABLE_STATUSES)),
    asked=st.none() | st.floats(0, 60),
    random=st.floats(0, 1),
    base=st.floats(0, 1e308),
    cap=st.floats(0, 1e308),
    failures=st.integers(1, 1_100),
)
def test_every_wait_lies_within_its_bounds(
    status: int, asked: float | None, random: float, base: float, cap: float, failures: int
) -> None:
    settings = resolve(Retries(attempts=2_000, base=base, cap=cap))
    state = start(settings)
    state._attempts = failures  # as if so many requests had failed; the budget would not pay for them
    seconds = wait(state, plain(status_error(status, retry_after=asked)), random=random)
    if asked is None:
        assert 0 <= seconds <= cap
        assert seconds <= base * 2.0 ** (failures - 1) if failures <= 64 else True
    else:
        assert asked <= seconds <= asked * 1.1 + 1e-9


def test_omitted_rules_are_the_defaults() -> None:
    assert resolve(Retries()) == RetrySettings()


def test_a_given_base_or_cap_holds_for_throttling_too() -> None:
    settings = resolve(Retries(base=0.1, cap=2))
    assert (settings.base, settings.throttling_base, settings.cap, settings.throttling_cap) == (
        0.1,
        0.1,
        2,
        2,
    )


def test_every_other_rule_is_taken_over() -> None:
    settings = resolve(Retries(attempts=5, max_retry_after=7, retry_ambiguous=True))
    assert settings == RetrySettings(attempts=5, max_retry_after=7, retry_ambiguous=True)


@pytest.mark.parametrize(("status", "cost"), [(503, 14), (500, 14), (429, 5), (529, 5)])
def test_a_retry_costs_and_its_success_gives_it_back(status: int, cost: int) -> None:
    budget = RetryBudget()
    state = start(budget=budget)
    wait(state, plain(status_error(status)))
    assert budget.tokens == BUDGET - cost
    wait(state, plain(status_error(503)))
    assert budget.tokens == BUDGET - cost - 14
    state.succeeded()
    assert budget.tokens == BUDGET - cost


def test_a_call_that_succeeds_at_once_gives_one_token() -> None:
    budget = RetryBudget()
    budget.take(20)
    start(budget=budget).succeeded()
    assert budget.tokens == BUDGET - 19


def test_the_bucket_never_overflows() -> None:
    budget = RetryBudget()
    start(budget=budget).succeeded()
    assert budget.tokens == BUDGET


def test_an_empty_bucket_raises_at_once_and_keeps_what_is_left() -> None:
    budget = RetryBudget()
    budget.take(BUDGET - 13)
    assert start(budget=budget).after(plain(LOST), random=0, remaining=None) == GiveUp("budget")
    assert budget.tokens == 13
    assert start(budget=budget).after(plain(status_error(429)), random=0, remaining=None) == Wait(0.0)
    assert repr(budget) == "RetryBudget(8 of 500 tokens)"


def run_call(statuses: Iterable[int], budget: RetryBudget) -> int:
    """Return the requests one call needs that meets these statuses, 200 being success."""
    state = start(budget=budget)
    for status in statuses:
        if status == 200:
            state.succeeded()
            break
        if isinstance(state.after(plain(status_error(status)), random=0.5, remaining=None), GiveUp):
            break
    return state.attempts


def test_an_outage_is_not_made_worse() -> None:
    """1,000 calls meet 503 only: 35 retries are paid for, then every call fails after its one request."""
    budget = RetryBudget()
    requests = [run_call([503] * 5, budget) for _ in range(1_000)]
    assert sum(requests) == 1_035
    assert set(requests[100:]) == {1}


def test_calls_at_once_in_an_outage_share_the_budget() -> None:
    """The same with all calls in flight together: each round, every call that still may asks once."""
    budget = RetryBudget()
    states = [start(budget=budget) for _ in range(1_000)]
    waiting = states
    while waiting:
        waiting = [
            state
            for state in waiting
            if isinstance(state.after(plain(status_error(503)), random=0.5, remaining=None), Wait)
        ]
    assert sum(state.attempts for state in states) == 1_035


def test_the_budget_recovers_with_the_service() -> None:
    budget = RetryBudget()
    for _ in range(1_000):
        run_call([503] * 3, budget)
    assert run_call([503, 200], budget) == 1
    for _ in range(14):
        run_call([200], budget)
    assert run_call([503, 200], budget) == 2


@given(st.lists(st.lists(st.sampled_from([200, 400, 429, 503]), min_size=1, max_size=4), max_size=60))
def test_the_budget_stays_within_its_bounds(calls: list[list[int]]) -> None:
    budget = RetryBudget()
    for statuses in calls:
        assert 1 <= run_call(statuses, budget) <= 3
        assert 0 <= budget.tokens <= BUDGET


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        pytest.param(errors.StreamInterrupted("x"), True, id="interrupted"),
        pytest.param(errors.StreamTruncated("x"), True, id="truncated"),
        pytest.param(errors.StreamError("x"), True, id="the last continuation did not fit"),
        pytest.param(errors.StreamDecodeError("x"), False, id="no chunk"),
        pytest.param(timeout("idle"), True, id="silence"),
        pytest.param(timeout("event"), True, id="no event"),
        pytest.param(status_error(503), True, id="overloaded"),
        pytest.param(status_error(400, retryable=True), True, id="said to pass"),
        pytest.param(status_error(503, retryable=False), False, id="said not to pass"),
        pytest.param(status_error(401), False, id="key"),
        pytest.param(errors.DeadlineExceeded("x"), False, id="deadline"),
        pytest.param(errors.ResponseTooLarge("x", limit=1), False, id="too large"),
        pytest.param(errors.ConfigurationError("x"), False, id="closed client"),
    ],
)
def test_what_another_request_may_go_on_from(error: errors.OpenRouterError, expected: bool) -> None:
    failure = Failure(error=error, stream=True)
    assert is_continuable(failure) is expected
    state = RetryState(RetrySettings(), RetryBudget())
    decision, _ = state.continuation(failure, random=0.5, remaining=None)
    assert isinstance(decision, Wait) is expected


def test_a_request_that_goes_on_is_paid_for_and_has_attempts_of_its_own() -> None:
    budget = RetryBudget()
    state = RetryState(RetrySettings(attempts=2), budget)
    broken = Failure(error=errors.StreamInterrupted("x"), stream=True)
    refused = Failure(error=status_error(503), stream=True)
    assert isinstance(state.after(refused, random=0, remaining=None), Wait)
    decision, state = state.continuation(broken, random=0, remaining=None)
    assert isinstance(decision, Wait)
    assert isinstance(state.after(refused, random=0, remaining=None), Wait)
    assert state.after(refused, random=0, remaining=None) == GiveUp("attempts")
    assert state.attempts == 4
    assert budget.tokens < BUDGET - 3 * 13


def test_a_request_that_goes_on_keeps_to_the_deadline_the_budget_and_retry_after() -> None:
    def decision(error: errors.OpenRouterError, budget: RetryBudget, remaining: float | None) -> object:
        state = RetryState(RetrySettings(), budget)
        return state.continuation(Failure(error=error, stream=True), random=1, remaining=remaining)[0]

    empty = RetryBudget()
    empty.take(BUDGET)
    assert decision(status_error(503), empty, None) == GiveUp("budget")
    assert decision(status_error(503), RetryBudget(), 0.1) == GiveUp("deadline")
    assert decision(status_error(503, retry_after=61), RetryBudget(), None) == GiveUp("retry_after")
