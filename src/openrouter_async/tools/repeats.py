"""`Repeats`: how many turns in a row the model has made the same call. No I/O here."""

from __future__ import annotations

import json
from collections.abc import Iterable

from ..errors import RepeatedToolCall
from ..types.chat.tool_calls import ToolCall

__all__ = ["Repeats"]


class Repeats:
    """Counts equal calls; equal are name and arguments, whatever the order and spacing of these."""

    def __init__(self, most: int | None) -> None:
        """Allow `most` turns in a row; None: any number."""
        self._most = most
        self._streaks: dict[tuple[str, str], int] = {}

    def count(self, calls: Iterable[ToolCall]) -> None:
        """Add the calls of one more turn."""
        self._streaks = {key: self._streaks.get(key, 0) + 1 for key in map(_key, calls)}

    def check(self, calls: Iterable[ToolCall]) -> None:
        """Add the calls of one more turn.

        Raises:
            RepeatedToolCall: one of them was made too often.
        """
        by_key = {_key(call): call for call in calls}
        self.count(by_key.values())
        for key, times in self._streaks.items():
            if self._most is not None and times > self._most:
                call = by_key[key]
                raise RepeatedToolCall(
                    f"the model called {call.name!r} with the same arguments in {times} turns in a row;"
                    f" max_repeats={self._most} allows no more",
                    tool=call.name,
                    call_id=call.id,
                )


def _key(call: ToolCall) -> tuple[str, str]:
    arguments = call.arguments if call.args is None else json.dumps(call.args, sort_keys=True)
    return call.name, arguments
