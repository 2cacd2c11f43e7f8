"""`Transport`: the state shared by a client and all clients derived from it.

It owns the httpx client, unless one was given, the limiter, the retry budget and the list of open exchanges, and
knows its event loop and its process. It decides nothing about a request.
"""

from __future__ import annotations

import logging
import os
import ssl
import time
from functools import lru_cache, partial
from http.cookiejar import CookieJar
from operator import is_not
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import anyio
from anyio.lowlevel import EventLoopToken, current_token

from .._sansio.retry import RetryBudget
from ..errors import ConfigurationError
from ..options import Limits
from .deadlines import Deadline, run_within
from .exceptions import answer_in
from .http11.request import Head
from .library import checked_client, checked_transport, httpcore, httpx, library_of
from .limiter import Admission, Limiter, PacedElsewhere
from .network.current import current_network
from .network.stream import Network
from .patched import CLIENT, log_of
from .pool.connections import ConnectionTransport
from .usage_samples import UsageSamples

if TYPE_CHECKING:
    from .._sansio.prompt_cache import PromptCaches
    from .._sansio.request import RequestData
    from ..caching.answers import AnswerCaches
    from ..protocols import Reply, SpanSource
    from ..special_options import Rate
    from .answered import Answered
    from .conversation_prompts import ConversationPrompts
    from .deadlines import CallTimeouts
    from .exchange import Exchange
    from .flights import Flights
    from .http11.parsers import HTTPParser
    from .http11.request import OwnRequest
    from .library import AsyncClient, AsyncTransport, Library
    from .observers import ObserverFactory

__all__ = ["Transport"]


