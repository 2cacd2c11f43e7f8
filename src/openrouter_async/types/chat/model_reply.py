"""`ModelReply`: the common part of all dialects' replies, so runs, budgets and observers need no dialect.

A dialect's reply is a subclass with the fields of its wire and the properties that are abstract here.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, TypeAlias, TypeVar

from pydantic import PrivateAttr

from .._base import WireType
from ..common import JsonObject, MaybeStr, OutputT, Usage, reported, total_usage
from ..meta import keep_meta, kept_meta

if TYPE_CHECKING:
    from ..common import RouterMetadata
    from ..meta import ResponseMeta
    from ..reply_cache import ReplyCache
    from .parts import Annotation, Image
    from .tool_calls import ToolCall

__all__ = ["ModelReply", "OutputItem", "StreamEnd", "marked", "with_billed", "with_meta"]

CACHE_STATUS = "x-openrouter-cache-status"
"""The header without which an answer has nothing to do with a cache."""

ReplyT = TypeVar("ReplyT", bound="ModelReply[object]")

StreamEnd: TypeAlias = Literal["finish_reason", "done"]
"""How a stream ended: `done` by the mark of its end, `finish_reason` without it."""


class OutputItem(WireType):
    """A part of a reply that came whole: an item of a Responses reply, or a block of a Messages reply."""

    type: MaybeStr = None

    _raw: JsonObject = PrivateAttr(default_factory=dict)

    @property
    def raw(self) -> JsonObject:
        """The JSON of it as it came, which is what is sent back."""
        return self._raw


class ModelReply(WireType, Generic[OutputT]):
    """The answer of a model, in any dialect.

    Generic for the type checker only: `output` has the requested type, which is text by default.
    """

    if TYPE_CHECKING:  # the order of fields is that of each dialect's wire
        id: MaybeStr
        model: MaybeStr
        provider: MaybeStr
        usage: Usage
        service_tier: MaybeStr
        openrouter_metadata: RouterMetadata | None

    api: ClassVar[str] = "chat"
    """The name of the dialect: `chat`, `responses` or `messages`."""

    if not TYPE_CHECKING:

        def __class_getitem__(cls, _item):
            return cls  # pydantic would make a class for each parameter, at a cost of milliseconds

    @property
    @abstractmethod
    def text(self) -> str:
        """The text of the answer; empty without text."""

    @property
    @abstractmethod
    def reasoning(self) -> str | None:
        """The reasoning as text, if the model showed any."""

    @property
    @abstractmethod
    def refusal(self) -> str | None:
        """Why the model declined, if it did."""

    @property
    @abstractmethod
    def tool_calls(self) -> list[ToolCall]:
        """The calls of tools that the model asks for, with parsed arguments."""

    @property
    @abstractmethod
    def finish_reason(self) -> str | None:
        """Why the model stopped, in the words of chat: `stop`, `length`, `tool_calls`, `content_filter`, ..."""

    @property
    @abstractmethod
    def images(self) -> list[Image]:
        """The images that the model made."""

    @property
    @abstractmethod
    def annotations(self) -> list[Annotation]:
        """Web pages cited and files parsed."""

    @property
    def encrypted_by(self) -> str | None:
        """The provider that alone can read the reasoning which is sent back; None where any can, or none is named."""
        return None

    @property
    def output(self) -> OutputT:
        """The value that was asked for; the text if none was."""
        return self.text  # type: ignore[return-value]  # OutputT is str where no other was asked for

    @property
    def billed(self) -> Sequence[Usage | None]:
        """The usage of each billed request for this reply; `usage` is their sum.

        Several if the model was asked again, a stream was resumed in another request, or a failed request was billed;
        an entry is None if the usage of that request is unknown, for example after a lost connection. Empty if
        the answer came from a local cache, see `cache`.
        """
        meta = kept_meta(self)
        if meta is not None and meta.reused is not None and not self._billed:
            return ()
        return self._billed or (reported(self.usage),)

    @property
    def cost(self) -> Decimal | None:
        """US dollars charged for all requests that were made for this reply; None where that is not known of one."""
        costs = [None if usage is None else usage.cost for usage in self.billed]
        known = [cost for cost in costs if cost is not None]
        return sum(known, Decimal(0)) if len(known) == len(costs) else None

    @property
    def total_cost(self) -> Decimal | None:
        """The same as `cost`."""
        return self.cost

    @property
    def cache(self) -> ReplyCache | None:
        """Whether the answer had been kept, by the service or on this machine; None where caching was not asked for."""
        meta = kept_meta(self)
        if meta is None or meta.reused is not None:
            return None if meta is None else meta.reused
        if CACHE_STATUS not in meta.headers:
            return None
        from ..reply_cache import reply_cache  # few ask for a cache

        return reply_cache(meta.headers)

    @property
    def generation_id(self) -> str | None:
        """The id of the billed record."""
        meta = kept_meta(self)
        return (meta.generation_id if meta else None) or self.id

    @property
    def end(self) -> StreamEnd | None:
        """How the stream ended; None for the reply of a plain call, and for what an error keeps of a reply."""
        end: StreamEnd | None = self._marks.get("_end")
        return end

    # No `PrivateAttr`: pydantic fills those by functions of Python, which took 3 % of a call.

    @property
    def _marks(self) -> Mapping[str, Any]:
        """What `marked` has noted on it, by name, and `keep_meta`."""
        return self.__pydantic_private__ or {}

    @property
    def _whole(self) -> bool:
        whole: bool = self._marks.get("_whole", True)
        return whole

    @property
    def _billed(self) -> tuple[Usage | None, ...]:
        billed: tuple[Usage | None, ...] = self._marks.get("_billed", ())
        return billed


def with_billed(reply: ReplyT, billed: Sequence[Usage | None]) -> ReplyT:
    """Return a reply for which several requests were charged, with what they used together as its usage."""
    if not billed or (len(billed) == 1 and billed[0] is reply.usage):
        return reply  # nothing was charged for a kept answer, which keeps its usage
    summed = reply.model_copy(update={"usage": total_usage(billed)})
    return marked(summed, type(reply), _billed=tuple(billed))


def with_meta(reply: ReplyT, meta: ResponseMeta | None) -> ReplyT:
    """Return a reply with the HTTP side of its answer, and with what the attempts before that one were billed."""
    if meta is not None and meta.billed_before:
        reply = with_billed(reply, (*meta.billed_before, *reply.billed))
    keep_meta(reply, meta)
    return reply


def marked(reply: ModelReply[object], kind: type[ReplyT], **marks: object) -> ReplyT:
    """Return a reply as an instance of a subclass, with its private attributes; the fields are shared.

    Copies like pydantic's own `__copy__`, which keeps the class: `model_construct` visits every field again, and took
    17 µs rather than 2.
    """
    made = kind.__new__(kind)
    object.__setattr__(made, "__dict__", dict(reply.__dict__))
    object.__setattr__(made, "__pydantic_fields_set__", set(reply.__pydantic_fields_set__))
    object.__setattr__(made, "__pydantic_extra__", reply.__pydantic_extra__)
    object.__setattr__(made, "__pydantic_private__", {**(reply.__pydantic_private__ or {}), **marks})
    return made
