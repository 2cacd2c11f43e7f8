"""Clients and transports of httpx and of httpx2 as a caller gives them; read by type checkers, never run."""

from __future__ import annotations

import httpx
import httpx2

from openrouter_async import AsyncOpenRouter
from openrouter_async.testing import Recorder


def takes() -> None:
    AsyncOpenRouter(http_client=httpx.AsyncClient())
    AsyncOpenRouter(http_client=httpx2.AsyncClient())
    AsyncOpenRouter(transport=httpx.MockTransport(lambda _: httpx.Response(200)))
    AsyncOpenRouter(transport=httpx2.MockTransport(lambda _: httpx2.Response(200)))
    AsyncOpenRouter(transport=Recorder("recordings", transport=httpx2.AsyncHTTPTransport()))


def refuses() -> None:
    AsyncOpenRouter(http_client=httpx.Client())  # type: ignore[arg-type]
    AsyncOpenRouter(http_client=httpx2.Client())  # type: ignore[arg-type]
    AsyncOpenRouter(transport=httpx2.AsyncClient())  # type: ignore[arg-type]
    AsyncOpenRouter(transport=httpx2.HTTPTransport())  # type: ignore[arg-type]
