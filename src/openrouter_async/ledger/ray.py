"""`RayHolder`: a ledger in a named actor of Ray, for the programs of one cluster. Needs the extra `ray`.

The actor has the state in its memory, and applies the steps of one call after those of another. It outlives the
programs, since it is detached, and ends with the cluster.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any, cast

from anyio import to_thread

from .._extras import needs_extra
from ..errors import ConfigurationError, LedgerError
from .dates import Time
from .machine import LEASE_S, Machine
from .state import MemoryState
from .steps import Answer, Beat, Step

__all__ = ["LedgerActor", "RayHolder"]

NAMESPACE = "openrouter_async"
"""The namespace of the actors, in which all jobs of a cluster find them."""

ANSWER_S = 60.0
"""Seconds to wait for an answer of the actor; chosen: more than the start of its process takes on a busy machine."""


class LedgerActor:
    """The state, in the process of the actor."""

    def __init__(self, lease_s: float) -> None:
        self._machine = Machine(MemoryState(), lease_s=lease_s)
        self._time = Time()

    def apply(self, steps: Sequence[Step], now: float | None) -> list[Answer]:
        """Apply steps at a time; None: that of this machine."""
        self._time = at = self._time.at(time.time() if now is None else now)
        return [self._machine.apply(step, at.now, at.date) for step in steps]


class RayHolder:
    """What one process knows of the actor."""

    def __init__(
        self, address: str, *, lease_s: float = LEASE_S, clock: Callable[[], float] | None = None
    ) -> None:
        """Make one; nothing is started before `open`.

        Args:
            address: `ray://NAME`.
            lease_s: Seconds that the leases of a silent worker last.
            clock: The time; None: that of the actor's machine.

        Raises:
            ConfigurationError: the address has no name, or Ray is not installed.
        """
        with needs_extra("ray", "a ledger in an actor of Ray"):
            self._ray: Any = import_module("ray")
        self.lease_s = lease_s
        self._address = address
        self._name = address.removeprefix("ray://")
        if not self._name:
            raise ConfigurationError("the address of the ledger is ray://; expected a name behind it")
        self._clock = clock
        self._actor: Any = None

    @property
    def where(self) -> str:
        """The address."""
        return self._address

    async def open(self) -> None:
        """Find the actor, or start it.

        Raises:
            LedgerError: this process is not connected to Ray, or the actor cannot be started.
        """
        await to_thread.run_sync(self._find)

    def _find(self) -> None:
        if not self._ray.is_initialized():
            raise self._error("needs a cluster; call ray.init() first")
        named = self._ray.remote(LedgerActor).options(
            name=self._name, namespace=NAMESPACE, lifetime="detached", get_if_exists=True, num_cpus=0
        )
        try:
            self._actor = named.remote(self.lease_s)
        except (self._ray.exceptions.RayError, ValueError) as error:
            raise self._error(f"cannot be started: {error}") from error

    async def apply(self, steps: Sequence[Step]) -> list[Answer]:
        """Let the actor apply steps.

        Raises:
            LedgerError: it did not answer, or has died, and its state with it.
        """
        return await to_thread.run_sync(self._apply, steps)

    def _apply(self, steps: Sequence[Step]) -> list[Answer]:
        now = None if self._clock is None else self._clock()
        try:
            return cast(
                "list[Answer]", self._ray.get(self._actor.apply.remote([*steps], now), timeout=ANSWER_S)
            )
        except self._ray.exceptions.RayError as error:
            raise self._error(f"cannot be used: {error}") from error

    def beat(self, worker: str) -> None:
        """Apply a `Beat`, in the thread that calls it.

        Raises:
            LedgerError: as `apply`.
        """
        self._apply([Beat(worker=worker)])

    async def aclose(self) -> None:
        """Do nothing; the actor stays."""

    def _error(self, what: str) -> LedgerError:
        return LedgerError(f"the ledger {self.where!r} {what}", where=self.where)
