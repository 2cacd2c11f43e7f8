"""`HTTPSender`: sends requests with a client's settings; the `Sender` of the layers above."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from types import NoneType
from typing import TYPE_CHECKING, TypeVar
from uuid import uuid4

from .._settings import is_once_key
from ..errors import ConfigurationError
from ..options import Rate, Retries, Timeouts
from .call import Call
from .observers import OBSERVERS
from .stream_source import HTTPStreamSource

if TYPE_CHECKING:
    from .._sansio.request import DeferredRequest, RequestData
    from .._settings import Settings
    from ..options import RequestOptions
    from ..protocols import Reply
    from ..streaming.source import ContinuableSource
    from .observers import ObserverFactory
    from .transport import Transport

__all__ = ["HTTPSender"]

T = TypeVar("T")

_UNCHANGING = (str, int, float, NoneType, Timeouts, Retries, Rate)
"""Options that are the same as long as they are equal."""


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

    def send(
        self, data: RequestData, read: Callable[[Reply], T], options: RequestOptions | None = None
    ) -> Awaitable[T]:
        """Send a request, again where the rules allow it, and return what `read` makes of the answer.

        Raises:
            OpenRouterError: any but the errors of streams, of structured output and of tools.
        """
        settings = self.settings_with(options)
        _check_once(data, options)
        return self._call(self._observers(), settings, data, streaming=False).run(read)

    def stream(
        self, data: RequestData | DeferredRequest, options: RequestOptions | None = None
    ) -> ContinuableSource:
        """Return the source of a streamed call; nothing is sent before its first read."""
        settings = self.settings_with(options)
        if not callable(data):
            _check_once(data, options)
        begin = partial(self._call, self._observers(), settings, streaming=True)
        return HTTPStreamSource(data, begin, self.transport.limits, logs_bodies=settings.log_bodies)

    def _observers(self) -> tuple[ObserverFactory, ...]:
        of_task = [factory for factory in OBSERVERS.get() if factory.transport is self.transport]
        return (*self.transport.observers, *of_task)

    def _call(
        self, observers: Sequence[ObserverFactory], settings: Settings, data: RequestData, *, streaming: bool
    ) -> Call:
        sender = self if settings is self.settings else HTTPSender(self.transport, settings)
        return Call(self.transport, data, settings, sender=sender, observers=observers, streaming=streaming)


def _check_once(data: RequestData, options: RequestOptions | None) -> None:
    """Refuse to promise what only chat requests can keep; what is read is repeated anyhow."""
    if options and options.get("once") and not data.once and data.operation.repeat != "always":
        raise ConfigurationError(
            f"once is given to {data.operation.name}; expected a chat request, which has metadata for its key"
        )
