"""The file of a local cache: what is kept comes back as it was or not at all, within its age and size."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from decimal import Decimal
from pathlib import Path

import pytest

from openrouter_async.caching.store import AnswerStore, KeptAnswer, StoreFault
from tests.support.folders import ROOT

BIG = 2**30


def answer(body: bytes = b'{"id": "gen-1"}', *, created: float = 1_000.0) -> KeptAnswer:
    return KeptAnswer(
        operation="chat.create",
        model="m",
        created=created,
        status=200,
        headers={"content-type": "application/json"},
        generation_id="gen-1",
        cost=Decimal("0.25"),
        body=body,
    )


def keep(store: AnswerStore, key: bytes, kept: KeptAnswer | None = None, *, max_bytes: int = BIG) -> None:
    store.keep({key: kept or answer()}, ttl=None, max_bytes=max_bytes)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "answers.sqlite"


@pytest.fixture
def store(path: Path) -> Iterator[AnswerStore]:
    store = AnswerStore(path)
    yield store
    store.close()


def test_an_answer_comes_back_as_it_was_also_in_another_process(store: AnswerStore, path: Path) -> None:
    assert store.find(b"k", now=1_000.0, ttl=None) is None
    keep(store, b"k")
    other = AnswerStore(path)
    assert store.find(b"k", now=1_000.0, ttl=None) == other.find(b"k", now=1_000.0, ttl=None) == answer()
    other.close()


def test_the_file_is_made_when_it_is_used_and_is_for_its_owner_alone(path: Path) -> None:
    store = AnswerStore(path)
    assert not path.exists()
    keep(store, b"k")
    modes = {stat.S_IMODE(each.stat().st_mode) for each in path.parent.iterdir()}
    assert modes == {0o600}
    store.close()
    assert [each.name for each in path.parent.iterdir()] == [path.name], "WAL was merged into the file"


def test_an_answer_that_is_too_old_is_not_returned(store: AnswerStore) -> None:
    keep(store, b"k")
    assert store.find(b"k", now=1_060.0, ttl=60) is not None
    assert store.find(b"k", now=1_060.1, ttl=60) is None


def test_old_answers_are_removed(store: AnswerStore) -> None:
    keep(store, b"old")
    keep(store, b"new", answer(created=1_050.0))
    assert store.prune(now=1_070.0, ttl=60) == 1
    assert store.find(b"old", now=1_070.0, ttl=None) is None
    assert store.find(b"new", now=1_070.0, ttl=None) is not None


def test_the_answers_unused_for_longest_give_way_and_the_file_shrinks(store: AnswerStore, path: Path) -> None:
    body, most = bytes(100_000), 4_000_000
    for number in range(30):
        keep(store, b"%d" % number, answer(body, created=1_000.0 + number), max_bytes=most)
    assert store.find(b"0", now=2_000.0, ttl=None) is not None
    for number in range(30, 60):
        keep(store, b"%d" % number, answer(body, created=1_000.0 + number), max_bytes=most)
    left = {number for number in range(60) if store.find(b"%d" % number, now=3_000.0, ttl=None)}
    assert 0 in left, "it was used"
    assert 1 not in left
    assert {58, 59} <= left
    assert store.stats().bytes <= most + most // 16
    store.close()
    assert path.stat().st_size < 1.3 * most
    store.prune(now=3_000.0, max_bytes=500_000)
    store.close()
    assert path.stat().st_size < 700_000


def test_an_answer_that_is_too_large_is_not_kept(store: AnswerStore) -> None:
    keep(store, b"k", answer(bytes(2_000)), max_bytes=1_000)
    assert store.find(b"k", now=1_000.0, ttl=None) is None


def test_what_the_hits_saved_is_counted(store: AnswerStore, path: Path) -> None:
    keep(store, b"k")
    for _ in range(3):
        store.find(b"k", now=1_001.0, ttl=None)
    stats = store.stats()
    assert (stats.answers, stats.hits, stats.saved) == (1, 3, Decimal("0.75"))
    store.close()
    again = AnswerStore(path)
    assert again.stats() == stats
    ((listed, size, hits),) = again.entries()
    assert (listed.model, listed.cost, listed.body, hits) == ("m", Decimal("0.25"), None, 3)
    assert size == stats.bytes
    again.close()


def test_a_damaged_answer_is_none(store: AnswerStore, path: Path) -> None:
    keep(store, b"k", answer(b'{"text": "yes"}'))
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE answers SET body = ?", (b'{"text": "no!"}',))
    connection.close()
    with pytest.raises(StoreFault, match="an answer in it is damaged"):
        store.find(b"k", now=1_000.0, ttl=None)
    assert [*store.contents()] == []
    store.forget([b"k"])
    assert store.find(b"k", now=1_000.0, ttl=None) is None


@pytest.mark.parametrize("at", range(0, 100, 7))
def test_a_file_that_is_cut_gives_the_answer_or_none(path: Path, at: int) -> None:
    store = AnswerStore(path)
    for number in range(50):
        keep(store, b"%d" % number, answer(b"%d" % number * 1_000))
    store.close()
    os.truncate(path, path.stat().st_size * at // 100)
    cut = AnswerStore(path)
    for number in range(50):
        try:
            found = cut.find(b"%d" % number, now=1_000.0, ttl=None)
        except (sqlite3.Error, StoreFault):
            continue
        assert found is None or found.body == b"%d" % number * 1_000
    with suppress(sqlite3.Error):
        cut.close()


def test_answers_are_kept_together_or_not_at_all(store: AnswerStore) -> None:
    keep(store, b"k")
    store.connection().execute("PRAGMA max_page_count = 30")
    with pytest.raises(sqlite3.OperationalError, match="full"):
        store.keep({b"%d" % n: answer(bytes(2_000)) for n in range(200)}, ttl=None, max_bytes=BIG)
    assert store.stats().answers == 1
    keep(store, b"l")
    assert store.stats().answers == 2


def test_a_large_answer_is_found_without_its_body(store: AnswerStore) -> None:
    keep(store, b"k", answer(bytes(5_000)))
    found = store.find(b"k", now=1_000.0, ttl=None, most=4_000)
    assert found == answer()._replace(body=None)
    assert store.find(b"k", now=1_000.0, ttl=None, most=6_000) == answer(bytes(5_000))


def test_a_lease_is_of_one_owner_until_it_ends(store: AnswerStore) -> None:
    assert store.lease(b"k", "a", now=100.0, until=104.0)
    assert not store.lease(b"k", "b", now=103.0, until=107.0)
    assert store.lease(b"other", "b", now=103.0, until=107.0)
    store.renew("a", 110.0)
    assert not store.lease(b"k", "b", now=109.0, until=113.0)
    store.release([b"k"], "b")
    assert not store.lease(b"k", "b", now=109.0, until=113.0), "it was not theirs"
    store.release([b"k"], "a")
    assert store.lease(b"k", "b", now=109.0, until=113.0)
    assert store.lease(b"k", "a", now=113.5, until=117.5), "who does not renew it loses it"


def test_a_file_of_an_earlier_release_gets_leases(store: AnswerStore) -> None:
    keep(store, b"k")
    store.connection().execute("DROP TABLE leases")
    store.close()
    assert store.lease(b"k", "a", now=1.0, until=2.0)
    assert store.stats().answers == 1


@pytest.mark.slow
def test_several_processes_use_one_file_at_once(path: Path) -> None:
    program = """
