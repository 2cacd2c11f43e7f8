"""`client.responses`: the façade over the Responses resource."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pydantic import JsonValue

from ._sansio.response_body import ResponseCall
from .options import RequestOptions
from .protocols import Sender
from .resources.responses import ResponsesResource
from .streaming.stream import OnBadEvent, ResponseStream
from .types.responses.response import Response

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from .types.responses.input import InputLike
    from .types.responses.request import ResponseParams


__all__ = ["Responses"]


class Responses:
    """Replies as lists of items, in the form of OpenAI's Responses, from any model."""

    def __init__(self, sender: Sender) -> None:
        self._resource = ResponsesResource(sender)

    async def create(
        self,
        input: InputLike,
        *,
        model: str | None = None,
        extra_body: Mapping[str, JsonValue] | None = None,
        options: RequestOptions | None = None,
        **params: Unpack[ResponseParams],
    ) -> Response:
        """Return the model's reply.

        ```python
        reply = await client.responses.create("How many lamps are there?", instructions="Be brief.")
        print(reply.text, [item.type for item in reply.items], reply.usage.cost)
        ```

        Sends one request, which is billed; more where the retry rules allow it. The service keeps nothing between
        requests: give what was said before in `input`, `[*earlier, *reply.items, *results]`; items go back as they
        came, with their encrypted reasoning. `client.conversation(api="responses")` does so.

        Args:
            input: Text, an item, or several: dicts in the form of Responses, `user()`, `system()` and `tool_result()`
                with attachments as in chat, items of replies, or whole replies.
            model: As for `client.chat.create`.
            extra_body: What is sent besides, for parameters that these types do not know; it wins over them.
            options: See `RequestOptions`.
            params: See `ResponseParams`.

        Raises:
            ConfigurationError: an argument is wrong; nothing was sent.
            APIStatusError: the service refused the request, or reported that the response failed (then
                `error.partial` has what there is of it). A reply that is `incomplete` is a reply.
            EmptyReply: a reply with nothing in it.
            OpenRouterError: any other failure of a call.
        """
        call = ResponseCall(input, model, params, extra_body)
        return await self._resource.with_options(options).create(call)

    def stream(
        self,
        input: InputLike,
        *,
        model: str | None = None,
        extra_body: Mapping[str, JsonValue] | None = None,
        options: RequestOptions | None = None,
        on_bad_event: OnBadEvent = "raise",
        **params: Unpack[ResponseParams],
    ) -> ResponseStream:
        """Return the model's reply as it is written.

        ```python
        async with client.responses.stream("Tell a story.") as stream:
            async for event in stream:
                match event:
                    case TextDelta(text=text):
                        print(text, end="")
                    case ItemFinished(item=item):
                        print(item.type)
            reply = await stream.final()
        ```

        The events are those of chat, `ItemStarted` and `ItemFinished` for each item, and `Progress` for all else that
        comes, such as the steps of a search. Otherwise this is as `client.chat.stream`; only `recover` is missing,
        since a text that goes on in another request would be an item that no model wrote.

        Args:
            input: As for `create`.
            model: As for `create`.
            extra_body: As for `create`.
            options: As for `create`.
            on_bad_event: What an event that is no JSON object does: `raise` a `StreamDecodeError`, or `skip` it.
            params: See `ResponseParams`.

        Raises:
            ConfigurationError: an argument is wrong; nothing was sent. Everything else is raised while reading.
        """
        call = ResponseCall(input, model, params, extra_body)
        return self._resource.with_options(options).stream(call, on_bad_event=on_bad_event)
