"""`/api/chat` of the page, whose answers survive a reload, and `POST /v1/chat/completions` of OpenAI's clients.

The page names an answer by `?id=`, under which it reads it again after a reload and stops it.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ..relays.failures import WebError
from ..relays.formats.openai import WholeOpenAI
from ..relays.relaying import Relay, relay
from ..relays.resuming import resume
from ..relays.running import running_relays_of
from ..relays.work import Work
from .policy import json_body
from .stream_slots import StreamGate

if TYPE_CHECKING:
    from ..relays.streams.store import StreamStore
    from .policy import ChatPolicy
    from .stream_slots import StreamSlots

__all__ = ["chat_routes"]

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


def chat_routes(
    policy: ChatPolicy, slots: StreamSlots, write_timeout: float, streams: StreamStore, grace: float
) -> list[Route]:
    """Return the routes of chats."""

    async def chat(request: Request) -> Response:
        """Answer; the answer can be resumed where the application has a place for it, see `openrouter_lifespan`."""
        asked = policy.request(await json_body(request), is_ours=True)
        id = request.query_params.get("id")
        if id is not None and not _ID.fullmatch(id):
            raise WebError(400, "id is not 1 to 64 letters, digits, _ or -")
        within = slots.take
        if id is None or running_relays_of(request.scope) is None:
            return relay(policy.reply(asked), write_timeout=write_timeout, within=within)
        return relay(
            policy.reply(asked),
            write_timeout=write_timeout,
            within=within,
            resumable=streams,
            id=id,
            grace=grace,
        )

    async def again(request: Request) -> Response:
        return resume(streams, request.path_params["id"], write_timeout=write_timeout)

    async def stop(request: Request) -> Response:
        if not await streams.stop(request.path_params["id"]):
            raise WebError(404, "no answer with this id is being written", kind="NotFound")
        return Response(status_code=204)

    async def completions(request: Request) -> Response:
        body = await json_body(request)
        is_stream = isinstance(body, dict) and body.pop("stream", False) is True
        stream = policy.passed_on(policy.request(body, is_ours=False))
        if is_stream:
            return relay(stream, format="openai", write_timeout=write_timeout)
        # A stream too, for a plain call cannot be stopped: it would run on, and be billed, when the caller has gone.
        return Relay(Work(stream, WholeOpenAI()), start_after=math.inf, write_timeout=write_timeout)

    return [
        Route("/api/chat", chat, methods=["POST"]),
        Route("/api/chat/{id}/stream", again, methods=["GET"]),
        Route("/api/chat/{id}/stream", stop, methods=["DELETE"]),
        Route(
            "/v1/chat/completions",
            completions,
            methods=["POST"],
            middleware=[Middleware(StreamGate, slots=slots)],
        ),
    ]
