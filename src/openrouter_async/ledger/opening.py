"""`open_ledger`: a ledger by its path or address."""

from __future__ import annotations

import os

from .._checks import number
from ..errors import ConfigurationError
from .holder import Holder, MemoryHolder
from .ledger import Ledger
from .machine import LEASE_S

__all__ = ["open_ledger"]


def open_ledger(where: str | os.PathLike[str], *, lease_s: float = LEASE_S) -> Ledger:
    """Return a ledger, to be entered with `async with`; nothing is opened before that.

    Args:
        where: The path of a SQLite file, for the processes of one machine; it is made if it does not exist.
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
        raise ConfigurationError(f"the ledger is {where!r}; expected the path of a file")
    if "://" in os.fspath(where):
        raise ConfigurationError(
            f"the ledger has an address of {os.fspath(where).partition('://')[0]!r}; expected a path"
        )
    from .sqlite import SqliteHolder  # SQLite is loaded only where it is used

    return SqliteHolder(where, lease_s=lease_s)
