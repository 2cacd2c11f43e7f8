"""From a name to a connection: resolves its addresses, and races them.

A lookup runs in a thread of its own, since the program may use all threads of the event loop. Each name has one
lookup at a time, for all that wait for it, and the result is kept for `KEPT_S`. A lookup cannot be cancelled, so its
thread does not keep the process alive.

Addresses are raced by RFC 8305 ("Happy Eyeballs"), in anyio tasks, so it is the same on every event loop: asyncio's
own race fails under eager task factories (Python 3.12.1, 3.13.0), and uvloop lacks one.
"""

from __future__ import annotations

import ipaddress
import socket
import threading
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from functools import partial
from itertools import chain, zip_longest
from typing import TypeAlias

import anyio

from ..library import httpcore
from .stream import CallStream, Network

__all__ = ["KEPT_S", "RACE_DELAY_S", "Address", "Names", "Progress", "first_of", "is_address"]

KEPT_S = 10.0
"""How long the addresses of a name are used before it is looked up again; chosen: the time to live that a name has is
not told by getaddrinfo, and services that move give theirs a minute or less."""
RACE_DELAY_S = 0.25
"""How long one address of a name is tried before the next is tried beside it: RFC 8305, section 5."""

Address: TypeAlias = tuple[str, int]
"""An address as text, and a port."""


class Progress:
    """The current step of connecting, in words for the message of a timeout."""

    __slots__ = ("waits_for",)

    def __init__(self) -> None:
        self.waits_for = "the connection"


class _LookUp:
    """One look-up, and whoever waits for it."""

    def __init__(self) -> None:
        self.is_over = anyio.Event()
        self.found: list[Address] = []
        self.error: Exception | None = None


class Names:
    """The names that one event loop asked for."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._running: dict[Address, _LookUp] = {}
        self._kept: dict[Address, tuple[float, list[Address]]] = {}

    async def addresses(self, host: str, port: int) -> list[Address]:
        """Return the addresses of a host, in the order to try them.

        Raises:
            httpcore.ConnectError: the name has no address, or is not valid; the reason is its cause.
        """
        if is_address(host):
            return [(host, port)]
        name = host, port
        until, found = self._kept.get(name, (0.0, []))
        if time.monotonic() < until:
            return found
        look_up = self._running.get(name)
        if look_up is None:
            look_up = self._running[name] = _LookUp()
            threading.Thread(
                target=self._look_up, args=(name, look_up), name=f"look-up of {host}", daemon=True
            ).start()
        await look_up.is_over.wait()
        if isinstance(look_up.error, OSError | ValueError):  # ValueError: what cannot be a name
            raise httpcore.ConnectError(str(look_up.error)) from look_up.error
        if look_up.error is not None:
            raise look_up.error
        return look_up.found

    async def connect(self, host: str, port: int, peer: str, progress: Progress) -> CallStream:
        """Return a connection to a host, which messages call `peer`.

        Raises:
            httpcore.ConnectError: it has no address, or none that answers; the reason is its cause.
        """
        progress.waits_for = f"the look-up of the name of {peer}"
        addresses = await self.addresses(host, port)
        progress.waits_for = f"the connection to {peer}"
        if len(addresses) > 1:
            progress.waits_for += f", by any of its {len(addresses)} addresses,"
        try:
            return await first_of(addresses, self._network.connect)
        except httpcore.ConnectError:
            self._kept.pop((host, port), None)
            raise

    def _look_up(self, name: Address, look_up: _LookUp) -> None:
        """Run in a thread."""
        try:
            rows = socket.getaddrinfo(*name, type=socket.SOCK_STREAM)
        except Exception as error:  # noqa: BLE001 - raised again by those who wait
            look_up.error = error
        else:
            look_up.found = _in_turn(rows)
        with suppress(RuntimeError):  # the event loop has ended, and nobody waits
            self._network.call_soon(partial(self._finish, name, look_up))

    def _finish(self, name: Address, look_up: _LookUp) -> None:
        now = time.monotonic()
        self._kept = {each: kept for each, kept in self._kept.items() if now < kept[0]}
        if look_up.error is None:
            self._kept[name] = now + KEPT_S, look_up.found
        del self._running[name]
        look_up.is_over.set()


async def first_of(
    addresses: Sequence[Address], connect: Callable[[str, int], Awaitable[CallStream]]
) -> CallStream:
    """Return a connection to the first address that accepts one, and drop the others.

    Raises:
        httpcore.ConnectError: none did; the error is that of the first address, with the others as its cause.
    """
    if len(addresses) == 1:
        return await connect(*addresses[0])
    won: list[CallStream] = []
    errors: list[httpcore.ConnectError] = []

    async def attempt(address: Address, is_over: anyio.Event) -> None:
        try:
            stream = await connect(*address)
        except httpcore.ConnectError as error:
            errors.append(error)
            is_over.set()
            return
        won.append(stream)
        group.cancel_scope.cancel()

    try:
        async with anyio.create_task_group() as group:
            for address in addresses:
                is_over = anyio.Event()
                group.start_soon(attempt, address, is_over)
                with anyio.move_on_after(RACE_DELAY_S):
                    await is_over.wait()
    except BaseException:
        for stream in won:
            stream.abort()
        raise
    for late in won[1:]:
        late.abort()
    if won:
        return won[0]
    raise httpcore.ConnectError(str(errors[0])) from ExceptionGroup("no address answered", errors)


def is_address(host: str) -> bool:
    """Return whether a host is an address, which needs no lookup."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _in_turn(rows: Sequence[tuple[int, int, int, str, tuple[object, ...]]]) -> list[Address]:
    """Return the addresses of a look-up, IPv6 and IPv4 in turn, the first one's kind first (RFC 8305, section 4)."""
    kinds: dict[int, dict[Address, None]] = {}
    for family, _, _, _, address in rows:
        if family in (socket.AF_INET, socket.AF_INET6):
            host, port, *more = address
            zone = f"%{more[1]}" if more and more[1] else ""
            kinds.setdefault(family, {})[f"{host}{zone}", int(str(port))] = None
    return [address for address in chain(*zip_longest(*kinds.values())) if address is not None]
