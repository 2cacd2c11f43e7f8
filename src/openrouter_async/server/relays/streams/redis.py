"""`RedisStreams`: streams in Redis, for workers on several machines. Needs the extra `redis`.

A stream is a stream of Redis, whose readers wait by `XREAD`; beside it are a hash with its state, and keys that expire
unless its worker and its readers renew them, so no clock of a machine is compared with that of another. Its last entry
says how it ended. All keys expire.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast

from ...._extras import needs_extra
from ..failures import WebError
from .doorbell import Doorbell
from .store import MOST_IN_PART, KeptStream, Part, Pulse, StreamLimits, StreamState

with needs_extra("redis", "openrouter_async.server.RedisStreams"):
    from redis.asyncio import Redis
    from redis.exceptions import RedisError

if TYPE_CHECKING:
    from typing import Self

    from redis.asyncio.client import Pipeline

__all__ = ["RedisStreams"]

_Text: TypeAlias = bytes | str
"""A client may decode everything."""

_SEEN_MS = 3_600_000
"""Longer than any grace that is counted by it."""
_BLOCK_MS = 1000
"""The longest wait in one command, below the timeouts of connections."""


class RedisStreams:
    """Streams that workers of several machines share.

    A worker that is killed has its streams end with an error of the type `StreamLost`, after `lease`. Each reader
    that waits uses a connection. It runs under asyncio only.
    """

    def __init__(
        self,
        redis: Redis | str,
        *,
        prefix: str = "openrouter:streams:",
        max_streams: int = 1000,
        max_events: int = 100_000,
        max_bytes: int = 16 * 1024 * 1024,
        keep: float = 300.0,
        lease: float = 10.0,
    ) -> None:
        """Make one; nothing is sent before its first use.

        Args:
            redis: A client of `redis.asyncio`, which stays yours; or a URL such as `redis://localhost:6379/0`, whose
                connections `aclose` closes.
            prefix: The beginning of the names of all keys.
            max_streams: Running streams, in all workers; more get a 503.
            max_events: Events of one stream; one with more ends with an error.
            max_bytes: Bytes of one stream; one with more ends with an error.
            keep: Seconds for which a stream is kept after its end.
            lease: Seconds of silence after which a worker counts as dead.

        Raises:
            ConfigurationError: an argument is wrong.
        """
        self.limits = StreamLimits(
            max_streams=max_streams, max_events=max_events, max_bytes=max_bytes, keep=keep, lease=lease
        )
        self._is_own = isinstance(redis, str)
        self._redis: Redis = Redis.from_url(redis) if isinstance(redis, str) else redis
        self._prefix = prefix
        self._bell = Doorbell()
        self._counts: dict[str, int] = {}
        """The events of the streams that this process writes."""

    async def aclose(self) -> None:
        """Close the connections, unless they are those of a client that was given."""
        if self._is_own:
            await self._redis.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def begin(self, id: str, run: str, format: str) -> None:
        """Begin a stream; one that runs under the same id is stopped."""
        now = time.time()
        running = self._key("running")
        pipe = self._redis.pipeline(transaction=True)
        pipe.zremrangebyscore(running, "-inf", now - self.limits.lease)
        pipe.zcard(running)
        self.limits.check_room((await self._execute(pipe))[1])
        await self.stop(id)
        pipe = self._redis.pipeline(transaction=True)
        pipe.hset(
            self._key("run", run),
            mapping={"id": id, "format": format, "state": "running", "stopped": 0},
        )
        pipe.set(self._key("id", id), run, px=self._idle_ms)
        pipe.set(self._key("seen", run), 1, px=_SEEN_MS)
        self._renew(pipe, run)
        await self._execute(pipe)
        self._counts[run] = 0

    async def append(self, run: str, events: Sequence[bytes]) -> None:
        """Add events to a stream."""
        pipe = self._redis.pipeline(transaction=True)
        for number, data in enumerate(events, self._counts[run] + 1):
            pipe.xadd(self._key("events", run), {"data": data}, id=f"{number}-0")
        pipe.pexpire(self._key("events", run), self._idle_ms)
        await self._execute(pipe)
        self._counts[run] += len(events)

    async def end(self, run: str, state: Literal["over", "broken"]) -> None:
        """End a stream, which is kept for a while."""
        last = self._counts.pop(run) + 1
        keep = round(self.limits.keep * 1000)
        pipe = self._redis.pipeline(transaction=True)
        pipe.hset(self._key("run", run), "state", state)
        pipe.xadd(self._key("events", run), {"state": state}, id=f"{last}-0")  # which wakes its readers
        for kind in ("run", "events"):
            pipe.pexpire(self._key(kind, run), keep)
        pipe.delete(self._key("alive", run), self._key("seen", run))
        pipe.zrem(self._key("running"), run)
        await self._execute(pipe)

    async def beat(self, run: str, wait: float) -> Pulse:
        """Say that the worker lives, and return after `wait` seconds, or as soon as a stop is known."""
        until = time.monotonic() + wait
        while True:
            pipe = self._redis.pipeline(transaction=True)
            pipe.hget(self._key("run", run), "stopped")
            pipe.pttl(self._key("seen", run))
            self._renew(pipe, run)
            stopped, seen_ms, *_ = await self._execute(pipe)
            pulse = Pulse(int(stopped or 0) > 0, (_SEEN_MS - max(0, seen_ms)) / 1000)
            left = until - time.monotonic()
            if pulse.is_stopped or left <= 0:
                return pulse
            await self._bell.wait(run, min(left, self.limits.beat_s))

    async def attend(self, run: str) -> None:
        """Say that a reader is there."""
        pipe = self._redis.pipeline(transaction=False)
        pipe.set(self._key("seen", run), 1, px=_SEEN_MS, xx=True)
        await self._execute(pipe)

    async def find(self, id: str, run: str | None = None) -> KeptStream | None:
        """Return the newest stream of an id, or the one with this run; None if it is not kept."""
        if run is None:
            pipe = self._redis.pipeline(transaction=False)
            pipe.get(self._key("id", id))
            [newest] = await self._execute(pipe)
            if newest is None:
                return None
            run = _text(newest)
        pipe = self._redis.pipeline(transaction=True)
        pipe.hgetall(self._key("run", run))
        pipe.exists(self._key("alive", run))
        found, alive = await self._execute(pipe)
        kept = {_text(name): _text(value) for name, value in found.items()}
        if kept.get("id") != id:
            return None
        return KeptStream(run, kept["format"], _state(kept["state"], alive))

    async def read(self, run: str, after: int, wait: float) -> Part | None:
        """Return the events after a number, waiting up to `wait` seconds for the first; None if it is not kept."""
        key, until = self._key("events", run), time.monotonic() + wait
        while True:
            pipe = self._redis.pipeline(transaction=True)
            pipe.hget(self._key("run", run), "state")
            pipe.exists(self._key("alive", run))
            pipe.xrange(key, min=f"({after}-0", count=MOST_IN_PART)
            state, alive, entries = await self._execute(pipe)
            if state is None:
                return None
            part = Part(
                [data for _, fields in entries if (data := _data(fields)) is not None],
                _state(_text(state), alive),
            )
            left = until - time.monotonic()
            if part.events or part.state != "running" or left <= 0:
                return part
            pipe = self._redis.pipeline(transaction=False)
            pipe.xread({key: f"{after}-0"}, count=1, block=max(1, min(_BLOCK_MS, round(left * 1000))))
            await self._execute(pipe)

    async def stop(self, id: str) -> bool:
        """End the stream that runs under an id, in whichever worker; return whether there was one."""
        found = await self.find(id)
        if found is None or found.state != "running":
            return False
        pipe = self._redis.pipeline(transaction=False)
        pipe.hincrby(self._key("run", found.run), "stopped", 1)
        [times] = await self._execute(pipe)
        self._bell.ring(found.run)
        return bool(times == 1)

    @property
    def _idle_ms(self) -> int:
        """Milliseconds for which a stream is kept that shows no further sign of life."""
        return round((self.limits.lease + self.limits.keep) * 1000)

    def _renew(self, pipe: Pipeline, run: str) -> None:
        """Say that the worker of a stream lives."""
        pipe.set(self._key("alive", run), 1, px=round(self.limits.lease * 1000))
        pipe.zadd(self._key("running"), {run: time.time()})
        pipe.pexpire(self._key("running"), self._idle_ms)
        for kind in ("run", "events"):
            pipe.pexpire(self._key(kind, run), self._idle_ms)

    def _key(self, *parts: str) -> str:
        return self._prefix + ":".join(parts)

    async def _execute(self, pipe: Pipeline) -> list[Any]:
        try:
            return await pipe.execute()
        except RedisError as error:
            raise WebError(
                503, f"the streams in Redis cannot be used: {error}", kind="StoreUnavailable"
            ) from error


def _state(state: str, alive: int) -> StreamState:
    return "lost" if state == "running" and not alive else cast("StreamState", state)


def _text(value: _Text) -> str:
    return value.decode() if isinstance(value, bytes) else value


def _data(fields: Mapping[_Text, _Text]) -> bytes | None:
    """Return the event of an entry; None for the one that ends a stream."""
    for name, value in fields.items():
        if _text(name) == "data":
            return value.encode() if isinstance(value, str) else bytes(value)
    return None
