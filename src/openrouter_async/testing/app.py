"""The ASGI application: reads a request, asks the part that answers it, and sends the answer.

```
request -> host and origin allowed? -> recorded? -> route -> key -> rate -> script -> handler -> response -> sending
```

Whatever is wrong with a request is answered in the service's form; only a mistake of the emulator itself, or of a
function it was given, is a 500, and it is raised where the emulator ends.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import parse_qsl, unquote

from pydantic import JsonValue

from .. import operations
from .._checks import host_of, is_this_machine
from .._sansio.error_body import load_json
from .._sansio.parse import ParseFailure
from ..operations import (
    COUNT_MODELS,
    CREATE_BATCH,
    CREATE_CHAT,
    CREATE_COMPLETION,
    CREATE_EMBEDDINGS,
    DELETE_BATCH,
    GET_BATCH,
    GET_CREDITS,
    GET_GENERATION,
    GET_KEY,
    GET_MODEL,
    LIST_BATCHES,
    LIST_MODEL_ENDPOINTS,
    LIST_MODELS,
    LIST_PROVIDERS,
    LIST_USER_MODELS,
    LIST_ZDR_ENDPOINTS,
    KeyKind,
    Operation,
)
from .account.batches import Batches
from .account.lookups import Lookups
from .account.management import Account
from .exchange.protocol import WIRE
from .exchange.responses import EmulatedResponse, failed, literal, plain
from .exchange.sending import OnSent, send_answer
from .exchange.service_errors import ServiceError, bad_request, forbidden, not_found
from .inference.inference import ChooseReply, Inference, Pace
from .received import ReceivedRequest
from .replies import Answer, Failure, Reply, as_scripted
from .state.keys import EmulatedKey, authenticate
from .state.models import ModelList
from .state.state import State

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from .recordings.recorded import Recordings

__all__ = ["BASE_PATH", "EmulatorApp", "Route"]

BASE_PATH = "/api/v1"

LARGEST_BODY = 64 * 1024 * 1024
"""Bytes of a request body; pictures and files come in it."""

USER = "user_emulated"


Handler: TypeAlias = "Callable[[_Call], tuple[EmulatedResponse, OnSent]]"


def _nothing(_tokens: int) -> None:
    """What is billed for an answer no model wrote."""


@dataclass(frozen=True, slots=True)
class Route:
    """One operation that is emulated."""

    method: str
    path: str
    key: KeyKind
    handler: Handler


@dataclass(frozen=True, slots=True, kw_only=True)
class _Call:
    request: ReceivedRequest
    key: EmulatedKey | None
    choose: ChooseReply
    path: Mapping[str, str]

    @property
    def sure_key(self) -> EmulatedKey:
        """The key, in operations that need one."""
        assert self.key is not None
        return self.key


class EmulatorApp:
    """The emulated service, as an ASGI application."""

    def __init__(
        self,
        state: State,
        models: ModelList,
        *,
        pace: Pace,
        seed: int,
        recordings: Recordings | None = None,
        strict: bool = False,
        finishes_unread: bool = True,
    ) -> None:
        self._state = state
        self._recordings = recordings
        self._strict = strict
        self._inference = inference = Inference(state, models, pace, seed, finishes_unread=finishes_unread)
        self._batches = batches = Batches(state, inference, self._reply_in_batch)
        self._account = account = Account(state)
        self.routes = _routes(inference, batches, Lookups(state, models), account)

    def reset(self) -> None:
        """Forget what was cached, batches and OAuth codes, and begin again with the first recorded answers."""
        self._account.reset()
        self._inference.reset()
        self._batches.reset()
        if self._recordings is not None:
            self._recordings.reset()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        raw = await _read_body(receive)
        record = _record(scope, headers, raw)
        self._state.arrived(record)
        wire = scope["state"][WIRE]
        try:
            response, on_sent = self._answer(record, headers, raw)
            record.generation_id = response.generation_id
            await send_answer(response, record, wire, send, on_sent=on_sent)
        finally:
            record.mark_over()

    def _answer(
        self, record: ReceivedRequest, headers: Mapping[str, str], raw: bytes | None
    ) -> tuple[EmulatedResponse, OnSent]:
        """Return the answer to a request, whatever that is."""
        key: EmulatedKey | None = None
        try:
            _check_sender(headers)
            if self._recordings is not None and (found := self._recordings.find(record)) is not None:
                record.origin = "recorded"
                return found, _nothing
            scripted = self._literal(record)
            if scripted is not None:
                return scripted, _nothing
            route, path = self._route(record)
            key = authenticate(self._state.ledger.keys, headers.get("authorization"), route.key)
            record.key_label = key.label if key is not None else None
            if raw is None:
                raise ServiceError(
                    Failure(status=413, message="Request body too large", error_type="payload_too_large")
                )
            if route.method in ("POST", "PATCH"):
                _check_body(record, headers)
                self._state.rate.check()
            return self._handled(record, route, key, path)
        except ServiceError as error:
            if isinstance(error.answer, Answer):
                return literal(error.answer), _nothing
            return failed(error.answer, user=USER if key is not None else None), _nothing
        except Exception as problem:  # noqa: BLE001 - ours, or of a function we were given: raised at the end
            self._state.record_problem(problem)
            return failed(Failure(status=500, message="Internal Server Error")), _nothing

    def _literal(self, record: ReceivedRequest) -> EmulatedResponse | None:
        """Return what the script says for a path that no model answers."""
        if record.path in _WRITTEN:
            return None
        answer = self._state.script.next_answer(record.path)
        if answer is None:
            return None
        record.origin = "scripted"
        if isinstance(answer, Reply):
            raise ServiceError(
                Failure(status=500, message=f"a reply of a model was scripted for {record.path}")
            )
        return failed(answer) if isinstance(answer, Failure) else literal(answer)

    def _route(self, record: ReceivedRequest) -> tuple[Route, dict[str, str]]:
        allowed = []
        for route in self.routes:
            path = _match(route.path, record.path)
            if path is not None:
                if route.method == record.method:
                    return route, path
                allowed.append(route.method)
        if allowed:
            methods = ", ".join(sorted(set(allowed)))
            failure = Failure(status=405, message="Method Not Allowed", headers={"allow": methods})
            raise ServiceError(failure)
        rows = (row for row in vars(operations).values() if isinstance(row, Operation))
        if any(row.method == record.method and _match(row.path, record.path) is not None for row in rows):
            message = (
                f"{record.method} {record.path} is not emulated; script it with emulator.answer(path, body)"
            )
            raise ServiceError(Failure(status=501, message=message))
        raise not_found("Not Found")

    def _handled(
        self, record: ReceivedRequest, route: Route, key: EmulatedKey | None, path: Mapping[str, str]
    ) -> tuple[EmulatedResponse, OnSent]:
        record.origin = "generated" if route.path in _WRITTEN else "service"

        def choose() -> Reply | None:
            """Return the reply to give, None for a generated one; asked for once a request is found to be in order."""
            chosen = self._chosen(record, route.path)
            if isinstance(chosen, Failure | Answer):
                raise ServiceError(chosen)
            if chosen is None and self._strict:
                raise ServiceError(Failure(status=501, message=_UNSCRIPTED))
            return chosen

        response, on_sent = route.handler(_Call(request=record, key=key, choose=choose, path=path))
        if record.origin in ("generated", "service"):
            fault = self._state.script.next_fault()
            if isinstance(fault, Failure):
                raise ServiceError(fault)
            if fault is not None:
                response = replace(response, fault=fault)
        return response, on_sent

    def _reply_in_batch(self, request: ReceivedRequest) -> Reply | None:
        """Return what the function given says to a request of a batch, None for a generated reply."""
        function = self._state.script.function
        chosen = None if function is None else function(request)
        if chosen is None:
            return None
        scripted = as_scripted(chosen)
        if isinstance(scripted, Reply):
            return scripted
        raise ServiceError(scripted)

    def _chosen(self, record: ReceivedRequest, path: str) -> Reply | Failure | Answer | None:
        """Return what the script says, else what the function given says, else None."""
        scripted = self._state.script.next_answer(path)
        if scripted is not None:
            record.origin = "scripted"
            return scripted
        function = self._state.script.function
        chosen = None if function is None else function(record)
        if chosen is None:
            return None
        record.origin = "function"
        return as_scripted(chosen)


def _routes(inference: Inference, batches: Batches, lookups: Lookups, account: Account) -> tuple[Route, ...]:
    """Return the operations that are emulated."""

    def read(answer: Callable[[_Call], JsonValue]) -> Handler:
        return lambda call: (plain(answer(call)), _nothing)

    def served(operation: Operation, handler: Handler) -> Route:
        return Route(operation.method, operation.path, operation.key, handler)

    return (
        served(CREATE_CHAT, lambda c: inference.chat(c.request, c.sure_key, c.choose)),
        served(CREATE_COMPLETION, lambda c: inference.completion(c.request, c.sure_key, c.choose)),
        served(CREATE_EMBEDDINGS, lambda c: inference.embeddings(c.request, c.sure_key)),
        served(CREATE_BATCH, lambda c: (batches.create(c.request, c.sure_key), _nothing)),
        served(GET_BATCH, lambda c: (batches.get(**c.path), _nothing)),
        served(LIST_BATCHES, read(lambda c: batches.list(c.request.query))),
        served(DELETE_BATCH, read(lambda c: batches.delete(**c.path))),
        served(LIST_MODELS, read(lambda c: lookups.models(c.request.query))),
        served(GET_MODEL, read(lambda c: lookups.model(**c.path))),
        served(GET_KEY, read(lambda c: lookups.key(c.sure_key))),
        served(GET_CREDITS, read(lambda _: lookups.credits())),
        served(COUNT_MODELS, read(lambda c: lookups.count(c.request.query))),
        served(LIST_USER_MODELS, read(lambda c: lookups.models(c.request.query))),
        served(LIST_MODEL_ENDPOINTS, read(lambda c: lookups.endpoints(**c.path))),
        served(LIST_ZDR_ENDPOINTS, read(lambda _: lookups.all_endpoints())),
        served(LIST_PROVIDERS, read(lambda _: lookups.providers())),
        served(GET_GENERATION, read(lambda c: lookups.generation(c.request.query.get("id")))),
        served(operations.GET_GENERATION_CONTENT, read(lambda c: account.content(c.request.query.get("id")))),
        served(operations.SEND_FEEDBACK, read(lambda c: account.feedback(c.request.body))),
        served(operations.LIST_ACTIVITY, read(lambda c: account.activity(c.request.query))),
        served(operations.LIST_KEYS, read(lambda c: account.keys(c.request.query))),
        served(operations.GET_ACCOUNT_KEY, read(lambda c: account.key(**c.path))),
        served(operations.CREATE_KEY, lambda c: (account.create_key(c.request.body), _nothing)),
        served(operations.UPDATE_KEY, read(lambda c: account.update_key(c.path["hash"], c.request.body))),
        served(operations.DELETE_KEY, read(lambda c: account.delete_key(**c.path))),
        served(operations.EXCHANGE_CODE, read(lambda c: account.exchange(c.request.body))),
        Route("GET", "/auth", "none", lambda c: (account.authorize(c.request.query), _nothing)),
    )


_WRITTEN = frozenset({CREATE_CHAT.path, CREATE_COMPLETION.path})
"""The operations a model answers, so that replies can be scripted for them."""

_UNSCRIPTED = "no reply is scripted for this request, and the emulator is strict; add emulator.reply(...)"


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


def _check_sender(headers: Mapping[str, str]) -> None:
    """Refuse requests that a page of another site could make a browser send here."""
    if not _is_local(headers.get("host", "localhost")):
        raise forbidden("Host is not this machine")
    origin = headers.get("origin")
    if origin is not None:
        scheme, _, authority = origin.partition("://")
        if scheme.lower() not in ("http", "https") or not _is_local(authority):
            raise forbidden("Origin is not this machine")


def _is_local(authority: str) -> bool:
    host = host_of(authority)
    # `testserver` is what the test clients of Starlette and FastAPI call the application in memory.
    return host is not None and (host == "testserver" or is_this_machine(host))


def _check_body(record: ReceivedRequest, headers: Mapping[str, str]) -> None:
    content_type = headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    if content_type != "application/json":
        raise bad_request(f"Content-Type must be application/json, received {content_type[:64]!r}")
    if record.content is not None:
        raise bad_request("Invalid JSON in request body")


async def _read_body(receive: Receive) -> bytes | None:
    """Return the whole body; None where it is too large."""
    body = bytearray()
    too_large = False
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return bytes(body)
        if len(body) + len(message.get("body", b"")) > LARGEST_BODY:
            too_large = True
            body.clear()
        if not too_large:
            body += message.get("body", b"")
        if not message.get("more_body", False):
            return None if too_large else bytes(body)


def _record(scope: Scope, headers: Mapping[str, str], raw: bytes | None) -> ReceivedRequest:
    path = scope["raw_path"].decode("latin-1")
    body, content = _parsed(raw)
    return ReceivedRequest(
        method=scope["method"],
        path=path.removeprefix(BASE_PATH) if path.startswith(f"{BASE_PATH}/") else path,
        query=dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)),
        headers=ReceivedRequest.shown_headers(headers),
        body=body,
        content=content,
    )


def _parsed(raw: bytes | None) -> tuple[JsonValue, bytes | None]:
    """Return the JSON of a body, or else its bytes."""
    if not raw:
        return None, None
    try:
        return load_json(raw), None
    except ParseFailure:
        return None, raw
