"""`ChoiceBuilder`: the pieces of one answer, collected as they come and joined when asked for. No I/O here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...types.bounds import MOST_CALLS, too_many
from ...types.chat.chunk import ToolCallFragment
from ...types.chat.completion import content_images, content_text
from ...types.chat.settled_arguments import argument_text
from ...types.chat.settled_calls import CallBuilder, CallsBuilder
from ..events import (
    AnnotationAdded,
    AudioDelta,
    ImageDelta,
    ReasoningDelta,
    RefusalDelta,
    TextDelta,
    ToolCallDelta,
)
from .reasoning import ReasoningBuilder

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from ...types.chat.chunk import ChunkChoice, Delta
    from ...types.chat.parts import Annotation, AudioOutput, Image, TokenLogprob
    from ...types.common import JsonObject
    from ..chunk_reader import Growth
    from ..events import StreamEvent
    from .alike import Shape

__all__ = ["ChoiceBuilder"]

_COMMON_FIELDS = frozenset({"role", "content", "tool_calls"})
_IN_PIECES = frozenset({"function_call"})
"""Fields that no type names, and of which one piece is not the whole: they are read elsewhere."""


class ChoiceBuilder:
    """One answer that is being written."""

    def __init__(self, index: int, tools: Collection[str], growth: Growth) -> None:
        """Begin; `tools` are the names of the tools of the request."""
        self._growth = growth
        self.index: int = index
        self.text: list[str] = []
        """The pieces of the text so far."""
        self._reasoning: list[str] = []
        self._reasoning_field = "reasoning_content"  # until some comes under the usual name
        self._readable: list[str] = []  # what the details alone have said
        self._reasoning_left = 0  # characters of that which the other field has not said again
        self.has_details: bool = False
        """Whether entries of reasoning have come, which may be encrypted."""
        self._refusal: list[str] = []
        self._details: ReasoningBuilder | None = None
        self._calls: CallsBuilder | None = None
        self._tools = tools
        self._has_function_call = False
        self._images: list[Image] = []
        self._seen_images: set[tuple[int | None, str | None]] = set()
        self._audio: list[AudioOutput] = []
        self._annotations: dict[str, Annotation] = {}  # by what they say
        self._logprobs: dict[str, list[TokenLogprob]] = {}
        self._finish_reason: str | None = None
        self._native_finish_reason: str | None = None
        self._extra: dict[str, object] = {}
        self._message_extra: dict[str, object] = {}
        """Fields of the message that are unknown here, such as signatures; the last value stays."""

    def add(self, delta: Delta, events: list[StreamEvent]) -> None:
        """Add what a delta brings to the message, and the events of it to `events`, in the order they are read."""
        # This runs once a token, and nearly all deltas have none but the common fields.
        is_common = delta.__pydantic_fields_set__ <= _COMMON_FIELDS
        if not is_common:
            details = delta.reasoning_details
            readable = "" if details is None else self._add_details(details)
            self._add_reasoning(delta.reasoning, delta.reasoning_content, readable, events)
        if content := delta.content:
            self.add_text(content if isinstance(content, str) else content_text(content), events)
            if not isinstance(content, str):
                self._add_images(content_images(content), events)
        if fragments := delta.tool_calls:
            self._add_fragments(fragments, events)
        if not is_common:
            self._add_function_call(delta, events)
            self._add_others(delta, events)

    def add_alike(self, shape: Shape, text: str, events: list[StreamEvent]) -> None:
        """Add what a chunk of the shape of an earlier one brings, with another piece of reasoning or arguments."""
        if (fragment := shape.fragment) is not None and self._calls is not None:
            name = fragment.function.name if fragment.function is not None else None
            self._add_fragment(self._calls, fragment, name, text, None, events)
        else:
            readable = "" if shape.detail is None else self._add_details(shape.detail, text)
            is_usual = shape.field == "reasoning"
            self._add_reasoning(text if is_usual else None, None if is_usual else text, readable, events)

    def news_of(self, message: Delta, delta: Delta | None, *, is_last: bool) -> Delta | None:
        """Return the additions in a message that replaces a delta; nothing if there is also a delta with content.

        A text that starts with everything so far repeats it; an equal one is another piece, unless it is the last.
        """
        if delta is not None and any(
            getattr(delta, name) for name in delta.__pydantic_fields_set__ if name != "role"
        ):
            return delta
        news: dict[str, object] = {}
        said = {
            "content": self.text,
            "reasoning": self._reasoning,
            "reasoning_content": self._reasoning,
            "refusal": self._refusal,
        }
        for name, pieces in said.items():
            before, text = "".join(pieces), getattr(message, name)
            text = content_text(text)
            if before and text.startswith(before) and (is_last or len(text) > len(before)):
                text = text[len(before) :]
            news[name] = text or None
        if calls := message.tool_calls:
            news["tool_calls"] = [
                call if call.index is not None else call.model_copy(update={"index": position})
                for position, call in enumerate(calls)
            ]
        for name, there in (
            ("reasoning_details", self._details),
            ("images", self._images),
            ("audio", self._audio),
        ):
            if there:
                news[name] = None  # it comes whole, so it is the same again
        return message.model_copy(update=news)

    def add_text(self, text: str, events: list[StreamEvent]) -> None:
        """Add a piece of text, which may be empty."""
        if text:
            self.text.append(text)
            events.append(TextDelta(text, self.index))

    def note(self, part: ChunkChoice) -> None:
        """Record the facts about the answer besides its content; the last reason counts, an empty one is ignored."""
        # A reply that ended in an error has no finish reason: it becomes an exception.
        if part.finish_reason and part.finish_reason != "error":
            self._finish_reason = part.finish_reason
        if part.native_finish_reason:
            self._native_finish_reason = part.native_finish_reason
        if part.logprobs is not None:
            for name in ("content", "refusal"):
                self._logprobs.setdefault(name, []).extend(getattr(part.logprobs, name) or ())
            self._growth.has_grown = True
        if part.model_extra:
            self._growth.has_grown = True
            self._extra.update(part.model_extra)

    def held(self) -> list[StreamEvent]:
        """Return the arguments that were held back, since they might have held the place of others."""
        calls = self._calls.calls if self._calls is not None else ()
        return [self._call_delta(call, text) for call in calls if (text := call.release())]

    def as_fields(self) -> dict[str, object]:
        """Return the answer so far, as `Choice` is read from it."""
        message: dict[str, object] = {
            **self._message_extra,
            "role": "assistant",
            "content": "".join(self.text) or None,
        }
        if self._reasoning:
            message[self._reasoning_field] = "".join(self._reasoning)
        if self._refusal:
            message["refusal"] = "".join(self._refusal)
        if self._details is not None:
            message["reasoning_details"] = self._details.as_fields()
        if self._calls is not None:
            message["tool_calls"] = self._calls.as_fields()
        if self._images:
            message["images"] = list(self._images)
        if self._annotations:
            message["annotations"] = list(self._annotations.values())
        if self._audio:
            message["audio"] = self._audio_fields()
        fields: dict[str, object] = {
            **self._extra,
            "index": self.index,
            "message": message,
            "finish_reason": self._finish_reason,
            "native_finish_reason": self._native_finish_reason,
        }
        if self._logprobs:
            fields["logprobs"] = {name: list(tokens) or None for name, tokens in self._logprobs.items()}
        return fields

    def _add_fragments(self, fragments: list[ToolCallFragment], events: list[StreamEvent]) -> None:
        if self._calls is None:
            self._calls = CallsBuilder(self._tools)
        for fragment in fragments:
            name: str | None = None
            arguments: object = None
            function, extra = fragment.function, fragment.__pydantic_extra__
            if function is not None:
                name, arguments = function.name, function.arguments
            if extra and not (name and arguments):
                name, arguments, extra = _taken_apart(name, arguments, extra)
            text = arguments if isinstance(arguments, str) else argument_text(arguments)
            self._add_fragment(self._calls, fragment, name, text, extra, events)

    def _add_fragment(
        self,
        calls: CallsBuilder,
        fragment: ToolCallFragment,
        name: str | None,
        text: str,
        extra: dict[str, object] | None,
        events: list[StreamEvent],
    ) -> None:
        news = calls.feed(fragment.id or None, fragment.index, name or "", text, extra)
        if (count := len(calls.calls)) > MOST_CALLS:
            calls.calls.pop()  # the others are what the error keeps
            raise too_many(MOST_CALLS, count, "tool calls")
        if news is not None:
            events.append(self._call_delta(*news))

    def _call_delta(self, call: CallBuilder, text: str) -> ToolCallDelta:
        given = (call.pieces, call.held, len(call.pieces))
        return ToolCallDelta(call.id, call.index, call.name, text, self.index, given)

    def _add_function_call(self, delta: Delta, events: list[StreamEvent]) -> None:
        """Add a piece of a call in the older form, of which a message has one; some send it beside the newer one."""
        piece = (delta.__pydantic_extra__ or {}).get("function_call")
        if not isinstance(piece, dict) or (self._calls is not None and not self._has_function_call):
            return
        self._has_function_call = True
        self._add_fragments([ToolCallFragment.model_validate({"index": 0, "function": piece})], events)

    def _add_details(self, details: Sequence[JsonObject] | JsonObject, text: str = "") -> str:
        """Add entries, or one that is alike an earlier one but for its text; return what a person can read of them."""
        if self._details is None:
            self._details = ReasoningBuilder()
        built = self._details
        blocks = built.blocks
        readable = built.feed_alike(details, text) if isinstance(details, dict) else built.feed(details)
        if built.blocks > blocks:
            self._growth.has_grown = True
        self.has_details = self.has_details or bool(details)
        return readable

    def _add_reasoning(
        self, text: str | None, other_text: str | None, readable: str, events: list[StreamEvent]
    ) -> None:
        """Add reasoning that came under either name; `readable` is what the entries say, for where neither does."""
        if text:
            self._reasoning_field = "reasoning"
        elif self._reasoning_field != "reasoning":  # those who use both say the same in both
            text = other_text
        if text:
            self._reasoning.append(text)
            self._reasoning_left -= len(text)
            # They are joined once at most, where they are of one length.
            is_of_length = self._readable and not self._reasoning_left
            if is_of_length and "".join(self._readable) == "".join(self._reasoning):
                return  # said again, in the other field
        elif not self._reasoning:
            # The details say it alone; where both fields are used, they say the same.
            text = readable
            self._readable.append(readable)
            self._reasoning_left += len(readable)
        if text:
            events.append(ReasoningDelta(text, self.index))

    def _add_others(self, delta: Delta, events: list[StreamEvent]) -> None:
        for name, value in (delta.__pydantic_extra__ or {}).items():
            if value is not None and name not in _IN_PIECES:
                self._message_extra[name] = value
        if delta.refusal:
            self._refusal.append(delta.refusal)
            events.append(RefusalDelta(delta.refusal, self.index))
        if delta.audio or delta.annotations:
            self._growth.has_grown = True
        self._add_images(delta.images or (), events)
        if (audio := delta.audio) is not None:
            self._audio.append(audio)
            if audio.data or audio.transcript:
                events.append(AudioDelta(audio.data or "", audio.transcript or "", self.index))
        for annotation in delta.annotations or ():
            # Some name all so far in each chunk.
            if (key := annotation.model_dump_json()) not in self._annotations:
                self._annotations[key] = annotation
                events.append(AnnotationAdded(annotation, self.index))

    def _add_images(self, images: Iterable[Image], events: list[StreamEvent]) -> None:
        for image in images:
            seen = (image.index, image.url)
            # Some send them once more, with the last chunk.
            if image.url is None or seen not in self._seen_images:
                self._seen_images.add(seen)
                self._images.append(image)
                self._growth.has_grown = True
                events.append(ImageDelta(image, self.index))

    def _audio_fields(self) -> dict[str, object]:
        fields: dict[str, object] = {}
        for piece in self._audio:
            fields.update(piece.model_dump(exclude_none=True))
        for name in ("data", "transcript"):
            if text := "".join(getattr(piece, name) or "" for piece in self._audio):
                fields[name] = text
        return fields


def _taken_apart(
    name: str | None, arguments: object, extra: dict[str, object]
) -> tuple[str | None, object, dict[str, object]]:
    """Return name and arguments, taken from beside them in a flat call if they are missing, and the other fields."""
    rest = {**extra}
    if not name:
        flat = rest.pop("name", None)
        name = flat if isinstance(flat, str) else None
    if arguments in (None, ""):
        arguments = rest.pop("arguments", None)
    return name, arguments, rest
