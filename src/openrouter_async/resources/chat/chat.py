"""Chat completions: the requests behind `client.chat`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from uuid import uuid4

from ..._sansio.chat_body import ChatCall, chat_body
from ..._sansio.chat_reply import check_completion
from ..._sansio.request import DeferredRequest, RequestData, build_request
from ..._sansio.response import read_reply
from ...operations import CREATE_CHAT
from ...options import Recover, RequestOptions
from ...protocols import FeatureSpans, Reply
from ...streaming.source import ContinuableSource
from ...streaming.stream import EventStream, OnBadEvent
from ...types.chat.completion import ChatCompletion
from ...types.chat.model_reply import with_billed
from ...types.chat.short_names import MODELS
from ...types.meta import keep_meta
from .._base import Resource
from .attachments import encode_attachments, has_attachments

__all__ = ["ChatResource", "read_completion"]


def read_completion(reply: Reply) -> ChatCompletion:
    """Return the completion in an answer, if it is one."""
    meta = reply.meta
    completion = read_reply(ChatCompletion, meta.status, meta.headers, reply.body)
    keep_meta(completion, meta)
    check_completion(completion)
    before = meta.billed_before
    return with_billed(completion, (*before, completion.usage)) if before else completion


class ChatResource(Resource):
    """`POST /chat/completions`."""

    def with_options(self, options: RequestOptions | None) -> ChatResource:
        """Return the resource of the client with these options; itself where there are none."""
        return self if options is None else ChatResource(self._sender.with_options(options))

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

    async def create(self, call: ChatCall) -> ChatCompletion:
        """Return the whole reply."""
        data = self._request(await _encoded(self._completed(call)), stream=False)
        return await self._sender.send(data, read_completion)

    def open(self, call: ChatCall) -> ContinuableSource:
        """Return where a stream of the reply comes from; nothing is sent before its first read."""
        return self._open(self._completed(call))

    def stream(
        self, call: ChatCall, *, on_bad_event: OnBadEvent = "raise", recover: Recover | None = None
    ) -> EventStream:
        """Return the reply as a stream."""
        call = self._completed(call)
        source = self._open(call)
        tools = _tool_names((call.extra_body or {}).get("tools", call.params.get("tools")))
        if recover is None:
            return EventStream(source, on_bad_event=on_bad_event, tools=tools)
        from ...streaming.recovery.continuation import call_of_recovery, check_recoverable
        from ...streaming.recovery.stream import RecoveringStream

        check_recoverable(call, recover)
        changed = call_of_recovery(call, recover)
        return RecoveringStream(
            source,
            attempts=recover.attempts,
            continue_from=lambda begun: self._later(changed, begun=begun),
            on_bad_event=on_bad_event,
            tools=tools,
        )

    def _completed(self, call: ChatCall) -> ChatCall:
        settings = self._sender.settings
        return call.with_defaults(settings.default_model, settings.params)

    def _open(self, call: ChatCall) -> ContinuableSource:
        later = has_attachments(call.messages)
        return self._sender.stream(self._later(call) if later else self._request(call, stream=True))

    def _later(self, call: ChatCall, *, begun: str = "") -> DeferredRequest:
        """Return what makes the request of a stream once it is needed; `begun` is how its answer begins."""

        async def request() -> RequestData:
            encoded = await _encoded(call)
            if begun:
                from ...streaming.recovery.continuation import with_beginning

                encoded = with_beginning(encoded, begun)
            return self._request(encoded, stream=True)

        return request

    def _request(self, call: ChatCall, *, stream: bool) -> RequestData:
        named = call.model
        model = MODELS.get(named, named) if isinstance(named, str) else named
        if model != named:
            call = replace(call, model=model)
        settings = self._sender.settings
        headers: Mapping[str, str] = {}
        if settings.once:
            from ..._sansio.once import cache_headers, with_key  # few ask for it

            call = with_key(call, settings.once if isinstance(settings.once, str) else uuid4().hex)
            headers = cache_headers(settings.cache)
        return build_request(
            CREATE_CHAT,
            content=chat_body(call, stream=stream),
            model=model,
            named=named,
            headers=headers,
            once=bool(settings.once),
        )


async def _encoded(call: ChatCall) -> ChatCall:
    if isinstance(call.messages, str):
        return call
    messages = await encode_attachments(call.messages)
    return call if messages is call.messages else replace(call, messages=messages)


def _tool_names(tools: object) -> frozenset[str]:
    """Return the names of the functions among the tools of a request."""
    given = [tool for tool in tools if isinstance(tool, Mapping)] if isinstance(tools, list | tuple) else []
    functions = [function for tool in given if isinstance(function := tool.get("function"), Mapping)]
    return frozenset(name for function in functions if isinstance(name := function.get("name"), str))
