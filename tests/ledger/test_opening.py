"""The addresses of ledgers."""

from __future__ import annotations

import traceback

import pytest

from openrouter_async import ConfigurationError, open_ledger

WRONG = [
    "redis://:p#ssecret@host/0",
    "redis://user:1?secret@host/0",
    "redis://user:se/cret@host/0",
    "redis://user:sec[ret@host",
    "redis://user:secret@host:99999/0",
    "redis://user:secret@host/0?password=secret",
    "redis://user:secret@host/secret",
    "redis:///0",
]


@pytest.mark.parametrize("address", WRONG)
def test_a_wrong_address_is_refused_and_no_part_of_it_is_told(address: str) -> None:
    with pytest.raises(ConfigurationError, match="is not of the form redis://user:password@") as caught:
        open_ledger(address)
    told = "".join(traceback.format_exception_only(caught.value)) + str(caught.value.__cause__)
    assert not any(part in told for part in ("secret", "cret", "p#s", "1?"))


@pytest.mark.parametrize(
    ("address", "where"),
    [
        ("redis://user:secret@host:6380/2#run-7", "redis://host:6380/2#run-7"),
        ("rediss://:secret@host", "rediss://host:6379/0"),
        ("valkey://host/1", "valkey://host:6379/1"),
    ],
)
def test_what_is_shown_of_an_address_has_no_password(address: str, where: str) -> None:
    ledger = open_ledger(address)
    assert ledger.where == where
    assert repr(ledger) == f"<Ledger {where!r}>"
