"""`client.responses`: the façade over the Responses resource, with the typed overloads."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast, overload

from pydantic import JsonValue

from ._sansio.response_body import ResponseCall
from .options import RequestOptions
from .protocols import Completer, Sender
from .resources.responses import ResponsesResource
from .streaming.stream import OnBadEvent, ResponseStream
from .types.common import OutputT
from .types.responses.response import Response

if TYPE_CHECKING:
    from typing import TypedDict

    from typing_extensions import TypeForm, Unpack

    from .catalogue.catalogue import ModelCatalogue
    from .structured.generate import OutputRequests
    from .structured.in_responses import StructuredResponse, StructuredResponseStream
    from .structured.modes import SchemaModels
    from .structured.output import Output, OutputLike
    from .structured.schema import Schema
    from .tools.approval import PausedRun
    from .tools.result import Run
    from .tools.settings import RunningParams
    from .tools.stream import RunStream
    from .types.responses.input import InputLike
    from .types.responses.request import ResponseParams, ResponseTurnParams

    class _CallParams(TypedDict, total=False):
        """What every call takes besides the input, the output, and parameters."""

        model: str | None
        extra_body: Mapping[str, JsonValue] | None
        options: RequestOptions | None

    class ResponseCallParams(ResponseParams, _CallParams, total=False):
        """What `create` and `stream` take besides the input and the output."""

    class ResponseRunParams(ResponseTurnParams, RunningParams, total=False):
        """What `run` and `run_stream` take: the parameters of each request, and how the run goes."""

    class ResponseRunCallParams(ResponseRunParams, _CallParams, total=False):
        """What `run` and `run_stream` take besides the input and the output."""


__all__ = ["Responses"]


class Responses:
    """Replies as lists of items, in the form of OpenAI's Responses, from any model."""

    def __init__(
        self,
        sender: Sender,
        catalogue: Callable[[], Awaitable[ModelCatalogue]],
        models: Callable[[], SchemaModels],
    ) -> None:
        """Begin; `models` returns the models that are asked for values by a schema, see `client.chat.native_models`."""
        self._resource = ResponsesResource(sender)
        self._catalogue = catalogue
        self._models = models

    @overload
    async def create(
        self, input: InputLike, *, output: None = None, **params: Unpack[ResponseCallParams]
    ) -> Response[str]: ...
    @overload
    async def create(
        self,
        input: InputLike,
        *,
        output: Output[OutputT] | Schema[OutputT],
        **params: Unpack[ResponseCallParams],
    ) -> StructuredResponse[OutputT]: ...
    @overload
    async def create(
        self, input: InputLike, *, output: Mapping[str, object], **params: Unpack[ResponseCallParams]
    ) -> StructuredResponse[JsonValue]: ...
    @overload
    async def create(
        self, input: InputLike, *, output: TypeForm[OutputT], **params: Unpack[ResponseCallParams]
    ) -> StructuredResponse[OutputT]: ...
    async def create(
        self,
        input: InputLike,
        *,
        model: str | None = None,
        output: OutputLike[OutputT] | None = None,
        extra_body: Mapping[str, JsonValue] | None = None,
        options: RequestOptions | None = None,
        **params: Unpack[ResponseParams],
    ) -> Response[str] | StructuredResponse[OutputT]:
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
            output: As for `client.chat.create`; the reply's `output` is the value.
            extra_body: Sent besides, for parameters that these types do not know; it overrides them.
            options: See `RequestOptions`.
            params: See `ResponseParams`.

        Raises:
            ConfigurationError: an argument is wrong; nothing was sent.
            APIStatusError: the service refused the request, or reported that the response failed (then
                `error.partial` has what there is of it). A reply that is `incomplete` is a reply.
            EmptyReply: a reply with nothing in it.
            StructuredOutputError: no reply contained the value that `output` asks for.
            OpenRouterError: any other failure of a call.
        """
        if "tools" in params:
            from .tools.toolbox import defined

            params["tools"] = defined(params["tools"])
        call = ResponseCall(input, model, params, extra_body)
        reply = await self._completer(output, options).create(call)
        return cast("Response[str] | StructuredResponse[OutputT]", reply)

    @overload
    def stream(
        self,
        input: InputLike,
        *,
        output: None = None,
        on_bad_event: OnBadEvent = "raise",
        **params: Unpack[ResponseCallParams],
    ) -> ResponseStream[str]: ...
    @overload
    def stream(
        self,
        input: InputLike,
        *,
        output: Output[OutputT] | Schema[OutputT],
        on_bad_event: OnBadEvent = "raise",
        **params: Unpack[ResponseCallParams],
    ) -> StructuredResponseStream[OutputT]: ...
    @overload
    def stream(
        self,
        input: InputLike,
        *,
        output: Mapping[str, object],
        on_bad_event: OnBadEvent = "raise",
        **params: Unpack[ResponseCallParams],
    ) -> StructuredResponseStream[JsonValue]: ...
    @overload
    def stream(
        self,
        input: InputLike,
        *,
        output: TypeForm[OutputT],
        on_bad_event: OnBadEvent = "raise",
        **params: Unpack[ResponseCallParams],
    ) -> StructuredResponseStream[OutputT]: ...
    def stream(
        self,
        input: InputLike,
        *,
        model: str | None = None,
        output: OutputLike[OutputT] | None = None,
        extra_body: Mapping[str, JsonValue] | None = None,
        options: RequestOptions | None = None,
        on_bad_event: OnBadEvent = "raise",
        **params: Unpack[ResponseParams],
    ) -> ResponseStream[str] | StructuredResponseStream[OutputT]:
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
        since a text from two requests would be an item that no model wrote.

        Args:
            input: As for `create`.
            model: As for `create`.
            output: As for `create`; the stream also has `partials()`, and the model is not asked again.
            extra_body: As for `create`.
            options: As for `create`.
            on_bad_event: The effect of an event that is not a JSON object: `raise` a `StreamDecodeError`, or `skip` it.
            params: See `ResponseParams`.

        Raises:
            ConfigurationError: an argument is wrong; nothing was sent. Everything else is raised while reading.
        """
        if "tools" in params:
            from .tools.toolbox import defined

            params["tools"] = defined(params["tools"])
        call = ResponseCall(input, model, params, extra_body)
        if output is None:
            return self._resource.with_options(options).stream(call, on_bad_event=on_bad_event)
        stream = self._structured.of(output).with_options(options).stream(call, on_bad_event=on_bad_event)
        return cast("StructuredResponseStream[OutputT]", stream)

    @overload
    async def run(
        self,
        input: InputLike | PausedRun,
        *,
        output: None = None,
        **params: Unpack[ResponseRunCallParams],
    ) -> Run[str, Response[str]]: ...
    @overload
    async def run(
        self,
        input: InputLike | PausedRun,
        *,
        output: Output[OutputT] | Schema[OutputT],
        **params: Unpack[ResponseRunCallParams],
    ) -> Run[OutputT, Response[OutputT]]: ...
    @overload
    async def run(
        self,
        input: InputLike | PausedRun,
        *,
        output: TypeForm[OutputT],
        **params: Unpack[ResponseRunCallParams],
    ) -> Run[OutputT, Response[OutputT]]: ...
    async def run(
        self,
        input: InputLike | PausedRun,
        *,
        model: str | None = None,
        output: OutputLike[OutputT] | None = None,
        extra_body: Mapping[str, JsonValue] | None = None,
        options: RequestOptions | None = None,
        **params: Unpack[ResponseRunParams],
    ) -> Run[OutputT, Response[OutputT]] | Run[str, Response[str]]:
        """Ask the model, run the tools it calls, send it the results, and so on until it answers.

        ```python
        run = await client.responses.run("How is the weather in Oslo?", tools=[weather], stop=max_steps(8))
        print(run.text, run.usage.cost)
        ```

        As `client.chat.run`; `run.messages` are items, and those of the model are as they came.

        Args:
            input: As for `create`; or a paused run about which all is decided, to resume it.
            model: As for `create`.
            output: As for `create`; the last reply has the value, in `run.output`.
            extra_body: As for `create`, with every request.
            options: As for `create`, for every request.
            params: See `RunningParams`: the tools, and when to stop; and `ResponseParams`, but for `stop`.

        Raises:
            ConfigurationError: an argument is wrong; nothing was sent.
            ToolError: a tool failed, and `tool_errors="raise"`.
            RepeatedToolCall: the model repeats itself; see `max_repeats`.
            OpenRouterError: any failure of a request. `error.run` has the work done so far.
        """
        from .tools.run import RunCall, names_session, run_tools

        run = await run_tools(
            self._completer(output, options),
            RunCall(input, model, params, extra_body, has_session=names_session(options)),
            prices=self._catalogue,
        )
        return cast("Run[OutputT, Response[OutputT]]", run)

    @overload
    def run_stream(
        self,
        input: InputLike | PausedRun,
        *,
        output: None = None,
        **params: Unpack[ResponseRunCallParams],
    ) -> RunStream[str, Response[str]]: ...
    @overload
    def run_stream(
        self,
        input: InputLike | PausedRun,
        *,
        output: Output[OutputT] | Schema[OutputT],
        **params: Unpack[ResponseRunCallParams],
    ) -> RunStream[OutputT, Response[OutputT]]: ...
    @overload
    def run_stream(
        self,
        input: InputLike | PausedRun,
        *,
        output: TypeForm[OutputT],
        **params: Unpack[ResponseRunCallParams],
    ) -> RunStream[OutputT, Response[OutputT]]: ...
    def run_stream(
        self,
        input: InputLike | PausedRun,
        *,
        model: str | None = None,
        output: OutputLike[OutputT] | None = None,
        extra_body: Mapping[str, JsonValue] | None = None,
        options: RequestOptions | None = None,
        **params: Unpack[ResponseRunParams],
    ) -> RunStream[OutputT, Response[OutputT]] | RunStream[str, Response[str]]:
        """Return such a run as one stream of events: those of its replies, and of its tools.

        Args:
            input: As for `run`.
            model: As for `run`.
            output: As for `run`.
            extra_body: As for `run`.
            options: As for `run`.
            params: As for `run`.
        """
        from .tools.run import RunCall, names_session, stream_tools

        stream = stream_tools(
            self._completer(output, options),
            RunCall(input, model, params, extra_body, has_session=names_session(options)),
            prices=self._catalogue,
        )
        return cast("RunStream[OutputT, Response[OutputT]]", stream)

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
        from .structured.in_responses import StructuredResponseStream

        return OutputRequests(self._resource, self._models(), self._catalogue, StructuredResponseStream)
