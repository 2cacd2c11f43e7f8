"""`RelayEvents`: events of the application within a relay."""

from __future__ import annotations

import re
from collections import deque

import anyio
from pydantic import JsonValue

from ..._checks import whole
from ...errors import ConfigurationError

__all__ = ["RelayEvents"]

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,63}")
_OURS = frozenset(
    {"annotation", "audio", "error", "finished", "image", "partial", "reasoning", "refusal", "step_finished"}
    | {"text", "tool_call", "tool_call_delta", "tool_progress", "tool_result", "tool_started", "usage"}
)


class RelayEvents:
    """Events of the application, for the browser that reads a relay.

    ```python
    events = RelayEvents()
    events.send("saved", {"conversation": 7})
    return relay(client.chat.stream(text), events=events)
    ```

    They are sent in order, after the first piece of the answer and before its end; so those that `on_finish` and
    `on_end` of a whole answer send arrive too. The format `events` names them, `ai-sdk` makes parts `data-NAME` of
    them, and the others, which have no place for them, leave them out.
    """

    def __init__(self, *, max_waiting: int = 10_000) -> None:
        """Make an empty queue for one relay.

        Args:
            max_waiting: The most events that wait to be sent.
        """
        self._waiting: deque[tuple[str, JsonValue]] = deque()
        self._max_waiting = whole("max_waiting", max_waiting)
        self._arrived: anyio.Event | None = None

    def send(self, name: str, data: JsonValue) -> None:
        """Queue an event, without waiting.

        Args:
            name: Lower-case letters, digits, `_` and `-`; none of the names of the relay's own events.
            data: JSON.

        Raises:
            ConfigurationError: the name is not allowed, or `max_waiting` events wait already.
        """
        if not isinstance(name, str) or not _NAME.fullmatch(name) or name in _OURS:
            raise ConfigurationError(
                f"name is {name!r:.100}; expected lower-case letters, digits, _ or -, and none of {sorted(_OURS)}"
            )
        if len(self._waiting) >= self._max_waiting:
            raise ConfigurationError(f"{self._max_waiting} events wait already; is the relay still read?")
        self._waiting.append((name, data))
        if self._arrived is not None:
            self._arrived.set()

    def take(self) -> list[tuple[str, JsonValue]]:
        """Return the events that wait, and forget them."""
        taken = list(self._waiting)
        self._waiting.clear()
        return taken

    async def wait(self) -> None:
        """Return when there is an event."""
        while not self._waiting:
            self._arrived = anyio.Event()
            await self._arrived.wait()
