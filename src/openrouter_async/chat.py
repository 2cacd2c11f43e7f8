"""`client.chat`: the façade over the chat resource, with the typed overloads."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast, overload

from pydantic import JsonValue

from ._sansio.chat_body import ChatCall
from .comparing import Comparing
from .errors import ConfigurationError
from .options import RequestOptions
from .resources.chat.chat import ChatResource
from .types.chat.completion import ChatCompletion, OutputT

if TYPE_CHECKING:
    from typing import TypedDict

    from typing_extensions import TypeForm, Unpack

    from .catalogue.catalogue import ModelCatalogue
    from .protocols import ChatCompleter, Sender
    from .special_options import Recover
    from .streaming.stream import EventStream, OnBadEvent
    from .structured.completion import StructuredCompletion
    from .structured.generate import OutputRequests
    from .structured.modes import SchemaModels
    from .structured.output import Output, OutputLike
    from .structured.schema import Schema
    from .structured.stream import StructuredStream
    from .tools.approval import PausedRun
    from .tools.result import Run
    from .tools.settings import RunParams
    from .tools.stream import RunStream
    from .types.chat.messages import MessagesLike
    from .types.chat.request import ChatParams
    from .types.chat.steps import Steps

    class _CallParams(TypedDict, total=False):
        """What every call takes besides the messages, the output, and parameters."""

        model: str | None
        extra_body: Mapping[str, JsonValue] | None
        options: RequestOptions | None

    class CallParams(ChatParams, _CallParams, total=False):
        """What `stream` takes besides the messages and the output."""

    class CreateParams(ChatParams, total=False):
        """What `create` takes besides the messages and the output."""

        model: str | Steps | None
        extra_body: Mapping[str, JsonValue] | None
        options: RequestOptions | None

    class RunCallParams(RunParams, _CallParams, total=False):
        """What `run` and `run_stream` take besides the messages and the output."""


__all__ = ["Chat"]


class Chat(Comparing):
    """Chat completions with any model."""

    def __init__(
        self,
        sender: Sender,
        catalogue: Callable[[], Awaitable[ModelCatalogue]],
        native_models: dict[str, bool],
    ) -> None:
        self._resource = ChatResource(sender)
        self._catalogue = catalogue
        self._native_models = native_models

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> object:
            hint = (
                "; client.chat.completions.create(...) is client.chat.create(...)"
                if name == "completions"
                else ""
            )
            raise AttributeError(f"client.chat has no attribute {name!r}{hint}")

    @cached_property
    def native_models(self) -> SchemaModels:
        """The models that are asked for `output` by a schema; derived clients have the same."""
        from .structured.modes import SchemaModels

        return SchemaModels(self._catalogue, self._native_models)

    @overload
    async def create(
        self, messages: MessagesLike, *, output: None = None, **params: Unpack[CreateParams]
    ) -> ChatCompletion[str]: ...
    @overload
    async def create(
        self,
        messages: MessagesLike,
        *,
        output: Output[OutputT] | Schema[OutputT],
        **params: Unpack[CreateParams],
    ) -> StructuredCompletion[OutputT]: ...
    @overload
    async def create(
        self, messages: MessagesLike, *, output: Mapping[str, object], **params: Unpack[CreateParams]
    ) -> StructuredCompletion[Any]: ...
    @overload
    async def create(
        self, messages: MessagesLike, *, output: TypeForm[OutputT], **params: Unpack[CreateParams]
    ) -> StructuredCompletion[OutputT]: ...
    async def create(
        self,
        messages: MessagesLike,
        *,
        model: str | Steps | None = None,
        output: OutputLike[OutputT] | None = None,
        extra_body: Mapping[str, JsonValue] | None = None,
        options: RequestOptions | None = None,
        **params: Unpack[ChatParams],
    ) -> ChatCompletion[str] | StructuredCompletion[OutputT]:
        """Return the model's reply.

        ```python
        reply = await client.chat.create("Name a colour.", model="openai/gpt-5-mini", temperature=0.2)
        print(reply.text, reply.cost)
        ```

        Sends one request, which is billed, or more within the retry rules. Cancelling the task closes the connection,
        but a plain call that was sent continues upstream and is billed: use `stream` to be able to stop.

        With `output` the reply's `output` is a value of that type, from any model, or the call raises. A reply that
        does not fit is then sent back to the model, which answers again. The first such call may load the list of
        models to find those that support schemas; see `Output`.

        ```python
        reply = await client.chat.create("The first five primes.", output=list[int])
        print(sum(reply.output), reply.path, reply.total_cost)
        ```

        Args:
            messages: A string, a message, or several: from `system()`, `user()`, `assistant()` and `tool_result()`,
                as plain dicts, or earlier replies.
            model: A slug such as `openai/gpt-5-mini`, `~anthropic/claude-sonnet-latest` or `@preset/name`; default:
                the client's, else the account's. Or several, asked in order until a reply is good enough: see
                `Steps`.
            output: The type to return: a Python type, a JSON schema as a dict, a `Schema`, or an `Output`.
            extra_body: Additional fields, for parameters that these types do not know; they override the others.
            options: See `RequestOptions`.
            params: See `ChatParams`.

        Raises:
            ConfigurationError: an argument is wrong; nothing was sent.
            APIStatusError: the service refused the request, or reported an error in place of a reply, or within one
                (then `error.partial` has the rest).
            EmptyReply: the reply was empty; twice, if the first was not billed.
            StructuredOutputError: no reply contained a value of the requested type; `error.raw` has the last one.
            OpenRouterError: any other failure of a call.
        """
        if "tools" in params:
            from .tools.toolbox import defined

            params["tools"] = defined(params["tools"])
        if model is None or isinstance(model, str):
            call = ChatCall(messages, model, params, extra_body)
            return await self._completer(output, options).create(call)
        from .cascade.completer import StepsCompleter, steps_of

        steps = steps_of(model)
        call = ChatCall(messages, steps.name, params, extra_body)
        return await StepsCompleter(self._completer(output, options), steps).create(call)

    @overload
    def stream(
        self,
        messages: MessagesLike,
        *,
        output: None = None,
        on_bad_event: OnBadEvent = "raise",
        recover: bool | Recover = False,
        **params: Unpack[CallParams],
    ) -> EventStream[str]: ...
    @overload
    def stream(
        self,
        messages: MessagesLike,
        *,
        output: Output[OutputT] | Schema[OutputT],
        on_bad_event: OnBadEvent = "raise",
        **params: Unpack[CallParams],
    ) -> StructuredStream[OutputT]: ...
    @overload
    def stream(
        self,
        messages: MessagesLike,
        *,
        output: Mapping[str, object],
        on_bad_event: OnBadEvent = "raise",
        **params: Unpack[CallParams],
    ) -> StructuredStream[Any]: ...
    @overload
    def stream(
        self,
        messages: MessagesLike,
        *,
        output: TypeForm[OutputT],
        on_bad_event: OnBadEvent = "raise",
        **params: Unpack[CallParams],
    ) -> StructuredStream[OutputT]: ...
    def stream(
        self,
        messages: MessagesLike,
        *,
        model: str | None = None,
        output: OutputLike[OutputT] | None = None,
        extra_body: Mapping[str, JsonValue] | None = None,
        options: RequestOptions | None = None,
        on_bad_event: OnBadEvent = "raise",
        recover: bool | Recover = False,
        **params: Unpack[ChatParams],
    ) -> EventStream[str] | StructuredStream[OutputT]:
        """Stream the model's reply.

        ```python
        async with client.chat.stream("Tell a story.", model="openai/gpt-5-mini") as stream:
            async for text in stream.text():
                print(text, end="")
            reply = await stream.final()
        ```

        Nothing is sent before you ask for the first event. Leaving the block, or cancelling the task, closes the
        connection immediately; with most providers that stops the work and its billing.

        With `output` the stream also has `partials()`, growing snapshots of the value, and `final()` has the whole in
        `output`, or raises; the client does not ask the model again.

        Args:
            messages: As for `create`.
            model: As for `create`.
            output: As for `create`.
            extra_body: As for `create`.
            options: As for `create`.
            on_bad_event: What to do with an invalid event: `raise` a `StreamDecodeError`, or `skip` it;
                `stream.skipped_events` counts the skipped ones.
            recover: Resume a text that is cut off in another request, which costs; `True`, or see `Recover`.
                `reply.recoveries` lists the resumptions. The last word is withheld until the next one begins.
            params: See `ChatParams`.

        Raises:
            ConfigurationError: an argument is wrong; nothing was sent. Everything else is raised while reading.
        """
        how = self._recover(recover, has_output=output is not None)
        if "tools" in params:
            from .tools.toolbox import defined

            params["tools"] = defined(params["tools"])
        call = ChatCall(messages, model, params, extra_body)
        if output is None:
            resource = self._resource.with_options(options)
            return resource.stream(call, on_bad_event=on_bad_event, recover=how)
        stream = self._structured.of(output).with_options(options).stream(call, on_bad_event=on_bad_event)
        return cast("StructuredStream[OutputT]", stream)  # the stream of this dialect

    @overload
    async def run(
        self,
        messages: MessagesLike | PausedRun,
        *,
        output: None = None,
        **params: Unpack[RunCallParams],
    ) -> Run[str]: ...
    @overload
    async def run(
        self,
        messages: MessagesLike | PausedRun,
        *,
        output: Output[OutputT] | Schema[OutputT],
        **params: Unpack[RunCallParams],
    ) -> Run[OutputT]: ...
    @overload
    async def run(
        self,
        messages: MessagesLike | PausedRun,
        *,
        output: Mapping[str, object],
        **params: Unpack[RunCallParams],
    ) -> Run[Any]: ...
    @overload
    async def run(
        self,
        messages: MessagesLike | PausedRun,
        *,
        output: TypeForm[OutputT],
        **params: Unpack[RunCallParams],
    ) -> Run[OutputT]: ...
    async def run(
        self,
        messages: MessagesLike | PausedRun,
        *,
        model: str | None = None,
        output: OutputLike[OutputT] | None = None,
        extra_body: Mapping[str, JsonValue] | None = None,
        options: RequestOptions | None = None,
        **params: Unpack[RunParams],
    ) -> Run[OutputT] | Run[str]:
        """Ask the model, run the tools it calls, send it the results, and repeat until it answers.

        ```python
        run = await client.chat.run("How is the weather in Oslo?", tools=[weather], stop=max_steps(8))
        print(run.text, run.usage.cost)
        ```

        Sends a request for each step, which is billed. The calls of a step run concurrently; cancelling the task
        cancels them. A run that is stopped, or that waits for a decision, returns as well: see `run.status`.

        Args:
            messages: As for `create`; or a paused run whose calls are all decided, to resume it.
            model: As for `create`.
            output: As for `create`; the last reply has the value, in `run.output`.
            extra_body: As for `create`, with every request.
            options: As for `create`, for every request.
            params: See `RunParams`: the tools, when to stop, and the parameters of the requests.

        Raises:
            ConfigurationError: an argument is wrong, or an MCP server cannot be reached; nothing was sent.
            ToolError: a tool failed, and `tool_errors="raise"`.
            RepeatedToolCall: the model repeats itself; see `max_repeats`.
            OpenRouterError: any failure of a request. `error.run` has the work done so far.
        """
        from .tools.run import RunCall, names_session, run_tools

        completer = self._completer(output, options)
        call = RunCall(messages, model, params, extra_body, has_session=names_session(options))
        run = await run_tools(completer, call, prices=self._catalogue)
        return cast("Run[OutputT]", run)  # its replies are those of this dialect

    @overload
    def run_stream(
        self,
        messages: MessagesLike | PausedRun,
        *,
        output: None = None,
        **params: Unpack[RunCallParams],
    ) -> RunStream[str]: ...
    @overload
    def run_stream(
        self,
        messages: MessagesLike | PausedRun,
        *,
        output: Output[OutputT] | Schema[OutputT],
        **params: Unpack[RunCallParams],
    ) -> RunStream[OutputT]: ...
    @overload
    def run_stream(
        self,
        messages: MessagesLike | PausedRun,
        *,
        output: Mapping[str, object],
        **params: Unpack[RunCallParams],
    ) -> RunStream[Any]: ...
    @overload
    def run_stream(
        self,
        messages: MessagesLike | PausedRun,
        *,
        output: TypeForm[OutputT],
        **params: Unpack[RunCallParams],
    ) -> RunStream[OutputT]: ...
    def run_stream(
        self,
        messages: MessagesLike | PausedRun,
        *,
        model: str | None = None,
        output: OutputLike[OutputT] | None = None,
        extra_body: Mapping[str, JsonValue] | None = None,
        options: RequestOptions | None = None,
        **params: Unpack[RunParams],
    ) -> RunStream[OutputT] | RunStream[str]:
        """Return such a run as one stream of events: those of its replies, and of its tools.

        ```python
        async with client.chat.run_stream("How is the weather in Oslo?", tools=[weather]) as stream:
            async for text in stream.text():
                print(text, end="")
            run = await stream.final()
        ```

        Leaving the block closes the connection and cancels the tools that run.

        Args:
            messages: As for `run`.
            model: As for `run`.
            output: As for `run`.
            extra_body: As for `run`.
            options: As for `run`.
            params: See `RunParams`.
        """
        from .tools.run import RunCall, names_session, stream_tools

        completer = self._completer(output, options)
        call = RunCall(messages, model, params, extra_body, has_session=names_session(options))
        stream = stream_tools(completer, call, prices=self._catalogue)
        return cast("RunStream[OutputT]", stream)  # its replies are those of this dialect

    @staticmethod
    def _recover(recover: bool | Recover, *, has_output: bool) -> Recover | None:
        if recover is False:
            return None
        from .special_options import Recover  # few calls ask for it

        if not isinstance(recover, bool | Recover):
            raise ConfigurationError(f"recover is {recover!r}; expected True, False or Recover(...)")
        if has_output and recover:
            raise ConfigurationError(
                "recover continues text, and output asks for a value, which cannot be joined from two answers;"
                " leave out either"
            )
        return Recover() if recover is True else recover or None

    def _completer(
        self, output: OutputLike[OutputT] | None, options: RequestOptions | None = None
    ) -> ChatCompleter[Any]:
        """Sends requests with these options; the last reply must contain `output`."""
        if output is None:
            return self._resource.with_options(options)
        # Its replies have a value, and are of this dialect.
        request = self._structured.of(output)
        return request if options is None else request.with_options(options)  # type: ignore[return-value]

    @cached_property
    def _structured(self) -> OutputRequests:
        """What asks for values; imported with the first of them, since to ask for the import took 1 % of each."""
        from .structured.generate import OutputRequests

        return OutputRequests(self._resource, self.native_models, self._catalogue)
