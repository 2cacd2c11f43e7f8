"""What `corpus` holds: of replies as models write them nearly all are taken, and no wrong value of any."""

from __future__ import annotations

import pytest

from openrouter_async.structured.reading.standing import NOT_MEANT, RETRACTIONS
from tests.structured.corpus import ADVERSARIAL, READERS, REALISTIC, main, ours, phrases, score


def test_the_corpus_is_as_large_as_it_claims() -> None:
    assert len(REALISTIC) >= 7_000
    assert len({(repr(reply.wanted), reply.text) for reply in REALISTIC}) >= 5_000
    assert len(ADVERSARIAL) >= 300


@pytest.mark.slow
def test_nearly_all_realistic_replies_give_their_value_and_none_another() -> None:
    counts = score(ours, REALISTIC)
    assert counts["wrong"] == 0
    assert counts["right"] >= 0.98 * len(REALISTIC)


def test_no_adversarial_reply_gives_a_wrong_value() -> None:
    wrong = [reply for reply in ADVERSARIAL if ours(reply.wanted, reply.text) not in (None, reply.meant)]
    assert wrong == []


def test_most_of_what_outranks_its_rivals_is_taken() -> None:
    outranked = [reply for reply in ADVERSARIAL if reply.meant is not None]
    taken = [reply for reply in outranked if ours(reply.wanted, reply.text) == reply.meant]
    assert len(taken) >= 0.9 * len(outranked)


@pytest.mark.slow
def test_the_others_do_worse() -> None:
    """Else the corpus would be of no use."""
    for name in READERS.keys() - {"openrouter-async"}:
        assert score(READERS[name], ADVERSARIAL)["wrong"] > 40
        assert score(READERS[name], REALISTIC)["right"] < 0.9 * len(REALISTIC)


@pytest.mark.slow
def test_each_phrase_that_refuses_is_worth_its_refusals() -> None:
    """None is in the way of a realistic reply, and without it a reply would be misread."""
    found = phrases()
    assert found.keys() == {*NOT_MEANT, *RETRACTIONS}
    assert {phrase for phrase, (refused, _) in found.items() if refused} == set()
    assert {phrase for phrase, (_, saved) in found.items() if not saved} == set()


@pytest.mark.slow
def test_the_table_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    main()
    printed = capsys.readouterr().out
    assert all(name in printed for name in READERS)
