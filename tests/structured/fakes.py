"""A model that answers what a test tells it to, behind the protocol that structured output knows."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from openrouter_async._sansio.chat_body import ChatCall, chat_body
from openrouter_async.errors import OpenRouterError
from openrouter_async.options import RequestOptions
from openrouter_async.streaming.source import StreamSource
from openrouter_async.streaming.stream import EventStream, OnBadEvent
from openrouter_async.structured.generate import OutputRequest
from openrouter_async.structured.modes import SchemaModels
from openrouter_async.structured.output import Output
from openrouter_async.types.chat.completion import ChatCompletion

__all__ = ["NATIVE", "PROMPTED", "FakeCatalogue", "FakeChat", "FakeModel", "reply", "structured"]

NATIVE, PROMPTED = "maker/follows-schemas", "maker/does-not"


def reply(text: str | None, cost: float | None = 0.01, **fields: object) -> ChatCompletion:
    """Return a reply with this text; `fields` are of its choice, or of its message."""
    message: dict[str, object] = {"role": "assistant", "content": text}
    message |= {name: fields.pop(name) for name in ("refusal", "tool_calls") if name in fields}
    return ChatCompletion.model_validate(
        {
            "id": "gen-1",
            "choices": [{"index": 0, "message": message, "finish_reason": "stop", **fields}],
            "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2, "cost": cost},
        }
    )


class FakeChat:
    """Answers with each of `answers` in turn, and keeps what it was asked."""

    def __init__(self, *answers: ChatCompletion | OpenRouterError | str) -> None:
        self.answers = list(answers)
        self.asked: list[dict[str, object]] = []

    default_model = None
    session_id = None
    spans = None
    params: Mapping[str, object] = {}

    def with_options(self, options: RequestOptions | None) -> FakeChat:
        return self

    async def create(self, call: ChatCall) -> ChatCompletion:
        body = chat_body(call)
        self.asked.append(json.loads(body))
        answer = self.answers.pop(0)
        if isinstance(answer, OpenRouterError):
            raise answer
        return reply(answer) if isinstance(answer, str) else answer

    def open(self, call: ChatCall) -> StreamSource:
        raise NotImplementedError

    def stream(self, call: ChatCall, *, on_bad_event: OnBadEvent = "raise") -> EventStream:
        raise NotImplementedError


class FakeModel:
    """A model of the list."""

    def __init__(self, id: str) -> None:
        self.id = id


class FakeCatalogue:
    """Knows two models, of which one follows schemas; counts how often it was loaded."""

    def __init__(self) -> None:
        self.loaded = 0
        self._models = [FakeModel(NATIVE), FakeModel(PROMPTED)]

    async def __call__(self) -> FakeCatalogue:
        self.loaded += 1
        return self

    def __iter__(self) -> Iterator[FakeModel]:
        return iter(self._models)

    def supports(self, model: str, capability: str) -> bool | None:
        assert capability == "structured_outputs"
        return {NATIVE: True, PROMPTED: False}.get(model)


def structured(chat: FakeChat, wanted: object, **settings: object) -> OutputRequest[object]:
    """Return what asks `chat` for a value."""
    output: Output[object] = Output(wanted, **settings)  # type: ignore[call-overload]  # any type
    return OutputRequest(chat, output, SchemaModels(FakeCatalogue()))  # type: ignore[arg-type]
