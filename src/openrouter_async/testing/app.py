"""The ASGI application: reads a request, asks the part that answers it, and sends the answer.

```
request -> host and origin allowed? -> recorded? -> route -> key -> rate -> script -> handler -> response -> sending
```

Whatever is wrong with a request is answered in the service's form; only a mistake of the emulator itself, or of a
function it was given, is a 500, and it is raised where the emulator ends.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from pydantic import JsonValue

from .._checks import host_of, is_this_machine
from .._sansio.error_body import load_json
from .._sansio.parse import ParseFailure
from ..operations import CREATE_CHAT
from .account.batches import Batches
from .account.lookups import Lookups
from .account.management import Account
from .exchange.forms import FORMS, read_form
from .exchange.protocol import WIRE
from .exchange.responses import EmulatedResponse, failed, literal, plain
from .exchange.sending import send_answer
from .exchange.service_errors import ServiceError, bad_request, refused
from .facts.table import load_facts
from .generic.service import GenericService
from .inference.inference import Inference, Pace
from .media.service import MediaService
from .media.videos import Videos
from .organization.service import Organization
from .received import ReceivedRequest
from .replies import Answer, Failure, Reply, Scripted, as_scripted
from .routes import WRITTEN, Call, Route, Routes, own_routes
from .state.keys import EmulatedKey, authenticate
from .state.models import ModelList
from .state.state import State

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from .recordings.recorded import Recordings

__all__ = ["BASE_PATH", "EmulatorApp"]

BASE_PATH = "/api/v1"

LARGEST_BODY = 64 * 1024 * 1024
"""Bytes of a request body; pictures and files come in it."""

USER = "user_emulated"


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
        facts = load_facts()
        generic = GenericService(facts, seed)
        own = own_routes(
            inference,
            batches,
            Lookups(state, models),
            Account(state),
            MediaService(state, facts, seed),
            Videos(state, facts, seed),
            Organization(state, facts, generic),
        )
        self.routes = Routes(own, facts, generic)

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
            if route.method in ("POST", "PATCH", "PUT"):
                _check_body(record, headers, raw, self.routes.content_types(route.method, record.path))
                self.state.rate.check()
            return self._handled(record, route, key, path)
        except ServiceError as error:
            if isinstance(error.answer, Answer):
                return literal(error.answer)
            user = USER if key is not None else None
            return failed(error.answer, user=user, path=record.path)
        except Exception as problem:  # noqa: BLE001 - ours, or of a function we were given: raised at the end
            self.state.problems.append(problem)
            return failed(Failure(status=500, message="Internal Server Error"), path=record.path)

    def _literal(self, record: ReceivedRequest) -> EmulatedResponse | None:
        """Return what the script says for a path that no model answers."""
        if record.path in WRITTEN:
            return None
        answer = self.state.script.next_answer(record.path, record)
        if answer is None:
            return None
        record.origin = "scripted"
        if isinstance(answer, Reply):
            raise refused(500, f"a reply of a model was scripted for {record.path}")
        return failed(answer) if isinstance(answer, Failure) else literal(answer)

    def _route(self, record: ReceivedRequest) -> tuple[Route, dict[str, str]]:
        found = self.routes.find(record.method, record.path)
        if found is not None:
            return found
        if allowed := self.routes.methods(record.path):
            headers = {"allow": ", ".join(sorted(allowed))}
            raise ServiceError(Failure(status=405, message="Method Not Allowed", headers=headers))
        raise refused(404, "Not Found")

    def _handled(
        self, record: ReceivedRequest, route: Route, key: EmulatedKey | None, path: Mapping[str, str]
    ) -> EmulatedResponse:
        record.origin = "generated" if route.path in WRITTEN else "service"

        def choose() -> Reply | None:
            """Return the reply to give, None for a generated one; asked for once a request is found to be in order."""
            chosen = _reply(self._chosen(record, route.path))
            if chosen is None and self._strict:
                raise refused(501, _UNSCRIPTED)
            return chosen

        answer = route.handler(Call(request=record, key=key, choose=choose, path=path))
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
        script = self.state.script
        chosen = script.next_answer(path, record) or script.next_answer(CREATE_CHAT.path, record)
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


_UNSCRIPTED = "no reply is scripted for this request, and the emulator is strict; add emulator.reply(...)"


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


def _check_body(
    record: ReceivedRequest, headers: Mapping[str, str], raw: bytes, content_types: set[str]
) -> None:
    """Refuse a body of a kind that the operation does not take; read a form."""
    given = headers.get("content-type", "application/json")
    content_type = given.partition(";")[0].strip().lower()
    if content_type not in content_types:
        expected = " or ".join(sorted(content_types))
        raise bad_request(f"Content-Type must be {expected}, received {content_type[:64]!r}")
    if content_type in FORMS:
        record.body = read_form(given, raw)
    elif record.content is not None:
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
    query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    return ReceivedRequest(
        method=scope["method"],
        path=path.removeprefix(BASE_PATH) if path.startswith(f"{BASE_PATH}/") else path,
        query=dict(query),
        query_items=query,
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
