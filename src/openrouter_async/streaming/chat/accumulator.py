"""`ChatAccumulator`: turns the chunks of a chat stream into events, and at the end into the reply of a plain call.

Theory of operation. Each chunk adds pieces to the choices it names. Pieces are collected in lists and joined only on
request, so a reply of n chunks costs n steps. A finish reason is recorded but ends nothing: providers send text and
tool calls after it, repeat it, and change it; the last one counts. So a tool call is known to be complete only at the
end of the stream, and its event comes then. No I/O here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

from pydantic import ValidationError
from pydantic_core import from_json

from ..._sansio.chat_reply import check_completion, empty_reply, ended_in_error
from ..._sansio.error_mapping import payload_error
from ..._sansio.response import read_reply
from ...types.bounds import MOST_CHOICES, too_many
from ...types.chat.chunk import ChatChunk
from ...types.chat.completion import ChatCompletion
from ...types.chat.model_reply import marked, with_meta
from ...types.chat.tool_calls import read_tool_calls
from ...types.common import fuller_usage
from ..chunk_reader import Growth
from ..events import Finished, TextDelta, UsageReported
from .alike import AlikeChunks
from .choice import ChoiceBuilder
from .chunk_repair import ChunkRepair

if TYPE_CHECKING:
    from pydantic import JsonValue

    from ...errors import APIStatusError
    from ...types.chat.chunk import ChunkChoice
    from ...types.chat.model_reply import StreamEnd
    from ...types.common import Usage
    from ...types.meta import ResponseMeta
    from ..events import StreamEvent

__all__ = ["ChatAccumulator"]

_read_chunk: Callable[[bytes], ChatChunk] = ChatChunk.__pydantic_validator__.validate_json

_TEXT_FIELDS = frozenset({"role", "content"})

_HEAD = (
    "id",
    "created",
    "model",
    "provider",
    "service_tier",
    "system_fingerprint",
    "openrouter_metadata",
    "alignment",
    "safeguard_results",
)
"""What chunks say of the whole reply; the last value stays."""


class ChatAccumulator:
    """One chat stream; feed it the chunks in order."""

    is_over = False
    end_mark = "a finish reason and without [DONE]"

    def __init__(self, tools: Collection[str] = (), *, may_be_empty: bool = False) -> None:
        """Start an empty reply.

        Args:
            tools: Names of the tools of the request.
            may_be_empty: Whether an empty stream is valid, because it resumes one that already had text.
        """
        self._may_be_empty = may_be_empty
        self._tools = tools
        self._has_given = False
        self._repair = ChunkRepair()
        self._alike = AlikeChunks()
        self._unfinished: set[int] = set()
        """The choices of which more may come."""
        self.growth: Growth = Growth()
        self._choices: dict[int, ChoiceBuilder] = {}
        self._head: dict[str, object] = {}
        self._usage: Usage | None = None
        self._extra: dict[str, object] = {}
        self._reply: ChatCompletion | None = None

    @property
    def has_piece(self) -> bool:
        """Whether a piece of the answer has arrived, delivered or not; the request must then not be repeated."""
        return self._has_given or any(builder.has_details for builder in self._choices.values())

    @property
    def has_finish(self) -> bool:
        """Whether the model has said of each choice that it stopped."""
        return bool(self._choices) and not self._unfinished

    @property
    def is_whole(self) -> bool:
        """Whether all has arrived but the mark of the end: the model stopped, and the usage is known."""
        return self.has_finish and self._usage is not None

    @property
    def has_begun(self) -> bool:
        """Whether a chunk has come, though perhaps one without a piece."""
        return bool(self._head)

    @property
    def generation_id(self) -> str | None:
        """The id of the billed record, if a chunk has named it."""
        id = self._head.get("id")
        return id if isinstance(id, str) else None

    def parse(self, data: bytes) -> ChatChunk:
        """Return the chunk in the data of an event; raises `ParseFailure`."""
        if not self._repair.halves:
            try:
                # What `parse` does first, without its calls: they are a tenth of what a chunk costs.
                chunk = _read_chunk(data)
            except ValidationError:
                pass  # outside the handler, so that the error carries no input
            else:
                self._alike.learn(data, chunk)
                return chunk
        return self._repair.parse(data)

    def feed_alike(self, data: bytes, events: list[StreamEvent]) -> bool:
        """Add the events of data that differs from earlier data only in its text; False where it must be parsed."""
        if self._repair.halves:
            return False
        for shape in self._alike.shapes:
            if data.startswith(shape.before) and data.endswith(shape.then):
                if shape.field == "content":  # nearly every token, so this is `text_in` without the call
                    try:
                        text = from_json(data[shape.start : shape.end])
                    except ValueError:  # several values, or half a character
                        continue
                else:
                    text = shape.text_in(data)
                # A chunk that was parsed and not fed has a shape, and no choice.
                if text and (builder := self._choices.get(shape.index)) is not None:
                    break
        else:
            return False
        shape.fits += 1
        if shape.field == "content":
            builder.text.append(text)
            events.append(TextDelta(text, shape.index))
            self._has_given = True
        else:
            before = len(events)
            builder.add_alike(shape, text, events)
            self._has_given = self._has_given or len(events) > before
        return True

    def feed(self, chunk: ChatChunk) -> list[StreamEvent]:
        """Return the events of a chunk.

        Raises:
            APIStatusError: the chunk reports an error; `.partial` has the reply so far, including this chunk.
        """
        events: list[StreamEvent] = []
        choices = chunk.choices
        failed: ChunkChoice | None = None
        is_plain = bool(choices) and bool(self._head)
        for position, part in enumerate(choices or ()):
            index = position if part.index is None else part.index
            builder = self._choices.get(index)
            if builder is None:
                if len(self._choices) + 1 > MOST_CHOICES:
                    raise too_many(MOST_CHOICES, len(self._choices) + 1, "choices")
                builder = self._choices[index] = ChoiceBuilder(index, self._tools, self.growth)
                self._unfinished.add(index)
            delta = part.delta
            if part.message is not None:
                is_last = bool(part.finish_reason) or chunk.object == "chat.completion"
                delta = builder.news_of(part.message, delta, is_last=is_last)
            if delta is not None:
                content = delta.content
                if (
                    type(content) is str and delta.__pydantic_fields_set__ <= _TEXT_FIELDS
                ):  # nearly every token
                    if content:
                        builder.text.append(content)
                        events.append(TextDelta(content, index))
                else:
                    builder.add(delta, events)
            if part.text:
                builder.add_text(part.text, events)
            if part.finish_reason or part.logprobs or part.error or part.native_finish_reason:
                is_plain = False
                builder.note(part)
                if part.finish_reason:
                    self._unfinished.discard(index)
                if part.error or part.finish_reason == "error":
                    failed = part
        if events:
            self._has_given = True
        says_error = chunk.object == "error"
        if chunk.__pydantic_extra__:
            says_error = says_error or chunk.__pydantic_extra__.get("type") == "error"
            fields = len(self._extra)
            self._extra.update(chunk.__pydantic_extra__)
            if len(self._extra) > fields:
                self.growth.has_grown = True
        # Names and ids are the same in every chunk, so those that only bring a piece are not asked for them.
        if not is_plain or chunk.usage is not None:
            for name in _HEAD:
                if (value := getattr(chunk, name)) is not None:
                    self._head[name] = value
            if chunk.usage is not None:
                # One that says less takes nothing away.
                self._usage = chunk.usage if self._usage is None else fuller_usage(self._usage, chunk.usage)
                self._head["usage"] = self._usage
            self._head.setdefault("object", "chat.completion")
        if chunk.error or failed is not None:
            raise self._error(chunk.error, failed)
        if says_error:
            raise self._error(dict(chunk.__pydantic_extra__ or {}), None)
        return events

    def feed_reply(self, reply: ChatCompletion) -> list[StreamEvent]:
        """Return the events of a whole reply that came in place of a stream; `finish` then returns it.

        Raises:
            APIStatusError, InvalidResponseError: as `check_completion`.
        """
        check_completion(reply)
        fields = reply.model_dump(exclude_unset=True)
        for choice in fields["choices"]:
            choice["delta"] = choice.pop("message", None)
        events = self.feed(ChatChunk.model_validate(fields))
        self._reply = reply
        return events

    def read_whole(self, body: bytes, meta: ResponseMeta | None) -> ChatCompletion:
        """Return the reply in a body that came whole, in place of a stream."""
        return read_reply(ChatCompletion, meta.status if meta else 200, meta.headers if meta else {}, body)

    def finish(
        self, end: StreamEnd, meta: ResponseMeta | None = None
    ) -> tuple[list[StreamEvent], ChatCompletion]:
        """Return the last events, and the reply, which the last of them contains.

        Raises:
            EmptyReply: it is empty.
        """
        completion = marked(self._reply or self._completion(), ChatCompletion, _end=end)
        if not self.has_piece:
            check_completion(completion)
            has_tokens = completion.usage.completion_tokens
            if not (self.has_finish or has_tokens or self._may_be_empty):
                raise empty_reply(completion, "neither content nor a finish reason")
        events = [event for index in sorted(self._choices) for event in self._choices[index].held()]
        for choice in completion.choices:
            if choice.message is not None and choice.message.tool_calls:
                events += read_tool_calls(
                    choice.message.tool_calls,
                    whole=True,
                    choice=choice.index or 0,
                    finish_reason=choice.finish_reason,
                )
        if completion.usage.is_reported:
            events.append(UsageReported(completion.usage))
        completion = with_meta(completion, meta)
        events.append(Finished(completion))
        return events, completion

    def snapshot(self) -> ChatCompletion:
        """Return what has arrived so far; none of its tool calls counts as complete."""
        return marked(self._completion(), ChatCompletion, _whole=False)

    def _completion(self) -> ChatCompletion:
        choices = [self._choices[index].as_fields() for index in sorted(self._choices)]
        return ChatCompletion.model_validate({**self._extra, **self._head, "choices": choices})

    def _error(self, error: JsonValue, failed: ChunkChoice | None) -> APIStatusError:
        partial = self.snapshot()
        if not error and failed is not None:
            error = failed.error
        if not error:
            return ended_in_error(failed.native_finish_reason if failed else None, partial)
        names: dict[str, JsonValue] = {"id": partial.id, "provider": partial.provider, "model": partial.model}
        return payload_error(error, around=names, partial=partial)
