"""The work of a document is told from its bytes: alike however it is cut, and far below the limit for real answers."""

from __future__ import annotations

import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openrouter_async import Limits
from openrouter_async._sansio.json_work import LEAST_BYTES, JsonWork, check_work, json_work
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


CODE = 'def f(a: dict) -> list: return [{"key": a["b"], "c": {}}]  # \\ and "quotes\\"\n' * 6_000
"""What a model may well write in one answer: some 400 kB."""


def units_of(document: bytes, limit: int, cuts: list[int] | None = None) -> int:
    work, places = JsonWork(limit, "it"), sorted(cuts or [])
    for start, end in itertools.pairwise([0, *places, len(document)]):
        work.add(document[start:end])
    return work._exact


def count(parts: list[bytes]) -> None:
    work = JsonWork(Limits().values, "it")
    for part in parts:
        work.add(part)


def test_punctuation_in_strings_is_no_work_however_much_there_is() -> None:
    document = json.dumps({"choices": [{"message": {"content": CODE}}]}).encode()
    assert json_work(document) > Limits().values
    assert 0 < units_of(document, Limits().values) < Limits().values / 4


@given(
    st.lists(
        st.text(alphabet='ab"\\{}[],:', max_size=8) | st.integers() | st.dictionaries(st.text(), st.none())
    ),
    st.data(),
)
def test_a_document_is_counted_alike_however_it_is_cut(value: list[object], data: st.DataObject) -> None:
    document = json.dumps(["[]{}" * 20, value]).encode()
    units = units_of(document, json_work(document) - 1)
    cuts = data.draw(st.lists(st.integers(0, len(document))))
    assert units - 2 * len(cuts) <= units_of(document, units, cuts) <= units  # as above


@pytest.mark.parametrize("unit", [b"[],", b'{"a":1},', b'"a",', b'"\\"{",', b'{"":'])
@pytest.mark.parametrize("size", [1_000, 65_536, 10**8])
def test_values_that_are_too_many_are_refused_in_parts_and_whole(unit: bytes, size: int) -> None:
    document = b'["' + b"{" * 20_000 + b'",' + unit * 700_000
    parts = [document[at : at + size] for at in range(0, len(document), size)]
    with pytest.raises(ResponseTooLarge):
        count(parts)
