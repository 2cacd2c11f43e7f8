"""A ledger in a named actor of a real Ray."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import anyio
import pyarrow as pa
import pytest
import ray
import ray.data
from anyio.from_thread import BlockingPortal, start_blocking_portal

from openrouter_async import LedgerError, open_ledger
from openrouter_async.ledger.ray import RayHolder
from openrouter_async.ledger.steps import Beat
from openrouter_async.ray import Prompt
from openrouter_async.testing import Emulator
from tests.engines.test_killed import check, is_actor, kill_one, kill_while_answering
from tests.engines.work import TEXT, asked, columns
from tests.ledger.holders import LEASE_S, Clock
from tests.ledger.test_holders import answers_as_the_machine_does


class Ending(RayHolder):
    """One whose actor ends with it, since many are made."""

    async def aclose(self) -> None:
        ray.kill(self._actor)


@pytest.fixture(scope="module")
def portal() -> Iterator[BlockingPortal]:
    with start_blocking_portal() as portal:
        yield portal


@pytest.mark.usefixtures("local_ray")
def test_it_answers_as_the_machine_does(portal: BlockingPortal) -> None:
    def make(folder: Path, clock: Clock) -> RayHolder:
        return Ending(f"ray://{folder.name}", lease_s=LEASE_S, clock=clock)

    answers_as_the_machine_does(make, portal, runs=8)


@pytest.mark.usefixtures("local_ray")
def test_one_of_two_actors_is_killed(service: Emulator) -> None:
    seen = kill_while_answering(service, kill_one(is_actor))
    cities = ray.data.from_arrow(pa.table(columns(2_000))).repartition(8)
    prompt = Prompt(TEXT, **asked(concurrency=16, ledger="ray://killed", once=True))
    rows = cities.map_batches(
        prompt, batch_format="pyarrow", compute=ray.data.ActorPoolStrategy(size=2)
    ).take_all()
    check(rows, service, seen)
    assert seen.made == 2_000


@pytest.mark.usefixtures("local_ray")
def test_an_actor_that_died_is_an_error() -> None:
    holder = RayHolder("ray://dead")
    anyio.run(holder.open)
    assert anyio.run(holder.apply, [Beat(worker="ann")])
    ray.kill(holder._actor)
    with pytest.raises(LedgerError, match="'ray://dead' cannot be used"):
        anyio.run(holder.apply, [Beat(worker="ann")])


def test_without_a_cluster_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    with pytest.raises(LedgerError, match=r"needs a cluster; call ray.init\(\) first"):
        anyio.run(open_ledger("ray://none").__aenter__)
