"""The work of a document is told from its bytes: alike however it is cut, and far below the limit for real answers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openrouter_async import Limits
from openrouter_async._sansio.json_work import LEAST_BYTES, check_work, json_work
from openrouter_async.errors import ResponseTooLarge
from tests.support.folders import ROOT


@pytest.mark.parametrize(
    ("data", "units"),
    [
        (b"1", 0),
        (b"[1,2,3]", 12),
        (b'["a","b"]', 15),
        (b'{"a":1}', 92),
        (b"[[],[]]", 31),
        (b'"\\n\\n\\n\\n\\n\\n\\n\\n"', 4),
        (b"a" * 100_000, 0),
        ("é".encode() * 50_000, 2_500),
        (b"9" * 1_023, 100),
    ],
)
def test_each_kind_of_value_has_its_weight(data: bytes, units: int) -> None:
    assert json_work(data) == units


@given(st.binary(), st.integers(0, 100))
def test_the_parts_of_a_document_add_up(data: bytes, cut: int) -> None:
    whole, parts = json_work(data), json_work(data[:cut]) + json_work(data[cut:])
    assert whole - 2 <= parts <= whole  # of back-slashes four count as one, and of other bytes forty


@pytest.mark.parametrize("unit", [b"{},", b"[],", b'{"":', b'"",', b"1,", b"[", b"{"])
def test_a_document_that_is_not_looked_at_is_never_too_much(unit: bytes) -> None:
    assert unit in (b"[", b"{") or json_work(unit * (LEAST_BYTES // len(unit))) < Limits().values
    # Brackets alone are no JSON: a parser ends at the 200th.


def test_a_list_of_all_models_is_far_from_the_limit() -> None:
    snapshot = ROOT / "src" / "openrouter_async" / "catalogue" / "snapshot.json"
    assert json_work(snapshot.read_bytes()) < Limits().values / 2


def test_what_is_too_much_is_refused_by_name() -> None:
    check_work(10, 10, "it")
    with pytest.raises(
        ResponseTooLarge, match=r"^it contains more values than Limits\(values=10\) allows"
    ) as caught:
        check_work(11, 10, "it")
    assert caught.value.limit == 10
