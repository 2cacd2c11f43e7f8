"""`begin_telemetry`: whether a client has telemetry. OpenTelemetry is loaded only where it has."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Literal

from .. import _checks
from ..errors import ConfigurationError

if TYPE_CHECKING:
    from .._http.observers import Observer
    from .._http.transport import Transport
    from .._sansio.request import RequestData
    from ..protocols import Sender
    from .calls import CallTelemetry
    from .features import Spans
    from .settings import Telemetry

__all__ = ["Automatic", "begin_telemetry"]


def begin_telemetry(given: Telemetry | bool | None, transport: Transport) -> None:
    """Report the calls of a client to OpenTelemetry, unless that is off.

    Raises:
        ConfigurationError: the settings want it, and the extra is not installed.
    """
    if given is not False:
        transport.telemetry = telemetry = _telemetry(given, transport)
        transport.observers.append(telemetry)


def _telemetry(given: Telemetry | Literal[True] | None, transport: Transport) -> Automatic | CallTelemetry:
    if given is None:
        return Automatic(transport)
    from .._extras import needs_extra

    with needs_extra("otel", "telemetry"):
        from .calls import CallTelemetry
        from .settings import Telemetry
    if given is True:
        given = Telemetry()
    if not isinstance(given, Telemetry):
        raise ConfigurationError(
            f"telemetry is {_checks.describe_value(given)}; expected Telemetry(...), True or False"
        )
    return CallTelemetry(given, transport)


class Automatic:
    """Is on with the first call after the program has set a tracer provider."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._telemetry: CallTelemetry | None = None

    def observe(self, request: RequestData, sender: Sender, /) -> Observer | None:
        """Return the observer of a call; None before a provider is set."""
        telemetry = self._telemetry or self._look()
        return None if telemetry is None else telemetry.observe(request, sender)

    @property
    def spans(self) -> Spans | None:
        """What begins the spans of runs and the like; None before a provider is set."""
        telemetry = self._telemetry or self._look()
        return None if telemetry is None else telemetry.spans

    def _look(self) -> CallTelemetry | None:
        # Nobody can have set a provider before this module was loaded. It is not loaded for that: it takes
        # milliseconds, and whoever has not loaded it has no use for spans.
        trace = sys.modules.get("opentelemetry.trace")
        if trace is None:
            return None
        provider = trace.get_tracer_provider()
        if isinstance(provider, trace.ProxyTracerProvider | trace.NoOpTracerProvider):
            return None
        from .calls import CallTelemetry
        from .settings import Telemetry

        self._telemetry = CallTelemetry(Telemetry(), self._transport)
        return self._telemetry
