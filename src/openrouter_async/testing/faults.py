"""Faults of an answer, by name and place.

A place is counted from the start of the answer: `after=None` replaces its head, so the client sees no status;
`after=0` is right behind the head; `after=n` behind n events of a stream, or n bytes of a plain body. A place behind
the end is the end, before the terminator of the body.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..errors import ConfigurationError

__all__ = ["Fault", "FaultName"]

FaultName = Literal[
    "latency",
    "stall",
    "drip",
    "keepalives",
    "error_event",
    "truncate",
    "disconnect",
    "reset",
    "bad_framing",
    "garbage",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Something that goes wrong with one answer; made by the methods below."""

    name: FaultName
    after: int | None = None
    """Where: None in place of the head; else after so many events of a stream, or bytes of a plain body."""
    seconds: float = 0.0
    size: int = 1
    count: int | None = None
    code: int | str = 502
    message: str = ""
    error_type: str | None = None
    done: bool = False
    data: bytes = b""

    def __post_init__(self) -> None:
        if self.after is not None and self.after < 0:
            raise ConfigurationError(f"after is {self.after!r}; expected None or a number of at least 0")
        if self.seconds < 0 or self.size < 1:
            raise ConfigurationError(
                f"seconds is {self.seconds!r} and size {self.size!r}; expected at least 0 and at least 1"
            )

    @classmethod
    def latency(cls, seconds: float, *, after: int | None = None) -> Fault:
        """The answer pauses for so many seconds, then continues."""
        return cls(name="latency", seconds=seconds, after=after)

    @classmethod
    def stall(cls, *, after: int | None = None) -> Fault:
        """Nothing more is ever sent, and the connection stays open."""
        return cls(name="stall", after=after)

    @classmethod
    def drip(cls, *, size: int = 1, every: float = 0.004) -> Fault:
        """The body comes in packets of `size` bytes, one every so many seconds."""
        return cls(name="drip", size=size, seconds=every, after=0)

    @classmethod
    def keepalives(cls, count: int | None, *, every: float = 0.2, after: int = 0) -> Fault:
        """So many comments of a stream, or lines of whitespace in a plain body, come first; None: for ever."""
        return cls(name="keepalives", count=count, seconds=every, after=after)

    @classmethod
    def error_event(
        cls,
        code: int | str = 502,
        message: str = "Provider disconnected unexpectedly",
        *,
        error_type: str | None = "provider_unavailable",
        after: int = 0,
        done: bool = False,
    ) -> Fault:
        """A stream ends with an event that contains an error; a plain answer is an error with status 200.

        With `done`, `[DONE]` follows.
        """
        return cls(
            name="error_event", code=code, message=message, error_type=error_type, after=after, done=done
        )

    @classmethod
    def truncate(cls, *, after: int = 0) -> Fault:
        """The body ends too early, but cleanly: no finish reason, no `[DONE]`; a plain body is half a document."""
        return cls(name="truncate", after=after)

    @classmethod
    def disconnect(cls, *, after: int | None = None) -> Fault:
        """The connection is closed, without the end that the framing of HTTP asks for."""
        return cls(name="disconnect", after=after)

    @classmethod
    def reset(cls, *, after: int | None = None) -> Fault:
        """The connection is reset."""
        return cls(name="reset", after=after)

    @classmethod
    def bad_framing(cls, *, after: int | None = None) -> Fault:
        """A head with two different lengths; in the body, a chunk whose size is not a number."""
        return cls(name="bad_framing", after=after)

    @classmethod
    def garbage(cls, data: bytes | None = None, *, after: int | None = None) -> Fault:
        """Bytes that are not HTTP in place of the head; else an event, or the rest of a body, that is not JSON."""
        return cls(name="garbage", data=b"" if data is None else data, after=after)
