"""The tool calls of a message, however a provider sends them: one set of rules for streams and plain replies.

A plain reply is read as a stream whose fragments are its calls, one at each index. No I/O here.

**Assigning a fragment to a call.** Index, id and name can each be missing, repeated or wrong, so each is weighed
against the call that the fragment would continue. *Whole* means: the arguments are JSON that ends here. Null and
empty text mean absent. The first id and the first name stay.

| the fragment has | it continues | but begins a call with |
|---|---|---|
| the id of the call at its index | that call | another name; or the name, and other arguments than that whole call |
| the id of another call, no name | that call, whatever the index says | |
| the id of another call, and a name | with an index none, else that call | as in the first row |
| another id than the call at its index | that call: its id changed | another name; or the name, if that is whole |
| no id | the call at its index, or else the last | as in the first row, or a whole call once more |
| an unknown id and no index | the last call | a name |

Without an id, a fragment after a `{}` under an id belongs to it. A repeated whole call is a separate one only if the
first came in one fragment and without an id; under another id, only if the id has not changed before. A different
name is ignored if the two together start the name of a tool of the request, and are not two such names themselves.

**Merging calls at the end.** Two calls with one id and name: one, if the first has no arguments, the second none,
both are equal, or the second can only continue the first; several, if they are whole only together. Otherwise all
stay, and the later ones get ids of their own. A call with neither name nor id is the tail of the call before it,
unless that is whole.

`settled_arguments` determines its arguments.

Arguments are parsed only if two fragments do not fit and once at the end, so n fragments cost n steps.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection
from typing import TypedDict

from .settled_arguments import (
    PLACEHOLDERS,
    arguments_key,
    is_begin,
    json_values,
    placeholder,
    settled_arguments,
)

__all__ = [
    "CallBuilder",
    "CallFields",
    "CallsBuilder",
    "FunctionFields",
]

MAX_LOOKS = 100
"""How often the arguments of one call are parsed before its end; an honest call needs one or two."""


class FunctionFields(TypedDict):
    """What `FunctionCall` is read from."""

    name: str
    arguments: str


class CallFields(TypedDict):
    """The source of a `ToolCallPart`; unknown fields may accompany these."""

    id: str
    type: str
    function: FunctionFields


class CallBuilder:
    """One call that is being written."""

    __slots__ = (
        "_looks",
        "_whole_at",
        "extra",
        "has_head",
        "held",
        "id",
        "id_changed",
        "index",
        "name",
        "pieces",
        "provider_id",
    )

    def __init__(self, id: str, provider_id: str | None, index: int) -> None:
        self.id: str = id
        """The provider's id, or one made up until that comes."""
        self.provider_id: str | None = provider_id
        """The provider's id, which other calls may have too."""
        self.index: int = index
        """Position among the calls of the message."""
        self.name: str = ""
        self.pieces: list[str] = []
        """The arguments so far; only ever appended to."""
        self.extra: dict[str, object] = {}
        """Fields that are unknown here; the last value stays."""
        self.has_head = False
        """Whether it began without arguments."""
        self.id_changed = False
        self.held = 0
        """Pieces at the start that may be placeholders for the real arguments, and so are withheld."""
        self._looks = 0
        self._whole_at = 0  # pieces of which it is known that they are whole

    def text(self) -> str:
        """Return the arguments as they came."""
        return "".join(self.pieces)

    def release(self) -> str:
        """Return what is held back to the end, since nothing else came."""
        if self.held < len(self.pieces):
            return ""
        text = settled_arguments(self.pieces)
        self.pieces, self.held = [text], 0
        return text

    @property
    def is_whole(self) -> bool:
        """Whether the arguments are JSON that ends here."""
        if not self.pieces or self._whole_at == len(self.pieces):
            return bool(self.pieces)
        last = next((piece for piece in reversed(self.pieces) if not piece.isspace()), "").rstrip()
        # Nearly always this is enough.
        if not last.endswith(("}", '"', ">")) or self._looks == MAX_LOOKS:
            return False
        self._looks += 1
        values, rest = json_values(self.text())
        if rest or not values:
            return False
        self._whole_at = len(self.pieces)
        return True

    def add(self, text: str) -> str:
        """Add a piece of the arguments; return the text that can be delivered now."""
        self.pieces.append(text)
        if self.held < len(self.pieces) - 1:
            return text
        said = text.strip()
        if said in PLACEHOLDERS or (self.held and not said):
            self.held += 1
            return ""
        if not self.held or is_begin(text):
            return text
        self.held = 0
        return self.text()

    def is_one_with(self, later: CallBuilder) -> bool:
        """Whether a later call with the same id repeats or continues this one."""
        if self.name and later.name and self.name != later.name:
            return False
        text, more = self.text(), later.text()
        if not text.strip() or not more.strip() or arguments_key(text) == arguments_key(more) is not None:
            return True
        return not self.is_whole and (arguments_key(more) is None or arguments_key(text + more) is not None)

    def join(self, later: CallBuilder) -> None:
        """Add what a later call brings that is one with this."""
        self.name = self.name or later.name
        if not self.is_whole:
            self.pieces += later.pieces
        self.extra.update(later.extra)

    def copy(self) -> CallBuilder:
        """Return a call of its own that is the same so far."""
        call = CallBuilder(self.id, self.provider_id, self.index)
        call.name, call.pieces, call.extra = self.name, [*self.pieces], {**self.extra}
        return call

    def as_fields(self) -> CallFields:
        """Return the call in the form of a message, its arguments settled."""
        function = {"name": self.name, "arguments": settled_arguments(self.pieces)}
        # With the fields that are unknown here.
        return {**self.extra, "id": self.id, "type": "function", "function": function}  # type: ignore[typeddict-item]


