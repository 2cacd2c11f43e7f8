from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from openrouter_async import _checks
from openrouter_async.errors import ConfigurationError
from openrouter_async.options import Rate


@pytest.mark.parametrize(
    ("host", "is_this_machine"),
    [
        ("localhost", True),
        ("LOCALHOST", True),
        ("localhost.", True),
        ("foo.localhost", True),
        ("a.b.Localhost", True),
        ("127.0.0.1", True),
        ("127.1.2.3", True),
        ("::1", True),
        ("[::1]", True),
        ("0:0:0:0:0:0:0:1", True),
        ("::ffff:127.0.0.1", True),
        ("", False),
        ("localhost.example.com", False),
        ("notlocalhost", False),
        ("example.com", False),
        ("0.0.0.0", False),
        ("::", False),
        ("128.0.0.1", False),
        ("127.0.0.1.example.com", False),
        ("127.999.0.1", False),
        ("127.1", False),
        ("192.168.0.1", False),
        ("[::1", False),
        ("[::2]", False),
        ("::ffff:10.0.0.1", False),
    ],
)
def test_which_hosts_are_this_machine(host: str, is_this_machine: bool) -> None:
    assert _checks.is_this_machine(host) is is_this_machine


@pytest.mark.parametrize(
    ("authority", "host"),
    [
        ("localhost", "localhost"),
        ("LocalHost:8000", "localhost"),
        ("[::1]:8000", "[::1]"),
        ("example.com", "example.com"),
        ("user@localhost", None),
        ("localhost/x", None),
        ("localhost:port", None),
        ("localhost:123456", None),
        ("::1", None),
        ("local host", None),
        ("", None),
    ],
)
def test_the_host_of_a_header(authority: str, host: str | None) -> None:
    assert _checks.host_of(authority) == host


@pytest.mark.parametrize(
    ("check", "message"),
    [
        (lambda: _checks.whole("n", 0), "n is 0; expected a whole number of at least 1"),
        (lambda: _checks.whole("n", -1, least=0), "n is -1; expected a whole number of at least 0"),
        (lambda: _checks.whole("n", True), "n is True; expected a whole number of at least 1"),
        (lambda: _checks.whole("n", 1.0), "n is 1.0; expected a whole number of at least 1"),
        (lambda: _checks.seconds("n", 0), "n is 0; expected seconds above 0"),
        (lambda: _checks.seconds("n", math.nan), "n is nan; expected seconds above 0"),
        (lambda: _checks.seconds("n", True), "n is True; expected seconds above 0"),
        (lambda: _checks.seconds("n", "5"), "n is '5'; expected seconds above 0"),
        (lambda: _checks.number("t", -0.5), "t is -0.5; expected a finite number of at least 0"),
        (lambda: _checks.number("t", math.nan), "t is nan; expected a finite number of at least 0"),
        (lambda: _checks.number("t", "1", unit="seconds"), "t is '1'; expected seconds, at least 0"),
        (lambda: _checks.number("t", 0, above=0, unit="seconds"), "t is 0; expected seconds, above 0"),
        (lambda: _checks.number("t", True), "t is True; expected a finite number of at least 0"),
        (lambda: _checks.flag("f", 1), "f is 1; expected True or False"),
        (lambda: _checks.one_of("c", "z", ("x", "y")), "c is 'z'; expected 'x' or 'y'"),
        (lambda: _checks.one_of("c", "z", ("w", "x", "y")), "c is 'z'; expected 'w', 'x' or 'y'"),
        (lambda: _checks.names("l", "ab"), "l is 'ab'; expected a list of names"),
        (lambda: _checks.names("l", 5), "l is 5; expected a list of names"),  # type: ignore[arg-type]  # on purpose
        (lambda: _checks.names("l", [5]), "l has 5; expected names as text"),  # type: ignore[list-item]  # as well
        (lambda: _checks.instance("rate", 5, Rate), "rate is a int; expected Rate(...)"),
        (lambda: _checks.mapping("m", [], "{}"), "m is a list; expected a dict, such as {}"),  # type: ignore[arg-type]
    ],
)
def test_what_is_refused_names_the_argument_its_value_and_what_is_expected(
    check: Callable[[], object], message: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        check()
    assert str(caught.value) == message


def test_what_is_right_is_returned() -> None:
    assert _checks.whole("n", 3) == 3
    assert _checks.number("t", 0) == 0
    assert _checks.flag("f", False) is False
    assert _checks.one_of("c", "x", ("x", "y")) == "x"
    assert _checks.names("l", ["a", "b"]) == ("a", "b")
    assert _checks.instance("rate", rate := Rate(), Rate) is rate
    assert _checks.mapping("m", value := {"a": 1}, "{}") is value


@pytest.mark.parametrize(
    ("text", "is_unicode"),
    [("", True), ("plain", True), ("🎈 é", True), ("half \ud83c", False), ("\udfff", False)],
)
def test_half_of_a_surrogate_pair_is_not_unicode(text: str, is_unicode: bool) -> None:
    assert _checks.is_unicode(text) is is_unicode


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("a slug", "'a slug'"),
        ("x" * 49, "text of 49 characters"),
        ("sk-or-v1-secret", "text of 15 characters"),
        ("data:image/png;base64,AA", "text of 24 characters"),
        (None, "None"),
        (1.5, "1.5"),
        pytest.param(10**5_000, "a whole number of 16,610 bits", id="5,001 digits"),
        ({"a": 1}, "a dict of 1 keys"),
        ([1, 2], "a list of 2 items"),
        (object(), "a object"),
    ],
)
def test_a_value_is_described_without_a_prompt_or_a_key(value: object, shown: str) -> None:
    assert _checks.describe_value(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "null"),
        (True, "true"),
        (1.5, "1.5"),
        ("a" * 40, repr("a" * 40)),
        ("a" * 41, "text of 41 characters"),
        (2**128, "a very long number"),
        ([1, 2], "an array of 2"),
        ({"a": 1}, "an object of 1 keys"),
    ],
)
def test_a_json_value_is_described_in_the_words_of_json(value: object, shown: str) -> None:
    assert _checks.describe_json(value) == shown


def test_a_time_may_be_infinite() -> None:
    assert _checks.seconds("n", math.inf) == math.inf
