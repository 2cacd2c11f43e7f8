"""`Call`: one example call of an operation, and the faults that the facts find in its request."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from email import message_from_bytes
from typing import Any
from urllib.parse import parse_qsl

import httpx
from pydantic import BaseModel, JsonValue

from openrouter_async import AsyncOpenRouter, OpenRouterError, Retries
from openrouter_async.testing.facts.judging import judge_request, query_value
from openrouter_async.testing.facts.samples import full_sample
from openrouter_async.testing.facts.shapes import Shape, fields_of, members
from openrouter_async.testing.facts.table import Parameter, ServiceOperation, load_facts

__all__ = [
    "GONE",
    "Answer",
    "Call",
    "Seen",
    "amended",
    "carry_out",
    "events_of",
    "faults_of_arguments",
    "faults_of_request",
    "number_text",
    "read_body",
]

KEY, MANAGEMENT_KEY = "sk-or-v1-inference", "sk-or-v1-management"
BASE = "https://openrouter.ai/api/v1"

KEYS: dict[str, set[str | None]] = {
    "inference": {KEY},
    "management": {MANAGEMENT_KEY},
    "any": {KEY, MANAGEMENT_KEY},
    "optional": {KEY},
    "none": {None},
}
"""The keys that a request may carry, by the kind that the facts want."""


GONE = object()
"""In place of a value in `answered`: the field is not there."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An answer of the service."""

    status: int = 200
    body: bytes = b""
    content_type: str | None = "application/json"

    @classmethod
    def of(cls, value: JsonValue, status: int = 200) -> Answer:
        """Return an answer in JSON."""
        return cls(status=status, body=json.dumps(value).encode())

    @classmethod
    def of_events(cls, events: Iterable[JsonValue]) -> Answer:
        """Return a stream of events in JSON, each with its type if it has one, and the end of the stream."""
        lines = []
        for event in events:
            if isinstance(event, dict) and "type" in event:
                lines.append(f"event: {event['type']}\n")
            lines.append(f"data: {json.dumps(event)}\n\n")
        body = "".join([*lines, "data: [DONE]\n\n"]).encode()
        return cls(body=body, content_type="text/event-stream")


@dataclass(frozen=True)
class Call:
    """One example call of an operation, with every argument that it has."""

    name: str
    """Of the operation, as in `openrouter_async.operations`: `keys.create`."""
    make: Callable[[AsyncOpenRouter], Awaitable[object]]
    """Makes the call with a client; a list is awaited, and returns its first page."""
    _: Any = field(default=None, kw_only=True, repr=False)
    omits: Mapping[str, str] = field(default_factory=dict, kw_only=True)
    """Arguments that the facts know and no call sends, with the reason: `body.route`, `query.rss`."""
    adds: Mapping[str, str] = field(default_factory=dict, kw_only=True)
    """Arguments that the call sends and the facts do not know, with the reason."""
    unread: Mapping[str, str] = field(default_factory=dict, kw_only=True)
    """Fields of a full answer that are not read, or read otherwise, with the reason: `reply.data[].embedding`."""
    answered: Mapping[str, object] = field(default_factory=dict, kw_only=True)
    """Values of the answers that replace the made-up ones, by place: `{"data[].price": "0.5"}`, for a text that is a
    number or a date; `*` is every field, a function is given the value that was made up, and
    `GONE` takes the field away."""
    minimal: Mapping[str, object] = field(default_factory=dict, kw_only=True)
    """The same for the minimal answer only."""
    part: Callable[[Any], Any] | None = field(default=None, kw_only=True)
    """Which part of the answer the call returns. Default: its `data` where it has that, unless the type has it too."""
    event: type[BaseModel] | None = field(default=None, kw_only=True)
    """Of a call that is answered with events: the type that each of them is read as."""
    ends: Sequence[Any] = field(default=(), kw_only=True)
    """Of a call that returns the events of a stream as a list: what ends the stream, after an event of any kind."""
    silent: Mapping[str, str] = field(default_factory=dict, kw_only=True)
    """The kinds of events, by `type`, of which none of ours comes, with the reason."""
    failing: Collection[str] = field(default=(), kw_only=True)
    """The kinds of events that tell of an error, or make one where they come first."""


@dataclass
class Seen:
    """The request that a call sent, and its result."""

    count: int = 0
    """How often it was sent."""
    request: httpx.Request | None = None
    content: bytes = b""
    value: object = None
    error: OpenRouterError | None = None


def number_text(made_up: object) -> object:
    """Return the text of a number for a made-up text, another for each; the facts call some numbers text."""
    return f"0.{zlib.crc32(made_up.encode()) % 900 + 100}" if isinstance(made_up, str) else made_up


def amended(sample: Any, changes: Mapping[str, object]) -> Any:
    """Return an answer with other values in some places; places that do not exist are skipped."""
    for place, value in changes.items():
        sample = _with(sample, re.findall(r"[^.\[\]]+|\[\]", place), value)
    return sample


def _with(sample: Any, steps: list[str], value: object) -> Any:
    if not steps:
        return value(sample) if callable(value) else value
    step, rest = steps[0], steps[1:]
    if step == "[]":
        return [_with(item, rest, value) for item in sample] if isinstance(sample, list) else sample
    if not isinstance(sample, dict):
        return sample
    if not rest and value is GONE:
        return {name: inner for name, inner in sample.items() if name != step}
    return {
        name: _with(inner, rest, value) if step in ("*", name) else inner for name, inner in sample.items()
    }


async def events_of(stream: Any) -> list[object]:
    """Return all events of a stream of the client."""
    async with stream as opened:
        return [event async for event in opened]


