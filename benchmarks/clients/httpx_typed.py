"""The floor with types: bare httpx, events split on blank lines, one pydantic parse a chunk."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import httpx
import wire
from pydantic import BaseModel, ConfigDict
from pydantic_core import from_json

from .httpx_json import LIMITS

PACKAGES = ["httpx", "pydantic"]


class Type(BaseModel):
    model_config = ConfigDict(extra="allow")


class Function(Type):
    name: str | None = None
    arguments: str | None = None


class ToolCall(Type):
    index: int | None = None
    id: str | None = None
    function: Function | None = None


class Delta(Type):
    role: str | None = None
    content: str | None = None
    tool_calls: list[ToolCall] | None = None


class Choice(Type):
    index: int = 0
    delta: Delta | None = None
    message: Delta | None = None
    finish_reason: str | None = None


class Chunk(Type):
    id: str
    model: str
    choices: list[Choice]


read = Chunk.__pydantic_validator__.validate_json


class TypedClient:
    """What is written where no library is used, by someone who wants types."""

    def __init__(self, http: httpx.AsyncClient, url: str) -> None:
        self._http = http
        self._url = url

    async def call(self) -> str:
        response = await self._http.post(self._url, content=wire.BODY, headers=wire.HEADERS)
        message = read(response.content).choices[0].message
        return message.content if message and message.content else ""

    async def stream(self, take: Callable[[str], object]) -> None:
        async for delta in self._deltas():
            if delta.content:
                take(delta.content)

    async def tool_call(self) -> tuple[int, object]:
        pieces: list[str] = []
        async for delta in self._deltas():
            pieces += [call.function.arguments or "" for call in delta.tool_calls or () if call.function]
        return len(pieces), from_json("".join(pieces))

    async def _deltas(self) -> AsyncIterator[Delta]:
        request = self._http.stream("POST", self._url, content=wire.STREAM_BODY, headers=wire.HEADERS)
        async with request as response:
            rest = b""
            async for data in response.aiter_bytes():
                *events, rest = (rest + data).split(b"\n\n")
                for event in events:
                    if event != b"data: [DONE]" and (delta := read(event[6:]).choices[0].delta):
                        yield delta


@asynccontextmanager
async def connect(base_url: str) -> AsyncIterator[TypedClient]:
    async with httpx.AsyncClient(limits=LIMITS, timeout=None) as http:
        yield TypedClient(http, f"{base_url}/chat/completions")
