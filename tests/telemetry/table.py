"""The attributes of each signal, and when they are there: the exporter's spans and the docs are checked against it.

The names of the conventions are those of their registry, v0.1.0. Names of our own begin with `openrouter`. Two are
neither: `operation.cost`, which Logfire and pydantic-ai use, and `cache_creation`, the older spelling of `cache_write`.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["ATTRIBUTES", "METRICS", "Attribute", "Metric"]


class Attribute(NamedTuple):
    """A row."""

    signal: str
    name: str
    when: str
    """"always", or what must be so."""


class Metric(NamedTuple):
    """A row."""

    name: str
    kind: str
    unit: str


def _rows(signal: str, when: str, *names: str) -> list[Attribute]:
    return [Attribute(signal, name, when) for name in names]


_TARGET = ("gen_ai.provider.name", "server.address", "server.port")
_CALL = (*_TARGET, "gen_ai.operation.name", "gen_ai.request.model")

ATTRIBUTES = [
    *_rows("call", "always", *_TARGET),
    *_rows(
        "call", "it asks a model", "gen_ai.operation.name", "gen_ai.request.model", "gen_ai.request.stream"
    ),
    *_rows("call", "it asks no model", "openrouter.operation"),
    *_rows("call", "it asks a model", "openrouter.attempts", "openrouter.queue.duration"),
    *_rows(
        "call",
        "the request sets it",
        "gen_ai.request.max_tokens",
        "gen_ai.request.temperature",
        "gen_ai.request.top_p",
        "gen_ai.request.top_k",
        "gen_ai.request.seed",
        "gen_ai.request.frequency_penalty",
        "gen_ai.request.presence_penalty",
        "gen_ai.request.stop_sequences",
        "gen_ai.request.choice.count",
        "gen_ai.request.reasoning.level",
        "gen_ai.output.type",
    ),
    *_rows(
        "call",
        "it embeds, and the request sets it",
        "gen_ai.embeddings.dimension.count",
        "gen_ai.request.encoding_formats",
    ),
    *_rows("call", "it has a session id", "gen_ai.conversation.id"),
    *_rows(
        "call",
        "it is answered",
        "gen_ai.usage.input_tokens",
        "gen_ai.usage.cost.amount",
        "gen_ai.usage.cost.currency",
        "gen_ai.usage.cost.source",
        "operation.cost",
    ),
    *_rows("call", "an answer began", "gen_ai.response.model"),
    *_rows("call", "an answer began, with an id", "gen_ai.response.id", "openrouter.generation.id"),
    *_rows("call", "an answer was read, or a part of it", "openrouter.provider.name"),
    *_rows(
        "call", "it is answered with text", "gen_ai.response.finish_reasons", "gen_ai.usage.output_tokens"
    ),
    *_rows(
        "call",
        "the answer says it",
        "gen_ai.usage.cache_read.input_tokens",
        "gen_ai.usage.cache_write.input_tokens",
        "gen_ai.usage.cache_creation.input_tokens",
        "gen_ai.usage.reasoning.output_tokens",
        "gen_ai.usage.audio.input_tokens",
        "openrouter.usage.video.input_tokens",
        "gen_ai.usage.audio.output_tokens",
        "gen_ai.usage.image.output_tokens",
        "openrouter.service_tier",
        "openrouter.usage.byok_cost",
    ),
    *_rows("call", "a chunk came", "gen_ai.response.time_to_first_chunk"),
    *_rows("call", "a stream ended early", "gen_ai.response.finish_reasons"),
    *_rows("call", "a stream resumed in another request", "openrouter.recoveries"),
    *_rows("call", "the response cache was asked", "openrouter.cache.status"),
    *_rows("call", "the response cache answered", "openrouter.cache.source_id"),
    *_rows("call", "it asks for a value of a type", "openrouter.output.path", "openrouter.output.attempts"),
    *_rows("call", "it is made for a batch", "openrouter.batch.key"),
    *_rows("call", "it failed", "error.type"),
    *_rows("call", "the caller left it", "openrouter.outcome"),
    *_rows("call", "its cost is not known", "openrouter.may_have_been_billed"),
    *_rows("call", "content=True", "gen_ai.input.messages"),
    *_rows("call", "content=True, and it is answered", "gen_ai.output.messages"),
    *_rows("call", "content=True, with tools", "gen_ai.tool.definitions"),
    *_rows("request", "always", "server.address", "server.port", "http.request.method", "url.full"),
    *_rows("request", "it has an answer", "http.response.status_code", "network.protocol.version"),
    *_rows("request", "it is not the first", "http.request.resend_count"),
    *_rows("request", "it failed", "error.type"),
    *_rows("run", "always", "gen_ai.operation.name", "gen_ai.provider.name", "openrouter.run.steps"),
    *_rows("run", "it names a model", "gen_ai.request.model"),
    *_rows("run", "it has a session id", "gen_ai.conversation.id"),
    *_rows(
        "run",
        "a reply came",
        "gen_ai.aggregated_usage.input_tokens",
        "gen_ai.aggregated_usage.output_tokens",
        "gen_ai.aggregated_usage.cost.amount",
    ),
    *_rows(
        "run",
        "the answers say it",
        "gen_ai.aggregated_usage.cache_read.input_tokens",
        "gen_ai.aggregated_usage.cache_write.input_tokens",
        "gen_ai.aggregated_usage.reasoning.output_tokens",
        "gen_ai.aggregated_usage.audio.input_tokens",
        "gen_ai.aggregated_usage.video.input_tokens",
        "gen_ai.aggregated_usage.audio.output_tokens",
        "gen_ai.aggregated_usage.image.output_tokens",
    ),
    *_rows("run", "it failed", "error.type"),
    *_rows(
        "tool",
        "always",
        "gen_ai.operation.name",
        "gen_ai.tool.name",
        "gen_ai.tool.type",
        "gen_ai.tool.call.id",
    ),
    *_rows("tool", "content=True", "gen_ai.tool.call.arguments", "gen_ai.tool.call.result"),
    *_rows("tool", "it failed", "error.type"),
    *_rows(
        "batch",
        "always",
        "openrouter.batch.items",
        "openrouter.batch.done",
        "openrouter.batch.failed",
        "openrouter.batch.resumed",
        "openrouter.batch.cost",
    ),
    *_rows("event gen_ai.client.operation.exception", "always", *_TARGET, "exception.type"),
    *_rows(
        "event gen_ai.client.operation.exception",
        "it asks a model",
        "gen_ai.operation.name",
        "gen_ai.request.model",
    ),
    *_rows("event gen_ai.client.operation.exception", "content=True", "exception.message"),
    *_rows(
        "event gen_ai.client.inference.operation.details",
        "always",
        *_CALL,
        "gen_ai.input.messages",
    ),
    *_rows("event gen_ai.client.inference.operation.details", "it is answered", "gen_ai.output.messages"),
    *_rows(
        "event openrouter.prompt_cache.collapse",
        "always",
        *_CALL,
        "gen_ai.response.model",
        "gen_ai.conversation.id",
        "openrouter.prompt_cache.missed_tokens",
        "openrouter.prompt_cache.established_tokens",
        "openrouter.prompt_cache.reason",
        "openrouter.provider.name",
    ),
    *_rows(
        "event openrouter.prompt_cache.collapse",
        "the prompt before is not repeated",
        "openrouter.prompt_cache.first_difference",
    ),
]

METRICS = [
    Metric("gen_ai.client.inference.duration", "histogram", "s"),
    Metric("gen_ai.client.operation.duration", "histogram", "s"),
    Metric("gen_ai.client.inference.time_to_first_chunk", "histogram", "s"),
    Metric("gen_ai.client.inference.time_per_output_chunk", "histogram", "s"),
    Metric("gen_ai.client.inference.usage.input_tokens", "counter", "{token}"),
    Metric("gen_ai.client.inference.usage.output_tokens", "counter", "{token}"),
    Metric("gen_ai.client.inference.usage.cache_read.input_tokens", "counter", "{token}"),
    Metric("gen_ai.client.inference.usage.cache_write.input_tokens", "counter", "{token}"),
    Metric("gen_ai.client.inference.usage.reasoning.output_tokens", "counter", "{token}"),
    Metric("gen_ai.invoke_agent.duration", "histogram", "s"),
    Metric("gen_ai.execute_tool.duration", "histogram", "s"),
    Metric("openrouter.client.cost", "counter", "{USD}"),
    Metric("openrouter.client.retries", "counter", "{request}"),
    Metric("openrouter.limiter.wait", "histogram", "s"),
    Metric("openrouter.limiter.in_flight", "up-down counter", "{request}"),
    Metric("openrouter.limiter.rate", "gauge", "{request}/s"),
    Metric("openrouter.budget.spent", "gauge", "{USD}"),
    Metric("openrouter.budget.held", "gauge", "{USD}"),
    Metric("openrouter.connections.open", "up-down counter", "{connection}"),
    Metric("openrouter.connections.idle", "up-down counter", "{connection}"),
]
