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

from .. import operations as ops
from .._checks import host_of, is_this_machine
from .._sansio.error_body import load_json
from .._sansio.parse import ParseFailure
from ..operations import KeyKind, Operation
from .account.batches import Batches
from .account.lookups import Lookups
from .account.management import Account
from .exchange.protocol import WIRE
from .exchange.responses import EmulatedResponse, failed, literal, plain
from .exchange.sending import send_answer
from .exchange.service_errors import ServiceError, bad_request, refused
from .inference.inference import ChooseReply, Inference, Pace
from .received import ReceivedRequest
from .replies import Answer, Failure, Reply, Scripted, as_scripted
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

Handler: TypeAlias = "Callable[[_Call], EmulatedResponse | JsonValue]"
"""Returns the answer, or the JSON of one."""


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
        self.state = state
        self._recordings = recordings
        self._strict = strict
        inference = Inference(state, models, pace, seed, finishes_unread=finishes_unread)
        batches = Batches(state, inference, lambda request: _reply(self._from_function(request)))
        self.routes = _routes(inference, batches, Lookups(state, models), Account(state))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        raw = await _read_body(receive)
        record = _record(scope, headers, raw)
        self.state.arrived(record)
        wire = scope["state"][WIRE]
        try:
            response = self._answer(record, headers, raw)
            record.generation_id = response.generation_id
            await send_answer(response, record, wire, send)
        finally:
            record.mark_over()

    def _answer(
        self, record: ReceivedRequest, headers: Mapping[str, str], raw: bytes | None
    ) -> EmulatedResponse:
        """Return the answer to a request, whatever that is."""
        key: EmulatedKey | None = None
        try:
            _check_sender(headers)
            if self._recordings is not None and (found := self._recordings.find(record)) is not None:
                record.origin = "recorded"
                return found
            scripted = self._literal(record)
            if scripted is not None:
                return scripted
            route, path = self._route(record)
            key = authenticate(self.state.ledger.keys, headers.get("authorization"), route.key)
            record.key_label = key.label if key is not None else None
            if raw is None:
                raise refused(413, "Request body too large", error_type="payload_too_large")
            if route.method in ("POST", "PATCH"):
                _check_body(record, headers)
                self.state.rate.check()
            return self._handled(record, route, key, path)
        except ServiceError as error:
            if isinstance(error.answer, Answer):
                return literal(error.answer)
            return failed(error.answer, user=USER if key is not None else None)
        except Exception as problem:  # noqa: BLE001 - ours, or of a function we were given: raised at the end
            self.state.problems.append(problem)
            return failed(Failure(status=500, message="Internal Server Error"))

    def _literal(self, record: ReceivedRequest) -> EmulatedResponse | None:
        """Return what the script says for a path that no model answers."""
        if record.path in _WRITTEN:
            return None
        answer = self.state.script.next_answer(record.path)
        if answer is None:
            return None
        record.origin = "scripted"
        if isinstance(answer, Reply):
            raise refused(500, f"a reply of a model was scripted for {record.path}")
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
        rows = (row for row in vars(ops).values() if isinstance(row, Operation))
        if any(row.method == record.method and _match(row.path, record.path) is not None for row in rows):
            message = (
                f"{record.method} {record.path} is not emulated; script it with emulator.answer(path, body)"
            )
            raise refused(501, message)
        raise refused(404, "Not Found")

    def _handled(
        self, record: ReceivedRequest, route: Route, key: EmulatedKey | None, path: Mapping[str, str]
    ) -> EmulatedResponse:
        record.origin = "generated" if route.path in _WRITTEN else "service"

        def choose() -> Reply | None:
            """Return the reply to give, None for a generated one; asked for once a request is found to be in order."""
            chosen = _reply(self._chosen(record, route.path))
            if chosen is None and self._strict:
                raise refused(501, _UNSCRIPTED)
            return chosen

        answer = route.handler(_Call(request=record, key=key, choose=choose, path=path))
        response = answer if isinstance(answer, EmulatedResponse) else plain(answer)
        if record.origin in ("generated", "service"):
            fault = self.state.script.next_fault()
            if isinstance(fault, Failure):
                raise ServiceError(fault)
            if fault is not None:
                response = replace(response, fault=fault)
        return response

    def _chosen(self, record: ReceivedRequest, path: str) -> Scripted | None:
        """Return what the script says, else what the function given says, else None."""
        chosen = self.state.script.next_answer(path)
        if chosen is not None:
            record.origin = "scripted"
        elif (chosen := self._from_function(record)) is not None:
            record.origin = "function"
        return chosen

    def _from_function(self, record: ReceivedRequest) -> Scripted | None:
        function = self.state.script.function
        chosen = None if function is None else function(record)
        return None if chosen is None else as_scripted(chosen)


def _reply(chosen: Scripted | None) -> Reply | None:
    """Return what is to be answered if it is a reply, and raise it if it is an answer of another kind."""
    if isinstance(chosen, Failure | Answer):
        raise ServiceError(chosen)
    return chosen


def _routes(inference: Inference, batches: Batches, lookups: Lookups, account: Account) -> tuple[Route, ...]:
    """Return the operations that are emulated."""
    handlers: dict[Operation, Handler] = {
        ops.CREATE_CHAT: lambda c: inference.chat(c.request, c.sure_key, c.choose),
        ops.CREATE_COMPLETION: lambda c: inference.completion(c.request, c.sure_key, c.choose),
        ops.CREATE_EMBEDDINGS: lambda c: inference.embeddings(c.request, c.sure_key),
        ops.CREATE_BATCH: lambda c: batches.create(c.request, c.sure_key),
        ops.GET_BATCH: lambda c: batches.get(**c.path),
        ops.LIST_BATCHES: lambda c: batches.list(c.request.query),
        ops.DELETE_BATCH: lambda c: batches.delete(**c.path),
        ops.LIST_MODELS: lambda c: lookups.models(c.request.query),
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
        ops.EXCHANGE_CODE: lambda c: account.exchange(c.request.body),
    }
    return (
        *(Route(each.method, each.path, each.key, handler) for each, handler in handlers.items()),
        Route("GET", "/auth", "none", lambda c: account.authorize(c.request.query)),
    )


_WRITTEN = frozenset({ops.CREATE_CHAT.path, ops.CREATE_COMPLETION.path})
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
        raise refused(403, "Host is not this machine")
    origin = headers.get("origin")
    if origin is not None:
        scheme, _, authority = origin.partition("://")
        if scheme.lower() not in ("http", "https") or not _is_local(authority):
            raise refused(403, "Origin is not this machine")


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
