"""`Conversation`: sends messages with the whole history, and stores the replies.

One message at a time: the history changes in one step, once its run is over, so a send that fails or is cancelled
leaves it unchanged. But the effects of a tool remain: a run that was cut off after a tool started waits to be
resumed, or followed by another message, and its tools do not start again.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from copy import copy
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Generic, cast
from uuid import uuid4

from .._checks import flag
from ..errors import ConfigurationError
from ..resources.chat.attachments import encode_attachments
from ..tools.approval import PausedRun
from ..tools.pinning import encrypting_provider
from ..tools.run import RunCall, run_tools, stream_tools
from ..tools.settings import RunParams, split_params
from ..tools.steps import LastReplyT
from ..types.common import JsonObject, OutputT, Usage, total_usage
from .history import History, Turn, WaitingTurn
from .outgoing import Outgoing, TurnResumption
from .settings import ConversationParams

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ..options import RequestOptions
    from ..protocols import Completer
    from ..spending.forecast import Prices
    from ..tools.result import Run
    from ..tools.stream import RunStream
    from ..types.chat.model_reply import ModelReply
    from .outgoing import ConversationLike

__all__ = ["Conversation"]


class Conversation(Generic[OutputT, LastReplyT]):
    """A conversation with a model; made by `client.conversation(...)`.

    ```python
    chat = client.conversation(model="openai/gpt-5-mini", system="You are brief.", tools=[weather])
    print((await chat.send("How is the weather in Oslo?")).text)
    print((await chat.send("And in Rome?")).text, chat.usage.cost)
    ```
    """

    def __init__(
        self,
        completer: Completer[OutputT],
        *,
        prices: Prices | None = None,
        **settings: Unpack[ConversationParams],
    ) -> None:
        """Start a conversation, or continue an earlier one.

        Raises:
            ConfigurationError: the history cannot be read, or a setting is wrong.
        """
        model, system = settings.pop("model", None), settings.pop("system", None)
        past = History.begin(settings.pop("history", None), completer.kind.api)
        if model is not None:
            past = past.model_copy(update={"model": model})
        if system is not None:
            message = {"role": "system", "content": system} if isinstance(system, str) else system
            past = past.model_copy(update={"system": completer.kind.wire(message)[0]})
        if past.session_id is None:
            past = past.model_copy(update={"session_id": uuid4().hex})
        self._completer = completer
        self._prices = prices
        self._history = past
        self._trim = settings.pop("trim", None)
        if self._trim is not None and not callable(self._trim):
            raise ConfigurationError(f"trim is {self._trim!r}; expected a policy such as keep_turns(20)")
        self._keeps_partial = flag("keep_partial", settings.pop("keep_partial", False))
        self._extra_body = settings.pop("extra_body", None)
        self._options = settings.pop("options", None)
        split_params(settings)
        self._params: Mapping[str, object] = settings
        self._is_sending = False

    # What there is

    @property
    def history(self) -> History:
        """All that was said, as an immutable object."""
        return self._history

    @property
    def turns(self) -> Sequence[Turn]:
        """The whole turns, from the first."""
        return self._history.turns

    @property
    def messages(self) -> list[JsonObject]:
        """The messages of all whole turns, the system's first, whatever trimming leaves out."""
        return self._history.messages

    @property
    def usage(self) -> Usage:
        """Tokens and cost of all that was sent, also of turns that were undone or failed."""
        return self._history.usage

    @property
    def paused(self) -> PausedRun | None:
        """The run that waits for decisions, or was cut off after a tool started; `send` it, decided, to resume."""
        return self._history.waiting.run if self._history.waiting else None

    def model_dump_json(self, *, indent: int | None = None) -> str:
        """Return the conversation as JSON text; `client.conversation(history=text, tools=...)` resumes it.

        It contains all messages, so store it accordingly. It does not contain tools and settings.
        """
        return self._history.model_dump_json(indent=indent)

    # Sending

    async def send(
        self,
        message: ConversationLike | PausedRun,
        *,
        options: RequestOptions | None = None,
        **params: Unpack[RunParams],
    ) -> Run[OutputT, LastReplyT]:
        """Send a message, run the tools the model calls, and return the run that ends with its answer.

        Args:
            message: Text, or `user(...)` with images and other parts; or `chat.paused` with its decisions.
            options: Replaces the conversation's for this message.
            params: Override the conversation's for this message.

        Raises:
            ConfigurationError: an argument is wrong; another message is being sent; a run waits for decisions.
            OpenRouterError: as `client.chat.run`. The history stays unchanged, unless a tool started: then the run is
                kept, and `send(chat.paused)` resumes it, or another message follows it. `error.run` has the work done
                so far, and `error.partial` the text of a reply that was cut off.
        """
        return await self._send(self._history, message, options, params)

    async def retry(
        self, *, options: RequestOptions | None = None, **params: Unpack[RunParams]
    ) -> Run[OutputT, LastReplyT]:
        """Send the last message again, and replace its answer.

        Raises:
            ConfigurationError: there is not a question yet; else as for `send`.
            OpenRouterError: as for `send`; the history then stays as it was.
        """
        base, asked = self._before_last()
        return await self._send(base, asked, options, params, is_new=False)

    async def edit(
        self,
        message: ConversationLike,
        *,
        turn: int = -1,
        options: RequestOptions | None = None,
        **params: Unpack[RunParams],
    ) -> Run[OutputT, LastReplyT]:
        """Replace the message of `turn` and send it; it and all later turns are dropped.

        Raises:
            ConfigurationError: the turn does not exist.
            OpenRouterError: as for `send`; the history then stays as it was.
        """
        return await self._send(self._before(turn), message, options, params, is_new=False)

    def stream(
        self,
        message: ConversationLike | PausedRun,
        *,
        keep_partial: bool | None = None,
        options: RequestOptions | None = None,
        **params: Unpack[RunParams],
    ) -> AbstractAsyncContextManager[RunStream[OutputT, LastReplyT]]:
        """Send a message, and give the events of its run, in an `async with` block.

        ```python
        async with chat.stream("And in Rome?") as stream:
            async for text in stream.text():
                print(text, end="")
        ```

        The history changes as soon as the run is over. If the block is left before, it stays as it was, unless a tool
        was started, as for `send`.
        Arguments and errors are those of `send`.

        Args:
            message: As for `send`.
            keep_partial: Whether an answer that was left or broke off becomes a turn, with the text that had come and
                the results of its tools; its `is_partial` says so. Default: the conversation's. Without a text yet
                nothing is kept.
            options: As for `send`.
            params: As for `send`.
        """
        return self._stream(lambda: (self._history, message), keep_partial, options, params)

    def retry_stream(
        self,
        *,
        keep_partial: bool | None = None,
        options: RequestOptions | None = None,
        **params: Unpack[RunParams],
    ) -> AbstractAsyncContextManager[RunStream[OutputT, LastReplyT]]:
        """Send the last message again as `stream` does, and replace its answer once there is another; see `retry`."""
        return self._stream(self._before_last, keep_partial, options, params, is_new=False)

    def edit_stream(
        self,
        message: ConversationLike,
        *,
        turn: int = -1,
        keep_partial: bool | None = None,
        options: RequestOptions | None = None,
        **params: Unpack[RunParams],
    ) -> AbstractAsyncContextManager[RunStream[OutputT, LastReplyT]]:
        """Replace the message of `turn`, and send it as `stream` does; later turns are dropped then, see `edit`."""
        return self._stream(
            lambda: (self._before(turn), message), keep_partial, options, params, is_new=False
        )

    @asynccontextmanager
    async def _stream(
        self,
        choose: Callable[[], tuple[History, ConversationLike | PausedRun]],
        keep_partial: bool | None,
        options: RequestOptions | None,
        params: Mapping[str, object],
        *,
        is_new: bool = True,
    ) -> AsyncIterator[RunStream[OutputT, LastReplyT]]:
        with self._one_at_a_time():
            outgoing = await self._outgoing(*choose(), is_new=is_new)
            keeps = self._keeps_partial if keep_partial is None else flag("keep_partial", keep_partial)
            outgoing = replace(outgoing, keeps_partial=keeps)
            call = self._call(outgoing, options, params)
            async with self._streamed(outgoing, *call) as stream:
                yield stream

    async def _send(
        self,
        base: History,
        message: ConversationLike | PausedRun,
        options: RequestOptions | None,
        params: Mapping[str, object],
        *,
        is_new: bool = True,
    ) -> Run[OutputT, LastReplyT]:
        with self._one_at_a_time():
            outgoing = await self._outgoing(base, message, is_new=is_new)
            return await self._answered(outgoing, *self._call(outgoing, options, params))

    def _resumption(
        self, outgoing: Outgoing, completer: Completer[OutputT], call: RunCall
    ) -> TurnResumption[OutputT, LastReplyT]:
        answered, streamed = partial(self._answered, outgoing), partial(self._streamed, outgoing)
        return TurnResumption(completer, call, lambda: self._history, self._one_at_a_time, answered, streamed)

    @asynccontextmanager
    async def _streamed(
        self, outgoing: Outgoing, completer: Completer[OutputT], call: RunCall
    ) -> AsyncIterator[RunStream[OutputT, LastReplyT]]:
        """Give the run of a turn, and keep what came of it."""
        resumption = self._resumption(outgoing, completer, call)

        def keep(run: Run[object, ModelReply[object]]) -> None:
            self._keep(outgoing, run)
            resumption.after = self._history

        made = stream_tools(
            completer, call, spend=self._spend, prices=self._prices, resumption=resumption, on_over=keep
        )
        stream = cast("RunStream[OutputT, LastReplyT]", made)  # the dialect is that of the completer
        try:
            async with stream:
                yield stream
        finally:
            run = stream.so_far()
            if run is not None and stream.result is None:
                keep(run)

    async def _answered(
        self, outgoing: Outgoing, completer: Completer[OutputT], call: RunCall
    ) -> Run[OutputT, LastReplyT]:
        """Return the run of a turn, whose outcome is kept."""
        resumption = self._resumption(outgoing, completer, call)

        def keep(run: Run[object, ModelReply[object]]) -> None:
            self._keep(outgoing, run)
            resumption.after = self._history

        run = await run_tools(
            completer,
            call,
            spend=self._spend,
            on_broken=keep,
            prices=self._prices,
            resumption=resumption,
        )
        keep(run)
        return cast("Run[OutputT, LastReplyT]", run)  # as above

    def _call(
        self, outgoing: Outgoing, options: RequestOptions | None, params: Mapping[str, object]
    ) -> tuple[Completer[OutputT], RunCall]:
        """Return the messages to send for a turn, and its question."""
        options = (self._options if options is None else options) or {}
        params = {**self._params, **params}
        says_session = (
            self._completer.session_id
            or "session_id" in options
            or "session_id" in {**self._completer.params, **params, **(self._extra_body or {})}
        )
        if not says_session:  # the provider that has the prompts of the conversation cached gets the next one
            options = {**options, "session_id": self._history.session_id}
        completer = self._completer.with_options(options or None)
        call = RunCall(
            outgoing.messages,
            self._history.model,
            params,
            self._extra_body,
            outgoing.provider,
            has_session=True,
        )
        return completer, call

    def _spend(self, usage: Usage) -> None:
        """Count the usage of a reply immediately, whatever happens to its turn."""
        spent = total_usage([self._history.usage, usage])
        self._history = self._history.model_copy(update={"usage": spent})

    async def _outgoing(
        self, base: History, message: ConversationLike | PausedRun, *, is_new: bool = True
    ) -> Outgoing:
        waiting = base.waiting
        if isinstance(message, PausedRun):
            if waiting is None or message.messages != waiting.run.messages:
                raise ConfigurationError(
                    "no such run waits in this conversation; send chat.paused with its decisions"
                )
            # What has run by now stays so, whatever was decided before.
            run = waiting.run if message is waiting.run else waiting.run.decided_as(message)
            return Outgoing(base, waiting.asked, waiting.earlier, run, self._provider(base.turns))
        if waiting is not None:
            if waiting.run.undecided:
                raise ConfigurationError(
                    "a run waits for decisions; send chat.paused.approve() or the like, or call undo()"
                )
            base = base.with_turn(waiting.as_turn(self._completer.kind))
        turns = base.turns if self._trim is None else self._trim(base.turns)
        asked = self._completer.kind.wire(await encode_attachments(message))
        earlier = base.sent_before(turns)
        return Outgoing(base, asked, len(earlier), [*earlier, *asked], self._provider(turns), is_new)

    def _before_last(self) -> tuple[History, ConversationLike]:
        """Return the history before the last message, and that message."""
        waiting = self._history.waiting
        if not self._history.turns and waiting is None:
            raise ConfigurationError("there is nothing to retry; the conversation has 0 turns")
        asked = self._history.turns[-1].asked if waiting is None else waiting.asked
        return self._history.undone(1), asked

    def _before(self, turn: int) -> History:
        """Return the history before a turn."""
        turns = self._history.turns
        if isinstance(turn, bool) or not isinstance(turn, int) or not -len(turns) <= turn < len(turns):
            raise ConfigurationError(f"edit() got turn={turn!r}; the conversation has {len(turns)} turns")
        return self._history.first(turn % len(turns))

    @staticmethod
    def _provider(turns: Sequence[Turn]) -> str | None:
        return next((turn.provider for turn in reversed(turns) if turn.provider), None)

    def _keep(self, outgoing: Outgoing, run: Run[object, ModelReply[object]]) -> None:
        """Take up what came of a turn; of one that failed, where a tool was started."""
        half = run.partial.text if outgoing.keeps_partial and run.partial is not None else ""
        if run.status == "failed" and not half and not (run.results and outgoing.is_new):
            return
        base = outgoing.base.model_copy(update={"usage": self._history.usage})
        if run.paused is not None and not half:
            waiting = WaitingTurn(asked=outgoing.asked, earlier=outgoing.earlier, run=run.paused)
            self._history = base.model_copy(update={"waiting": waiting})
            return
        answered = [*run.messages[outgoing.earlier + len(outgoing.asked) :]]
        if half:
            answered += self._completer.kind.wire({"role": "assistant", "content": half})
        turn = Turn(
            asked=outgoing.asked,
            answered=answered,
            usage=run.usage,
            provider=encrypting_provider([step.completion for step in run.steps]),
            is_partial=bool(half),
        )
        self._history = base.with_turn(turn)

    @contextmanager
    def _one_at_a_time(self) -> Iterator[None]:
        if self._is_sending:
            raise ConfigurationError(
                "another message of this conversation is being sent; wait for it, or fork() the conversation"
            )
        self._is_sending = True
        try:
            yield
        finally:
            self._is_sending = False

    # Its course

    def fork(self) -> Conversation[OutputT, LastReplyT]:
        """Return a second conversation with the same history and settings; each continues independently."""
        fork = copy(self)
        fork._is_sending = False
        return fork

    def undo(self, turns: int = 1) -> None:
        """Drop the last turns, questions and answers; their cost stays in `usage`.

        Raises:
            ConfigurationError: there are fewer turns, or a message is being sent.
        """
        with self._one_at_a_time():
            self._history = self._history.undone(turns)

    def __repr__(self) -> str:
        return f"<conversation with {self._history.model!r}, {len(self.turns)} turns>"
