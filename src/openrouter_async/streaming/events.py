"""The typed events of a stream, for `match`; they are the same in every dialect.

```python
async for event in stream:
    match event:
        case TextDelta(text=text):
            print(text, end="")
        case ToolCall(name=name, args=args):
            ...
        case Finished(completion=completion):
            print(completion.usage)
```

Of several answers (`n > 1`) each event says by `choice` to which it belongs. A Responses or Messages stream also has
`ItemStarted` and `ItemFinished` for each part of its answer, and `Progress` for all else that comes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeAlias, TypeVar

from pydantic_core import from_json

from ..types.chat.tool_calls import ToolCall

if TYPE_CHECKING:
    import typing_extensions
    from pydantic import JsonValue

    from ..types.chat.completion import ChatCompletion
    from ..types.chat.model_reply import OutputItem
    from ..types.chat.parts import Annotation, Image
    from ..types.common import JsonObject, Usage

__all__ = [
    "AnnotationAdded",
    "AudioDelta",
    "Finished",
    "ImageDelta",
    "ItemFinished",
    "ItemStarted",
    "Keepalive",
    "Progress",
    "ReasoningDelta",
    "RefusalDelta",
    "StreamEvent",
    "TextDelta",
    "ToolCall",
    "ToolCallDelta",
    "UsageReported",
]

if TYPE_CHECKING:
    ReplyT = typing_extensions.TypeVar("ReplyT", default=ChatCompletion, covariant=True)
else:
    ReplyT = TypeVar("ReplyT")
"""The reply of the dialect; that of chat where none is named."""


@dataclass(frozen=True, slots=True)
class TextDelta:
    """The next characters of the answer."""

    text: str
    choice: int = 0


@dataclass(frozen=True, slots=True)
class ReasoningDelta:
    """The next characters of the reasoning."""

    text: str
    choice: int = 0


@dataclass(frozen=True, slots=True)
class RefusalDelta:
    """The next characters of a refusal."""

    text: str
    choice: int = 0


@dataclass(frozen=True, slots=True)
class ToolCallDelta:
    """The next characters of the arguments of a tool call; the first piece of a call may be empty."""

    id: str
    """The provider's id, or `call_<n>` while it is unknown; `index` never changes."""
    index: int
    """Position among the calls of the message, from 0."""
    name: str
    """Empty as long as the provider has not named it."""
    fragment: str
    """A piece of JSON text. A `{}` that may be a placeholder for later pieces comes last, and only if no piece
    follows."""
    choice: int = 0
    # Which pieces of a list that is only ever appended to: copied for each event, they would cost quadratic time.
    _given: tuple[list[str], int, int] | None = field(default=None, repr=False, compare=False)

    @property
    def arguments_so_far(self) -> str:
        """The arguments up to and with this piece. Joined when asked for, so asking at every piece is quadratic."""
        if self._given is None:
            return self.fragment
        pieces, start, end = self._given
        return "".join(pieces[start:end])

    def parsed_so_far(self) -> JsonValue:
        """Return the arguments so far as JSON, as if they were closed here; None where nothing can be read yet."""
        try:
            value: JsonValue = from_json(self.arguments_so_far, allow_partial="trailing-strings")
        except ValueError:
            return None
        return value


@dataclass(frozen=True, slots=True)
class ImageDelta:
    """An image, whole."""

    image: Image
    choice: int = 0


@dataclass(frozen=True, slots=True)
class AudioDelta:
    """The next piece of speech."""

    data: str
    """A piece of the base64 text; may be empty."""
    transcript: str
    """The next characters of the transcript; may be empty."""
    choice: int = 0


@dataclass(frozen=True, slots=True)
class AnnotationAdded:
    """A citation, or a parsed file."""

    annotation: Annotation
    choice: int = 0


@dataclass(frozen=True, slots=True)
class ItemStarted:
    """An item of a Responses reply, or a block of a Messages reply, begins."""

    item: OutputItem
    """As far as it is known; its text and arguments follow in other events."""
    index: int
    """Position within the reply, from 0."""


@dataclass(frozen=True, slots=True)
class ItemFinished:
    """An item, or a block, is whole."""

    item: OutputItem
    index: int
    """Position within the reply, from 0."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Any other event: the progress of a search or a panel, or events newer than this library."""

    type: str
    """The name of the event on the wire; empty without one."""
    data: JsonObject
    """The event as it came."""


@dataclass(frozen=True, slots=True)
class UsageReported:
    """Tokens and cost of the whole; once, shortly before the end."""

    usage: Usage


@dataclass(frozen=True, slots=True)
class Keepalive:
    """A sign of life: the request is still being worked on."""

    comment: str = ""


@dataclass(frozen=True, slots=True)
class Finished(Generic[ReplyT]):
    """The stream is complete; always the last event."""

    completion: ReplyT
    """The whole reply, of the dialect's type."""


StreamEvent: TypeAlias = (
    TextDelta
    | ReasoningDelta
    | RefusalDelta
    | ToolCallDelta
    | ToolCall
    | ImageDelta
    | AudioDelta
    | AnnotationAdded
    | ItemStarted
    | ItemFinished
    | Progress
    | UsageReported
    | Keepalive
    | Finished[ReplyT]
)
"""Any event of a stream; `ReplyT` is the type of the whole reply."""
