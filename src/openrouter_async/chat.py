"""`client.chat`: the façade over the chat resource, with the typed overloads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pydantic import JsonValue

from .options import RequestOptions
from .protocols import Sender
from .resources.chat import ChatResource
from .streaming.stream import EventStream, OnBadEvent
from .types.chat import ChatCompletion

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from .types.chat_messages import MessagesLike
    from .types.chat_request import ChatParams

__all__ = ["Chat"]


class Chat:
    """Chat completions with any model."""

    def __init__(self, sender: Sender) -> None:
        self._resource = ChatResource(sender)

    async def create(
        self,
        messages: MessagesLike,
        *,
        model: str | None = None,
        extra_body: Mapping[str, JsonValue] | None = None,
        options: RequestOptions | None = None,
        **params: Unpack[ChatParams],
    ) -> ChatCompletion:
        """Return the model's reply.

        ```python
        reply = await client.chat.create("Name a colour.", model="openai/gpt-5-mini", temperature=0.2)
        print(reply.text, reply.usage.cost)
        ```

        Sends one request, which is billed; more where the retry rules allow it. Cancelling the task closes the
        connection, but a plain call that was sent runs on upstream and is billed: use `stream` to be able to stop.

        Args:
            messages: Text, a message, or several: from `system()`, `user()`, `assistant()` and `tool_result()`, as
                plain dicts, or earlier replies.
            model: A slug such as `openai/gpt-5-mini`, `~anthropic/claude-sonnet-latest` or `@preset/name`; default:
                the client's, else the account's.
            extra_body: What is sent besides, for parameters that these types do not know; it wins over them.
            options: See `RequestOptions`.
            params: See `ChatParams`.

        Raises:
            ConfigurationError: an argument is wrong; nothing was sent.
            APIStatusError: the service refused the request, or reported an error in place of a reply, or within one
                (then `error.partial` has the rest).
            EmptyReply: a reply with nothing in it, twice.
            OpenRouterError: any other failure of a call.
        """
        return await self._resource.create(
            messages, model=model, params=params, extra_body=extra_body, options=options
        )

    def stream(
        self,
        messages: MessagesLike,
        *,
        model: str | None = None,
        extra_body: Mapping[str, JsonValue] | None = None,
        options: RequestOptions | None = None,
        on_bad_event: OnBadEvent = "raise",
        **params: Unpack[ChatParams],
    ) -> EventStream:
        """Return the model's reply as it is written.

        ```python
        async with client.chat.stream("Tell a story.", model="openai/gpt-5-mini") as stream:
            async for text in stream.text():
                print(text, end="")
            reply = await stream.final()
        ```

        Nothing is sent before the first event is asked for. Leaving the block, or cancelling the task, closes the
        connection at once; with most providers that ends the work and its billing.

        Args:
            messages: As for `create`.
            model: As for `create`.
            extra_body: As for `create`.
            options: As for `create`.
            on_bad_event: What an event that is no chunk does: `raise` a `StreamDecodeError`, or `skip` it; skipped
                ones are counted in `stream.skipped_events`.
            params: See `ChatParams`.

        Raises:
            ConfigurationError: an argument is wrong; nothing was sent. Everything else is raised while reading.
        """
        return self._resource.stream(
            messages,
            model=model,
            params=params,
            extra_body=extra_body,
            options=options,
            on_bad_event=on_bad_event,
        )
