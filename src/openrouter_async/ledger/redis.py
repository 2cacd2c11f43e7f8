"""`RedisHolder`: a ledger in Redis or Valkey, for processes on several machines. Needs the extra `redis`.

*Theory of operation.* The rules are in `Machine`, and nowhere else, so a process reads the rows of all its steps that
wait, applies them, and writes what has changed. Meanwhile it has the *turn*: an element of a list, which `BLPOP` hands
to the process that has waited longest. The turn has a number. One script writes all rows and passes on the turn under
the next number, or does nothing if the number is not the newest any more; so a process may die, or stop for any time,
between any two commands. A process that sees no new number for `TURN` of a lease makes the next turn: the process that
had it is dead, or will find that it is too late, and apply its steps again.

The client is the synchronous one, in a thread: the event loop stays free, and it runs under trio too. A connection that
breaks is made again; a step that arrives twice changes nothing.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, cast
from urllib.parse import parse_qsl, unquote, urlsplit

from anyio import CapacityLimiter, to_thread

from .._extras import needs_extra
from ..errors import ConfigurationError, LedgerError
from .machine import LEASE_S, Machine
from .redis_state import Command, RedisState
from .steps import Answer, Beat, Step

with needs_extra("redis", "a ledger in Redis"):
    from redis import Redis
    from redis.backoff import NoBackoff
    from redis.exceptions import ConnectionError, RedisError, TimeoutError
    from redis.retry import Retry

__all__ = ["RedisHolder"]

_VERSION = b"2"

TURN = 1 / 5
"""Part of a lease after which a lost turn is made again; the others still beat in time."""

BUSY_S = 60.0
"""Seconds to wait for the turn, or for a server that cannot be reached; chosen: more than its restart takes."""

ANSWER_S = 30.0
"""Seconds to wait for the answer to a command, besides those that it waits itself."""

_WRITE = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
local at = 2
while ARGV[at] do
    local count = tonumber(ARGV[at])
    redis.call(unpack(ARGV, at + 1, at + count))
    at = at + count + 1
end
redis.call('RPUSH', KEYS[2], redis.call('INCR', KEYS[1]))
return 1
"""
"""Write rows, and pass on the turn; do nothing where that is over. ARGV: its number; each command behind its length."""

_NEW_TURN = """
local newest = redis.call('GET', KEYS[1]) or ''
if newest == ARGV[1] and redis.call('LLEN', KEYS[2]) == 0 then
    newest = redis.call('INCR', KEYS[1])
    redis.call('RPUSH', KEYS[2], newest)
end
return tostring(newest)
"""
"""Make a turn where there was no new one since that number; return the newest number."""


class _TooLate(Exception):
    """Another process has made a new turn."""


