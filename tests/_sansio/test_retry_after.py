from __future__ import annotations

import math
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openrouter_async._sansio.retry_after import retry_after

NOW = 1_767_765_600.0
"""Wed, 07 Jan 2026 06:00:00 GMT."""

DATE = "Wed, 07 Jan 2026 06:00:00 GMT"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        pytest.param({"retry-after": "2"}, 2.0, id="seconds"),
        pytest.param({"retry-after": "0"}, 0.0, id="zero means at once"),
        pytest.param({"retry-after": " 1.5 "}, 1.5, id="float"),
        pytest.param({"retry-after": "0.30000000000000004"}, 0.30000000000000004, id="float of full length"),
        pytest.param({"retry-after": "86400"}, 86_400.0, id="a day"),
        pytest.param({"retry-after-ms": "1500"}, 1.5, id="milliseconds"),
        pytest.param({"retry-after-ms": "250.5"}, 0.2505, id="milliseconds as float"),
        pytest.param({"retry-after": "Wed, 07 Jan 2026 06:00:30 GMT"}, 30.0, id="date"),
        pytest.param({"retry-after": "Wednesday, 07-Jan-26 06:00:30 GMT"}, 30.0, id="date of RFC 850"),
        pytest.param({"retry-after": "Wed Jan  7 06:00:30 2026"}, 30.0, id="date of asctime"),
        pytest.param(
            {"retry-after": "Wed, 07 Jan 2026 06:00:30 -0000"}, 30.0, id="date without a zone is UTC"
        ),
        pytest.param({"retry-after": DATE}, 0.0, id="date of this moment"),
        pytest.param(
            {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1767765607500"},
            7.5,
            id="reset in milliseconds",
        ),
    ],
)
def test_each_form_is_read(headers: dict[str, str], seconds: float) -> None:
    assert retry_after(headers, now=NOW) == pytest.approx(seconds)


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("", id="empty"),
        pytest.param(" ", id="blank"),
        pytest.param("-1", id="negative"),
        pytest.param("-0.5", id="negative float"),
        pytest.param("+1", id="signed"),
        pytest.param("nan", id="nan"),
        pytest.param("inf", id="inf"),
        pytest.param("Infinity", id="infinity"),
        pytest.param("1e400", id="overflow"),
        pytest.param("1_0", id="python literal"),
        pytest.param("٣", id="digit of another script"),
        pytest.param("soon", id="text"),
        pytest.param("2, 3", id="list"),
        pytest.param("9" * 5_000, id="5,000 digits"),
        pytest.param("1." + "9" * 5_000, id="5,000 decimals"),
        pytest.param("Wed, 07 Jan 2026 05:59:59 GMT", id="past date"),
        pytest.param("Wed, 30 Feb 2026 06:00:00 GMT", id="impossible day"),
        pytest.param("Wed, 07 Jan 2026 25:61:61 GMT", id="impossible time"),
        pytest.param("Wed, 07 Jan 99999 06:00:00 GMT", id="year of five digits"),
        pytest.param("Wed, 07 Jan 2026 06:00:30 +9999", id="impossible zone"),
        pytest.param("Wed, 07 Jan " + "9" * 5_000 + " 06:00:00 GMT", id="date of 5,000 digits"),
        pytest.param("Wed,", id="cut date"),
        pytest.param("\x00", id="nul"),
    ],
)
def test_nonsense_counts_as_not_said(value: str) -> None:
    assert retry_after({"retry-after": value}, now=NOW) is None
    assert retry_after({"retry-after-ms": value, "retry-after": "3"}, now=NOW) == 3.0
    assert retry_after({"retry-after": value}, 4.0, now=NOW) == 4.0
    assert retry_after({"x-ratelimit-remaining": "0", "x-ratelimit-reset": value}, now=NOW) is None


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="the zone of this process cannot be set")
def test_a_date_without_a_zone_is_not_of_the_zone_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as context:
        context.setenv("TZ", "XYZ-9")
        time.tzset()
        seconds = retry_after({"retry-after": "Wed Jan  7 06:00:30 2026"}, now=NOW)
    time.tzset()
    assert seconds == 30.0


def test_the_order_of_the_forms() -> None:
    headers = {
        "retry-after-ms": "1000",
        "retry-after": "2",
        "x-ratelimit-remaining": "0",
        "x-ratelimit-reset": str(int((NOW + 4) * 1_000)),
    }
    seen = [retry_after(headers, 3.0, now=NOW)]
    for name in ("retry-after-ms", "retry-after"):
        del headers[name]
        seen.append(retry_after(headers, 3.0, now=NOW))
    seen.append(retry_after(headers, None, now=NOW))
    assert seen == [1.0, 2.0, 3.0, 4.0]


def test_a_skewed_server_clock_is_measured_by_its_own_date() -> None:
    """Both dates an hour ahead: the difference is what the server means."""
    headers = {"date": "Wed, 07 Jan 2026 07:00:00 GMT", "retry-after": "Wed, 07 Jan 2026 07:00:05 GMT"}
    assert retry_after(headers, now=NOW) == 5.0


def test_the_reset_is_measured_by_the_date_of_the_response() -> None:
    headers = {"date": DATE, "x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int((NOW + 9) * 1_000))}
    assert retry_after(headers, now=NOW + 3_600) == 9.0


def test_an_unreadable_date_is_replaced_by_now() -> None:
    assert retry_after({"date": "?", "retry-after": "Wed, 07 Jan 2026 06:00:05 GMT"}, now=NOW) == 5.0


def test_dates_say_nothing_without_any_clock() -> None:
    assert retry_after({"retry-after": DATE}) is None
    assert retry_after({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1767765607500"}) is None
    assert retry_after({"retry-after": "2"}) == 2.0


@pytest.mark.parametrize("remaining", [None, "1", "", "none"])
def test_a_reset_counts_only_where_nothing_remains(remaining: str | None) -> None:
    headers = {"x-ratelimit-reset": str(int((NOW + 4) * 1_000))}
    if remaining is not None:
        headers["x-ratelimit-remaining"] = remaining
    assert retry_after(headers, now=NOW) is None


@pytest.mark.parametrize("reset", ["1767765600", "1767765599999"], ids=["epoch seconds", "past"])
def test_a_reset_that_is_over_says_nothing(reset: str) -> None:
    assert retry_after({"x-ratelimit-remaining": "0", "x-ratelimit-reset": reset}, now=NOW) is None


@pytest.mark.parametrize("value", [-1.0, math.nan, math.inf, -math.inf])
def test_an_absurd_availability_says_nothing(value: float) -> None:
    assert retry_after({}, value, now=NOW) is None


_NAMES = st.sampled_from(
    ["retry-after-ms", "retry-after", "date", "x-ratelimit-remaining", "x-ratelimit-reset"]
)
_DATES = st.from_regex(
    r"(Mon|Tue|x), [0-9]{1,3} (Jan|Feb|Foo) [0-9]{1,6} [0-9]{1,3}:[0-9]{1,3}:[0-9]{1,3} (GMT|[+-][0-9]{1,6}|\()",
    fullmatch=True,
)
_VALUES = st.one_of(st.text(), st.floats().map(str), st.integers().map(str), st.just("0"), _DATES)


@given(st.dictionaries(_NAMES, _VALUES), st.none() | st.floats(), st.none() | st.just(NOW))
def test_any_headers_give_a_finite_wait_or_none(
    headers: dict[str, str], availability: float | None, now: float | None
) -> None:
    seconds = retry_after(headers, availability, now=now)
    assert seconds is None or (math.isfinite(seconds) and seconds >= 0)
