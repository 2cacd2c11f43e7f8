"""`HTTPSender`: sends requests with a client's settings; the `Sender` of the layers above."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from types import NoneType
from typing import TYPE_CHECKING, TypeVar
from uuid import uuid4

from anyio.lowlevel import checkpoint

from .._sansio.error_mapping import status_error
from .._sansio.json_work import LEAST_BYTES
from .._sansio.redaction import redact
from .._secret import Secret
from .._settings import check_key, is_once_key
from ..errors import APIStatusError, ConfigurationError, OpenRouterError
from ..options import Rate, Retries, Timeouts
from .attempts import Attempts
from .clocks import Clock
from .observers import METERS
from .stream_source import HTTPStreamSource

if TYPE_CHECKING:
    from .._sansio.request import DeferredRequest, RequestData
    from .._settings import Settings
    from ..operations import Operation
    from ..options import RequestOptions
    from ..protocols import Reply
    from ..streaming.source import ContinuableSource
    from ..types._base import ResponseMeta
    from .exchange import Exchange
    from .observers import BeginMetered
    from .transport import Transport

__all__ = ["HTTPSender"]

T = TypeVar("T")

LOGGER = logging.getLogger("openrouter_async")

_UNCHANGING = (str, int, float, NoneType, Timeouts, Retries, Rate)
"""Options that are the same as long as they are equal."""


@dataclass(frozen=True, slots=True)
class HTTPReply:
    """A whole 2xx answer."""

    body: bytes
    meta: ResponseMeta


class HTTPSender:
    """The transport of a client, used with the settings of the client or of one derived from it."""

    def __init__(self, transport: Transport, settings: Settings) -> None:
        self.transport = transport
        self.settings = settings
        self._derived: tuple[Settings, dict[str, object], Settings] | None = None

    def settings_with(self, options: RequestOptions | None) -> Settings:
        """Return the settings of a call.

        The last ones are kept, since a call asks for them three times, and a batch gives all its calls the same
        options: to derive them each time was a third of what an item cost above a plain call.
        """
        if options is None:
            return self.settings
        if not options or not isinstance(options, dict):
            return self.settings.derive(options)
        if is_once_key(options.get("once")):  # of this call alone, and read by `once`
            options = {**options, "once": True}
        kept = self._derived
        if kept is not None and kept[0] is self.settings and kept[1] == options:
            return kept[2]
        derived = self.settings.derive(options)
        if all(isinstance(value, _UNCHANGING) for value in options.values()):
            self._derived = self.settings, dict(options), derived
        return derived

    def default_model(self, options: RequestOptions | None = None) -> str | None:
        """Return the model for a call that names none."""
        return self.settings_with(options).default_model

    def params(self, options: RequestOptions | None = None) -> Mapping[str, object]:
        """Return the parameters of requests for text that do not give them themselves."""
        return self.settings_with(options).params

    def once(self, options: RequestOptions | None = None) -> tuple[str, Mapping[str, str]] | None:
        """Return the key and the headers of a request that is to be billed once; None where it need not be."""
        once = self.settings.once if options is None else options.get("once", self.settings.once)
        if once is False:
            return None
        from .._sansio.once import cache_headers  # few ask for it

        key = once if isinstance(once, str) else uuid4().hex
        return key, cache_headers(self.settings_with(options).cache)

    async def send(
        self, data: RequestData, read: Callable[[Reply], T], options: RequestOptions | None = None
    ) -> T:
        """Send a request, again where the rules allow it, and return what `read` makes of the answer.

        Raises:
            OpenRouterError: any but the errors of streams, of structured output and of tools.
        """
        settings = self.settings_with(options)
        _check_once(data, options)
        attempts = Attempts(
            data, settings, self.transport.budget, streaming=False, meters=self._meters(settings)
        )
        try:
            while True:
                try:
                    value = read(await self._attempt(attempts))
                except OpenRouterError as error:
                    await attempts.after(error)
                else:
                    attempts.succeeded()
                    self.transport.answered.add(data, value)
                    return value
        except BaseException:
            attempts.abandoned()
            raise

    async def _attempt(self, attempts: Attempts) -> HTTPReply:
        exchange = await self.open(attempts)
        try:
            clocks = (Clock("body", attempts.clocks.body), attempts.clocks.total)
            is_json = not attempts.data.operation.is_file
            body = await exchange.read_all(self.transport.limits, clocks, is_json=is_json)
        finally:
            await self.transport.close(exchange)
        # To join a large one, to look for its cost and to parse it are slices of their own.
        is_large = len(body) > LEAST_BYTES
        if is_large:
            await checkpoint()
        attempts.read(body)
        if is_large and attempts.is_watched:
            await checkpoint()
        if attempts.settings.log_bodies:
            text = redact(body.decode("utf-8", "replace"), attempts.secrets)
            LOGGER.debug("%s received %s", attempts.data.operation.name, text)
        return HTTPReply(body, attempts.meta())

    def stream(
        self, data: RequestData | DeferredRequest, options: RequestOptions | None = None
    ) -> ContinuableSource:
        """Return the source of a streamed call; nothing is sent before its first read."""
        settings = self.settings_with(options)
        if not callable(data):
            _check_once(data, options)
        return HTTPStreamSource(self, data, settings, self._meters(settings))

    def _meters(self, settings: Settings) -> tuple[BeginMetered, ...]:
        """Return what begins a request with each meter that counts the calls of this task."""
        meters = [meter for meter in METERS.get() if meter.transport is self.transport]
        if not meters:
            return ()
        sender = HTTPSender(self.transport, settings)
        return tuple(partial(meter.begin, sender=sender) for meter in meters)

    async def open(self, attempts: Attempts) -> Exchange:
        """Send one request, and return its answer if that is a 2xx; the caller closes it.

        Raises:
            OpenRouterError: no key, no connection, or the `APIStatusError` of another status.
        """
        self.transport.check()
        key = await _key(attempts.settings, attempts.data.operation)
        await attempts.begin(key)
        exchange = await self.transport.open(
            attempts.data, attempts.settings, key, attempts.clocks, on_sending=attempts.sending
        )
        attempts.answered(exchange)
        if 200 <= exchange.status < 300 or exchange.status in attempts.data.operation.answers_with:
            return exchange
        try:
            raise await self._status_error(exchange, attempts)
        finally:
            await self.transport.close(exchange)

    async def _status_error(self, exchange: Exchange, attempts: Attempts) -> APIStatusError:
        """Read what there is of an error's body, and return the error. What is known wins over what fails."""
        pieces: list[bytes] = []
        clocks = (Clock("idle", attempts.clocks.idle), attempts.clocks.total)
        try:
            while exchange.bytes_read < self.transport.limits.error_body_bytes:
                piece = await exchange.read(clocks)
                if piece is None:
                    break
                pieces.append(piece)
        except OpenRouterError as error:
            LOGGER.debug("the body of status %d could not be read whole: %s", exchange.status, error)
        body = b"".join(pieces)[: self.transport.limits.error_body_bytes]
        attempts.read(body)  # some say what they cost all the same
        return status_error(
            exchange.status, exchange.headers, body, secrets=attempts.secrets, now=time.time()
        )


def _check_once(data: RequestData, options: RequestOptions | None) -> None:
    """Refuse to promise what only chat requests can keep; what is read is repeated anyhow."""
    if options and options.get("once") and not data.once and data.operation.repeat != "always":
        raise ConfigurationError(
            f"once is given to {data.operation.name}; expected a chat request, which has metadata for its key"
        )


async def _key(settings: Settings, operation: Operation) -> Secret | None:
    """Return the key that an operation needs.

    Raises:
        ConfigurationError: there is none.
    """
    if operation.key == "none":
        return None
    if operation.key == "management":
        if settings.management_key is None:
            raise ConfigurationError(
                f"{operation.name} needs a management key; give management_key=... or set"
                " OPENROUTER_MANAGEMENT_KEY (an inference key, api_key, does not do)"
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
            f"the function given as {name} returned a {type(value).__name__}; expected text"
        )
    return Secret(check_key(name, value))
