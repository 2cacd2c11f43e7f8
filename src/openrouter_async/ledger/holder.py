"""`Holder`: the one authority of a ledger, and `MemoryHolder`, for one process.

A holder has to do one thing: apply steps in the order given, as the `Machine` does, each whole or not at all, and none
between those of another call. The tests of the machine run against every holder.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Protocol

from .dates import Time
from .machine import LEASE_S, Machine
from .state import MemoryState
from .steps import Answer, Step

__all__ = ["Holder", "MemoryHolder"]


class Holder(Protocol):
    """Where the state of a ledger is."""

    lease_s: float
    """Seconds that the leases of a silent worker last."""

    @property
    def where(self) -> str:
        """The file or address, for messages; without a password."""
        ...

    async def open(self) -> None:
        """Connect, and check that the file or server can be used.

        Raises:
            LedgerError: it cannot.
        """
        ...

    async def apply(self, steps: Sequence[Step]) -> list[Answer]:
        """Apply steps, and return their answers in the same order; they outlive the process when this returns.

        The caller calls it again only after it has returned, and never cancels it, so it is bounded in time.

        Raises:
            LedgerError: they could not be applied, or not certainly; the caller may pass the same steps again.
        """
        ...

    def beat(self, worker: str) -> None:
        """Apply a `Beat`, in the thread that calls it.

        Raises:
            LedgerError: as `apply`.
        """
        ...

    async def aclose(self) -> None:
        """Disconnect; the state stays."""
        ...


class MemoryHolder:
    """The ledger of one process, which ends with it."""

    def __init__(self, *, lease_s: float = LEASE_S, clock: Callable[[], float] = time.time) -> None:
        self.lease_s = lease_s
        self._clock = clock
        self._machine = Machine(MemoryState(), lease_s=lease_s)
        self._time = Time()

    @property
    def where(self) -> str:
        """The memory of this process."""
        return ":memory:"

    async def open(self) -> None:
        """Do nothing."""

    async def apply(self, steps: Sequence[Step]) -> list[Answer]:
        """Apply steps, without waiting."""
        self._time = time = self._time.at(self._clock())
        return [self._machine.apply(step, time.now, time.date) for step in steps]

    def beat(self, worker: str) -> None:
        """Do nothing: no other process would notice."""

    async def aclose(self) -> None:
        """Do nothing; the state stays as long as the object."""
