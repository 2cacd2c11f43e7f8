"""Recorded exchanges replayed by the emulator: which answer a request gets, and what the client makes of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from functools import cache
from itertools import takewhile
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import JsonValue

from openrouter_async import AsyncOpenRouter, Retries, errors
from openrouter_async.errors import ConfigurationError
from openrouter_async.testing import Emulator
from openrouter_async.testing.received import ReceivedRequest
from openrouter_async.testing.recordings.exchange_files import ExchangeFile
from openrouter_async.testing.recordings.recorded import Recordings
from tests.support.folders import EXCHANGES
from tests.support.plain_http import PLAIN
from tests.support.recordings import Recording, assert_matches_facts, each_recording, load_recordings

Facts = dict[str, Any]

KINDS = (
    "chat", "stream", "error", "embeddings", "models", "video", "responses", "responses_stream", "images",
    "transcription",
)  # fmt: skip


# all recordings, through the client


@pytest.fixture(scope="module")
def everything() -> Iterator[Emulator]:
    """An emulator that replays every recorded exchange."""
    with Emulator(recordings=EXCHANGES, strict=True) as emulator:
        yield emulator


@pytest.fixture
def replaying(everything: Emulator) -> Emulator:
    everything.reset()
    return everything


def client_of(emulator: Emulator) -> AsyncOpenRouter:
    return AsyncOpenRouter(emulator.key, base_url=emulator.base_url, retries=Retries(attempts=1))


def body_of(recording: Recording) -> dict[str, JsonValue]:
    """Return the recorded body; where none was kept, one that is like no other."""
    if recording.request["body"]:
        body: dict[str, JsonValue] = json.loads(recording.request["body"])
        return body
    if recording.kind == "embeddings":
        return {"model": "unrecorded/model", "input": "-"}
    messages: list[JsonValue] = [{"role": "user", "content": "-"}]
    return {"model": "unrecorded/model", "messages": messages, "stream": recording.kind == "stream"}


@cache
def requests_in_order() -> list[tuple[str, str]]:
    """Return the name of each recording, and what equal requests have in common."""
    found = []
    for recording in sorted(load_recordings(*KINDS), key=lambda recording: recording.name):
        request = recording.request
        body = json.dumps(json.loads(request["body"] or "null"), sort_keys=True)
        found.append((recording.name, f"{request['method']} {request['path']} {body}"))
    return found


def path_of(recording: Recording) -> str:
    return str(recording.request["path"]).removeprefix("/api/v1")


def passed_over(recording: Recording) -> int:
    """Return how many recordings of the same request come before this one."""
    own = dict(requests_in_order())[recording.name]
    before = takewhile(lambda entry: entry[0] != recording.name, requests_in_order())
    return sum(identity == own for _, identity in before)


async def skip_earlier(emulator: Emulator, recording: Recording) -> None:
    """Ask for the answers of the same request that were recorded before."""
    async with httpx.AsyncClient(trust_env=False, verify=PLAIN) as client:
        for _ in range(passed_over(recording)):
            url = emulator.base_url + path_of(recording)
            if recording.request["method"] == "GET":
                await client.get(url)
            else:
                await client.post(url, json=body_of(recording))


def test_all_recordings_are_covered() -> None:
    counts = {kind: len(load_recordings(kind)) for kind in KINDS}
    assert sum(counts.values()) == 150


@each_recording("chat", "stream")
async def test_a_recorded_chat_is_read_through_the_emulator(
    replaying: Emulator, recording: Recording
) -> None:
    await skip_earlier(replaying, recording)
    async with client_of(replaying) as client:
        if recording.kind == "chat":
            reply = await client.chat.create("-", extra_body=body_of(recording))
        else:
            reply = await client.chat.stream("-", extra_body=body_of(recording)).final()
    assert_matches_facts(reply, recording.facts)
    assert replaying.requests[-1].origin == "recorded"
    assert replaying.requests[-1].finished


@each_recording("error")
async def test_a_recorded_error_is_read_through_the_emulator(
    replaying: Emulator, recording: Recording
) -> None:
    await skip_earlier(replaying, recording)
    async with client_of(replaying) as client:
        with pytest.raises(errors.APIStatusError) as caught:
            await client.request(
                "POST", path_of(recording), body=body_of(recording), into=dict[str, JsonValue]
            )
    facts = recording.facts["error"]
    assert caught.value.status == recording.facts["http_status"]
    assert caught.value.code == facts["code"]
    assert caught.value.provider == facts.get("provider_name")
    assert sorted(caught.value.metadata) == facts.get("metadata_keys", [])


@each_recording("embeddings")
async def test_recorded_embeddings_are_read_through_the_emulator(
    replaying: Emulator, recording: Recording
) -> None:
    body = body_of(recording)
    model, given = str(body.pop("model")), body.pop("input")
    await skip_earlier(replaying, recording)
    async with client_of(replaying) as client:
        found = await client.embeddings.create(given, model=model, **body)  # type: ignore[arg-type]  # recorded ones fit
    facts = recording.facts
    assert (found.model, found.id, found.provider) == (facts["model"], facts["id"], facts["provider"])
    assert [len(vector) for vector in found.vectors] == facts["dimensions"] * (
        facts["count"] // len(facts["dimensions"])
    )
    assert [found.vectors[0][0]] == pytest.approx(facts["first"][:1])


@each_recording("models")
async def test_recorded_model_lists_are_read_through_the_emulator(
    replaying: Emulator, recording: Recording
) -> None:
    await skip_earlier(replaying, recording)
    async with client_of(replaying) as client:
        models = (await client.models.list()).items
    facts = recording.facts
    assert len(models) == facts["count"]
    assert (models[0].id, models[-1].id) == (facts["first_id"], facts["last_id"])
    joined = "\n".join(model.id for model in models)
    assert hashlib.sha256(joined.encode()).hexdigest() == facts["ids_sha256"]


@each_recording("responses", "images", "transcription", "video")
async def test_other_recorded_answers_are_read_through_the_emulator(
    replaying: Emulator, recording: Recording
) -> None:
    await skip_earlier(replaying, recording)
    body = body_of(recording) if recording.request["body"] else None
    async with client_of(replaying) as client:
        found = await client.request(
            recording.request["method"], path_of(recording), body=body, into=dict[str, JsonValue]
        )
    assert found == json.loads(recording.body)
    assert replaying.requests[-1].status == recording.facts["http_status"]
    assert reported(found, recording.kind) == expected(recording.facts, recording.kind)


def reported(found: dict[str, Any], kind: str) -> Facts:
    match kind:
        case "responses":
            output = found["output"]
            return {
                "id": found["id"],
                "model": found["model"],
                "output_types": sorted(item["type"] for item in output),
                "text": digest(
                    "".join(
                        part["text"]
                        for item in output
                        for part in item.get("content", [])
                        if "text" in part and item["type"] == "message"
                    )
                ),
            }
        case "images":
            return {
                "count": len(found["data"]),
                "b64": [digest(image["b64_json"]) for image in found["data"]],
            }
        case "transcription":
            return {"text": digest(found["text"]), "usage": found["usage"]}
        case _:
            return {"id": found["id"], "status": found["status"], "keys": sorted(found)}


def expected(facts: Facts, kind: str) -> Facts:
    names = {
        "responses": ("id", "model", "output_types", "text"),
        "images": ("count", "b64"),
        "transcription": ("text", "usage"),
        "video": ("id", "status", "keys"),
    }[kind]
    found = {name: facts[name] for name in names}
    if "output_types" in found:
        found["output_types"] = sorted(found["output_types"])
    return found


def digest(text: str) -> Facts:
    return {"len": len(text), "sha256": hashlib.sha256(text.encode()).hexdigest()}


@pytest.mark.loopback
@each_recording("responses_stream")
async def test_another_recorded_stream_is_read_through_the_emulator(
    replaying: Emulator, recording: Recording
) -> None:
    async with (
        client_of(replaying) as client,
        client.stream_request(
            "POST", path_of(recording), body=body_of(recording), into=dict[str, JsonValue]
        ) as stream,
    ):
        events = [event async for event in stream]
    facts = recording.facts
    kinds = [str(event["type"]) for event in events]
    assert {kind: kinds.count(kind) for kind in kinds} == facts["event_types"]
    text = "".join(str(event["delta"]) for event in events if event["type"] == "response.output_text.delta")
    assert digest(text) == facts["delta_text"]


# which answer a request gets


def exchange(text: str, *, path: str = "/api/v1/chat/completions", **body: JsonValue) -> ExchangeFile:
    return ExchangeFile(
        method="POST",
        path=path,
        request_body=json.dumps(body).encode(),
        status=200,
        content_type="application/json",
        body=json.dumps(text).encode(),
    )


def answer_to(
    exchanges: list[ExchangeFile], body: dict[str, JsonValue], path: str = "/chat/completions"
) -> str | None:
    recordings = Recordings(exchanges)
    found = recordings.find(ReceivedRequest(method="POST", path=path, query={}, headers={}, body=body))
    return None if found is None else str(json.loads(b"".join(part.data for part in found.parts)))


def said(*texts: str) -> list[JsonValue]:
    return [{"role": "user", "content": text} for text in texts]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        pytest.param({"model": "a/b", "messages": said("one")}, "first", id="equal"),
        pytest.param({"messages": said("one"), "model": "a/b"}, "first", id="equal, keys in another order"),
        pytest.param({"model": "a/b", "messages": said("two", "x")}, "second", id="most leading messages"),
        pytest.param({"model": "a/b", "messages": said("x"), "seed": 1}, "third", id="most fields"),
        pytest.param({"model": "c/d", "messages": said("one")}, None, id="another model"),
        pytest.param({"model": "a/b", "messages": said("one"), "stream": True}, None, id="another mode"),
    ],
)
def test_a_request_gets_the_answer_to_the_closest_one(
    asked: dict[str, JsonValue], expected: str | None
) -> None:
    exchanges = [
        exchange("first", model="a/b", messages=said("one")),
        exchange("second", model="a/b", messages=said("two", "three")),
        exchange("third", model="a/b", messages=said("four"), seed=1),
    ]
    assert answer_to(exchanges, asked) == expected


def test_another_path_has_no_answer() -> None:
    assert answer_to([exchange("first", model="a/b")], {"model": "a/b"}, "/embeddings") is None


def test_a_request_recorded_twice_gets_its_answers_in_turn_and_then_the_last() -> None:
    recordings = Recordings([exchange("first", model="a/b"), exchange("second", model="a/b")])
    request = ReceivedRequest(
        method="POST", path="/chat/completions", query={}, headers={}, body={"model": "a/b"}
    )

    def ask() -> str:
        found = recordings.find(request)
        assert found is not None
        return str(json.loads(found.parts[0].data))

    assert [ask() for _ in range(3)] == ["first", "second", "second"]
    recordings.reset()
    assert ask() == "first"


def test_a_request_that_was_not_recorded_is_answered_as_ever(tmp_path: Path) -> None:
    exchange("recorded", model="openai/gpt-4o-mini").write(tmp_path / "0001.json")
    with Emulator(recordings=tmp_path) as emulator:
        answer = httpx.get(f"{emulator.base_url}/providers", trust_env=False, verify=PLAIN)
        assert answer.status_code == 200
        assert emulator.requests[0].origin == "service"


def test_the_body_of_a_stream_is_sent_as_it_was_recorded(tmp_path: Path) -> None:
    body = b': a comment\r\n\r\ndata: {"a":\r\ndata: 1}\r\n\r\n\n\ndata: [DONE]'
    ExchangeFile(
        method="GET", path="/api/v1/odd?x=1", status=200, content_type="text/event-stream", body=body
    ).write(tmp_path / "0001.json")
    with Emulator(recordings=tmp_path) as emulator:
        answer = httpx.get(f"{emulator.base_url}/odd?x=1", trust_env=False, verify=PLAIN)
        assert answer.content == body
        assert emulator.requests[0].events_sent == 2


@pytest.mark.parametrize(
    "content", ["", "[]", '{"request": {}}', '{"request": {}, "response": {}}', "not JSON"]
)
def test_a_file_that_is_no_exchange_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "odd.json").write_text(content)
    with pytest.raises(ConfigurationError, match=r"'odd.json' is not an exchange file"):
        Emulator(recordings=tmp_path)


def test_a_folder_without_exchanges_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="holds no exchange file"):
        Emulator(recordings=tmp_path)
    with pytest.raises(ConfigurationError, match="expected a folder"):
        Emulator(recordings=tmp_path / "absent")
