"""Chat completions: the requests behind `client.chat`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from .. import operations
from .._sansio.chat_body import chat_body
from .._sansio.chat_reply import check_completion
from .._sansio.request import DeferredRequest, RequestData, build_request
from ..options import Recover, RequestOptions
from ..protocols import Reply
from ..streaming.stream import EventStream, OnBadEvent
from ..types.chat.completion import ChatCompletion, with_billed
from ..types.chat.short_names import resolve_alias
from ._attachments import encode_attachments, has_attachments
from ._base import reader
from ._models import ModelResource

if TYPE_CHECKING:
    from ..types.chat.messages import MessagesLike

__all__ = ["ChatResource", "read_completion"]

_read = reader(ChatCompletion)


def read_completion(reply: Reply) -> ChatCompletion:
    """Return the completion in an answer, if it is one."""
    completion = _read(reply)
    check_completion(completion)
    before = reply.meta.billed_before
    return with_billed(completion, (*before, completion.usage)) if before else completion


class ChatResource(ModelResource):
    """`POST /chat/completions`."""

    async def create(
        self,
        messages: MessagesLike,
        *,
        model: str | None,
        params: Mapping[str, object],
        extra_body: Mapping[str, object] | None,
        options: RequestOptions | None,
    ) -> ChatCompletion:
        """Return the whole reply."""
        messages = await encode_attachments(messages)
        data = self._request(messages, model, params, extra_body, options, stream=False)
        if (name := self._short_name(model, options)) is not None:
            await self._check_short_name(name)
        return await self._sender.send(data, read_completion, options)

    def params(self, options: RequestOptions | None) -> Mapping[str, object]:
        """Return the parameters of requests that do not give them themselves."""
        return self._sender.params(options)

    def stream(
        self,
        messages: MessagesLike,
        *,
        model: str | None,
        params: Mapping[str, object],
        extra_body: Mapping[str, object] | None,
        options: RequestOptions | None,
        on_bad_event: OnBadEvent,
        recover: Recover | None = None,
    ) -> EventStream:
        """Return the reply as a stream."""
        if self._short_name(model, options) is not None or has_attachments(messages):
            source = self._sender.stream(self._later(messages, model, params, extra_body, options), options)
        else:
            data = self._request(messages, model, params, extra_body, options, stream=True)
            source = self._sender.stream(data, options)
        tools = _tool_names(
            (extra_body or {}).get("tools", {**self._sender.params(options), **params}.get("tools"))
        )
        if recover is None:
            return EventStream(source, on_bad_event=on_bad_event, tools=tools)
        from ..streaming.recovery.continuation import check_recoverable, params_of_recovery
        from ..streaming.recovery.stream import RecoveringStream

        params = {**self._sender.params(options), **params}
        check_recoverable(params, extra_body, recover)
        changed = params_of_recovery(params, recover)
        who = recover.models[0] if recover.models else model

        def continue_from(begun: str) -> DeferredRequest:
            return self._later(messages, who, changed, extra_body, options, begun=begun)

        return RecoveringStream(
            source,
            attempts=recover.attempts,
            continue_from=continue_from,
            on_bad_event=on_bad_event,
            tools=tools,
        )

    def _later(
        self,
        messages: MessagesLike,
        model: str | None,
        params: Mapping[str, object],
        extra_body: Mapping[str, object] | None,
        options: RequestOptions | None,
        *,
        begun: str = "",
    ) -> DeferredRequest:
        """Return what makes the request of a stream once it is needed; `begun` is how its answer begins."""
        name = self._short_name(model, options)

        async def request() -> RequestData:
            encoded = await encode_attachments(messages)
            if begun:
                from ..streaming.recovery.continuation import messages_with_beginning

                encoded = messages_with_beginning(encoded, begun)
            data = self._request(encoded, model, params, extra_body, options, stream=True)
            if name is not None:
                await self._check_short_name(name)
            return data

        return request

    def _request(
        self,
        messages: MessagesLike,
        model: str | None,
        params: Mapping[str, object],
        extra_body: Mapping[str, object] | None,
        options: RequestOptions | None,
        *,
        stream: bool,
    ) -> RequestData:
        if model is None:
            model = self._sender.default_model(options)
        model = resolve_alias(model)
        params = {**self._sender.params(options), **params}
        headers: Mapping[str, str] = {}
        once = self._sender.once(options)
        if once is not None:
            from .._sansio.once import with_key  # few ask for it

            key, headers = once
            params, extra_body = with_key(params, extra_body, key)
        body = chat_body(messages, model=model, params=params, extra_body=extra_body, stream=stream)
        return build_request(
            operations.CREATE_CHAT, content=body, model=model, headers=headers, once=once is not None
        )


def _tool_names(tools: object) -> frozenset[str]:
    """Return the names of the functions among the tools of a request."""
    given = [tool for tool in tools if isinstance(tool, Mapping)] if isinstance(tools, list | tuple) else []
    functions = [function for tool in given if isinstance(function := tool.get("function"), Mapping)]
    return frozenset(name for function in functions if isinstance(name := function.get("name"), str))
