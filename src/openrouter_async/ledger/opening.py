"""`open_ledger`: a ledger by its path or address."""

from __future__ import annotations

import os

from .._checks import number
from ..errors import ConfigurationError
from .holder import Holder, MemoryHolder
from .ledger import Ledger
from .machine import LEASE_S

__all__ = ["open_ledger"]

REDIS = ("redis", "rediss", "valkey", "valkeys")
"""What the address of a ledger in Redis begins with; with `s` at the end, the connection has TLS."""


def open_ledger(where: str | os.PathLike[str], *, lease_s: float = LEASE_S) -> Ledger:
    """Return a ledger, to be entered with `async with`; nothing is opened before that.

    Args:
        where: The path of a SQLite file, for the processes of one machine; it is made if it does not exist.
            `redis://user:password@host:port/database#name`, or `rediss://` or `valkey://`: in Redis or Valkey, for
            processes on several machines; the name tells several ledgers of a database apart. Needs the extra `redis`.
            `ray://NAME`: in a named actor of Ray, for the programs of its cluster. Needs the extra `ray`.
            `":memory:"`: of this object alone.
        lease_s: Seconds after which the items of a process that died are given to others; the same in all processes.

    Raises:
        ConfigurationError: an argument is wrong.
    """
    lease_s = number("lease_s", lease_s, unit="seconds")
    if lease_s <= 0:
        raise ConfigurationError(f"lease_s is {lease_s}; expected more than 0 seconds")
    return Ledger(_holder(where, lease_s))


def _holder(where: str | os.PathLike[str], lease_s: float) -> Holder:
    if where == ":memory:":
        return MemoryHolder(lease_s=lease_s)
    if not isinstance(where, str | os.PathLike):
        raise ConfigurationError(f"the ledger is {where!r}; expected the path of a file, or an address")
    scheme, is_address, _ = os.fspath(where).partition("://")
    if is_address and scheme in REDIS:
        from .redis import RedisHolder  # which needs an extra

        return RedisHolder(os.fspath(where), lease_s=lease_s)
    if is_address and scheme == "ray":
        from .ray import RayHolder

        return RayHolder(os.fspath(where), lease_s=lease_s)
    if is_address:
        raise ConfigurationError(
            f"the address of the ledger begins with {scheme}://; expected a path, or one of {', '.join(REDIS)}, ray"
        )
    from .sqlite import SqliteHolder  # SQLite is loaded only where it is used

    return SqliteHolder(where, lease_s=lease_s)
