"""How each operation is answered: by a handler of its own in `own_routes`, or else by the facts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias
from urllib.parse import unquote

from pydantic import JsonValue

from .. import operations as ops
from ..operations import KeyKind, Operation
from .account.batches import Batches
from .account.lookups import Lookups
from .account.management import Account
from .exchange.responses import EmulatedResponse
from .facts.table import Facts
from .generic.service import GenericService
from .inference.dialects.dialect import Dialect
from .inference.dialects.known import MESSAGES, RESPONSES
from .inference.inference import ChooseReply, Inference
from .media.service import MediaService
from .media.videos import Videos
from .organization.service import Organization
from .received import ReceivedRequest
from .state.keys import EmulatedKey

__all__ = ["WRITTEN", "Call", "Handler", "Route", "Routes", "own_routes"]

Handler: TypeAlias = "Callable[[Call], EmulatedResponse | JsonValue]"
"""Returns the answer, or the JSON of one."""


@dataclass(frozen=True, slots=True)
class Route:
    """One operation that is emulated."""

    method: str
    path: str
    key: KeyKind
    handler: Handler


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request on its way to a handler."""

    request: ReceivedRequest
    key: EmulatedKey | None
    choose: ChooseReply
    path: Mapping[str, str]

    @property
    def sure_key(self) -> EmulatedKey:
        """The key, in operations that need one."""
        assert self.key is not None
        return self.key


class Routes:
    """All operations of one emulator: its own, and those that the facts know besides."""

    def __init__(self, own: tuple[Route, ...], facts: Facts, generic: GenericService) -> None:
        self._own = own
        self._facts = facts
        self._generic = generic

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]] | None:
        """Return the route of a request with the parts of its path that vary; None if it does not exist.

        A path that is written out goes before one that varies, and a handler of its own before the facts.
        """
        matching = [(each, parts) for each in self._own if (parts := _match(each.path, path)) is not None]
        found = [(route, parts) for route, parts in matching if route.method == method]
        known = self._facts.find(method, path)
        if known is not None:
            operation, parts = known

            def answer(call: Call) -> EmulatedResponse:
                request = call.request
                return self._generic.answer(
                    operation, call.path, request.query_items, request.body, headers=request.headers
                )

            found.append((Route(method, operation.path, operation.key, answer), parts))
        return min(found, key=lambda pair: len(pair[1]), default=None)

    def methods(self, path: str) -> set[str]:
        """Return the methods that a path has."""
        own = {route.method for route in self._own if _match(route.path, path) is not None}
        return own | self._facts.methods(path)

    def content_types(self, method: str, path: str) -> set[str]:
        """Return the content types that a request may have."""
        known = self._facts.find(method, path)
        return {"application/json"} | (set() if known is None else set(known[0].bodies))


