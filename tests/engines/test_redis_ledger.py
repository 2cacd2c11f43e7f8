"""A ledger in a real Redis: equal to the machine, whatever dies in between."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import anyio
import pandas as pd
import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from redis import Redis

from openrouter_async import LedgerError, open_ledger
from openrouter_async.ledger.redis import RedisHolder
from openrouter_async.ledger.steps import Beat, Claim, Finish, Lease, Step
from openrouter_async.testing import Emulator
from tests.engines.work import MODEL, prompts
from tests.ledger.holders import LEASE_S, Clock
from tests.ledger.processes import run_together
from tests.ledger.test_holders import answers_as_the_machine_does
from tests.support.folders import ROOT
from tests.support.redis_server import redis_server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with redis_server(tmp_path_factory.mktemp("redis")) as url:
        yield url


@pytest.fixture
def url(server: str, tmp_path: Path) -> str:
    """The address of a ledger of this test."""
    return f"{server}#{tmp_path.name}"


@pytest.fixture(scope="module")
def portal() -> Iterator[BlockingPortal]:
    with start_blocking_portal() as portal:
        yield portal


def test_it_answers_as_the_machine_does(server: str, portal: BlockingPortal) -> None:
    def make(folder: Path, clock: Clock) -> RedisHolder:
        return RedisHolder(f"{server}#{folder.name}", lease_s=LEASE_S, clock=clock)

    answers_as_the_machine_does(make, portal)


def test_killed_workers_lose_nothing_and_with_once_the_bill_is_the_fair_price(url: str) -> None:
    outcome = run_together(processes=3, concurrency=20, items=150, kills=3, once=True, seed=1, ledger=url)
    assert outcome.lost == outcome.twice == 0
    assert outcome.made == 150
    assert outcome.results == (150, 150, 150)
    assert outcome.bill == outcome.spent == outcome.fair
    assert outcome.held == 0


def test_a_budget_is_of_all_processes_together(url: str) -> None:
    outcome = run_together(processes=3, concurrency=20, items=150, budget="0.0003", ledger=url)
    assert outcome.refused == 3
    assert 0 < outcome.made < 150
    assert outcome.bill == outcome.spent <= Decimal("0.0003")
    assert outcome.held == 0


def test_workers_from_a_shell(url: str, service: Emulator, tmp_path: Path) -> None:
    asked = [f"How many live in city {number}?" for number in range(60)]
    path = tmp_path / "prompts.txt"
    path.write_text("\n".join(asked))
    command = [
        sys.executable,
        "-m",
        "openrouter_async",
        "batch",
        str(path),
        "--ledger",
        url,
        "--model",
        MODEL,
    ]
    workers = [subprocess.Popen([*command, "--worker"], cwd=tmp_path) for _ in range(2)]
    printed = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert [worker.wait() for worker in workers] == [0, 0]
    assert len({json.loads(line)["key"] for line in printed.splitlines()}) == 60
    assert prompts(service) == dict.fromkeys(asked, 1)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_it_runs_under_either_event_loop(url: str, backend: str) -> None:
    async def spent() -> Decimal:
        async with open_ledger(url) as ledger:
            return await ledger.budget("user:42", "1").spent()

    assert anyio.run(spent, backend=backend) == 0


class Two:
    """Two processes of one ledger, whose turns are taken by hand."""

    def __init__(self, url: str, portal: BlockingPortal, lease_s: float = 1.0) -> None:
        self.one, self.other = RedisHolder(url, lease_s=lease_s), RedisHolder(url, lease_s=lease_s)
        self.portal = portal
        for holder in (self.one, self.other):
            portal.call(holder.open)

    def close(self) -> None:
        for holder in (self.one, self.other):
            self.portal.call(holder.aclose)


@pytest.fixture
def two(url: str, portal: BlockingPortal) -> Iterator[Two]:
    yield (made := Two(url, portal))
    made.close()


def begin(holder: RedisHolder, steps: list[Step]) -> bytes:
    """Take the turn, read and apply, and stop before anything is written; return the number of the turn."""
    turn = holder._take_turn(float("inf"))
    time = holder._state.begin(steps, None)
    for step in steps:
        holder._machine.apply(step, time.now, time.date)
    return turn


def end(holder: RedisHolder, turn: bytes) -> object:
    written = [each for command in holder._state.writes() for each in (len(command), *command)]
    return holder._write(keys=holder._turns, args=[turn, *written])


CLAIM = Claim(worker="ann", lease="hers", key="k", hash="h")
HIS = Claim(worker="bob", lease="his", key="k", hash="h")


def test_a_process_that_dies_in_its_turn_delays_the_others_and_changes_nothing(two: Two) -> None:
    begin(two.one, [CLAIM])
    (claimed,) = two.portal.call(two.other.apply, [HIS])
    assert isinstance(claimed, Lease)


def test_a_process_that_stopped_in_its_turn_is_too_late(two: Two) -> None:
    turn = begin(two.one, [CLAIM])
    (claimed,) = two.portal.call(two.other.apply, [HIS])
    assert isinstance(claimed, Lease)
    assert end(two.one, turn) == 0
    finish = [Finish(lease="hers", record=b"late\n"), Finish(lease="his", record=b"kept\n")]
    assert two.portal.call(two.one.apply, finish) == ["known", "kept"]


def test_a_write_whose_answer_was_lost_is_not_repeated_over_that_of_others(two: Two) -> None:
    turn = begin(two.one, [CLAIM])
    assert end(two.one, turn) == 1
    two.portal.call(two.other.apply, [Finish(lease="hers", record=b"kept\n")])
    assert end(two.one, turn) == 0
    assert two.portal.call(two.one.apply, [Finish(lease="hers", record=b"twice\n")]) == ["known"]


def test_a_connection_that_breaks_is_made_again(two: Two, server: str) -> None:
    for _ in range(3):
        Redis.from_url(server).execute_command("CLIENT", "KILL", "TYPE", "normal")
        assert two.portal.call(two.one.apply, [Beat(worker="ann")])


def test_a_server_that_is_away_is_an_error_that_hides_the_password(tmp_path: Path) -> None:
    with redis_server(tmp_path) as url:
        holder = RedisHolder(url.replace("//", "//default:hidden@"), busy_s=0.2)
        Redis.from_url(url).config_set("requirepass", "hidden")
        anyio.run(holder.open)
        wrong = open_ledger(url.replace("//", "//default:wrong-secret@"))
        with pytest.raises(LedgerError, match="invalid username-password pair") as refused:
            anyio.run(wrong.__aenter__)
    with pytest.raises(LedgerError, match="cannot be used") as away:
        anyio.run(holder.apply, [Beat(worker="ann")])
    for said in (refused.value, away.value, wrong, holder.where, *refused.value.args, *away.value.args):
        assert "hidden" not in repr(said)
        assert "secret" not in f"{said}{said!r}"
    assert away.value.where == url


def test_a_ledger_of_a_newer_version_is_refused(url: str, server: str, tmp_path: Path) -> None:
    Redis.from_url(server).hset(f"openrouter:ledger:{{{tmp_path.name}}}:counts", "version", "7")
    with pytest.raises(LedgerError, match="is of version 7, and this library knows 2"):
        anyio.run(open_ledger(url).__aenter__)


def test_what_is_no_ledger_is_an_error(url: str, server: str, tmp_path: Path) -> None:
    Redis.from_url(server).set(f"openrouter:ledger:{{{tmp_path.name}}}:counts", "text")
    with pytest.raises(LedgerError, match="WRONGTYPE"):
        anyio.run(open_ledger(url).__aenter__)


def test_the_functions_of_the_page_on_schedulers(
    url: str, service: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.reply_with(None)
    monkeypatch.setenv("LEDGER", url)
    page = (ROOT / "docs" / "howto" / "schedulers.md").read_text("utf-8")
    function, spark = re.findall(r"```python\n(.*?)```", page, flags=re.DOTALL)
    named: dict[str, Any] = {}
    exec(compile(function, "function", "exec"), named)
    rows = [{"id": str(number), "city": f"city {number}"} for number in range(20)]
    for part in (rows, rows[5:]):  # the second is one that starts again
        assert [row["id"] for row in anyio.run(named["ask"], part)] == [row["id"] for row in part]
    exec(
        compile(spark.replace("redis://:password@host:6379/0#cities", f"{url}-cities"), "spark", "exec"),
        named,
    )
    for _ in range(2):
        (frame,) = named["ask_frames"](iter([pd.DataFrame({"city": ["Oslo", "Lima"]})]))
        assert list(frame["city"]) == ["Oslo", "Lima"]
        assert frame["value"].notna().all()
    assert len(prompts(service)) == prompts(service).total() == 22
