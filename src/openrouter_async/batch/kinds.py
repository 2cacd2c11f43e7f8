"""The kinds of a batch besides chat: embeddings, ranks and decisions, with the same journal, budget and limits.

A batch works on replies of chat. The reply of another operation travels in the envelope of one, `KindReply`: with its
ids, its usage and its cost, and as its `output`. The journal has it under `reply`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Generic, Literal, NoReturn, TypeAlias, TypeVar, cast

from pydantic import JsonValue, PrivateAttr, ValidationError

from .._checks import describe_value, one_of
from .._sansio.chat_body import ChatCall
from ..errors import ConfigurationError, InvalidResponseError
from ..resources.embeddings import embeddings_call
from ..resources.media.decisions import decisions_call
from ..resources.media.rerank import ranking_of, rerank_call
from ..types.chat.completion import ChatCompletion
from ..types.chat.model_reply import marked
from ..types.common import OutputT
from ..types.embeddings.reply import Embeddings
from ..types.embeddings.request import EmbeddingParams
from ..types.media.decisions import Decisions, DecisionsParams
from ..types.media.rerank import Ranking, RerankParams, RerankReply
from ..types.meta import keep_meta, kept_meta
from ..types.requests.check import check_params
from .items import Request

if TYPE_CHECKING:
    from .._sansio.request import RequestData
    from ..options import RequestOptions
    from ..protocols import FeatureSpans, Reply, Sender
    from ..types._base import WireType

__all__ = ["BatchKind", "Kind", "KindCompleter", "KindReply", "kind_of"]

T = TypeVar("T")

BatchKind: TypeAlias = Literal["embeddings", "rerank", "decisions"]
"""The operation of a batch that is not of chat."""


class KindReply(ChatCompletion[OutputT]):
    """The envelope of a reply that is none of chat: ids, usage and cost, without text; the reply is its `output`."""

    _reply: object = PrivateAttr(None)

    @property
    def output(self) -> OutputT:
        """The reply, as the operation returns it."""
        return self._reply  # type: ignore[return-value]  # of the kind that the batch is of


class Kind(ABC, Generic[T]):
    """One operation, as a batch needs it."""

    name: BatchKind
    path: str
    """Of the operation, by which its cost is foreseen."""
    params: type

    def check(self, params: Mapping[str, object]) -> None:
        """Check the arguments that all items share.

        Raises:
            ConfigurationError: one is wrong.
        """
        check_params(self.params, params, elsewhere={}, where=f"a batch of {self.name}")

    @abstractmethod
    async def prepare(self, call: ChatCall) -> tuple[RequestData, Callable[[Reply], T]]:
        """Return the request of an item, and what reads its answer; raises `ConfigurationError`."""

    @abstractmethod
    def wire(self, reply: T) -> WireType:
        """Return what the journal keeps of a reply."""

    @abstractmethod
    def read(self, kept: JsonValue, messages: object) -> T:
        """Return the reply of an item that the journal has kept; raises `ValidationError`."""

    def enveloped(self, reply: T) -> KindReply[T]:
        """Return a reply as batches have it."""
        wire = self.wire(reply)
        said = wire.model_dump(mode="json", exclude_unset=True)
        head = {name: said[name] for name in ("id", "model", "provider", "usage") if name in said}
        completion = ChatCompletion[str].model_validate(
            {**head, "object": self.name, "choices": [], "reply": said}
        )
        envelope = cast("KindReply[T]", marked(completion, KindReply, _reply=reply))
        keep_meta(envelope, kept_meta(wire) or kept_meta(reply))
        return envelope

    def restored(self, completion: ChatCompletion[str], request: Request) -> KindReply[T]:
        """Return a reply of the journal.

        Raises:
            InvalidResponseError: it is none of this kind.
        """
        kept = (completion.model_extra or {}).get("reply")
        try:
            reply = self.read(kept, request.messages)
        except (ValidationError, InvalidResponseError):
            raise InvalidResponseError(f"the journal has no valid reply of {self.name}") from None
        keep_meta(self.wire(reply), kept_meta(completion))
        return cast("KindReply[T]", marked(completion, KindReply, _reply=reply))

    async def is_at_fault(self, call: ChatCall) -> bool:
        """Whether a call is refused for what it asks, rather than for the client's state."""
        try:
            await self.prepare(call)
        except ConfigurationError:
            return True
        return False


