"""`Call`: one call, from its key to the bytes of its answer, as often as its attempts allow."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from anyio.lowlevel import checkpoint

from .._checks import is_this_machine
from .._sansio.error_mapping import explain_short_name, status_error
from .._sansio.json_work import LEAST_BYTES
from .._sansio.redirects import redirected
from .._secret import Secret
from .._settings import check_key
from ..errors import APIStatusError, ConfigurationError, InvalidResponseError, OpenRouterError
from .attempts import CallAttempts
from .deadlines import Deadline
from .exchange import Exchange
from .http11.request import Head, OwnRequest
from .log_filter import keep_out_of_logs
from .observers import EventLog, TokenCount, log_body

if TYPE_CHECKING:
    from .._sansio.request import RequestData
    from .._settings import Settings
    from ..operations import Operation
    from ..protocols import Reply, Sender
    from ..types.meta import ResponseMeta
    from .deadlines import CallTimeouts
    from .library import Library, httpx
    from .observers import Observer, ObserverFactory
    from .transport import Transport

__all__ = ["Call", "HTTPReply"]

T = TypeVar("T")

LOGGER = logging.getLogger("openrouter_async")


class HTTPReply(NamedTuple):
    """A whole 2xx answer."""

    body: bytes
    meta: ResponseMeta


class Call:
    """One call over the transport of a client; who opens its exchanges closes them."""

    def __init__(
        self,
        transport: Transport,
        request: RequestData,
        settings: Settings,
        *,
        sender: Sender,
        observers: Sequence[ObserverFactory],
        streaming: bool,
    ) -> None:
        self.transport = transport
        self.settings = settings
        self.attempts = CallAttempts(
            request,
            timeouts=settings.timeouts,
            retries=settings.retries,
            budget=transport.budget,
            streaming=streaming,
            observers=_observers(request, settings, sender, observers, transport),
        )

    async def run(self, read: Callable[[Reply], T]) -> T:
        """Send the request, again where the rules allow it, and return what `read` makes of the answer."""
        attempts = self.attempts
        try:
            while True:
                try:
                    value = read(await self._reply())
                except OpenRouterError as error:
                    await attempts.wait_for_retry(error)
                else:
                    attempts.succeeded(value)
                    return value
        except BaseException:
            attempts.cancelled()
            raise

    async def _reply(self) -> HTTPReply:
        attempts = self.attempts
        exchange = await self.open()
        try:
            deadlines = (Deadline("body", attempts.timeouts.body), attempts.timeouts.total)
            is_json = not attempts.request.operation.is_file
            body = await exchange.read_all(self.transport.limits, deadlines, is_json=is_json)
        finally:
            await self.transport.close(exchange)
        # To join a large one, to look for its cost and to parse it are slices of their own.
        is_large = len(body) > LEAST_BYTES
        if is_large:
            await checkpoint()
        attempts.read(body)
        if is_large and attempts.is_watched:
            await checkpoint()
        if self.settings.log_bodies:
            log_body("received", attempts.current, body)
        return HTTPReply(body, attempts.meta())

    async def open(self) -> Exchange:
        """Send one request, and return its answer if that is a 2xx.

        Raises:
            OpenRouterError: no key, no connection, or the `APIStatusError` of another status.
        """
        request = self.attempts.request
        self.transport.check()
        key = await _key(self.settings, request.operation)
        await self.attempts.begin(key)
        return await self._open(request, key)

    async def _open(self, request: RequestData, key: Secret | None) -> Exchange:
        transport, attempts, settings = self.transport, self.attempts, self.settings
        timeouts = attempts.timeouts
        exchange = Exchange(transport.send, _wire_request(transport, request, settings, timeouts, key))
        admission = await transport.admit(
            exchange, request, settings.rate, timeouts, is_paced=attempts.is_paced
        )
        try:
            attempts.sending(admission)
            await (attempts.open(exchange) if attempts.around else exchange.open(timeouts))
            attempts.answered(exchange)
            if 200 <= exchange.status < 300 or exchange.status in request.operation.answers_with:
                return exchange
            location = exchange.headers.get("location")
            elsewhere = redirected(request, settings.base_url, exchange.status, location)
            if elsewhere is None:
                raise await self._status_error(exchange)
        except BaseException:
            await transport.close(exchange)
            raise
        await transport.close(exchange)
        return await self._open(elsewhere, key)

    async def _status_error(self, exchange: Exchange) -> APIStatusError:
        """Read as much as possible of an error's body, and return the error. A known error outranks a failure to read
        it."""
        attempts, most = self.attempts, self.transport.limits.error_body_bytes
        pieces: list[bytes] = []
        deadlines = (Deadline("idle", attempts.timeouts.idle), attempts.timeouts.total)
        try:
            while exchange.bytes_read < most:
                piece = await exchange.read(deadlines)
                if piece is None:
                    break
                pieces.append(piece)
        except OpenRouterError as error:
            LOGGER.debug("the body of status %d could not be read whole: %s", exchange.status, error)
        body = b"".join(pieces)[:most]
        attempts.read(body)  # some say what they cost all the same
        secrets = attempts.current.secrets
        refusal = status_error(exchange.status, exchange.headers, body, secrets=secrets, now=time.time())
        explain_short_name(refusal, attempts.request.named, attempts.request.model)
        return refusal


def _observers(
    request: RequestData,
    settings: Settings,
    sender: Sender,
    factories: Sequence[ObserverFactory],
    transport: Transport,
) -> list[Observer]:
    """Return the observers of a call; hooks come last, so a refused call does not start for them."""
    observers = [each for factory in factories if (each := factory.observe(request, sender)) is not None]
    if settings.rate is not None and settings.rate.tpm is not None:
        observers.append(TokenCount())
    if settings.hooks or LOGGER.isEnabledFor(logging.INFO):
        session = settings.session_id
        prompts = None if session is None else transport.prompts_of(session)
        observers.append(EventLog(settings.hooks, logs_bodies=settings.log_bodies, prompts=prompts))
    return observers


async def _key(settings: Settings, operation: Operation) -> Secret | None:
    """Return the key for an operation.

    Raises:
        ConfigurationError: it is missing.
    """
    if operation.key == "none":
        return None
    if operation.key == "management":
        if settings.management_key is None:
            raise ConfigurationError(
                f"{operation.name} needs a management key; give management_key=... or set"
                " OPENROUTER_MANAGEMENT_KEY (an inference key, api_key, is not enough)"
            )
        source, name = settings.management_key, "management_key"
    elif settings.api_key is not None:
        source, name = settings.api_key, "api_key"
    elif operation.key == "any" and settings.management_key is not None:
        source, name = settings.management_key, "management_key"
    elif operation.key == "optional":
        return None
    else:
        raise ConfigurationError(
            f"{operation.name} needs a key; give api_key=... or set OPENROUTER_API_KEY"
            " (keys are made at https://openrouter.ai/keys)"
        )
    if isinstance(source, Secret):
        return source
    value = await source()
    if not isinstance(value, str):
        raise ConfigurationError(
            f"the function passed as {name} returned a {type(value).__name__}; expected text"
        )
    key = Secret(check_key(name, value))
    keep_out_of_logs(key)
    return key


def _wire_request(
    transport: Transport, data: RequestData, settings: Settings, timeouts: CallTimeouts, key: Secret | None
) -> OwnRequest:
    if data.url is not None:
        return _foreign_request(transport.library, data, settings, timeouts)
    fields = settings.sent_headers
    if data.headers:
        fields += tuple([(name.encode(), value.encode()) for name, value in data.headers])
    if data.content_type is not None:
        fields += ((b"content-type", data.content_type.encode()),)
    query = (*data.query, *settings.query.items())
    return OwnRequest(
        transport.head(data.operation.method, settings.base_url + data.path, query, fields),
        timeouts,
        content=data.content,
        upload=data.upload,
        key=key,
        is_sent_once=data.operation.repeat == "refused",
    )


def _foreign_request(
    library: Library, data: RequestData, settings: Settings, timeouts: CallTimeouts
) -> OwnRequest:
    """Return a request to another host, of which that learns nothing but the URL, and who asks.

    Raises:
        InvalidResponseError: the service named a URL that is not to be trusted.
    """
    try:
        url: httpx.URL = library.URL(data.url)
    except library.InvalidURL as error:
        raise InvalidResponseError(f"a file is at a URL that cannot be read: {error}") from error
    if url.scheme != "https" and not (url.scheme == "http" and is_this_machine(url.host)):
        raise InvalidResponseError(f"a file is on {url.host!r} by {url.scheme!r}; expected https")
    fields = [(name, value) for name, value in settings.sent_headers if name.lower() == b"user-agent"]
    return OwnRequest(Head(library, data.operation.method, url, fields), timeouts)
