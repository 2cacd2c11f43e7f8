"""`HTTPSender`: sends requests with a client's settings; the `Sender` of the layers above."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from .._secret import Secret
from ..errors import ConfigurationError
from ..operations import CREATE_EMBEDDINGS
from .call import Call
from .log_filter import keep_out_of_logs
from .observers import OBSERVERS

if TYPE_CHECKING:
    from .._sansio.request import DeferredRequest, RequestData
    from .._settings import Settings
    from ..options import RequestOptions
    from ..protocols import FeatureSpans, Reply
    from ..streaming.source import ContinuableSource, StreamSource
    from .observers import ObserverFactory
    from .reuse import Reuse
    from .transport import Transport

__all__ = ["HTTPSender"]

T = TypeVar("T")


class HTTPSender:
    """The transport of a client, used with the settings of the client or of one derived from it."""

    def __init__(self, transport: Transport, settings: Settings) -> None:
        self.transport = transport
        self.settings = settings
        self._once_is_of_call = False
        self._reusing: Reuse | None = None
        for key in (settings.api_key, settings.management_key):
            if isinstance(key, Secret):
                keep_out_of_logs(key)

    @property
    def spans(self) -> FeatureSpans | None:
        """What begins the spans of features; None without telemetry."""
        telemetry = self.transport.telemetry
        return None if telemetry is None else telemetry.spans

    def with_options(self, options: RequestOptions | None) -> HTTPSender:
        """Return a sender with these options applied over its settings; itself without options."""
        if options is None:
            return self
        derived = HTTPSender(self.transport, self.settings.derive(options))
        derived._once_is_of_call = bool(options.get("once"))
        return derived

    def send(self, data: RequestData, read: Callable[[Reply], T]) -> Awaitable[T]:
        """Send a request, again where the rules allow it, and return what `read` makes of the answer.

        Raises:
            OpenRouterError: any but the errors of streams, of structured output and of tools.
        """
        self._check_once(data)
        if self.settings.reuses:
            return self._send_reusing(data, read)
        return self._call(self._observers(), self.settings, data, streaming=False).run(read)

    def stream(self, data: RequestData | DeferredRequest) -> ContinuableSource:
        """Return the source of a streamed call; nothing is sent before its first read."""
        if not callable(data):
            self._check_once(data)
        from .stream_source import HTTPStreamSource  # plain calls need none of it

        settings = self.settings
        call = partial(self._stream_call, self._observers(), settings)
        begin: Callable[[RequestData | DeferredRequest], ContinuableSource] = partial(
            HTTPStreamSource, begin=call, limits=self.transport.limits, logs_bodies=settings.log_bodies
        )
        if settings.coalesce:
            begin = partial(self._shared, begin)
        if settings.local_cache is None:
            return begin(data)
        from .kept_stream import KeptStreamSource

        return KeptStreamSource(self._reuse(), settings.local_cache, data, begin)

    def download(self, data: RequestData | DeferredRequest, *, is_whole: bool = False) -> StreamSource:
        """Return the source of a file; nothing is sent before its first read.

        `is_whole` says that all of it will be in memory, so `Limits.body_bytes` applies.
        """
        from .byte_source import HTTPByteSource  # most programs download nothing

        settings = self.settings
        begin = partial(self._call, self._observers(), settings, streaming=False)
        return HTTPByteSource(data, begin, self.transport.limits, is_whole=is_whole)

    def _send_reusing(self, data: RequestData, read: Callable[[Reply], T]) -> Awaitable[T]:
        begin = partial(self._call, self._observers(), self.settings, streaming=False)
        cache = self.settings.local_cache
        if cache is not None and data.operation is CREATE_EMBEDDINGS:
            from .kept_vectors import send_by_input  # few programs ask for vectors

            return send_by_input(self._reuse(), cache, data, read, begin)
        return self._reuse().send(data, read, begin)

    def _reuse(self) -> Reuse:
        if self._reusing is None:
            from .reuse import Reuse  # most clients keep no answers

            self._reusing = Reuse(self.transport, self.settings)
        return self._reusing

    def _shared(
        self,
        begin: Callable[[RequestData | DeferredRequest], ContinuableSource],
        data: RequestData | DeferredRequest,
    ) -> ContinuableSource:
        """Return the source of a stream that equal calls read too; one whose files are encoded later is read alone."""
        if callable(data) or (key := self._reuse().key_now(data)) is None:
            return begin(data)
        from .shared_stream import SharedStreamSource

        return SharedStreamSource(self.transport, self._reuse().stream_kind(key), data, begin)

    def _check_once(self, data: RequestData) -> None:
        """Refuse options that only chat requests support; reads are retried in any case."""
        if self._once_is_of_call and not data.once and data.operation.repeat != "always":
            raise ConfigurationError(
                f"once is given to {data.operation.name}; expected a chat request, which has metadata for its key"
            )

    def _observers(self) -> tuple[ObserverFactory, ...]:
        of_task = [factory for factory in OBSERVERS.get() if factory.transport is self.transport]
        return (*self.transport.observers, *of_task)

    def _stream_call(self, asked: Sequence[ObserverFactory], settings: Settings, data: RequestData) -> Call:
        """Return the call of a stream, watched from the block that asked for it and from the one that reads it."""
        reading = [factory for factory in self._observers() if factory not in asked]
        return self._call((*asked, *reading), settings, data, streaming=True)

    def _call(
        self, observers: Sequence[ObserverFactory], settings: Settings, data: RequestData, *, streaming: bool
    ) -> Call:
        sender = self if settings is self.settings else HTTPSender(self.transport, settings)
        return Call(self.transport, data, settings, sender=sender, observers=observers, streaming=streaming)