class _Embeddings(Kind[Embeddings]):
    name = "embeddings"
    path = "/embeddings"
    params = EmbeddingParams

    async def prepare(self, call: ChatCall) -> tuple[RequestData, Callable[[Reply], Embeddings]]:
        return embeddings_call(call.messages, call.model, call.params, call.extra_body)

    def wire(self, reply: Embeddings) -> Embeddings:
        return reply

    def read(self, kept: JsonValue, messages: object) -> Embeddings:
        return Embeddings.model_validate(kept)


class _Rerank(Kind[Ranking[object]]):
    name = "rerank"
    path = "/rerank"
    params = RerankParams

    async def prepare(self, call: ChatCall) -> tuple[RequestData, Callable[[Reply], Ranking[object]]]:
        asked = _asked(call.messages, "query", "documents")
        return await rerank_call(
            asked["query"], asked["documents"], call.model, _merged(call, asked), call.extra_body
        )

    def wire(self, reply: Ranking[object]) -> RerankReply:
        return reply.reply

    def read(self, kept: JsonValue, messages: object) -> Ranking[object]:
        documents = _asked(messages, "query", "documents")["documents"]
        # Its request was read when the journal was found to have an answer for it.
        return ranking_of(RerankReply.model_validate(kept), cast("Sequence[object]", documents))


class _Decisions(Kind[Decisions]):
    name = "decisions"
    path = "/systemone"
    params = DecisionsParams

    async def prepare(self, call: ChatCall) -> tuple[RequestData, Callable[[Reply], Decisions]]:
        asked = _asked(call.messages, "state", "questions")
        return decisions_call(
            asked["state"], asked["questions"], call.model, _merged(call, asked), call.extra_body
        )

    def wire(self, reply: Decisions) -> Decisions:
        return reply

    def read(self, kept: JsonValue, messages: object) -> Decisions:
        return Decisions.model_validate(kept)


def _asked(item: object, *needed: str) -> Mapping[str, object]:
    """Return an item that is a dict with these keys."""
    if not isinstance(item, Mapping) or not set(needed) <= item.keys():
        raise ConfigurationError(
            f"the item is {describe_value(item, private=True)}; expected a dict of {' and '.join(needed)}"
        )
    return item


def _merged(call: ChatCall, asked: Mapping[str, object]) -> dict[str, object]:
    """Return the parameters of an item: those of the batch, and over them what its dict has besides."""
    needed = ("query", "documents", "state", "questions")
    return {**call.params, **{name: value for name, value in asked.items() if name not in needed}}


_KINDS: dict[BatchKind, Callable[[], Kind[object]]] = {
    "embeddings": _Embeddings,  # type: ignore[dict-item]  # of whatever they reply
    "rerank": _Rerank,  # type: ignore[dict-item]
    "decisions": _Decisions,  # type: ignore[dict-item]
}


def kind_of(name: BatchKind) -> Kind[object]:
    """Return the kind of a name; raises `ConfigurationError` if the name is unknown."""
    return _KINDS[one_of("kind", name, (*_KINDS,))]()


class KindCompleter(Generic[T]):
    """Asks another operation, in the place of a `ChatCompleter`."""

    def __init__(self, kind: Kind[T], sender: Sender) -> None:
        self._kind = kind
        self._sender = sender

    def with_options(self, options: RequestOptions | None) -> KindCompleter[T]:
        """Return the same with these options laid over its settings."""
        return KindCompleter(self._kind, self._sender.with_options(options))

    @property
    def kind(self) -> type[ChatCall]:
        """The type of its calls; its messages are the inputs of the operation."""
        return ChatCall

    @property
    def default_model(self) -> str | None:
        """None: the client's is one for chat."""
        return None

    @property
    def params(self) -> Mapping[str, object]:
        """None of the client's, which are for chat."""
        return {}

    @property
    def session_id(self) -> str | None:
        """What groups requests."""
        return self._sender.settings.session_id

    @property
    def spans(self) -> FeatureSpans | None:
        """What begins the spans of features; None without telemetry."""
        return self._sender.spans

    async def create(self, call: ChatCall) -> KindReply[T]:
        """Return the reply to an item, in its envelope."""
        data, read = await self._kind.prepare(call)
        return await self._sender.send(data, lambda reply: self._kind.enveloped(read(reply)))

    def stream(self, call: ChatCall, *, on_bad_event: object = "raise") -> NoReturn:
        """Raise `ConfigurationError`: nothing of these is streamed."""
        raise ConfigurationError(f"{self._kind.name} are not streamed")
