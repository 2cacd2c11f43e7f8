from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from openrouter_async._sentinels import OMIT
from openrouter_async.errors import ConfigurationError
from openrouter_async.options import App, Limits, Rate, ResponseCache, Retries, Timeouts

Options = Timeouts | Retries | Limits | App | Rate | ResponseCache

CLOCKS = ("connect", "queue", "headers", "body", "idle", "event", "total")


@pytest.mark.parametrize("name", CLOCKS)
@pytest.mark.parametrize("value", [None, 0, 0.5, 60, 1e9])
def test_clocks_are_seconds_or_none(name: str, value: float | None) -> None:
    assert getattr(Timeouts(**{name: value}), name) == value


@pytest.mark.parametrize("name", CLOCKS)
@pytest.mark.parametrize("value", [-1, -0.001, math.nan, "5", True, [], -math.inf], ids=repr)
def test_a_clock_that_is_no_time_is_refused(name: str, value: object) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Timeouts(**{name: value})  # type: ignore[arg-type]  # wrong on purpose
    assert str(caught.value) == f"Timeouts.{name} is {value!r}; expected a finite number of at least 0"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        pytest.param(
            lambda: Retries(attempts=0),
            "Retries.attempts is 0; expected a whole number of at least 1",
            id="no attempt",
        ),
        pytest.param(
            lambda: Retries(attempts=1.5),  # type: ignore[arg-type]  # wrong on purpose
            "Retries.attempts is 1.5; expected a whole number of at least 1",
            id="half an attempt",
        ),
        pytest.param(
            lambda: Retries(attempts=None),  # type: ignore[arg-type]  # wrong on purpose
            "Retries.attempts is None; expected a whole number of at least 1",
            id="attempts without limit",
        ),
        pytest.param(
            lambda: Retries(base=-1), "Retries.base is -1; expected a finite number of at least 0", id="base"
        ),
        pytest.param(
            lambda: Retries(cap=math.nan),
            "Retries.cap is nan; expected a finite number of at least 0",
            id="cap",
        ),
        pytest.param(
            lambda: Retries(max_retry_after=-0.1),
            "Retries.max_retry_after is -0.1; expected a finite number of at least 0",
            id="max_retry_after",
        ),
        pytest.param(
            lambda: Retries(retry_ambiguous=1),  # type: ignore[arg-type]  # wrong on purpose
            "Retries.retry_ambiguous is 1; expected True or False",
            id="retry_ambiguous",
        ),
        pytest.param(
            lambda: Limits(concurrency=0),
            "Limits.concurrency is 0; expected a whole number of at least 1",
            id="concurrency",
        ),
        pytest.param(
            lambda: Limits(idle=-1), "Limits.idle is -1; expected a whole number of at least 0", id="idle"
        ),
        pytest.param(
            lambda: Limits(idle_expiry=-1),
            "Limits.idle_expiry is -1; expected a finite number of at least 0",
            id="idle_expiry",
        ),
        pytest.param(
            lambda: Limits(body_bytes=1.0),  # type: ignore[arg-type]  # wrong on purpose
            "Limits.body_bytes is 1.0; expected a whole number of at least 1",
            id="body_bytes",
        ),
        pytest.param(
            lambda: Limits(event_bytes=0),
            "Limits.event_bytes is 0; expected a whole number of at least 1",
            id="event_bytes",
        ),
        pytest.param(
            lambda: Limits(error_body_bytes=True),
            "Limits.error_body_bytes is True; expected a whole number of at least 1",
            id="error_body_bytes",
        ),
        pytest.param(
            lambda: App(categories="cli-agent"),
            "App.categories is 'cli-agent'; expected a list of names",
            id="category as text",
        ),
        pytest.param(
            lambda: App(categories=["a", "b", "c"]),
            "App.categories has 3 names; at most 2 are accepted",
            id="three categories",
        ),
        pytest.param(
            lambda: App(categories=["CLI Agent"]),
            "App.categories has 'CLI Agent'; expected lower case with hyphens, at most 30 characters",
            id="category in upper case",
        ),
        pytest.param(
            lambda: App(categories=["é"]),
            "App.categories has 'é'; expected lower case with hyphens, at most 30 characters",
            id="category that is no ASCII",
        ),
        pytest.param(
            lambda: App(categories=["a" * 31]),
            f"App.categories has {'a' * 31!r}; expected lower case with hyphens, at most 30 characters",
            id="long category",
        ),
        pytest.param(
            lambda: App(categories=[""]),
            "App.categories has ''; expected lower case with hyphens, at most 30 characters",
            id="empty category",
        ),
        pytest.param(
            lambda: Rate(rpm=0), "Rate.rpm is 0; expected a finite number above 0", id="no requests at all"
        ),
        pytest.param(
            lambda: ResponseCache(ttl=0),
            "ResponseCache.ttl is 0; expected a whole number of at least 1",
            id="ttl of nothing",
        ),
        pytest.param(
            lambda: ResponseCache(ttl=86_401),
            "ResponseCache.ttl is 86401; expected 1 to 86400 seconds",
            id="ttl of more than a day",
        ),
    ],
)
def test_what_is_refused_names_field_value_and_range(make: Callable[[], Options], message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        make()
    assert str(caught.value) == message
    assert caught.value.may_have_been_billed is False


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(
            lambda: Retries(attempts=1, base=0, cap=0, max_retry_after=0), id="retries at the least"
        ),
        pytest.param(
            lambda: Limits(concurrency=1, idle=0, idle_expiry=0, body_bytes=1), id="limits at the least"
        ),
        pytest.param(lambda: App(categories=("cli-agent", "a1")), id="two categories"),
        pytest.param(lambda: App(categories=["a" * 30]), id="longest category"),
        pytest.param(lambda: ResponseCache(ttl=1), id="least ttl"),
        pytest.param(lambda: ResponseCache(ttl=86_400), id="largest ttl"),
    ],
)
def test_the_ends_of_each_range_are_accepted(make: Callable[[], Options]) -> None:
    assert make()


def test_omitted_clocks_come_from_below_and_none_does_not() -> None:
    client = Timeouts(connect=1, idle=2, total=3)
    call = Timeouts(idle=None, body=4)
    assert call.with_defaults(client) == Timeouts(connect=1, idle=None, total=3, body=4)
    assert Timeouts().with_defaults(client) == client
    assert client.with_defaults(Timeouts()) == client
    assert call.with_defaults(client).queue is OMIT


def test_omitted_retry_rules_come_from_below_and_false_does_not() -> None:
    client = Retries(attempts=5, retry_ambiguous=True, base=0.1)
    call = Retries(retry_ambiguous=False, cap=0)
    assert call.with_defaults(client) == Retries(attempts=5, retry_ambiguous=False, base=0.1, cap=0)
    assert call.with_defaults(Retries()) is call  # found at once by what is kept for it


def test_merging_over_three_levels_takes_the_nearest() -> None:
    library, client, call = Timeouts(connect=5, idle=60), Timeouts(idle=30), Timeouts(connect=1)
    assert call.with_defaults(client).with_defaults(library) == Timeouts(connect=1, idle=30)


@pytest.mark.parametrize("options", [Timeouts(), Retries(), Limits(), App(), ResponseCache()], ids=repr)
def test_options_cannot_be_changed_and_can_be_keys(options: Options) -> None:
    with pytest.raises((AttributeError, TypeError)):
        options.total = 1  # type: ignore[union-attr,misc]  # wrong on purpose
    assert options == type(options)()
    assert hash(options) == hash(type(options)())
