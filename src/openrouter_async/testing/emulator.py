"""`Emulator`: an OpenRouter on this machine, for developing and testing without a key and a network."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Literal

from pydantic import JsonValue

from .._extras import needs_extra
from .._sansio.money import parse_usd
from ..errors import ConfigurationError
from ..operations import CREATE_CHAT
from .faults import Fault
from .recordings.recorded import Recordings
from .replies import Answer, Failure, Reply, Replying, ToolCall, When
from .state.keys import EmulatedKey, new_key
from .state.models import ModelList
from .state.rate_limit import RateLimit
from .state.state import State

with needs_extra("testing", "the emulator"):
    from .app import BASE_PATH, EmulatorApp
    from .inference.inference import Pace
    from .server import ServerThread

if TYPE_CHECKING:
    from typing import Self

    from starlette.types import Receive, Scope, Send
    from typing_extensions import Unpack

    from .received import ReceivedRequest
    from .replies import ScriptedFields

__all__ = ["Emulator"]


class Emulator:
    """A service on a loopback port that behaves like OpenRouter and sends the answers you script.

    ```python
    from openrouter_async import AsyncOpenRouter
    from openrouter_async.testing import Emulator

    async with Emulator() as emulator:
        emulator.reply("Paris")
        async with AsyncOpenRouter(emulator.key, base_url=emulator.base_url) as client:
            reply = await client.chat.create("The capital of France?", model="openai/gpt-4o-mini")
        assert reply.text == "Paris"
        assert emulator.requests[0].prompt == "The capital of France?"
    ```

    A request gets the next answer scripted for it; otherwise the answer of the function passed to `reply_with`;
    otherwise a generated reply, always the same for the same seed and request.

    Call its methods from any thread while it runs. An exception in a function that you passed is raised when the
    block ends.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        key: str | None = None,
        management_key: str | None = None,
        models: Iterable[str | Mapping[str, JsonValue]] | None = None,
        credits: Decimal | str = "10.00",
        rate_limit: RateLimit | int | None = None,
        seed: int = 0,
        speed: float | None = None,
        first_token_s: float = 0.0,
        generation_misses: int = 1,
        recordings: Path | str | None = None,
        strict: bool = False,
        finishes_unread: bool = True,
    ) -> None:
        """Make an emulator; it serves within its `with` or `async with` block.

        Args:
            port: The port on 127.0.0.1; 0 takes a free one.
            key: The inference key it accepts. Default: a new one.
            management_key: The management key it accepts. Default: a new one.
            models: The models to serve, as ids or as entries of `/models`. Default: the packaged list. A model named
                by its id alone takes every parameter, at 1 and 2 US dollars per million tokens.
            credits: US dollars on the account.
            rate_limit: Requests per minute, or a `RateLimit`; a request above it gets status 429. Default: unlimited.
            seed: Decides the generated replies.
            speed: Tokens per second. Default: as fast as they can be sent.
            first_token_s: Seconds until the first token.
            generation_misses: How many lookups of a new generation fail with 404, as the service's do at first.
            recordings: A folder of exchange files; a request that is in it gets the recorded answer.
            finishes_unread: Whether a plain answer is finished after its client has gone: it is then billed whole,
                and kept for a repetition that asks the response cache. Otherwise the part made so far is billed, and
                nothing is kept. A stream is stopped either way.
            strict: Answer 501 to a chat or completion without a scripted answer, in place of a generated reply.

        Raises:
            ConfigurationError: an argument is wrong, or the extra `testing` is not installed.
        """
        self._key = key or f"sk-or-v1-{secrets.token_hex(32)}"
        self._management_key = management_key or f"sk-or-v1-{secrets.token_hex(32)}"
        if speed is not None and speed <= 0:
            raise ConfigurationError(f"speed is {speed!r}; expected tokens a second above 0, or None")
        if isinstance(rate_limit, int):
            rate_limit = RateLimit(rate_limit)
        dollars, known = parse_usd("credits", credits, may_be_owed=True), ModelList(models)
        recorded = None if recordings is None else Recordings.load(Path(recordings))

        def begin() -> EmulatorApp:
            if recorded is not None:
                recorded.reset()
            keys = new_key(self._key, "inference"), new_key(self._management_key, "management")
            return EmulatorApp(
                State(keys, credits=dollars, rate_limit=rate_limit, seed=seed, misses=generation_misses),
                known,
                pace=Pace(first_token_s=first_token_s, tokens_per_s=speed),
                seed=seed,
                recordings=recorded,
                strict=strict,
                finishes_unread=finishes_unread,
            )

        self._begin = begin
        self._app = begin()
        self._port = port
        self._server: ServerThread | None = None

    # where it is

    @property
    def base_url(self) -> str:
        """The `base_url` of its clients."""
        if self._server is None:
            raise ConfigurationError("the emulator does not run; use it within its `with` block")
        return f"http://127.0.0.1:{self._server.port}{BASE_PATH}"

    @property
    def key(self) -> str:
        """An inference key it accepts."""
        return self._key

    @property
    def management_key(self) -> str:
        """A management key it accepts."""
        return self._management_key

    def start(self) -> None:
        """Begin to serve; done by entering the block."""
        if self._server is not None:
            raise ConfigurationError("the emulator runs already")
        server = ServerThread(self._serve, self._port)
        server.start()
        self._server = server

    def close(self) -> None:
        """End all answers and connections; done by leaving the block. Harmless when done before."""
        if self._server is not None:
            server, self._server = self._server, None
            server.stop()

    @property
    def _state(self) -> State:
        return self._app.state

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)

    # what it answers

    def reply(
        self,
        *parts: str | ToolCall,
        times: int | None = 1,
        model: str | None = None,
        when: When | None = None,
        **fields: Unpack[ScriptedFields],
    ) -> None:
        """Answer the next chat, completion, Responses or Messages request with this, in its form.

        Where calls run in the background, `model` or `when` selects the request; the answer waits for that request,
        and others get the answers behind it:

        ```python
        emulator.reply("A title", model="openai/gpt-4.1-nano")
        emulator.reply("Paris", when=lambda request: "capital" in request.prompt)
        ```

        Args:
            parts: Text, and calls from `tool_call()`. A single text is streamed in chunks as models cut it; several
                are streamed as one chunk each.
            times: How many requests get it; None: all from then on.
            model: Only for requests of this model.
            when: Only for requests for which this function returns True; it runs in the emulator's thread.
            fields: Further fields of the reply, such as `reasoning`, `usage` or `fault`; those of `Reply`. For a
                reply that another model serves, script `Reply.of(..., model=...)`.
        """
        self.script(Reply.of(*parts, **fields), times=times, model=model, when=when)

    def fail(
        self,
        status: int,
        message: str = "Provider returned error",
        *,
        retry_after: float | None = None,
        error_type: str | None = None,
        metadata: Mapping[str, JsonValue] | None = None,
        headers: Mapping[str, str] | None = None,
        fault: Fault | None = None,
        path: str = CREATE_CHAT.path,
        times: int | None = 1,
        model: str | None = None,
        when: When | None = None,
    ) -> None:
        """Answer the next request for `path` with an error status and the service's body.

        Args:
            status: 400 to 599.
            message: The service's message.
            retry_after: Seconds in the header `Retry-After`.
            error_type: Kind of error, as `rate_limit_exceeded`; part of the metadata.
            metadata: Further metadata of the error.
            headers: Of the answer, besides its own.
            fault: A fault while the answer is sent.
            path: Below the base URL; the default is also for the other operations that a model answers.
            times: How many requests get it; None: all from then on.
            model: Only for requests of this model.
            when: Only for requests for which this function returns True.
        """
        failure = Failure(
            status=status,
            message=message,
            retry_after=retry_after,
            error_type=error_type,
            metadata=metadata,
            headers=headers or {},
            fault=fault,
        )
        self.script(failure, path=path, times=times, model=model, when=when)

    def answer(
        self,
        path: str,
        body: JsonValue | bytes,
        *,
        status: int = 200,
        content_type: str = "application/json",
        headers: Mapping[str, str] | None = None,
        fault: Fault | None = None,
        times: int | None = 1,
        when: When | None = None,
    ) -> None:
        """Answer the next request for `path` literally, also where no such operation is emulated.

        `path` is below the base URL, such as `/responses`. A body whose content type is `text/event-stream` is sent
        event by event. With `when`, it is only for requests of which that function says True.
        """
        answer = Answer(
            body=body, status=status, content_type=content_type, headers=headers or {}, fault=fault
        )
        self.script(answer, path=path, times=times, when=when)

    def script(
        self,
        answer: Reply | Failure | Answer,
        *,
        path: str = CREATE_CHAT.path,
        times: int | None = 1,
        model: str | None = None,
        when: When | None = None,
    ) -> None:
        """Add an answer to the end of the script for `path`; see `reply` for `model` and `when`."""
        if times is not None and times < 1:
            raise ConfigurationError(f"times is {times!r}; expected a number of at least 1, or None for ever")
        if not path.startswith("/"):
            raise ConfigurationError(f"path is {path!r}; expected one below the base URL, such as '/models'")
        if when is not None and not callable(when):
            raise ConfigurationError(f"when is {when!r}; expected a function of the request")
        self._state.script.add(path, answer, times, model=model, when=when)

    def reply_with(self, function: Replying | None) -> None:
        """Let a function of the request choose, where nothing is scripted; it runs in the emulator's thread.

        It returns text, a `tool_call()`, a `Reply`, a `Failure`, an `Answer`, or None for a generated reply.
        """
        self._state.script.function = function

    def inject_faults(self, share: float, *faults: Fault | Failure) -> None:
        """Let one of these befall that share of the requests that nothing is scripted for, chosen by the seed."""
        if not 0 <= share <= 1 or (share and not faults):
            raise ConfigurationError(f"share is {share!r} of {len(faults)} faults; expected 0 to 1 of some")
        self._state.script.faults = share, faults

    # what it knows

    @property
    def requests(self) -> list[ReceivedRequest]:
        """The requests that arrived, oldest first; the last 10,000."""
        return self._state.requests

    @property
    def unused(self) -> int:
        """How many of the scripted answers no request has asked for yet."""
        return self._state.script.unused

    @property
    def spent(self) -> Decimal:
        """US dollars that the account was charged, in all: the bill that totals of a client are to agree with."""
        return self._state.ledger.usage

    @property
    def remaining(self) -> Decimal:
        """US dollars left on the account."""
        return self._state.ledger.remaining

    @property
    def credits(self) -> Decimal:
        """US dollars put on the account; can be set."""
        return self._state.ledger.credits

    @credits.setter
    def credits(self, dollars: Decimal | str) -> None:
        self._state.ledger.credits = parse_usd("credits", dollars, may_be_owed=True)

    @property
    def rate_limit(self) -> RateLimit | None:
        """How many requests are let through; can be set."""
        return self._state.rate.limit

    @rate_limit.setter
    def rate_limit(self, limit: RateLimit | None) -> None:
        self._state.rate.limit = limit

    def add_key(
        self, *, kind: Literal["inference", "management"] = "inference", limit: Decimal | str | None = None
    ) -> str:
        """Return a new key it accepts, which may spend `limit` US dollars."""
        secret = f"sk-or-v1-{secrets.token_hex(32)}"
        self._state.ledger.add_key(
            new_key(secret, kind, limit=None if limit is None else parse_usd("limit", limit))
        )
        return secret

    def disable_key(self, key: str) -> None:
        """Refuse a key from now on, with status 401."""
        found = self._state.ledger.keys.get(EmulatedKey.digest_of(key))
        if found is None:
            raise ConfigurationError("this emulator does not know the key; expected one that it created")
        found.is_disabled = True

    def reset(self) -> None:
        """Forget requests, script, spending, keys and limits; begin again as at the start."""
        self._app = self._begin()

    def check(self) -> None:
        """Raise what a function given to `reply_with` raised, if one did; done by leaving the block."""
        problems = self._state.problems
        if problems:
            raise problems[0]

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
        if exc is None:
            self.check()

    async def __aenter__(self) -> Self:
        self.start()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.__exit__(exc_type, exc, traceback)

    def __repr__(self) -> str:
        where = self.base_url if self._server is not None else "not running"
        return f"<Emulator {where} requests={len(self._state.requests)}>"