class RedisHolder:
    """The connection of one process to the server."""

    def __init__(
        self,
        url: str,
        *,
        lease_s: float = LEASE_S,
        busy_s: float = BUSY_S,
        clock: Callable[[], float] | None = None,
    ) -> None:
        """Make one; nothing is sent before `open`.

        Args:
            url: `redis://user:password@host:port/database#name`; `rediss` is with TLS, and the name tells the
                ledgers of a database apart.
            lease_s: Seconds that the leases of a silent worker last.
            busy_s: Seconds to wait for the turn, or for a server that cannot be reached.
            clock: The time; None: that of the server.

        Raises:
            ConfigurationError: the address is wrong.
        """
        self.lease_s = lease_s
        self._client, self._where, name = _connect(url)
        self._prefix = f"openrouter:ledger:{{{name}}}:"  # the braces keep all keys together in a cluster
        self._busy_s = busy_s
        self._clock = clock
        self._state = RedisState(self._ask, self._prefix)
        self._machine = Machine(self._state, lease_s=lease_s)
        self._turns = [self._prefix + "turn", self._prefix + "turns"]
        self._write = self._client.register_script(_WRITE)
        self._make_turn = self._client.register_script(_NEW_TURN)
        self._newest = b""
        """The number of the last turn that was seen."""
        self._process = 0
        self._one_thread = threading.Lock()
        self._one_at_a_time: CapacityLimiter | None = None

    @property
    def where(self) -> str:
        """The address, without a user, a password or options."""
        return self._where

    async def open(self) -> None:
        """Connect.

        Raises:
            LedgerError: the server cannot be reached, refuses, or has a ledger of a newer version.
        """
        self._one_at_a_time = CapacityLimiter(1)
        await to_thread.run_sync(self._check, limiter=self._one_at_a_time)

    async def apply(self, steps: Sequence[Step]) -> list[Answer]:
        """Apply steps in one turn.

        Raises:
            LedgerError: the server could not be reached for long, or refuses.
        """
        return await to_thread.run_sync(self._apply, steps, limiter=self._one_at_a_time)

    def beat(self, worker: str) -> None:
        """Apply a `Beat`, in the thread that calls it.

        Raises:
            LedgerError: as `apply`.
        """
        self._apply([Beat(worker=worker)])

    async def aclose(self) -> None:
        """Disconnect."""
        await to_thread.run_sync(self._client.close, limiter=self._one_at_a_time)

    def _check(self) -> None:
        self._process = os.getpid()
        with self._errors():
            counts = self._prefix + "counts"
            _, version = self._ask(("HSETNX", counts, "version", _VERSION), ("HGET", counts, "version"))
            self._newest = self._make_turn(keys=self._turns, args=[b""])
        if version != _VERSION:
            raise self._error(
                f"is of version {version.decode()}, and this library knows {_VERSION.decode()};"
                " use the version that made it, or another name"
            )

    def _apply(self, steps: Sequence[Step]) -> list[Answer]:
        if os.getpid() != self._process:
            raise self._error("was opened before this process was forked; open it in each process")
        give_up_at, pause = time.monotonic() + self._busy_s, 0.05
        while True:
            try:
                with self._one_thread, self._errors():
                    return self._apply_in_turn(steps, give_up_at)
            except _TooLate:
                if time.monotonic() > give_up_at:
                    raise self._error(f"had no turn for this process in {self._busy_s:g} seconds") from None
            except LedgerError as error:
                if time.monotonic() > give_up_at or not isinstance(
                    error.__cause__, ConnectionError | TimeoutError
                ):
                    raise
                time.sleep(pause)
                pause = min(1.0, 2 * pause)

    def _apply_in_turn(self, steps: Sequence[Step], give_up_at: float) -> list[Answer]:
        turn = self._take_turn(give_up_at)
        writes: list[Command] = []
        try:
            time = self._state.begin(steps, None if self._clock is None else self._clock())
            answers: list[Answer] = [self._machine.apply(step, time.now, time.date) for step in steps]
            writes = self._state.writes()
        finally:
            arguments = [argument for command in writes for argument in (len(command), *command)]
            was_mine = self._write(keys=self._turns, args=[turn, *arguments])
        if not was_mine:
            raise _TooLate
        return answers

    def _take_turn(self, give_up_at: float) -> bytes:
        wait = min(self.lease_s * TURN, ANSWER_S / 2)
        while True:
            (taken,) = self._ask(("BLPOP", self._turns[1], wait))
            if taken is not None:
                self._newest = taken[1]
                return self._newest
            if time.monotonic() > give_up_at:
                raise _TooLate
            self._newest = self._make_turn(keys=self._turns, args=[self._newest])

    def _ask(self, *commands: Command) -> list[Any]:
        with self._client.pipeline(transaction=False) as pipe:
            for command in commands:
                cast("Any", pipe).execute_command(*command)  # which has no types
            return pipe.execute()

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except RedisError as error:
            raise self._error(f"cannot be used: {error}") from error

    def _error(self, what: str) -> LedgerError:
        return LedgerError(f"the ledger {self.where!r} {what}", where=self.where)


def _connect(url: str) -> tuple[Redis, str, str]:
    """Return a client that is not connected yet, the address without what is secret, and the name of the ledger."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port or 6379
        where = f"{parts.scheme}://{host}:{port}/{parts.path.lstrip('/') or '0'}"
        name = unquote(parts.fragment)
        unknown = {option for option, _ in parse_qsl(parts.query, keep_blank_values=True)} - _OPTIONS
        if host is None or unknown or not f"0{parts.path.removeprefix('/')}".isdecimal():
            raise ValueError
        client = Redis.from_url(
            parts._replace(scheme=parts.scheme.replace("valkey", "redis"), fragment="").geturl(),
            protocol=2,
            encoding_errors="surrogatepass",
            socket_connect_timeout=10,
            socket_timeout=ANSWER_S,
            retry=Retry(NoBackoff(), 0),  # ours applies steps again, not commands
        )
    except ValueError:
        raise ConfigurationError(
            "the address of the ledger is not of the form redis://user:password@host:port/database#name;"
            " special characters of a password are written as %23"
        ) from None  # whose message may have a part of the password
    return client, where + (f"#{parts.fragment}" if name else ""), name or "default"


_OPTIONS = {"ssl_ca_certs", "ssl_certfile", "ssl_keyfile", "ssl_cert_reqs", "ssl_check_hostname"}
"""Those of the client that an address may have behind `?`."""