class CallsBuilder:
    """The calls of one message; feed it the fragments in order."""

    __slots__ = ("_at_index", "_by_id", "_ids", "_last", "_taken", "_tools", "calls")

    def __init__(self, tools: Collection[str] = (), ids: Collection[str] = ()) -> None:
        """Begin; `tools` are the names of the tools of the request, `ids` those that are known to come."""
        self.calls: list[CallBuilder] = []
        self._tools = tools
        self._ids = ids
        self._at_index: dict[int, CallBuilder] = {}
        self._by_id: dict[str, CallBuilder] = {}
        self._last: CallBuilder | None = None
        self._taken: set[str] = set()

    def feed(
        self, id: str | None, index: int | None, name: str, text: str, extra: dict[str, object] | None = None
    ) -> tuple[CallBuilder, str] | None:
        """Return the call that a fragment belongs to and the text it adds; None if it brings nothing new."""
        call = self._find(id, index, name, text)
        brings_news = call is None
        if call is None:
            call = self._begin(id, index)
            call.has_head = not text.strip()
        self._last = call
        if id and call.provider_id is None:
            call.id = call.provider_id = id
            self._by_id[id] = call
            self._taken.add(id)
        if id and id != call.provider_id:
            call.id_changed = True
            self._by_id.setdefault(id, call)
        if index is not None and index not in self._at_index:
            self._at_index[index] = call
        if name and name != call.name:
            joined = self._joined_name(call.name, name) or call.name or name
            brings_news = brings_news or joined != call.name
            call.name = joined
        if (
            text
            and text[0] in '{"'
            and call.pieces
            and call.is_whole
            and (before := arguments_key(call.text())) is not None
            and (before == arguments_key(text) or (before != "{}" and text.strip() in PLACEHOLDERS))
        ):
            text = ""  # what is whole is said again, or its place is held too late
        if text:
            text = call.add(text)
        if extra:
            call.extra.update(extra)
        return (call, text) if text or brings_news else None

    def as_fields(self) -> list[CallFields]:
        """Return the calls so far, in the form of a message; see the module."""
        return [call.as_fields() for call in self._settled()]

    # Which call a fragment belongs to

    def _find(self, id: str | None, index: int | None, name: str, text: str) -> CallBuilder | None:
        """Return the call that the fragment continues; None if it begins one."""
        at_index = None if index is None else self._at_index.get(index)
        if id is None:
            call = at_index if index is not None else self._last
        elif at_index is not None and self._has_id(at_index, id):
            call = at_index
        elif (known := self._by_id.get(id)) is not None:
            call = None if name and index is not None else known
        elif index is None:
            call = None if name else self._last
        else:
            call = at_index
        return None if call is None or (name and self._begins_another(call, id, name, text)) else call

    def _begins_another(self, call: CallBuilder, id: str | None, name: str, text: str) -> bool:
        """Whether a fragment with a name cannot continue the call."""
        if not call.name:
            return is_begin(text) and call.is_whole
        has_its_id = id is not None and self._has_id(call, id)
        if name != call.name:
            if self._joined_name(call.name, name) is not None and not call.is_whole:
                return False
            return not has_its_id or call.is_whole or (not call.pieces and name in self._tools)
        is_other = id is not None and not has_its_id
        if not (is_begin(text) or (is_other and not text.strip())) or not call.is_whole:
            return False
        before, now = (arguments_key(each) or placeholder(each) for each in (call.text(), text))
        if has_its_id:
            return before != now and "{}" not in (before, now)
        if is_other:
            return before != now or not call.id_changed
        if call.provider_id is not None and "{}" in (before, now):
            return False
        return before != now or (call.provider_id is None and len(call.pieces) == 1 and not call.has_head)

    def _has_id(self, call: CallBuilder, id: str) -> bool:
        """Whether this is an id of the call, be it a later one."""
        return call.provider_id == id or self._by_id.get(id) is call

    def _joined_name(self, begun: str, piece: str) -> str | None:
        """Return the name that two names in a row are pieces of; None if they are not."""
        if not self._tools or (begun in self._tools and piece in self._tools):
            return None
        # Some send the next piece, some the name so far.
        so_far = piece if begun and begun not in self._tools and piece.startswith(begun) else ""
        for joined in (begun + piece, so_far):
            if joined in self._tools or (joined and any(tool.startswith(joined) for tool in self._tools)):
                return joined
        return None

    def _begin(self, id: str | None, index: int | None) -> CallBuilder:
        position = len(self.calls)
        if id is None or id in self._taken:
            numbers = itertools.count(position)
            made_up = (f"call_{number}" for number in numbers)
            own = next(name for name in made_up if name not in self._taken and name not in self._ids)
        else:
            own = id
        call = CallBuilder(own, id, position)
        self._taken.add(own)
        if id is not None:
            self._by_id[id] = call
        self.calls.append(call)
        if index is not None:
            self._at_index[index] = call
        return call

    # What is one call in the end

    def _ids_in_pieces(self) -> set[str]:
        """Return the ids whose calls are whole only together, such as those of one call with an index a fragment."""
        with_id: dict[str, list[CallBuilder]] = {}
        for call in self.calls:
            if call.provider_id is not None:
                with_id.setdefault(call.provider_id, []).append(call)
        return {
            id
            for id, calls in with_id.items()
            if len(calls) > 2
            and len({call.name for call in calls if call.name}) == 1
            and not calls[0].is_whole
            and arguments_key("".join(call.text() for call in calls)) is not None
        }

    def _settled(self) -> list[CallBuilder]:
        """Return the calls, after merging those that are one."""
        if len({call.provider_id for call in self.calls}) == len(self.calls) and all(
            call.name and call.provider_id for call in self.calls
        ):
            return self.calls
        settled: list[CallBuilder] = []
        with_id: dict[str, list[CallBuilder]] = {}
        in_pieces = self._ids_in_pieces()
        for each in self.calls:
            call = each.copy()
            if call.provider_id is None:
                last = settled[-1] if settled else None
                if last is not None and last.name and not call.name and not last.is_whole:
                    last.join(call)
                    continue
            else:
                same = with_id.setdefault(call.provider_id, [])
                # The last few are enough, and bound the work.
                head: CallBuilder | None
                if same and call.provider_id in in_pieces:
                    head = same[0]
                else:
                    head = next(
                        (head for head in reversed(same[-MAX_LOOKS:]) if head.is_one_with(call)), None
                    )
                if head is not None:
                    head.join(call)
                    continue
                same.append(call)
            settled.append(call)
        return settled
