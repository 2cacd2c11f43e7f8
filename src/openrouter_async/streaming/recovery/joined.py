"""`JoinedAccumulator`: a chat stream that may be cut off and continue in another request, as one reply. No I/O here.

It is the accumulator of one request. Text passes through a `WordBuffer`, so it can be continued, and in a
continuation through an `OverlapTrimmer` first; everything else passes unchanged. When the request is cut off,
`checkpoint` returns the state for the next one, as a `DeliveredSoFar`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ...types.chat.completion import AssistantMessage, ChatCompletion, Choice, Recovery
from ...types.chat.model_reply import marked, with_billed, with_meta
from ...types.common import reported
from ..chat.accumulator import ChatAccumulator
from ..events import Finished, TextDelta
from .seam import OverlapTrimmer, WordBuffer

if TYPE_CHECKING:
    from ...errors import OpenRouterError
    from ...types.chat.chunk import ChatChunk
    from ...types.chat.model_reply import StreamEnd
    from ...types.meta import ResponseMeta
    from ..events import StreamEvent

__all__ = ["DeliveredSoFar", "JoinedAccumulator"]


@dataclass(frozen=True, slots=True)
class DeliveredSoFar:
    """The text of the requests before this one."""

    text: str
    """The delivered text; it ends with a whole word."""
    held: str
    """The rest of their text, which was not delivered."""
    reasoning: str
    recoveries: tuple[Recovery, ...]
    """One for each of those requests."""


class JoinedAccumulator(ChatAccumulator):
    """The stream of one request that is, or may become, a part of a reply."""

    def __init__(self, before: DeliveredSoFar | None = None, tools: Collection[str] = ()) -> None:
        super().__init__(tools, may_be_empty=before is not None)
        self._before = before
        self._words = WordBuffer()
        self._trimmer: OverlapTrimmer | None = None
        if before is not None and before.text:
            self._trimmer = OverlapTrimmer(
                before.text, before.held[: len(before.held) - len(before.held.lstrip())]
            )
        self._given: list[str] = []

    @property
    def is_continuation(self) -> bool:
        """Whether there were requests before this one."""
        return self._before is not None

    @property
    def has_given(self) -> bool:
        """Whether text of this request was delivered."""
        return bool(self._given)

    def feed_alike(self, data: bytes, events: list[StreamEvent]) -> bool:
        """Add the events of data that differs from earlier data only in its text; False where it must be parsed.

        Raises:
            StreamError: this request does not continue the text before.
        """
        own: list[StreamEvent] = []
        is_alike = super().feed_alike(data, own)
        events += self._passed(own)
        return is_alike

    def feed(self, chunk: ChatChunk) -> list[StreamEvent]:
        """Return the events of a chunk.

        Raises:
            APIStatusError: the chunk reports an error; `.partial` has the reply so far, including this chunk.
            StreamError: this request does not continue the text before.
        """
        return self._passed(super().feed(chunk))

    def finish(
        self, end: StreamEnd, meta: ResponseMeta | None = None
    ) -> tuple[list[StreamEvent], ChatCompletion]:
        """Return the last events, and the whole reply.

        Raises:
            EmptyReply: there is nothing in it.
            StreamError: this request does not continue the text before.
        """
        events, reply = super().finish(end)
        last = self._words.feed(self._trimmer.finish()) if self._trimmer is not None else ""
        last += self._words.release()
        given = self._give(last)
        if self._before is not None:
            reply = self._joined(self._before, reply)
        reply = with_meta(reply, meta)
        return [*given, *events[:-1], Finished(reply)], reply

    def snapshot(self) -> ChatCompletion:
        """Return what has arrived so far, in all requests."""
        own = super().snapshot()
        if self._before is None:
            return own
        return self._joined(self._before, own, self._words.held if self._given else self._before.held)

    def release(self) -> list[TextDelta]:
        """Return the text that is still held; nothing continues it any more."""
        held = self._words.release()
        if self._before is not None and not self._given and not held:
            held, self._before = self._before.held, replace(self._before, held="")
        return self._give(held)

    def why_not_resumable(self) -> str | None:
        """Return why another request cannot continue what has arrived; None where it can."""
        own = super().snapshot()
        if own.finish_reason:
            return "the model had finished"
        if len(own.choices) > 1:
            return f"there are {len(own.choices)} answers"
        message = own.message
        choice = own.choices[0] if own.choices else Choice()
        if not self._text and own.reasoning:
            return "it broke off in the reasoning"
        for name, value in (
            ("calls of tools", message.tool_calls),
            ("a refusal", message.refusal),
            ("images", message.images),
            ("audio", message.audio),
            ("annotations", message.annotations),
            ("log probabilities", choice.logprobs),
            ("signed reasoning", any(map(_is_signed, message.reasoning_details or ()))),
        ):
            if value:
                return f"the answer contains {name}"
        return None

    def checkpoint(self, error: OpenRouterError) -> DeliveredSoFar:
        """Return what the request after this one has to know; `error` is why this one ended."""
        own = super().snapshot()
        held = self._words.held
        if self._before is not None and not self._given:
            held = self._before.held
        return DeliveredSoFar(
            text=self._text,
            held=held,
            reasoning=self._reasoning(own),
            recoveries=(*self._recoveries(), Recovery(len(self._text), error, own)),
        )

    # The text

    @property
    def _text(self) -> str:
        """The delivered text of all requests."""
        return (self._before.text if self._before is not None else "") + "".join(self._given)

    def _give(self, text: str) -> list[TextDelta]:
        if not text:
            return []
        self._given.append(text)
        return [TextDelta(text)]

    def _passed(self, events: list[StreamEvent]) -> list[StreamEvent]:
        """Return the events that can be delivered now."""
        passed: list[StreamEvent] = []
        for event in events:
            if isinstance(event, TextDelta) and event.choice == 0:
                text = event.text if self._trimmer is None else self._trimmer.feed(event.text)
                passed += self._give(self._words.feed(text))
            else:
                passed += self._give(self._words.release())
                passed.append(event)
        return passed

    # The reply

    def _joined(self, before: DeliveredSoFar, own: ChatCompletion, held: str = "") -> ChatCompletion:
        """Return a reply with the text before it, and the withheld text at its end."""
        choice = own.choices[0] if own.choices else Choice(index=0)
        message = choice.message or AssistantMessage(role="assistant")
        changed: Mapping[str, object] = {
            "content": self._text + held or None,
            "reasoning": self._reasoning(own) or None,
            "reasoning_content": None,
            # Signatures are those of one request's reasoning; of several they would be refused when sent back.
            "reasoning_details": None,
        }
        choices = [
            choice.model_copy(update={"message": message.model_copy(update=changed)}),
            *own.choices[1:],
        ]
        recoveries = self._recoveries()
        joined = marked(own.model_copy(update={"choices": choices}), ChatCompletion, _recoveries=recoveries)
        return with_billed(joined, (*(reported(each.broken.usage) for each in recoveries), *own.billed))

    def _reasoning(self, own: ChatCompletion) -> str:
        parts = (self._before.reasoning if self._before is not None else "", own.reasoning or "")
        return "\n\n".join(filter(None, parts))

    def _recoveries(self) -> tuple[Recovery, ...]:
        if self._before is None:
            return ()
        *earlier, last = self._before.recoveries
        repeated = self._trimmer.repeated if self._trimmer is not None else 0
        return (*earlier, replace(last, repeated=repeated))


def _is_signed(detail: Mapping[str, object]) -> bool:
    """Whether a piece of reasoning is bound to the request it came in."""
    return detail.get("type") == "reasoning.encrypted" or bool(detail.get("signature"))
