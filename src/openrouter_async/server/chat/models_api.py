"""The routes that tell of the router: its settings, its models, the account's money. They cost nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, cast

import anyio
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ...errors import AuthenticationError, ConfigurationError, PermissionDenied
from ...tools.tool import Tool, tool
from ...tools.toolbox import ToolSource
from ...types.chat.presets import PRESETS
from ..relays.failures import WebError
from .policy import ChatPolicy
from .stream_slots import StreamSlots

if TYPE_CHECKING:
    from ...spending.spend import Spend
    from ...tools.toolbox import ToolLike
    from ...types.account.keys import Credits
    from ...types.catalogue.models import Model

__all__ = ["models_routes"]

_FRESH_S = 10.0
"""Seconds for which credits that were asked for are told again, however many pages want to know."""

_CHAT_OUTPUTS = frozenset({"text", "image", "audio"})


def models_routes(
    policy: ChatPolicy, slots: StreamSlots, title: str, max_body_bytes: int, *, is_emulator: bool
) -> list[Route]:
    """Return the routes that cost nothing."""
    facts = {
        "title": title,
        "presets": {name: dict(params) for name, params in PRESETS.items()},
        "max_body_bytes": max_body_bytes,
        "tools": [_told(each) for each in policy.tools],
        "is_emulator": is_emulator,
    }

    async def settings(request: Request) -> Response:
        return JSONResponse({**facts, "default_model": policy.default_model, **await _money(slots.spend)})

    async def models(request: Request) -> Response:
        return JSONResponse({"data": [_model(model) for model in await _offered(policy)]})

    one_at_a_time = anyio.Lock()
    known: tuple[Credits, float] | None = None

    async def credits(request: Request) -> Response:
        nonlocal known
        async with one_at_a_time:
            if known is None or time.monotonic() >= known[1]:
                try:
                    known = await policy.client.credits.get(), time.monotonic() + _FRESH_S
                except (ConfigurationError, AuthenticationError, PermissionDenied) as error:
                    if "optional" in request.query_params:  # the page, for which it is no failure
                        return Response(status_code=204)
                    if not isinstance(error, ConfigurationError):
                        raise
                    # There is no management key, so nothing was sent.
                    raise WebError(404, error.message, kind="NotAvailable") from error
        found = known[0]
        return JSONResponse(
            {
                "total": f"{found.total_credits:f}",
                "used": f"{found.total_usage:f}",
                "remaining": f"{found.remaining:f}",
            }
        )

    async def openai_models(request: Request) -> Response:
        data = [_openai_model(model) for model in await _offered(policy)]
        return JSONResponse({"object": "list", "data": data})

    async def openai_model(request: Request) -> Response:
        name = request.path_params["name"]
        found = next((model for model in await _offered(policy) if model.id == name), None)
        if found is None:
            raise WebError(404, f"the model {name[:100]!r} is not offered here", kind="NotFound")
        return JSONResponse(_openai_model(found))

    return [
        Route("/api/settings", settings, methods=["GET"]),
        Route("/api/models", models, methods=["GET"], middleware=[Middleware(GZipMiddleware)]),
        Route("/api/credits", credits, methods=["GET"]),
        Route("/v1/models", openai_models, methods=["GET"]),
        Route("/v1/models/{name:path}", openai_model, methods=["GET"]),
    ]


async def _money(spend: Spend) -> dict[str, str | None]:
    """Return what was spent, in all processes that share the budget."""
    budget = None if spend.budget is None else f"{spend.budget:f}"
    if spend.shared is not None:  # its ledger has one sum of all charges, and one of all that is held
        spent, held = await spend.shared.budget.spent(), await spend.shared.budget.held()
        return {
            "budget": budget,
            "spent": f"{spent:f}",
            "byok_spent": "0",
            "held": f"{held:f}",
            "doubtful": "0",
        }
    return {
        "budget": budget,
        "spent": f"{spend.cost:f}",
        "byok_spent": f"{spend.byok_cost:f}",
        "held": f"{spend.held:f}",
        "doubtful": f"{spend.doubtful:f}",
    }


async def _offered(policy: ChatPolicy) -> list[Model]:
    """Return the models that answer in a chat, as far as they are offered."""
    catalogue = await policy.client.models.catalogue()
    if policy.models is not None:
        return [model for name in policy.models if (model := catalogue.get(name)) is not None]
    return [
        model
        for model in catalogue
        if model.architecture.output_modalities is None
        or not _CHAT_OUTPUTS.isdisjoint(model.architecture.output_modalities)
    ]


def _model(model: Model) -> dict[str, object]:
    prices = model.pricing
    return {
        "id": model.id,
        "name": model.name or model.id,
        "description": model.description or "",
        "context_length": model.context_length,
        "prompt_price": None if prices.prompt is None else f"{prices.prompt:f}",
        "completion_price": None if prices.completion is None else f"{prices.completion:f}",
        "input_modalities": model.architecture.input_modalities or [],
        "output_modalities": model.architecture.output_modalities or [],
        "supported_parameters": model.supported_parameters or [],
    }


def _openai_model(model: Model) -> dict[str, object]:
    owner = model.id.partition("/")[0]
    return {**_model(model), "object": "model", "created": model.created or 0, "owned_by": owner}


def _told(each: ToolLike) -> dict[str, str]:
    """Return the page's view of a tool."""
    if isinstance(each, Mapping):
        return {"name": str(each.get("type", "")), "description": ""}
    if isinstance(each, ToolSource):
        return {"name": each.name, "description": ""}
    known = each if isinstance(each, Tool) else tool(cast("Callable[..., object]", each))
    return {"name": known.name, "description": known.description or ""}
