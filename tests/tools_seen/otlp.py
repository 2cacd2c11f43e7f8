"""A receiver of OTLP over HTTP on loopback, as Langfuse, Phoenix and collectors are."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.support.loopback import Connection, LoopbackServer, Reply, Request, serve_responses
from tests.tools_seen.needed import tool

__all__ = ["Received", "receiver"]


@dataclass
class Received:
    """The requests and spans that arrived."""

    url: str = ""
    paths: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    spans: dict[str, dict[str, Any]] = field(default_factory=dict)
    """The attributes of each span, by its name."""


@contextmanager
def receiver() -> Iterator[Received]:
    """Take spans."""
    messages = tool("opentelemetry.proto.collector.trace.v1.trace_service_pb2")
    received = Received()

    def take(connection: Connection, request: Request) -> None:
        body = request.body
        if request.headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        message = messages.ExportTraceServiceRequest.FromString(body)
        for resource in message.resource_spans:
            for scope in resource.scope_spans:
                for span in scope.spans:
                    received.spans[span.name] = {each.key: _value(each.value) for each in span.attributes}
        received.paths.append(request.path)
        received.headers.append(dict(request.headers))
        connection.send(Reply(200, b"", {"content-type": "application/x-protobuf"}).encode())

    with LoopbackServer(serve_responses([take])) as server:
        received.url = server.url
        yield received


def _value(value: Any) -> Any:
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [_value(each) for each in value.array_value.values]
    return getattr(value, kind)
