"""The span of the running task: its context, its name in the headers, and its error."""

from __future__ import annotations

import sys
from collections.abc import MutableMapping
from typing import TYPE_CHECKING

from opentelemetry import context, propagate, trace
from opentelemetry.trace import Span, Status, StatusCode

if TYPE_CHECKING:
    from contextvars import Token
    from types import ModuleType

    from opentelemetry.context import Context

__all__ = ["CurrentSpan", "is_instrumented", "tell_error"]

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
    """Write the class of an error and not its message, which may repeat a part of the prompt."""
    span.set_attribute("error.type", type(error).__name__)
    span.set_status(_ERROR)


def is_instrumented(library: ModuleType) -> bool:
    """Whether OpenTelemetry's instrumentation of httpx, or of httpx2, makes a span of each request it sends."""
    module = sys.modules.get("opentelemetry.instrumentation.httpx")
    if module is None:
        return False
    # A program may let httpx2 stand for httpx; then it is known by both names.
    names = [name for name in ("httpx", "httpx2") if sys.modules.get(name) is library]
    kinds = [getattr(module, f"{name.upper()}ClientInstrumentor", None) for name in names]
    return any(kind().is_instrumented_by_opentelemetry for kind in kinds if kind is not None)
