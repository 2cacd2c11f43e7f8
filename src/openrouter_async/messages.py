"""`client.messages`: the façade over the Messages resource."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pydantic import JsonValue

from ._sansio.message_body import MessageCall
from .options import RequestOptions
from .protocols import Sender
from .resources.messages import MessagesResource
from .streaming.stream import MessageStream, OnBadEvent
from .types.messages.reply import MessageReply

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from .types.messages.content import MessageParams
    from .types.messages.request import MessagesParams

__all__ = ["Messages"]


class Messages:
    """Replies as lists of content blocks, in the form of Anthropic's Messages, from any model."""

    def __init__(self, sender: Sender) -> None:
        self._resource = MessagesResource(sender)

    async def create(
        self,
        messages: MessageParams,
        *,
        model: str | None = None,
        extra_body: Mapping[str, JsonValue] | None = None,
        options: RequestOptions | None = None,
        **params: Unpack[MessagesParams],
    ) -> MessageReply:
        """Return the model's reply.

        ```python
        message = await client.messages.create("How many lamps are there?", system="Be brief.", max_tokens=500)
        print(message.text, message.stop_reason, message.usage.cost)
        ```

        Sends one request, which is billed; more where the retry rules allow it. Cancelling the task closes the
        connection, but a plain call that was sent runs on upstream and is billed: use `stream` to be able to stop.
        To continue, send `[*earlier, message, next]`: a reply goes back with the blocks as they came, signatures of
        the thinking included, as `message.as_param()` shows them.

        Args:
            messages: Text, a message, or several: dicts in the form of Messages, with `image()` and `file()` among
                their blocks, or earlier replies.
            model: As for `client.chat.create`; the account's default does not apply to this operation.
            extra_body: Sent besides, for parameters that these types do not know; it overrides them.
            options: See `RequestOptions`.
            params: See `MessagesParams`.

        Raises:
            ConfigurationError: an argument is wrong; nothing was sent.
            APIStatusError: the service refused the request, or reported an error in place of a reply.
            EmptyReply: a reply with nothing in it; twice, where the first was not charged.
            OpenRouterError: any other failure of a call.
        """
        call = MessageCall(messages, model, params, extra_body)
        return await self._resource.with_options(options).create(call)

    def stream(
        self,
        messages: MessageParams,
        *,
        model: str | None = None,
        extra_body: Mapping[str, JsonValue] | None = None,
        options: RequestOptions | None = None,
        on_bad_event: OnBadEvent = "raise",
        **params: Unpack[MessagesParams],
    ) -> MessageStream:
        """Return the model's reply as it is written.

        ```python
        async with client.messages.stream("Tell a story.", max_tokens=2000) as stream:
            async for event in stream:
                match event:
                    case TextDelta(text=text):
                        print(text, end="")
                    case ItemFinished(item=block):
                        print(block.type)
            message = await stream.final()
        ```

        The events are those of chat, `ItemStarted` and `ItemFinished` for each block, and `Progress` for all others.
        Otherwise this is as `client.chat.stream`, without `recover`.

        Args:
            messages: As for `create`.
            model: As for `create`.
            extra_body: As for `create`.
            options: As for `create`.
            on_bad_event: The effect of an event that is not a JSON object: `raise` a `StreamDecodeError`, or `skip` it.
            params: See `MessagesParams`.

        Raises:
            ConfigurationError: an argument is wrong; nothing was sent. Everything else is raised while reading.
        """
        call = MessageCall(messages, model, params, extra_body)
        return self._resource.with_options(options).stream(call, on_bad_event=on_bad_event)