def own_routes(
    inference: Inference,
    batches: Batches,
    lookups: Lookups,
    account: Account,
    media: MediaService,
    videos: Videos,
    organization: Organization,
) -> tuple[Route, ...]:
    """Return the operations that have a handler of their own; all others are answered by the facts alone."""
    handlers: dict[Operation, Handler] = {
        ops.CREATE_CHAT: lambda c: inference.chat(c.request, c.sure_key, c.choose),
        ops.CREATE_COMPLETION: lambda c: inference.completion(c.request, c.sure_key, c.choose),
        ops.CREATE_EMBEDDINGS: lambda c: inference.embeddings(c.request, c.sure_key),
        ops.CREATE_IMAGES: lambda c: media.images(c.request, c.sure_key),
        ops.CREATE_SPEECH: lambda c: media.speech(c.request, c.sure_key),
        ops.CREATE_TRANSCRIPTION: lambda c: media.transcription(c.request, c.sure_key),
        ops.CREATE_RERANK: lambda c: media.rerank(c.request, c.sure_key),
        ops.CREATE_DECISIONS: lambda c: media.decisions(c.request, c.sure_key),
        ops.CREATE_VIDEO: lambda c: videos.create(c.request, c.sure_key),
        ops.GET_VIDEO: lambda c: videos.get(c.path["jobId"]),
        ops.GET_VIDEO_CONTENT: lambda c: videos.content(c.path["jobId"], c.request.query),
        ops.CREATE_BATCH: lambda c: batches.create(c.request, c.sure_key),
        ops.GET_BATCH: lambda c: batches.get(**c.path),
        ops.LIST_BATCHES: lambda c: batches.list(c.request.query),
        ops.DELETE_BATCH: lambda c: batches.delete(**c.path),
        ops.LIST_MODELS: lambda c: lookups.models(c.request.query),
        ops.LIST_EMBEDDING_MODELS: lambda c: lookups.embedding_models(c.request.query),
        ops.GET_MODEL: lambda c: lookups.model(**c.path),
        ops.GET_KEY: lambda c: {"data": c.sure_key.to_json()},
        ops.GET_CREDITS: lambda _: lookups.credits(),
        ops.COUNT_MODELS: lambda c: lookups.count(c.request.query),
        ops.LIST_USER_MODELS: lambda c: lookups.models(c.request.query),
        ops.LIST_MODEL_ENDPOINTS: lambda c: lookups.endpoints(**c.path),
        ops.LIST_ZDR_ENDPOINTS: lambda _: lookups.all_endpoints(),
        ops.LIST_PROVIDERS: lambda _: lookups.providers(),
        ops.GET_GENERATION: lambda c: lookups.generation(c.request.query.get("id")),
        ops.GET_GENERATION_CONTENT: lambda c: account.content(c.request.query.get("id")),
        ops.SEND_FEEDBACK: lambda c: account.feedback(c.request.body),
        ops.LIST_ACTIVITY: lambda c: account.activity(c.request.query),
        ops.LIST_KEYS: lambda c: account.keys(c.request.query),
        ops.GET_ACCOUNT_KEY: lambda c: account.key(**c.path),
        ops.CREATE_KEY: lambda c: account.create_key(c.request.body),
        ops.UPDATE_KEY: lambda c: account.update_key(c.path["hash"], c.request.body),
        ops.DELETE_KEY: lambda c: account.delete_key(**c.path),
        ops.CREATE_CODE: lambda c: account.create_code(c.request.body),
        ops.EXCHANGE_TOKEN: lambda c: account.exchange_token(c.request.body),
        ops.DEACTIVATE_EXTERNAL_USER: lambda c: organization.deactivate(c.path),
        ops.CREATE_SYNC_JOB: lambda _: organization.sync(),
        ops.GET_SYNC_JOB: lambda c: organization.sync_job(c.path["id"]),
        ops.CREATE_DESTINATION: lambda c: organization.create_destination(c.request),
        ops.UPDATE_DESTINATION: lambda c: organization.update_destination(c.path, c.request),
        ops.CREATE_PRIVATE_ENDPOINT: lambda c: organization.create_endpoint(c.request),
        ops.VALIDATE_PRIVATE_ENDPOINT: lambda c: organization.validate_endpoint(c.path, c.request),
        ops.DELETE_PRIVATE_ENDPOINT: lambda c: organization.delete_endpoint(c.path, c.request),
        ops.LIST_EFFECTIVE_SECRETS: lambda c: organization.effective_secrets(c.path, c.request),
        ops.EXCHANGE_CODE: lambda c: account.exchange(c.request.body),
    }
    return (
        *(Route(each.method, each.path, each.key, handler) for each, handler in handlers.items()),
        *(
            Route("POST", path, "inference", partial(_in_dialect, inference, dialect))
            for path, dialect in _DIALECTS.items()
        ),
        Route("GET", "/auth", "none", lambda c: account.authorize(c.request.query)),
        Route(
            "GET", "/auth/key", "any", lambda c: {"data": c.sure_key.to_json()}
        ),  # the older name of `/key`
    )


def _in_dialect(inference: Inference, dialect: Dialect, call: Call) -> EmulatedResponse:
    return inference.chat(call.request, call.sure_key, call.choose, dialect)


_DIALECTS = {"/messages": MESSAGES, "/responses": RESPONSES}

WRITTEN = frozenset({ops.CREATE_CHAT.path, ops.CREATE_COMPLETION.path, *_DIALECTS})
"""The operations that a model answers: replies can be scripted for them."""


def _match(template: str, path: str) -> dict[str, str] | None:
    """Return the parameters of a path, None where it is not of this template."""
    ours, given = template.split("/"), path.split("/")
    if len(ours) != len(given):
        return None
    found = {}
    for own, step in zip(ours, given, strict=True):
        if own.startswith("{"):
            found[own[1:-1]] = unquote(step)
        elif own != step:
            return None
    return found
