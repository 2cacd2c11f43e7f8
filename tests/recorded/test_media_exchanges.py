"""Recorded images, transcriptions and videos, read by the client, equal to facts of an independent parser."""

from __future__ import annotations

import hashlib
import json

import pytest

from openrouter_async import AsyncOpenRouter, Retries
from tests.support.loopback import LoopbackServer, Reply, serve_responses
from tests.support.recordings import Recording, each_recording, flattened

pytestmark = pytest.mark.loopback

KEY = "sk-or-v1-0123456789abcdef0123456789abcdef"


def server_of(recording: Recording) -> LoopbackServer:
    return LoopbackServer(serve_responses([Reply(recording.status, recording.body)]))


def client_of(server: LoopbackServer) -> AsyncOpenRouter:
    return AsyncOpenRouter(KEY, base_url=server.url, retries=Retries(attempts=1))


@each_recording("images")
async def test_images(recording: Recording) -> None:
    with server_of(recording) as server:
        async with client_of(server) as client:
            reply = await client.images.create("?", model="google/gemini-3.1-flash-lite-image")
    sent = json.loads(recording.body)["data"]
    facts = recording.facts
    assert len(reply.images) == facts["count"]
    assert [
        {"len": len(image.b64_json), "sha256": hashlib.sha256(image.b64_json.encode()).hexdigest()}
        for image in reply.images
    ] == facts["b64"]
    assert [image.media_type for image in reply.images] == [image["media_type"] for image in sent]
    assert all(image.bytes.startswith(b"\xff\xd8\xff") for image in reply.images), "JPEG, as is said"
    assert reply.usage is not None
    reported = flattened(reply.usage.model_dump(exclude_unset=True))
    assert {name: reported.get(name) for name in facts["usage"]} == flattened(facts["usage"])


@each_recording("transcription")
async def test_transcriptions(recording: Recording) -> None:
    with server_of(recording) as server:
        async with client_of(server) as client:
            heard = await client.audio.transcribe(b"ID3", model="openai/whisper-1")
    facts = recording.facts
    digest = hashlib.sha256(heard.text.encode()).hexdigest()
    assert {"len": len(heard.text), "sha256": digest} == facts["text"]
    assert heard.usage is not None
    assert flattened(heard.usage.model_dump(exclude_unset=True)) == facts["usage"]


@each_recording("video")
async def test_videos(recording: Recording) -> None:
    with server_of(recording) as server:
        async with client_of(server) as client:
            if recording.request["method"] == "POST":
                job = await client.videos.create("?", model="x-ai/grok-imagine-video")
            else:
                job = await client.videos.get(recording.facts["id"])
    facts = recording.facts
    video = job.state
    assert (video.id, video.status) == (facts["id"], facts["status"])
    assert video.generation_id == facts.get("generation_id")
    assert sorted(video.model_fields_set) == facts["keys"]
    assert len(video.unsigned_urls or []) == facts["urls"]
    assert not job.is_finished