async def carry_out(call: Call, *answers: Answer) -> list[Seen]:
    """Make a call as often as there are answers, and return what was seen of each."""
    all_seen: list[Seen] = []

    async def handle(request: httpx.Request) -> httpx.Response:
        seen, answer = all_seen[-1], answers[len(all_seen) - 1]
        seen.count += 1
        seen.request, seen.content = request, await request.aread()
        headers = {"retry-after": "0"}
        if answer.content_type is not None:
            headers["content-type"] = answer.content_type
        return httpx.Response(answer.status, content=answer.body, headers=headers)

    async with AsyncOpenRouter(
        api_key=KEY,
        management_key=MANAGEMENT_KEY,
        base_url=BASE,
        retries=Retries(attempts=1),
        transport=httpx.MockTransport(handle),
    ) as client:
        for _ in answers:
            all_seen.append(seen := Seen())
            try:
                seen.value = await call.make(client)
            except OpenRouterError as error:
                seen.error = error
    return all_seen


def faults_of_request(operation: ServiceOperation, call: Call, seen: Seen) -> list[str]:
    """Return what the facts refuse in the request of a call."""
    if seen.request is None or seen.count != 1:
        return [f"{seen.count} requests were sent, expected one: {seen.error!r}"]
    facts, request = load_facts(), seen.request
    route = request.url.raw_path.decode().partition("?")[0].removeprefix("/api/v1")
    found = facts.find(request.method, route)
    if found is None or found[0].id != operation.id:
        return [f"route: {request.method} {route}, expected {operation.method} {operation.path}"]
    query = parse_qsl(request.url.query.decode(), keep_blank_values=True)
    kind = request.headers.get("content-type", "").partition(";")[0] or None
    shape = operation.bodies.get(kind or "", "any")
    body = read_body(request.headers.get("content-type", ""), seen.content, shape)
    complaints = judge_request(
        facts,
        operation,
        path=found[1],
        query=query,
        headers=dict(request.headers),
        body=body,
        content_type=kind,
    )
    faults = [str(each) for each in complaints if each.where not in call.adds]
    faults += [
        f"{name}: is in `adds`, and was not refused"
        for name in call.adds.keys() - {each.where for each in complaints}
    ]
    key: str | None = request.headers.get("authorization")
    sent_key = None if key is None else key.removeprefix("Bearer ")
    if sent_key not in KEYS[operation.key]:
        faults.append(f"key: {operation.key} is wanted, {sent_key} was sent")
    return sorted(faults)


def faults_of_arguments(
    operation: ServiceOperation, calls: Iterable[Call], all_seen: Iterable[Seen]
) -> list[str]:
    """Return what the facts know of an operation's requests, and none of its calls sends."""
    given, possible = set[str](), set[str]()
    possible |= {f"query.{name}" for name in operation.parameter("query")}
    possible |= {f"headers.{name.lower()}" for name in operation.parameter("header")}
    for seen in all_seen:
        if seen.request is not None:
            content_type = seen.request.headers.get("content-type", "")
            shape = operation.bodies.get(content_type.partition(";")[0], "any")
            body = read_body(content_type, seen.content, shape)
            possible |= {f"body.{name}" for name in _fields(shape)}
            given |= {f"body.{name}" for name in body} if isinstance(body, dict) else set()
            given |= {f"query.{name}" for name, _ in parse_qsl(seen.request.url.query.decode())}
            given |= {f"headers.{name}" for name in seen.request.headers}
    omitted = {name for call in calls for name in call.omits}
    return sorted(
        [f"{name}: is left out; give it, or say why in `omits`" for name in possible - given - omitted]
        + [f"{name}: is in `omits`, and is sent, or is unknown" for name in omitted - (possible - given)]
    )


def read_body(content_type: str, content: bytes, shape: Shape) -> JsonValue:
    """Return the body of a request as the facts see it: a form is an object, a file in it fits."""
    if not content:
        return None
    kind = content_type.partition(";")[0]
    if kind == "application/json":
        value: JsonValue = json.loads(content)
        return value
    fields, shapes = _fields(shape), load_facts().shapes
    if kind == "application/x-www-form-urlencoded":
        parts: list[tuple[str, str | None]] = [*parse_qsl(content.decode(), keep_blank_values=True)]
    elif kind == "multipart/form-data":
        parts = list(_parts(content_type, content))
    else:
        return "bytes"
    texts = dict[str, list[str]]()
    for name, text in parts:
        if text is not None:
            texts.setdefault(name, []).append(text)
    files = {name: full_sample(fields.get(name, "any"), shapes) for name, text in parts if text is None}
    return files | {
        name: query_value(
            Parameter(name=name, place="query", is_required=False, shape=fields.get(name, "any")),
            each,
            shapes,
        )
        for name, each in texts.items()
    }


def _parts(content_type: str, content: bytes) -> Iterator[tuple[str, str | None]]:
    """Yield the parts of a multipart body: name and text, or None of a file."""
    message = message_from_bytes(f"Content-Type: {content_type}\r\n\r\n".encode() + content)
    for part in message.walk():
        if not part.is_multipart():
            payload = part.get_payload(decode=True)
            assert isinstance(payload, bytes)
            text = payload.decode() if part.get_filename() is None else None
            yield str(part.get_param("name", header="content-disposition")), text


def _fields(shape: Shape) -> dict[str, Shape]:
    """Return the fields that an object of a shape may have, whichever of its members it is."""
    possible, _ = members(shape, load_facts().shapes)
    return {name: each.shape for member in possible for name, each in fields_of(member).items()}
