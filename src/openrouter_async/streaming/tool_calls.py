"""Fragments of tool calls become calls: by id, by index, or because they follow one another. No I/O here.

Theory of operation. A fragment is meant to carry the index of its call, and the first one of a call its id and name
too. In fact every part of that can be missing or wrong, so a fragment is given to a call by what it does carry:

1. a known id names its call, whatever the index says, unless it plainly begins another call;
2. an unknown id begins a call, also at an index that is taken, unless the call there still lacks an id;
3. without an id the index names the call; a new index begins one;
4. with neither, the fragment continues the last call;
5. a fragment of 3 or 4 with a name begins a call nevertheless, if the call it would continue has another name, or
   has whole arguments already and the fragment brings more.

Null and the empty text mean absent. The first name stays: some providers repeat it in every fragment. Arguments are
collected as they come and never parsed on the way, so a call of n fragments costs n steps.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, TypedDict

from pydantic_core import from_json

from ..types.tool_calls import argument_text

if TYPE_CHECKING:
    from ..types.chat_chunk import ToolCallFragment

__all__ = ["CallBuilder", "CallFields", "FunctionFields", "ToolCallBuilder"]


class FunctionFields(TypedDict):
    """What `FunctionCall` is read from."""

    name: str
    arguments: str


class CallFields(TypedDict):
    """What `ToolCallPart` is read from."""

    id: str
    type: str
    function: FunctionFields


class CallBuilder:
    """One call that is being written."""

    __slots__ = ("given_id", "id", "index", "name", "pieces")

    def __init__(self, id: str, index: int) -> None:
        self.id: str = id
        """The provider's id, or one made up until that comes."""
        self.given_id: str | None = None
        """The provider's id."""
        self.index: int = index
        """Position among the calls of the message."""
        self.name: str = ""
        self.pieces: list[str] = []
        """The arguments so far; only ever appended to."""

    def text(self, length: int | None = None) -> str:
        """Return the arguments, or those of the first `length` pieces."""
        return "".join(self.pieces[:length])

    @property
    def is_whole(self) -> bool:
        """Whether the arguments are JSON that ends here."""
        last = next((piece for piece in reversed(self.pieces) if not piece.isspace()), "")
        if not last.rstrip().endswith("}"):
            return False
        try:
            from_json(self.text())
        except ValueError:
            return False
        return True


class ToolCallBuilder:
    """The calls of one message."""

    __slots__ = ("_at_index", "_by_id", "_last", "_taken", "calls")

    def __init__(self) -> None:
        self.calls: list[CallBuilder] = []
        self._at_index: dict[int, CallBuilder] = {}
        self._by_id: dict[str, CallBuilder] = {}
        self._last: CallBuilder | None = None
        self._taken: set[str] = set()

    def feed(self, fragment: ToolCallFragment) -> tuple[CallBuilder, str] | None:
        """Return the call that a fragment belongs to and the text it adds; None if it brings nothing new."""
        function = fragment.function
        name = (function.name if function else None) or ""
        text = argument_text(function.arguments) if function else ""
        id, index = fragment.id or None, fragment.index
        call = self._find(id, index, name, text)
        brings_news = bool(text)
        if call is None:
            call, brings_news = self._begin(id, index), True
        self._last = call
        if id and call.given_id is None:
            call.id = call.given_id = id
            self._by_id[id] = call
            self._taken.add(id)
        if name and not call.name:
            call.name, brings_news = name, True
        if text:
            call.pieces.append(text)
        return (call, text) if brings_news else None

    def as_fields(self) -> list[CallFields]:
        """Return the calls so far, as they stand in a message."""
        return [
            {
                "id": call.id,
                "type": "function",
                "function": {"name": call.name, "arguments": call.text()},
            }
            for call in self.calls
        ]

    def _find(self, id: str | None, index: int | None, name: str, text: str) -> CallBuilder | None:
        """Return the call that the fragment continues; None if it begins one."""
        at_index = None if index is None else self._at_index.get(index)
        if id is None:
            call = at_index if index is not None else self._last
        elif at_index is not None and at_index.given_id == id:
            return at_index
        elif (call := self._by_id.get(id)) is None:
            if at_index is None or at_index.given_id is not None or (name and at_index.name):
                return None
            return at_index
        return None if call is None or _begins_another(call, name, text) else call

    def _begin(self, id: str | None, index: int | None) -> CallBuilder:
        position = len(self.calls)
        if id is None or id in self._by_id:
            numbers = itertools.count(position)
            made_up = next(name for number in numbers if (name := f"call_{number}") not in self._taken)
            call = CallBuilder(made_up, position)
            call.given_id = id
        else:
            call = CallBuilder(id, position)
        self._taken.add(call.id)
        self.calls.append(call)
        if index is not None:
            self._at_index[index] = call
        return call


def _begins_another(call: CallBuilder, name: str, text: str) -> bool:
    """Whether a fragment with this name and text cannot continue the call."""
    if not name or not call.name:
        return False
    return name != call.name or (bool(text.strip()) and call.is_whole)