import sys
from pathlib import Path
from tests.caching.test_store import AnswerStore, answer, keep

store = AnswerStore(Path(sys.argv[1]))
for number in range(200):
    keep(store, b"%d" % number, answer(b"%d" % number * 1_000))
    found = store.find(b"%d" % (number // 2), now=1_000.0, ttl=None)
    assert found is not None and found.body == b"%d" % (number // 2) * 1_000
store.close()
"""
    command = [sys.executable, "-c", program, str(path)]
    running = [subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE) for _ in range(3)]
    errors = [each.communicate(timeout=60)[1].decode() for each in running]
    assert [each.returncode for each in running] == [0, 0, 0], errors
    store = AnswerStore(path)
    assert store.stats().answers == 200
    store.close()


def test_files_of_others_and_of_newer_versions_are_left_alone(tmp_path: Path) -> None:
    other, newer, text = tmp_path / "other", tmp_path / "newer", tmp_path / "text"
    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE answers (mine)")
    connection.close()
    store = AnswerStore(newer)
    keep(store, b"k")
    store.close()
    with sqlite3.connect(newer) as connection:
        connection.execute("PRAGMA user_version = 2")
    connection.close()
    text.write_text("no database, but long enough to be looked at" * 100)
    for path, reason in ((other, "another program"), (newer, "of version 2, and this library knows 1")):
        before = path.read_bytes()
        with pytest.raises(StoreFault, match=reason):
            keep(AnswerStore(path), b"k")
        assert path.read_bytes() == before
    with pytest.raises(sqlite3.DatabaseError, match="not a database"):
        keep(AnswerStore(text), b"k")
    with pytest.raises(StoreFault, match="not a regular file"):
        keep(AnswerStore(tmp_path), b"k")
    with pytest.raises(StoreFault, match="does not exist"):
        AnswerStore(tmp_path / "none", must_exist=True).stats()
