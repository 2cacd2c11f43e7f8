"""The older prompt form: text in, its continuation out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pydantic import JsonValue

from ..._sansio.chat_body import completion_body
from ..._sansio.chat_reply import read_completion
from ..._sansio.request import RequestData, build_request, user_of
from ...operations import CREATE_COMPLETION
from ...options import RequestOptions
from ...protocols import Sender
from ...streaming.stream import EventStream, OnBadEvent
from ...types.chat.completion import ChatCompletion
from ...types.chat.completion_request import completion_params
from ...types.chat.short_names import resolve_alias
from .._base import Resource

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ...types.chat.completion_request import CompletionParams

__all__ = ["Completions"]


class Completions(Resource):
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
        sender = self._sender.with_options(options)
        data = _request(sender, prompt, model, params, extra_body, stream=False)
        return await sender.send(data, read_completion)

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
        sender = self._sender.with_options(options)
        data = _request(sender, prompt, model, params, extra_body, stream=True)
        return EventStream(sender.stream(data), on_bad_event=on_bad_event)


def _request(
    sender: Sender,
    prompt: str,
    model: str | None,
    params: Mapping[str, object],
    extra_body: Mapping[str, object] | None,
    *,
    stream: bool,
) -> RequestData:
    named = sender.settings.default_model if model is None else model
    model = resolve_alias(named)
    params = {**completion_params(sender.settings.params), **params}
    body = completion_body(prompt, model=model, params=params, extra_body=extra_body, stream=stream)
    user = user_of(params, extra_body)
    return build_request(CREATE_COMPLETION, content=body, model=model, named=named, user=user)
