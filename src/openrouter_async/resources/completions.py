"""The older prompt form: text in, its continuation out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pydantic import JsonValue

from .. import operations
from .._sansio.chat_body import completion_body
from .._sansio.request import RequestData, build_request
from ..options import RequestOptions
from ..streaming.stream import EventStream, OnBadEvent
from ..types.chat.completion import ChatCompletion
from ..types.chat.completion_request import completion_params
from ..types.chat.short_names import resolve_alias
from ._models import ModelResource
from .chat import read_completion

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ..types.chat.completion_request import CompletionParams

__all__ = ["Completions"]


class Completions(ModelResource):
    """`POST /completions`; replies are read as those of chat are."""

    async def create(
        self,
        prompt: str,
        *,
        model: str | None = None,
        extra_body: Mapping[str, JsonValue] | None = None,
        options: RequestOptions | None = None,
        **params: Unpack[CompletionParams],
    ) -> ChatCompletion:
        """Return the continuation of `prompt`; its text is `reply.text`.

        Sends one request, which is billed. Arguments and errors are those of `client.chat.create`.
        """
        data = self._request(prompt, model, params, extra_body, options, stream=False)
        if (name := self._short_name(model, options)) is not None:
            await self._check_short_name(name)
        return await self._sender.send(data, read_completion, options)

    def stream(
        self,
        prompt: str,
        *,
        model: str | None = None,
        extra_body: Mapping[str, JsonValue] | None = None,
        options: RequestOptions | None = None,
        on_bad_event: OnBadEvent = "raise",
        **params: Unpack[CompletionParams],
    ) -> EventStream:
        """Return the continuation of `prompt` as it is written; see `client.chat.stream`."""
        data = self._request(prompt, model, params, extra_body, options, stream=True)
        name = self._short_name(model, options)

        async def checked() -> RequestData:
            if name is not None:
                await self._check_short_name(name)
            return data

        source = self._sender.stream(data if name is None else checked, options)
        return EventStream(source, on_bad_event=on_bad_event)

    def _request(
        self,
        prompt: str,
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
        params = {**completion_params(self._sender.params(options)), **params}
        body = completion_body(prompt, model=model, params=params, extra_body=extra_body, stream=stream)
        return build_request(operations.CREATE_COMPLETION, content=body, model=model)
