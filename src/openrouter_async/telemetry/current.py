"""What a span says while it is that of the running task, and of what ends it."""

from __future__ import annotations

import sys
from collections.abc import MutableMapping
from typing import TYPE_CHECKING

from opentelemetry import context, propagate, trace
from opentelemetry.trace import Span, Status, StatusCode

if TYPE_CHECKING:
    from contextvars import Token

    from opentelemetry.context import Context

__all__ = ["CurrentSpan", "httpx_is_instrumented", "tell_error"]

_ERROR = Status(StatusCode.ERROR)


class CurrentSpan:
    """Makes a span that of the task, and names it in the headers unless the caller has named one."""

    __slots__ = ("_headers", "_span", "_token")

    def __init__(self, span: Span, headers: MutableMapping[str, str]) -> None:
        self._span = span
        self._headers = headers
        self._token: Token[Context] | None = None

    def __enter__(self) -> None:
        self._token = context.attach(trace.set_span_in_context(self._span))
        if "traceparent" not in self._headers:
            propagate.inject(self._headers)

    def __exit__(self, *_: object) -> None:
        if self._token is not None:
            context.detach(self._token)


def tell_error(span: Span, error: BaseException) -> None:
    """Say what failed by its class alone: messages may hold a part of what was sent."""
    span.set_attribute("error.type", type(error).__name__)
    span.set_status(_ERROR)


def httpx_is_instrumented() -> bool:
    """Whether OpenTelemetry's instrumentation of httpx makes a span of each request."""
    module = sys.modules.get("opentelemetry.instrumentation.httpx")
    return module is not None and module.HTTPXClientInstrumentor().is_instrumented_by_opentelemetry
