"""`ModelResource`: what asking a model has in common in all dialects; each adds its row, and how answers are read."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar
from uuid import uuid4

from ..._sansio.request import CallT, DeferredRequest, ModelCall, RequestData, build_request, user_of
from ...types.chat.model_reply import ModelReply
from ...types.chat.short_names import MODELS
from .._base import Resource
from .attachments import encode_attachments, has_attachments

if TYPE_CHECKING:
    from typing import Self

    from ...operations import Operation
    from ...options import RequestOptions
    from ...protocols import FeatureSpans, Reply
    from ...streaming.source import ContinuableSource

__all__ = ["ModelResource", "tool_names"]

ReplyT = TypeVar("ReplyT", bound=ModelReply[object])


class ModelResource(Resource, Generic[CallT, ReplyT]):
    """The requests of one dialect."""

    operation: ClassVar[Operation]
    kind: ClassVar[type[ModelCall]]
    """The class of its calls."""

    @staticmethod
    @abstractmethod
    def read(reply: Reply) -> ReplyT:
        """Return the reply in a whole answer, if it is one."""

    def with_options(self, options: RequestOptions | None) -> Self:
        """Return the resource of the client with these options; itself without options."""
        return self if options is None else type(self)(self._sender.with_options(options))

    @property
    def default_model(self) -> str | None:
        """The model of calls that name none."""
        return self._sender.settings.default_model

    @property
    def params(self) -> Mapping[str, object]:
        """The parameters of requests that do not give them themselves."""
        return self._sender.settings.params

    @property
    def session_id(self) -> str | None:
        """What groups requests, and keeps them with one provider."""
        return self._sender.settings.session_id

    @property
    def spans(self) -> FeatureSpans | None:
        """What begins the spans of features."""
        return self._sender.spans

    async def create(self, call: CallT) -> ReplyT:
        """Return the whole reply."""
        data = self._request(await _encoded(self._completed(call)), stream=False)
        return await self._sender.send(data, self.read)

    def open(self, call: CallT) -> ContinuableSource:
        """Return where a stream of the reply comes from; nothing is sent before its first read."""
        return self._open(self._completed(call))

    def _completed(self, call: CallT) -> CallT:
        settings = self._sender.settings
        return call.with_defaults(settings.default_model, settings.params)

    def _open(self, call: CallT) -> ContinuableSource:
        later = has_attachments(call.messages)
        return self._sender.stream(self._later(call) if later else self._request(call, stream=True))

    def _later(self, call: CallT, change: Callable[[CallT], CallT] | None = None) -> DeferredRequest:
        """Return what makes the request of a stream once it is needed; `change` is made to the encoded call."""

        async def request() -> RequestData:
            encoded = await _encoded(call)
            return self._request(encoded if change is None else change(encoded), stream=True)

        return request

    def _request(self, call: CallT, *, stream: bool) -> RequestData:
        named = call.model
        model = MODELS.get(named, named) if isinstance(named, str) else named
        if model != named:
            call = replace(call, model=model)
        settings = self._sender.settings
        user = user_of(call.params, call.extra_body) if call.params or call.extra_body else None
        headers: Mapping[str, str] = {}
        if settings.once:
            from ..._sansio.once import cache_headers, with_key  # few ask for it

            call = with_key(call, settings.once if isinstance(settings.once, str) else uuid4().hex)
            headers = cache_headers(settings.cache)
        content = call.body(stream=stream)
        if settings.prompt_cache is not None:
            from ..._sansio.cache_marks import with_cache_marks  # few ask for it

            content = with_cache_marks(content, model)
        return build_request(
            self.operation,
            content=content,
            model=model,
            named=named,
            user=user,
            headers=headers,
            once=bool(settings.once),
        )


async def _encoded(call: CallT) -> CallT:
    if isinstance(call.messages, str):
        return call
    messages = await encode_attachments(call.messages)
    return call if messages is call.messages else replace(call, messages=messages)


def tool_names(call: ModelCall) -> frozenset[str]:
    """Return the names of the functions among the tools of a request."""
    tools = (call.extra_body or {}).get("tools", call.params.get("tools"))
    given = [tool for tool in tools if isinstance(tool, Mapping)] if isinstance(tools, list | tuple) else []
    functions = [function for tool in given if isinstance(function := tool.get("function"), Mapping)]
    return frozenset(name for function in functions if isinstance(name := function.get("name"), str))