class Transport:
    """The connections of a client, the slots of its concurrent calls, and its retry budget."""

    def __init__(
        self,
        *,
        limits: Limits,
        proxy: str | None,
        ssl_context: ssl.SSLContext | None,
        transport: AsyncTransport | None,
        http_client: AsyncClient | None,
        http_parser: HTTPParser = "h11",
    ) -> None:
        if http_client is not None and (transport or proxy or ssl_context):
            raise ConfigurationError(
                "http_client brings its own transport, proxy and TLS settings; give either it or those"
            )
        if transport is not None and (proxy or ssl_context):
            raise ConfigurationError(
                "transport brings its own proxy and TLS settings; give either it or those"
            )
        if http_parser != "h11" and (transport or http_client):
            raise ConfigurationError(
                "http_parser is of the client's own connections; give either it or a transport or http_client"
            )
        if ssl_context is not None and not isinstance(ssl_context, ssl.SSLContext):
            raise ConfigurationError(
                f"ssl_context is a {type(ssl_context).__name__}; expected ssl.SSLContext"
            )
        if proxy is not None and not isinstance(proxy, str):
            raise ConfigurationError(f"proxy is a {type(proxy).__name__}; expected a URL")
        self.limits = limits
        self.budget = RetryBudget()
        self.usage_samples = UsageSamples()
        self.observers: list[ObserverFactory] = [self.usage_samples]
        """Those that watch every call of these clients."""
        self._prompt_caches: PromptCaches | None = None
        self.telemetry: SpanSource | None = None
        """The one of them that has spans for features too."""
        self._process = os.getpid()
        self._given = (
            None if http_client is None else checked_client(http_client),
            None if transport is None else checked_transport(transport),
        )
        self.library = library_of(http_client or transport) or httpx
        """Of whom the requests are made."""
        self._logs_calls = http_parser == "h11"
        self._httpx_log = log_of(self.library)
        self._head = lru_cache(maxsize=64)(partial(_head, self.library))
        self._make_own = partial(
            ConnectionTransport, limits=limits, ssl_context=ssl_context, proxy=proxy, http_parser=http_parser
        )
        self._begin()

    def prompts_of(self, session_id: str) -> ConversationPrompts:
        """Return what compares the prompts of a conversation."""
        from .._sansio.prompt_cache import PromptCaches  # few programs have both hooks and conversations
        from .conversation_prompts import ConversationPrompts

        self._prompt_caches = self._prompt_caches or PromptCaches()
        return ConversationPrompts(self._prompt_caches, session_id)

    def _begin(self) -> None:
        """Be as new, and of no event loop yet."""
        http_client, transport = self._given
        self._own: ConnectionTransport | None = None
        if http_client is None and transport is None:
            transport = self._own = self._make_own()
        self._client: httpx.AsyncClient = http_client or self.library.AsyncClient(
            transport=transport, trust_env=False, cookies=_NoCookies()
        )
        # Some tools put a class of their own in the place of the client's.
        self._is_genuine = type(self._client).__module__.partition(".")[0] == self.library.__name__
        self.limiter = Limiter(self.limits.concurrency)
        self._exchanges: set[Exchange] = set()
        self._is_closed = False
        self._loop: EventLoopToken | None = None
        self._network: Network | None = None
        self._answers: AnswerCaches | None = None
        self._flights: Flights[tuple[object, Reply]] | None = None

    @property
    def connections(self) -> tuple[int, int]:
        """How many connections of ours are open, and how many of these are idle."""
        return (0, 0) if self._own is None else self._own.connections

    @property
    def answers(self) -> AnswerCaches:
        """The files of answers that calls of these clients have used."""
        if self._answers is None:
            from ..caching.answers import AnswerCaches

            self._answers = AnswerCaches()
        return self._answers

    @property
    def flights(self) -> Flights[tuple[object, Reply]]:
        """The requests that equal calls of these clients share."""
        if self._flights is None:
            from .flights import Flights

            self._flights = Flights()
        return self._flights

    @property
    def network(self) -> Network:
        """The event loop that it works in."""
        assert self._network is not None  # there is one after `check`
        return self._network

    def open_again(self) -> None:
        """Be as new where it was closed, also in another event loop."""
        if self._is_closed:
            self._begin()

    def check(self) -> None:
        """Refuse to work for a closed client, in a second event loop, or after a fork.

        Raises:
            ConfigurationError: any of these.
        """
        if self._is_closed:
            raise ConfigurationError("the client is closed; make calls inside its `async with` block")
        if os.getpid() != self._process:
            raise ConfigurationError(
                "the client was made before this process was forked, and its connections belong to the"
                " parent; make a client in each process"
            )
        token = current_token()
        if self._loop is None:
            self._loop = token  # at once: a client may be used in two threads by mistake
            self._network = current_network()
        elif self._loop != token:
            raise ConfigurationError(
                "the client was used in another event loop before; make one client for each loop"
            )

    def head(
        self,
        method: str,
        url: str,
        query: tuple[tuple[str, str], ...],
        fields: tuple[tuple[bytes, bytes], ...],
    ) -> Head:
        """Return the constant part of requests, which is made once for the last of them that were used.

        Raises:
            ConfigurationError: `base_url` has a character or a host that no request can have.
        """
        try:
            return self._head(method, url, query, fields)
        except (self.library.InvalidURL, UnicodeError) as error:  # the latter from the package idna
            raise ConfigurationError(f"base_url is not a URL: {error}") from error

    async def send(self, request: OwnRequest, deadline: Deadline) -> Answered:
        """Send a request over a connection, and return its answer with the head read, before the deadline.

        Raises:
            OpenRouterError: the deadline passed.
            Exception: of httpx.
        """
        own = self._own
        if own is None or self._is_seen():
            return await self._send_seen(request, deadline)
        # Nobody sees the difference: redirects, cookies and authentication are not of our requests, and objects of
        # httpx that nobody looks at, and headers checked for each call, are most of a call.
        request.until = deadline.at
        try:
            return await own.ask(request)
        except self.library.TimeoutException as error:
            if type(error) is self.library.ReadTimeout or time.monotonic() > deadline.at - 0.001:
                raise deadline.expired(request.host) from error
            raise

    def _is_seen(self) -> bool:
        """Whether somebody watches what goes through httpx."""
        return (
            any(map(is_not, CLIENT.current(), CLIENT.genuine))  # `sees_a_patch`, for each request
            or not self._is_genuine
            or (self._logs_calls and self._httpx_log.isEnabledFor(logging.INFO))
        )

    async def _send_seen(self, request: OwnRequest, deadline: Deadline) -> Answered:
        from .answered import SeenAnswer  # most programs have nobody who watches

        send = partial(self._client.send, request.as_seen(), stream=True, follow_redirects=False)
        try:
            response = await run_within((deadline,), send, request.host)
        except Exception as error:
            answer = answer_in(error)
            if answer is None:
                raise
            response = answer
        return SeenAnswer(response, request.host)

    async def admit(
        self,
        exchange: Exchange,
        request: RequestData,
        rate: Rate | None,
        timeouts: CallTimeouts,
        *,
        is_paced: bool = False,
    ) -> Admission:
        """Wait until an exchange has a slot, which it keeps until `close`; `is_paced` says that others keep its pace.

        Raises:
            OpenRouterError: no slot became free in time, or the client was closed meanwhile.
        """
        self.check()
        queue = None if is_paced else self.limiter.queue_for(request.model, rate)
        tokens = (
            0.0
            if queue is None or rate is None or rate.tpm is None
            else queue.expected_tokens(request.content)
        )
        if not self.limiter.try_acquire(queue, tokens):
            acquire = partial(self.limiter.acquire, queue, tokens)
            await run_within((Deadline("queue", timeouts.queue), timeouts.total), acquire, "")
        self._exchanges.add(exchange)
        if self._is_closed:  # while the call was waiting
            await self.close(exchange)
            self.check()
        admission = PacedElsewhere if is_paced else Admission
        return admission(self.limiter, request.model, queue, tokens)

    async def close(self, exchange: Exchange) -> None:
        """Close an exchange, and give its place to the next call; harmless when done before."""
        if exchange in self._exchanges:
            self._exchanges.discard(exchange)
            try:
                await exchange.aclose()
            finally:
                self.limiter.release()

    def abort(self, exchange: Exchange) -> None:
        """Close an exchange without waiting; callable from any thread, also when the event loop is gone."""
        if not exchange.abort() or self._network is None:
            return  # closed with the client
        try:
            self._network.call_soon(partial(self._forget, exchange))
        except RuntimeError:
            # The loop has ended, and with it everyone who could wait for the place.
            self._exchanges.discard(exchange)

    def _forget(self, exchange: Exchange) -> None:
        if exchange in self._exchanges:
            self._exchanges.discard(exchange)
            self.limiter.release()

    async def aclose(self) -> None:
        """Close every connection of ours; running calls end with an error immediately."""
        self._is_closed = True
        self.limiter.close(_closed_while_waiting)
        if self._flights is not None:
            self._flights.cancel()
        async with anyio.create_task_group() as closing:
            for exchange in list(self._exchanges):
                closing.start_soon(self.close, exchange)
        if self._answers is not None:
            await self._answers.aclose()
        if self._own is not None:
            await self._client.aclose()


class _NoCookies(CookieJar):
    """Keeps nothing, since the service sets no cookie that matters."""

    def extract_cookies(self, response: object, request: object) -> None:
        """Do nothing: looking for cookies took a third of the time that a call spends within httpx."""


def _head(
    library: Library,
    method: str,
    url: str,
    query: tuple[tuple[str, str], ...],
    fields: tuple[tuple[bytes, bytes], ...],
) -> Head:
    try:
        return Head(library, method, library.URL(url + (f"?{urlencode(query)}" if query else "")), fields)
    except httpcore.LocalProtocolError as error:
        raise ConfigurationError(f"the request to {url} cannot be sent: {error}") from error


def _closed_while_waiting() -> ConfigurationError:
    return ConfigurationError("the client was closed while the call waited for a free place")
