"""`POST /v1/embeddings`: vectors for OpenAI's clients. It costs money, so it goes through the gate of the chats."""

from __future__ import annotations

from pydantic import JsonValue
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ...errors import ConfigurationError
from ...operations import CREATE_EMBEDDINGS
from ...types.chat.short_names import resolve_alias
from ...types.embeddings.request import check_embeddings_input
from ..relays.failures import WebError
from .policy import ChatPolicy, json_body
from .stream_slots import StreamGate, StreamSlots

__all__ = ["embeddings_routes"]

_PARAMS = frozenset({"dimensions", "encoding_format", "input_type", "user"})
"""The parameters that a request may have besides its model and input. None of them changes the price."""


def embeddings_routes(policy: ChatPolicy, slots: StreamSlots) -> list[Route]:
    """Return the route for vectors. A router that offers certain models only must name that of the vectors too."""

    async def embeddings(request: Request) -> Response:
        body = await json_body(request)
        if not isinstance(body, dict):
            raise WebError(400, "the body must be a JSON object")
        params = {name: value for name, value in body.items() if value is not None}
        model, given = policy.named_model(params.pop("model", None)), params.pop("input", None)
        if unknown := sorted(params.keys() - _PARAMS):
            raise WebError(
                400, f"{unknown[0][:64]!r} is not a parameter of embeddings that this server takes"
            )
        try:
            passed_on = {"model": resolve_alias(model), "input": check_embeddings_input(given), **params}
        except ConfigurationError as error:
            raise WebError(400, error.message) from error
        row = CREATE_EMBEDDINGS  # its method would unpack base64, which the caller asked for
        reply = await policy.client.request(row.method, row.path, into=dict[str, JsonValue], body=passed_on)
        return JSONResponse(reply)

    gated = [Middleware(StreamGate, slots=slots)]
    return [Route("/v1/embeddings", embeddings, methods=["POST"], middleware=gated)]
