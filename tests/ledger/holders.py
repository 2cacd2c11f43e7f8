"""Every holder of a ledger, for the tests that run against each; a new one is a line in `HOLDERS`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from openrouter_async.ledger.holder import Holder, MemoryHolder
from openrouter_async.ledger.sqlite import SqliteHolder

LEASE_S = 10.0


class Clock:
    """A clock that the test moves, in seconds since 1970."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


Make = Callable[[Path, Clock], Holder]
"""Makes a holder; two made with the same folder are two processes with one ledger, where that is possible."""

HOLDERS: dict[str, Make] = {
    "memory": lambda folder, clock: MemoryHolder(lease_s=LEASE_S, clock=clock),
    "sqlite": lambda folder, clock: SqliteHolder(folder / "run.db", lease_s=LEASE_S, clock=clock),
}
