"""Presets: parameters that are kept at the service under a name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pydantic import JsonValue

from ... import operations
from ..._sansio.chat_body import ChatCall, chat_body
from ...operations import Operation
from ...options import RequestOptions
from ...types.account.presets import Preset, PresetDetails, PresetVersion
from ...types.chat.short_names import resolve_alias
from ...types.common import Counted, Envelope
from ...types.meta import keep_meta, response_meta
from .._base import Resource
from .._pagination import Paginator

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ...types.chat.messages import MessagesLike
    from ...types.chat.request import ChatParams
    from ...types.messages.content import MessageParams
    from ...types.messages.request import MessagesParams
    from ...types.responses.input import InputLike
    from ...types.responses.request import ResponseParams

__all__ = ["PresetsResource"]

_ANY_MESSAGES = "-"
"""The message if the caller passes none: the service requires a whole request, and does not store this part."""


class PresetsResource(Resource):
    """`/presets`; needs a key of either kind, and costs nothing.

    ```python
    await client.presets.save("brief", model="openai/gpt-5-mini", temperature=0.2, max_tokens=200)
    reply = await client.chat.create("Name a colour.", preset="brief")
    ```
    """

    def list(
        self, *, offset: int = 0, limit: int | None = None, options: RequestOptions | None = None
    ) -> Paginator[Preset]:
        """Return the presets, the last changed first.

        Args:
            offset: Presets to pass over.
            limit: How many a page has, 1 to 100. Default: 50.
            options: See `RequestOptions`.

        Raises:
            ConfigurationError: an argument is wrong; nothing was sent. Everything else is raised while reading.
        """
        query = {"offset": offset, "limit": limit}
        return self._pages(operations.LIST_PRESETS, into=Counted[Preset], query=query, options=options)

    async def get(self, slug: str, *, options: RequestOptions | None = None) -> PresetDetails:
        """Return one preset, with its parameters.

        Raises:
            NotFound: the preset does not exist.
            OpenRouterError: any other failure of a call.
        """
        return await self._send_data(
            operations.GET_PRESET, into=Envelope[PresetDetails], path={"slug": slug}, options=options
        )

    def versions(
        self,
        slug: str,
        *,
        offset: int = 0,
        limit: int | None = None,
        options: RequestOptions | None = None,
    ) -> Paginator[PresetVersion]:
        """Return all versions of a preset; arguments and errors are those of `list`."""
        return self._pages(
            operations.LIST_PRESET_VERSIONS,
            into=Counted[PresetVersion],
            path={"slug": slug},
            query={"offset": offset, "limit": limit},
            options=options,
        )

    async def version(
        self, slug: str, version: int | str, *, options: RequestOptions | None = None
    ) -> PresetVersion | None:
        """Return one version of a preset, or None where the service has only its number.

        Raises:
            NotFound: the preset or the version does not exist.
            OpenRouterError: any other failure of a call.
        """
        found = await self._send(
            operations.GET_PRESET_VERSION,
            into=Envelope[PresetVersion | None],
            path={"slug": slug, "version": str(version)},
            options=options,
        )
        if found.data is not None:
            keep_meta(found.data, response_meta(found))
        return found.data

    async def save(
        self,
        slug: str,
        messages: MessagesLike = _ANY_MESSAGES,
        *,
        model: str | None = None,
        extra_body: Mapping[str, JsonValue] | None = None,
        options: RequestOptions | None = None,
        **params: Unpack[ChatParams],
    ) -> PresetDetails:
        """Keep the parameters of a chat request under a name, and return the preset.

        Where there is such a preset, it gets another version, which later requests use. The client sends it a
        second time only if the service refused the first request. Nothing is sent to a model.

        Args:
            slug: The name that requests use.
            messages: Those of the request, if you have one. The service can keep a system message as `system_prompt`,
                and ignores the others.
            model: Which model the preset asks for.
            extra_body: As for `chat.create`.
            options: See `RequestOptions`.
            params: As for `chat.create`. The service ignores parameters that a preset cannot have.

        Raises:
            ConfigurationError: an argument is wrong; nothing was sent.
            Conflict: somebody else saved it at the same moment.
            OpenRouterError: any other failure of a call.
        """
        body = chat_body(ChatCall(messages, resolve_alias(model), params, extra_body))
        return await self._save(operations.SAVE_PRESET, slug, body, options)

    async def save_responses(
        self,
        slug: str,
        input: InputLike = _ANY_MESSAGES,
        *,
        model: str | None = None,
        extra_body: Mapping[str, JsonValue] | None = None,
        options: RequestOptions | None = None,
        **params: Unpack[ResponseParams],
    ) -> PresetDetails:
        """Keep the parameters of a request of the Responses dialect; see `save`.

        Args:
            slug: The name that requests use.
            input: That of the request, if you have one.
            model: Which model the preset asks for.
            extra_body: As for `responses.create`.
            options: See `RequestOptions`.
            params: As for `responses.create`.
        """
        from ..._sansio.response_body import ResponseCall

        body = ResponseCall(input, resolve_alias(model), params, extra_body).body()
        return await self._save(operations.SAVE_RESPONSES_PRESET, slug, body, options)

    async def save_messages(
        self,
        slug: str,
        messages: MessageParams = _ANY_MESSAGES,
        *,
        model: str,
        extra_body: Mapping[str, JsonValue] | None = None,
        options: RequestOptions | None = None,
        **params: Unpack[MessagesParams],
    ) -> PresetDetails:
        """Keep the parameters of a request of the Messages dialect; see `save`.

        Args:
            slug: The name that requests use.
            messages: Those of the request, if you have one.
            model: Which model the preset asks for.
            extra_body: As for `messages.create`.
            options: See `RequestOptions`.
            params: As for `messages.create`; the service keeps `system` as `system_prompt`.
        """
        from ..._sansio.message_body import MessageCall

        body = MessageCall(messages, resolve_alias(model), params, extra_body).body()
        return await self._save(operations.SAVE_MESSAGES_PRESET, slug, body, options)

    async def _save(
        self,
        operation: Operation,
        slug: str,
        body: bytes,
        options: RequestOptions | None,
    ) -> PresetDetails:
        return await self._send_data(
            operation, into=Envelope[PresetDetails], path={"slug": slug}, body=body, options=options
        )
