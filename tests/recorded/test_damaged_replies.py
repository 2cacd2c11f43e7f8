"""Recorded replies with a field taken away, or another value in its place: never another error than a typed one."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import anyio
import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openrouter_async import AsyncOpenRouter, OpenRouterError, Retries
from openrouter_async.types.chat.completion import AssistantMessage, ChatCompletion
from tests.support.examples import TIMES
from tests.support.recordings import Recording, load_recordings

KEY = "sk-or-v1-0123456789abcdef0123456789abcdef"

Path = tuple[str | int, ...]

RECORDINGS = load_recordings("chat", "stream", "error", "modelled")

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([2**63, -(2**64), 10**400])
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(
        ["", "error", "stop", "\ud83d", "\0", "data:,", "data:image/png;base64,%", "1e999", "-1", "{"]
    )
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
REMOVED = object()


def paths_of(value: object, path: Path = ()) -> Iterator[Path]:
    """Yield the places in a JSON value, itself first."""
    yield path
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from paths_of(inner, (*path, name))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from paths_of(inner, (*path, index))


def damaged(value: Any, path: Path, new: object) -> Any:
    """Return a copy of a JSON value with something else at `path`, or nothing."""
    if not path:
        return {} if new is REMOVED else new
    value = copy.deepcopy(value)
    holder = value
    for step in path[:-1]:
        holder = holder[step]
    if new is REMOVED:
        del holder[path[-1]]
    else:
        holder[path[-1]] = new
    return value


def dumps(value: object) -> bytes:
    """Return JSON as lax as Python writes it: NaN and infinities, and lone surrogates as they are escaped."""
    return json.dumps(value).encode()


def is_stream(recording: Recording) -> bool:
    return "event-stream" in recording.headers.get("content-type", "") or recording.kind == "stream"


@st.composite
def damaged_bodies(draw: st.DrawFn) -> tuple[Recording, bytes]:
    """A recorded body with up to three damages."""
    recording = draw(st.sampled_from(RECORDINGS))
    if is_stream(recording):
        events: list[Any] = []
        for data in recording.data_events:
            try:
                events.append(json.loads(data))
            except ValueError:
                events.append(data)  # [DONE], and what was cut
        document: Any = events
    else:
        try:
            document = json.loads(recording.body)
        except ValueError:
            document = recording.body.decode()
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from(list(paths_of(document))))
        document = damaged(document, path, draw(VALUES | st.just(REMOVED)))
    if not is_stream(recording):
        return recording, dumps(document)
    events = document if isinstance(document, list) else [document]
    lines = [event if isinstance(event, bytes) else dumps(event) for event in events]
    return recording, b"".join(b"data: %b\n\n" % line for line in lines)


def look_at(value: object) -> None:
    """Ask a reply, and what it is made of, for everything it can be asked for without arguments."""
    assert isinstance(value, ChatCompletion | AssistantMessage)
    for name in dir(type(value)):
        if not name.startswith(("_", "model_")) and isinstance(getattr(type(value), name), property):
            getattr(value, name)
    repr(value)
    value.model_dump()
    if isinstance(value, ChatCompletion):
        for image in value.images:
            image.decode()
        if value.audio:
            value.audio.decode()
        look_at(value.message)


async def use(recording: Recording, body: bytes) -> None:
    """Let the client read a body, in the way it was recorded and in the other; send what it read back."""
    transport = httpx.MockTransport(
        lambda request: httpx.Response(recording.status, headers=recording.headers, content=body)
    )
    retries = Retries(attempts=1)
    async with AsyncOpenRouter(KEY, transport=transport, retries=retries) as client:
        for as_stream in (is_stream(recording), not is_stream(recording)):
            try:
                if as_stream:
                    async with client.chat.stream("Hello", on_bad_event="skip") as stream:
                        async for event in stream:
                            repr(event)
                            look_at(stream.snapshot())
                        reply = await stream.final()
                else:
                    reply = await client.chat.create("Hello")
                look_at(reply)
                await client.chat.create([{"role": "user", "content": "Hello"}, reply])
            except OpenRouterError as error:
                str(error)
                partial = getattr(error, "partial", None)
                if partial is not None:
                    look_at(partial)


@pytest.mark.slow
@settings(max_examples=100 * TIMES)
@given(damaged_bodies())
def test_a_damaged_reply_raises_nothing_but_typed_errors(damaged: tuple[Recording, bytes]) -> None:
    recording, body = damaged
    anyio.run(use, recording, body)
