"""One example call of each operation of media, as type checkers read it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import assert_type

from openrouter_async import (
    AsyncOpenRouter,
    Batch,
    Decisions,
    Done,
    Embeddings,
    FileUpload,
    GeneratedImages,
    ImageCompleted,
    ImageEndpoints,
    ImageModel,
    ImagePartial,
    ImagesFinished,
    Model,
    Ranked,
    Ranking,
    Speech,
    TextDelta,
    Transcription,
    TranscriptionWord,
    Video,
    VideoJob,
    VideoModel,
)


async def audio(client: AsyncOpenRouter, stream: AsyncIterator[bytes]) -> None:
    speech = await client.audio.speak("Hi", model="m", voice="alloy", response_format="mp3")
    assert_type(speech, Speech)
    assert_type(speech.bytes, bytes)
    await client.audio.speak([{"text": "Hi", "voice": "a"}], model="m", input_references=[Path("a.wav")])
    async with client.audio.speak_stream("Hi", model="m") as pieces:
        async for piece in pieces:
            assert_type(piece, bytes)
    assert_type(await client.audio.speak_stream("Hi", model="m").save("a.mp3"), Path)
    heard = await client.audio.transcribe(Path("a.mp3"), model="m", timestamp_granularities=["word"])
    assert_type(heard, Transcription)
    assert_type(heard.words, list[TranscriptionWord] | None)
    for source in (b"...", "https://example.com/a.mp3", stream, FileUpload(source=stream, filename="a.mp3")):
        await client.audio.transcribe(source, model="m")
    await client.audio.transcribe(Path("a.mp3"), model="m", send_as="xml")  # type: ignore[arg-type]  # pyright: ignore


async def videos(client: AsyncOpenRouter) -> None:
    job = await client.videos.create("A calm sea.", model="m", first_frame=Path("a.png"), duration=5)
    assert_type(job, VideoJob)
    assert_type(await job.wait(timeout=600), Video)
    assert_type(await job.save("a.mp4"), Path)
    async for state in job.watch():
        assert_type(state, Video)
    async with (await client.videos.get(job.id)).download() as pieces:
        assert_type(await anext(pieces), bytes)
    async for model in client.videos.models():
        assert_type(model, VideoModel)


@dataclass(frozen=True)
class Page:
    body: str


async def ranks_and_decisions(client: AsyncOpenRouter, pages: list[Page]) -> None:
    ranking = await client.rerank.create("?", pages, model="m", text=lambda page: page.body, top_n=3)
    assert_type(ranking, Ranking[Page])
    for ranked in ranking:
        assert_type(ranked, Ranked[Page])
        assert_type(ranked.score, float)
    assert_type((await client.rerank.create("?", ["a", "b"], model="m")).documents, list[str])
    reply = await client.decisions.create(
        "The parcel is late.",
        {
            "mood": {"type": "choice", "instructions": "How?", "criteria": {"calm": None}},
            "a": {"type": "noul", "instructions": "?"},
        },
        model="m",
    )
    assert_type(reply, Decisions)
    assert_type(reply.choice("mood").choice, str)
    assert_type(reply.noul("a").noul, float)


async def embeddings(client: AsyncOpenRouter, texts: list[str]) -> None:
    reply = await client.embeddings.create(texts, model="m", inputs_per_request=100)
    assert_type(reply.vectors, list[list[float]])
    async for model in client.embeddings.models():
        assert_type(model, Model)


async def batches(client: AsyncOpenRouter) -> None:
    vectors = client.batch(["red"], kind="embeddings", model="m", dimensions=8, budget="1")
    assert_type(vectors, Batch[Embeddings])
    for result in await vectors:
        if isinstance(result, Done):
            assert_type(result.output.vectors, list[list[float]])
    ranks = client.batch([{"query": "?", "documents": ["a"]}], kind="rerank", model="m", top_n=3)
    assert_type(ranks, Batch[Ranking[object]])
    assert_type(client.batch([{"state": "x"}], kind="decisions", model="m"), Batch[Decisions])
    client.batch(["a"], kind="embeddings", model="m", temperature=1)  # type: ignore[call-overload]  # pyright: ignore


async def images(client: AsyncOpenRouter) -> None:
    reply = await client.images.create(
        "A fox.",
        model="m",
        n=2,
        size="1K",
        input_references=[Path("a.png"), b"...", "https://example.com/a.png"],
    )
    assert_type(reply, GeneratedImages)
    assert_type(reply.image.bytes, bytes)
    assert_type(reply.image.media_type, str | None)
    assert_type(reply.cost, Decimal | None)
    assert_type(await reply.image.save("a.png"), Path)
    async with client.images.stream("A fox.", model="m") as stream:
        async for event in stream:
            match event:
                case ImagePartial(image=image, index=index):
                    assert_type(index, int)
                    assert_type(image.bytes, bytes)
                case ImageCompleted() | TextDelta():
                    pass
                case ImagesFinished(images=images):
                    assert_type(images, GeneratedImages)
        assert_type(await stream.final(), GeneratedImages)
    async for model in client.images.models():
        assert_type(model, ImageModel)
    assert_type(await client.images.endpoints("a/b"), ImageEndpoints)
    await client.images.create("A fox.", model="m", sise="1K")  # type: ignore[call-arg]  # pyright: ignore
