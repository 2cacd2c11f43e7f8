"""`pydantic-ai`: requests to its OpenRouter model, without an agent around them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import wire
from openai import AsyncOpenAI
from pydantic_ai.direct import model_request, model_request_stream
from pydantic_ai.messages import (
    ModelRequest,
    PartDeltaEvent,
    PartStartEvent,
    TextPart,
    TextPartDelta,
    ToolCallPart,
    ToolCallPartDelta,
)
from pydantic_ai.models.openrouter import OpenRouterModel
from pydantic_ai.providers.openrouter import OpenRouterProvider

PACKAGES = ["pydantic-ai-slim", "openai", "httpx2", "pydantic"]
MESSAGES = [ModelRequest.user_text_prompt(wire.PROMPT)]


class PydanticAIClient:
    def __init__(self, model: OpenRouterModel) -> None:
        self._model = model

    async def call(self) -> str:
        return (await model_request(self._model, MESSAGES)).text or ""

    async def stream(self, take: Callable[[str], object]) -> None:
        async with model_request_stream(self._model, MESSAGES) as stream:
            async for event in stream:
                match event:
                    case PartStartEvent(part=TextPart(content=piece)):
                        take(piece)
                    case PartDeltaEvent(delta=TextPartDelta(content_delta=piece)):
                        take(piece)

    async def tool_call(self) -> tuple[int, object]:
        count = 0
        async with model_request_stream(self._model, MESSAGES) as stream:
            async for event in stream:
                match event:
                    case PartStartEvent(part=ToolCallPart()) | PartDeltaEvent(delta=ToolCallPartDelta()):
                        count += 1
            (part,) = stream.get().parts
        assert isinstance(part, ToolCallPart)
        return count, part.args_as_dict()


@asynccontextmanager
async def connect(base_url: str) -> AsyncIterator[PydanticAIClient]:
    async with AsyncOpenAI(base_url=base_url, api_key=wire.KEY, max_retries=0) as client:
        provider = OpenRouterProvider(openai_client=client)
        yield PydanticAIClient(OpenRouterModel(wire.MODEL, provider=provider))
