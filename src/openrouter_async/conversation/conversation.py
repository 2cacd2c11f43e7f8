"""`Conversation`: sends messages with the whole history, and stores the replies.

One message at a time: the history changes in one step, once its run is over, so a send that fails or is cancelled
leaves it unchanged. But the effects of a tool remain: a run that was cut off after a tool started waits to be
resumed, or followed by another message, and its tools do not start again.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from copy import copy
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Generic, TypeAlias, cast
from uuid import uuid4

from pydantic import JsonValue
from typing_extensions import TypedDict

from ..errors import ConfigurationError
from ..resources.chat.attachments import encode_attachments
from ..tools.approval import PausedRun
from ..tools.pinning import encrypting_provider
from ..tools.run import RunCall, run_tools, stream_tools
from ..tools.settings import RunParams, split_params
from ..tools.steps import LastReplyT
from ..types.common import JsonObject, OutputT, Usage, total_usage
from .history import History, Turn, WaitingTurn

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ..options import RequestOptions
    from ..protocols import Completer
    from ..spending.forecast import Prices
    from ..tools.result import Run
    from ..tools.stream import RunStream
    from ..types.chat.messages import DeveloperMessage, MessagesLike, SystemMessage
    from ..types.chat.model_reply import ModelReply
    from ..types.responses.input import InputLike

    ConversationLike: TypeAlias = MessagesLike | InputLike
    """What is sent in a form of the conversation's dialect; messages of chat are taken in all of them."""
    from .trimming import Trim

__all__ = ["Conversation", "ConversationParams", "ConversationSettings"]


class ConversationSettings(TypedDict, total=False):
    """Keyword arguments of `client.conversation`, in every dialect."""

    model: str | None
    """As for `client.chat.create`; default: that of the history."""
    system: str | SystemMessage | DeveloperMessage | None
    """What the model is to do, before all turns; default: that of the history."""
    history: History | str | bytes | None
    """What `model_dump_json()` of an earlier conversation wrote, or its `history`."""
    trim: Trim | None
    """Which turns are sent when there are many, e.g. `keep_turns(20)`; default: all."""
    extra_body: Mapping[str, JsonValue] | None
    """Sent besides with every request, for parameters that these types do not know."""
    options: RequestOptions | None
    """What its requests do differently, such as a timeout or retries. Its requests have a `session_id` of the
    conversation's own, unless one is given here or anywhere else; `{"session_id": None}` sends none."""


class ConversationParams(RunParams, ConversationSettings, total=False):
    """Keyword arguments of `client.conversation`; those of `RunParams` apply to every message."""


