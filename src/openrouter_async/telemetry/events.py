"""`Events`: log records of a call that failed, of its details, and of a cache that lost a prompt.

A record names the span that it belongs to. They need a provider of loggers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from opentelemetry import trace
from opentelemetry._logs import LogRecord, SeverityNumber, get_logger, get_logger_provider

from .._version import __version__

if TYPE_CHECKING:
    from opentelemetry.trace import Span

    from .request_attributes import Attributes
    from .settings import Telemetry

__all__ = ["Events"]

EXCEPTION = "gen_ai.client.operation.exception"
DETAILS = "gen_ai.client.inference.operation.details"
COLLAPSE = "openrouter.prompt_cache.collapse"


class Events:
    """Tells the logger of a client's telemetry."""

    def __init__(self, settings: Telemetry) -> None:
        self._provider = settings.logger_provider
        self._logger = get_logger("openrouter_async", __version__, settings.logger_provider)
        self._has_messages = bool(settings.content)

    @property
    def is_on(self) -> bool:
        """Whether anybody keeps them: the providers that the API has of its own do nothing."""
        provider = self._provider or get_logger_provider()
        return not type(provider).__module__.startswith("opentelemetry._logs")

    def failed(self, span: Span, attributes: Attributes, error: BaseException) -> None:
        """Report a call that failed for good: its class, since a message may repeat a part of the prompt."""
        kind = type(error)
        told = {**attributes, "exception.type": f"{kind.__module__}.{kind.__qualname__}"}
        if self._has_messages:
            told["exception.message"] = str(error)
        self._tell(span, EXCEPTION, SeverityNumber.WARN, told)

    def details(self, span: Span, attributes: Attributes) -> None:
        """Tell all of a call, with its prompt and reply."""
        self._tell(span, DETAILS, SeverityNumber.DEBUG, attributes)

    def collapsed(self, span: Span, attributes: Attributes) -> None:
        """Tell that the provider had less of a prompt cached than the call before left there."""
        self._tell(span, COLLAPSE, SeverityNumber.INFO, attributes)

    def _tell(self, span: Span, name: str, severity: SeverityNumber, attributes: Attributes) -> None:
        self._logger.emit(
            LogRecord(
                context=trace.set_span_in_context(span),
                severity_number=severity,
                severity_text=severity.name,
                attributes=attributes,
                event_name=name,
            )
        )
