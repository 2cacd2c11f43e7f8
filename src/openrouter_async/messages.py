"""`client.messages`: the façade over the Messages resource, with the typed overloads."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast, overload

from pydantic import JsonValue

from ._sansio.message_body import MessageCall
from .options import RequestOptions
from .protocols import Completer, Sender
from .resources.messages import MessagesResource
from .streaming.stream import MessageStream, OnBadEvent
from .types.common import OutputT
from .types.messages.reply import MessageReply

if TYPE_CHECKING:
    from typing import TypedDict

    from typing_extensions import TypeForm, Unpack

    from .catalogue.catalogue import ModelCatalogue
    from .structured.generate import OutputRequests
    from .structured.in_messages import StructuredMessage, StructuredMessageStream
    from .structured.modes import SchemaModels
    from .structured.output import Output, OutputLike
    from .structured.schema import Schema
    from .tools.approval import PausedRun
    from .tools.result import Run
    from .tools.settings import RunningParams
    from .tools.stream import RunStream
    from .types.messages.content import MessageParams
    from .types.messages.request import MessagesParams, MessageSystem, MessageTurnParams

    class _CallParams(TypedDict, total=False):
        """What every call takes besides the messages, the output, and parameters."""

        model: str | None
        extra_body: Mapping[str, JsonValue] | None
        options: RequestOptions | None

    class MessageCallParams(MessagesParams, _CallParams, total=False):
        """What `create` and `stream` take besides the messages and the output."""

    class MessageRunParams(MessageTurnParams, MessageSystem, RunningParams, total=False):
        """What `run` and `run_stream` take: the parameters of each request, and how the run goes."""

    class MessageRunCallParams(MessageRunParams, _CallParams, total=False):
        """What `run` and `run_stream` take besides the messages and the output."""


__all__ = ["Messages"]


class Messages:
    """Replies as lists of content blocks, in the form of Anthropic's Messages, from any model."""

    def __init__(
        self,
        sender: Sender,
        catalogue: Callable[[], Awaitable[ModelCatalogue]],
        models: Callable[[], SchemaModels],
    ) -> None:
        """Begin; `models` returns the models that are asked for values by a schema, see `client.chat.native_models`."""
        self._resource = MessagesResource(sender)
        self._catalogue = catalogue
        self._models = models

    @overload
    async def create(
        self, messages: MessageParams, *, output: None = None, **params: Unpack[MessageCallParams]
    ) -> MessageReply[str]: ...
    @overload
    async def create(
        self,
        messages: MessageParams,
        *,
        output: Output[OutputT] | Schema[OutputT],
        **params: Unpack[MessageCallParams],
    ) -> StructuredMessage[OutputT]: ...
    @overload
    async def create(
        self, messages: MessageParams, *, output: Mapping[str, object], **params: Unpack[MessageCallParams]
    ) -> StructuredMessage[JsonValue]: ...
    @overload
    async def create(
        self, messages: MessageParams, *, output: TypeForm[OutputT], **params: Unpack[MessageCallParams]
    ) -> StructuredMessage[OutputT]: ...
    async def create(
        self,
        messages: MessageParams,
        *,
        model: str | None = None,
        output: OutputLike[OutputT] | None = None,
        extra_body: Mapping[str, JsonValue] | None = None,
        options: RequestOptions | None = None,
        **params: Unpack[MessagesParams],
    ) -> MessageReply[str] | StructuredMessage[OutputT]:
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
            output: As for `client.chat.create`; the reply's `output` is the value.
            extra_body: Sent besides, for parameters that these types do not know; it overrides them.
            options: See `RequestOptions`.
            params: See `MessagesParams`.

        Raises:
            ConfigurationError: an argument is wrong; nothing was sent.
            APIStatusError: the service refused the request, or reported an error in place of a reply.
            EmptyReply: a reply with nothing in it; twice, where the first was not charged.
            StructuredOutputError: no reply contained the value that `output` asks for.
            OpenRouterError: any other failure of a call.
        """
        if "tools" in params:
            from .tools.toolbox import defined

            params["tools"] = defined(params["tools"])
        call = MessageCall(messages, model, params, extra_body)
        reply = await self._completer(output, options).create(call)
        return cast("MessageReply[str] | StructuredMessage[OutputT]", reply)

    @overload
    def stream(
        self,
        messages: MessageParams,
        *,
        output: None = None,
        on_bad_event: OnBadEvent = "raise",
        **params: Unpack[MessageCallParams],
    ) -> MessageStream[str]: ...
    @overload
    def stream(
        self,
        messages: MessageParams,
        *,
        output: Output[OutputT] | Schema[OutputT],
        on_bad_event: OnBadEvent = "raise",
        **params: Unpack[MessageCallParams],
    ) -> StructuredMessageStream[OutputT]: ...
    @overload
    def stream(
        self,
        messages: MessageParams,
        *,
        output: Mapping[str, object],
        on_bad_event: OnBadEvent = "raise",
        **params: Unpack[MessageCallParams],
    ) -> StructuredMessageStream[JsonValue]: ...
    @overload
    def stream(
        self,
        messages: MessageParams,
        *,
        output: TypeForm[OutputT],
        on_bad_event: OnBadEvent = "raise",
        **params: Unpack[MessageCallParams],
    ) -> StructuredMessageStream[OutputT]: ...
    def stream(
        self,
        messages: MessageParams,
        *,
        model: str | None = None,
        output: OutputLike[OutputT] | None = None,
        extra_body: Mapping[str, JsonValue] | None = None,
        options: RequestOptions | None = None,
        on_bad_event: OnBadEvent = "raise",
        **params: Unpack[MessagesParams],
    ) -> MessageStream[str] | StructuredMessageStream[OutputT]:
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
            output: As for `create`; the stream also has `partials()`, and the model is not asked again.
            extra_body: As for `create`.
            options: As for `create`.
            on_bad_event: The effect of an event that is not a JSON object: `raise` a `StreamDecodeError`, or `skip` it.
            params: See `MessagesParams`.

        Raises:
            ConfigurationError: an argument is wrong; nothing was sent. Everything else is raised while reading.
        """
        if "tools" in params:
            from .tools.toolbox import defined

            params["tools"] = defined(params["tools"])
        call = MessageCall(messages, model, params, extra_body)
        if output is None:
            return self._resource.with_options(options).stream(call, on_bad_event=on_bad_event)
        stream = self._structured.of(output).with_options(options).stream(call, on_bad_event=on_bad_event)
        return cast("StructuredMessageStream[OutputT]", stream)

    @overload
    async def run(
        self,
        messages: MessageParams | PausedRun,
        *,
        output: None = None,
        **params: Unpack[MessageRunCallParams],
    ) -> Run[str, MessageReply[str]]: ...
    @overload
    async def run(
        self,
        messages: MessageParams | PausedRun,
        *,
        output: Output[OutputT] | Schema[OutputT],
        **params: Unpack[MessageRunCallParams],
    ) -> Run[OutputT, MessageReply[OutputT]]: ...
    @overload
    async def run(
        self,
        messages: MessageParams | PausedRun,
        *,
        output: TypeForm[OutputT],
        **params: Unpack[MessageRunCallParams],
    ) -> Run[OutputT, MessageReply[OutputT]]: ...
    async def run(
        self,
        messages: MessageParams | PausedRun,
        *,
        model: str | None = None,
        output: OutputLike[OutputT] | None = None,
        extra_body: Mapping[str, JsonValue] | None = None,
        options: RequestOptions | None = None,
        **params: Unpack[MessageRunParams],
    ) -> Run[OutputT, MessageReply[OutputT]] | Run[str, MessageReply[str]]:
        """Ask the model, run the tools it calls, send it the results, and so on until it answers.

        ```python
        run = await client.messages.run("How is the weather in Oslo?", tools=[weather], max_tokens=500)
        print(run.text, run.usage.cost)
        ```

        As `client.chat.run`; the blocks of the model are in `run.messages` as they came.

        Args:
            messages: As for `create`; or a paused run about which all is decided, to resume it.
            model: As for `create`.
            output: As for `create`; the last reply has the value, in `run.output`.
            extra_body: As for `create`, with every request.
            options: As for `create`, for every request.
            params: See `RunningParams`: the tools, and when to stop; and `MessagesParams`.

        Raises:
            ConfigurationError: an argument is wrong; nothing was sent.
            ToolError: a tool failed, and `tool_errors="raise"`.
            RepeatedToolCall: the model repeats itself; see `max_repeats`.
            OpenRouterError: any failure of a request. `error.run` has the work done so far.
        """
        from .tools.run import RunCall, names_session, run_tools

        run = await run_tools(
            self._completer(output, options),
            RunCall(messages, model, params, extra_body, has_session=names_session(options)),
            prices=self._catalogue,
        )
        return cast("Run[OutputT, MessageReply[OutputT]]", run)

    @overload
    def run_stream(
        self,
        messages: MessageParams | PausedRun,
        *,
        output: None = None,
        **params: Unpack[MessageRunCallParams],
    ) -> RunStream[str, MessageReply[str]]: ...
    @overload
    def run_stream(
        self,
        messages: MessageParams | PausedRun,
        *,
        output: Output[OutputT] | Schema[OutputT],
        **params: Unpack[MessageRunCallParams],
    ) -> RunStream[OutputT, MessageReply[OutputT]]: ...
    @overload
    def run_stream(
        self,
        messages: MessageParams | PausedRun,
        *,
        output: TypeForm[OutputT],
        **params: Unpack[MessageRunCallParams],
    ) -> RunStream[OutputT, MessageReply[OutputT]]: ...
    def run_stream(
        self,
        messages: MessageParams | PausedRun,
        *,
        model: str | None = None,
        output: OutputLike[OutputT] | None = None,
        extra_body: Mapping[str, JsonValue] | None = None,
        options: RequestOptions | None = None,
        **params: Unpack[MessageRunParams],
    ) -> RunStream[OutputT, MessageReply[OutputT]] | RunStream[str, MessageReply[str]]:
        """Return such a run as one stream of events: those of its replies, and of its tools.

        Args:
            messages: As for `run`.
            model: As for `run`.
            output: As for `run`.
            extra_body: As for `run`.
            options: As for `run`.
            params: As for `run`.
        """
        from .tools.run import RunCall, names_session, stream_tools

        stream = stream_tools(
            self._completer(output, options),
            RunCall(messages, model, params, extra_body, has_session=names_session(options)),
            prices=self._catalogue,
        )
        return cast("RunStream[OutputT, MessageReply[OutputT]]", stream)

    def _completer(
        self, output: OutputLike[OutputT] | None, options: RequestOptions | None = None
    ) -> Completer[Any]:
        """Sends requests with these options; the last reply must contain `output`."""
        if output is None:
            return self._resource.with_options(options)
        return self._structured.of(output).with_options(options)

    @cached_property
    def _structured(self) -> OutputRequests:
        from .structured.generate import OutputRequests
        from .structured.in_messages import StructuredMessageStream

        return OutputRequests(self._resource, self._models(), self._catalogue, StructuredMessageStream)