@dataclass(frozen=True, slots=True)
class _Outgoing:
    """A turn that is being sent."""

    base: History
    """What is kept before it."""
    asked: list[JsonObject]
    earlier: int
    messages: ConversationLike | PausedRun
    provider: str | None
    is_new: bool = True
    """Whether it takes the place of no other turn."""


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
        past = _past(settings.pop("history", None), completer.kind.api)
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
        if not self._history.turns and self._history.waiting is None:
            raise ConfigurationError("there is nothing to retry; the conversation has 0 turns")
        waiting = self._history.waiting
        asked = self._history.turns[-1].asked if waiting is None else waiting.asked
        return await self._send(self._history.undone(1), asked, options, params, is_new=False)

    async def edit(
        self,
        message: MessagesLike,
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
        turns = self._history.turns
        if isinstance(turn, bool) or not isinstance(turn, int) or not -len(turns) <= turn < len(turns):
            raise ConfigurationError(f"edit() got turn={turn!r}; the conversation has {len(turns)} turns")
        return await self._send(
            self._history.first(turn % len(turns)), message, options, params, is_new=False
        )

    @asynccontextmanager
    async def stream(
        self,
        message: ConversationLike | PausedRun,
        *,
        options: RequestOptions | None = None,
        **params: Unpack[RunParams],
    ) -> AsyncIterator[RunStream[OutputT, LastReplyT]]:
        """Send a message, and give the events of its run, in an `async with` block.

        ```python
        async with chat.stream("And in Rome?") as stream:
            async for text in stream.text():
                print(text, end="")
        ```

        The history changes when the block is left after the run was over; left before, it stays as it was, unless a
        tool was started, as for `send`.
        Arguments and errors are those of `send`.
        """
        with self._one_at_a_time():
            outgoing = await self._outgoing(self._history, message)
            completer, call = self._call(outgoing, options, params)
            stream = cast(  # the dialect is that of the completer
                "RunStream[OutputT, LastReplyT]",
                stream_tools(completer, call, spend=self._spend, prices=self._prices),
            )
            try:
                async with stream:
                    yield stream
            finally:
                run = stream.so_far()
                if run is not None:
                    self._keep(outgoing, run)

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
            completer, call = self._call(outgoing, options, params)
            run = await run_tools(
                completer,
                call,
                spend=self._spend,
                on_broken=partial(self._keep, outgoing),
                prices=self._prices,
            )
            self._keep(outgoing, run)
            return cast("Run[OutputT, LastReplyT]", run)  # as above

    def _call(
        self, outgoing: _Outgoing, options: RequestOptions | None, params: Mapping[str, object]
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
        )
        return completer, call

    def _spend(self, usage: Usage) -> None:
        """Count the usage of a reply immediately, whatever happens to its turn."""
        spent = total_usage([self._history.usage, usage])
        self._history = self._history.model_copy(update={"usage": spent})

    async def _outgoing(
        self, base: History, message: ConversationLike | PausedRun, *, is_new: bool = True
    ) -> _Outgoing:
        waiting = base.waiting
        if isinstance(message, PausedRun):
            if waiting is None or message.messages != waiting.run.messages:
                raise ConfigurationError(
                    "no such run waits in this conversation; send chat.paused with its decisions"
                )
            # What has run by now stays so, whatever was decided before.
            run = waiting.run if message is waiting.run else waiting.run.decided_as(message)
            return _Outgoing(base, waiting.asked, waiting.earlier, run, self._provider(base.turns))
        if waiting is not None:
            if waiting.run.undecided:
                raise ConfigurationError(
                    "a run waits for decisions; send chat.paused.approve() or the like, or call undo()"
                )
            base = base.with_turn(waiting.as_turn(self._completer.kind))
        turns = base.turns if self._trim is None else self._trim(base.turns)
        asked = self._completer.kind.wire(await encode_attachments(message))
        earlier = base.sent_before(turns)
        return _Outgoing(base, asked, len(earlier), [*earlier, *asked], self._provider(turns), is_new)

    @staticmethod
    def _provider(turns: Sequence[Turn]) -> str | None:
        return next((turn.provider for turn in reversed(turns) if turn.provider), None)

    def _keep(self, outgoing: _Outgoing, run: Run[object, ModelReply[object]]) -> None:
        """Take up what came of a turn; of one that failed, where a tool was started."""
        if run.status == "failed" and not (run.results and outgoing.is_new):
            return
        base = outgoing.base.model_copy(update={"usage": self._history.usage})
        if run.paused is not None:
            waiting = WaitingTurn(asked=outgoing.asked, earlier=outgoing.earlier, run=run.paused)
            self._history = base.model_copy(update={"waiting": waiting})
            return
        answered = [*run.messages[outgoing.earlier + len(outgoing.asked) :]]
        turn = Turn(
            asked=outgoing.asked,
            answered=answered,
            usage=run.usage,
            provider=encrypting_provider([step.completion for step in run.steps]),
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


def _past(history: object, api: str) -> History:
    """Return the history that a conversation in a dialect begins with."""
    if history is None:
        return History(api=api)
    if isinstance(history, str | bytes):
        history = History.from_json(history)
    if isinstance(history, History):
        if history.turns and history.api != api:
            raise ConfigurationError(
                f"the history is of api={history.api!r}, the conversation of {api!r}; give api={history.api!r}"
            )
        return history.model_copy(update={"api": api})
    raise ConfigurationError(
        f"history is a {type(history).__name__}; expected what model_dump_json() wrote, or a conversation's history"
    )
