"""`StreamStore`: keeps the events of resumable relays for readers that leave and come back.

One worker writes a stream: it begins it, appends events, and says by a beat that it is alive. Any worker reads it, and
says that a reader is there. The events of a stream are numbered from 1. An id names one stream after the other, such as
the answers of one chat; a `run` names one of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

from ...._checks import seconds, whole
from ....errors import ConfigurationError
from ..failures import WebError

__all__ = ["KeptStream", "Part", "Pulse", "StreamLimits", "StreamState", "StreamStore", "check_id"]

StreamState: TypeAlias = Literal["running", "over", "broken", "lost"]
"""`over`: the last event is there. `broken`: it failed, in a format that cannot say so. `lost`: its worker is dead."""

MOST_IN_ID = 300
MOST_IN_PART = 1000
"""Events in one answer of `read`."""


@dataclass(frozen=True, slots=True)
class KeptStream:
    """A stream of a store."""

    run: str
    format: str
    """The name of the format of `relay` in which it is kept."""
    state: StreamState


@dataclass(frozen=True, slots=True)
class Part:
    """The events after one."""

    events: Sequence[bytes]
    """At most 1,000; then there may be more."""
    state: StreamState


@dataclass(frozen=True, slots=True)
class Pulse:
    """The result of a beat."""

    is_stopped: bool
    """Whether the stream was told to stop, or another has taken its id."""
    unattended_s: float
    """Seconds since a reader was last there."""
    is_full: bool = False
    """Whether the store has no room for more of it."""


class StreamStore(Protocol):
    """Keeps the events of streams. Each method raises a `WebError` of status 503 if the store cannot be used."""

    @property
    def limits(self) -> StreamLimits:
        """The limits of the store."""
        ...

    async def begin(self, id: str, run: str, format: str) -> None:
        """Begin a stream; one that runs under the same id is stopped.

        Raises:
            WebError: 503, `max_streams` run already.
        """
        ...

    async def append(self, run: str, events: Sequence[bytes]) -> None:
        """Add events to a stream."""
        ...

    async def end(self, run: str, state: Literal["over", "broken"]) -> None:
        """End a stream, which is kept for a while."""
        ...

    async def beat(self, run: str, wait: float) -> Pulse:
        """Say that the worker lives, and return after `wait` seconds, or as soon as a stop is known."""
        ...

    async def attend(self, run: str) -> None:
        """Say that a reader is there."""
        ...

    async def find(self, id: str, run: str | None = None) -> KeptStream | None:
        """Return the newest stream of an id, or the one with this run; None if it is not kept."""
        ...

    async def read(self, run: str, after: int, wait: float) -> Part | None:
        """Return the events after a number, waiting up to `wait` seconds for the first; None if it is not kept."""
        ...

    async def stop(self, id: str) -> bool:
        """End the stream that runs under an id, in whichever worker; return whether there was one."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamLimits:
    """How much a store keeps, and for how long."""

    max_streams: int = 1000
    """Running streams; more get a 503."""
    max_events: int = 100_000
    """Events of one stream; one with more ends with an error."""
    max_bytes: int = 16 * 1024 * 1024
    """Bytes of one stream; one with more ends with an error."""
    keep: float = 300.0
    """Seconds for which a stream is kept after its end."""
    lease: float = 10.0
    """Seconds without a beat after which the worker of a stream counts as dead."""

    def __post_init__(self) -> None:
        for name in ("max_streams", "max_events", "max_bytes"):
            whole(name, getattr(self, name))
        seconds("keep", self.keep)
        seconds("lease", self.lease)

    @property
    def beat_s(self) -> float:
        """Seconds between two beats."""
        return min(1.0, self.lease / 4)

    def check_room(self, running: int) -> None:
        """Refuse a further stream if `max_streams` are running.

        Raises:
            WebError: 503, `max_streams` are running.
        """
        if running >= self.max_streams:
            raise WebError(
                503,
                f"{running} streams run already; try again when one is over",
                kind="TooManyStreams",
                headers={"retry-after": "1"},
            )


def check_id(id: str) -> str:
    """Return the id of a stream.

    Raises:
        ConfigurationError: it is empty, too long, or no text.
    """
    if not isinstance(id, str) or not 0 < len(id) <= MOST_IN_ID:
        raise ConfigurationError(f"id is {id!r:.100}; expected 1 to {MOST_IN_ID} characters")
    return id
