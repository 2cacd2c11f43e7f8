"""Emulated media, asked for by the client: what is made, what it costs, and what is refused."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from openrouter_async import AsyncOpenRouter, Retries, errors, response_meta
from openrouter_async.streaming.images.events import ImageCompleted, ImagePartial, ImagesFinished
from openrouter_async.testing import Emulator

pytestmark = pytest.mark.loopback

CHOICE: Any = {"type": "choice", "instructions": "How?", "criteria": {"calm": None, "angry": None}}


def client_of(emulator: Emulator) -> AsyncOpenRouter:
    return AsyncOpenRouter(emulator.key, base_url=emulator.base_url, retries=Retries(attempts=1))


@pytest.fixture(autouse=True)
def quick_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("openrouter_async.resources.jobs.FIRST_LOOK", 0.001)


async def test_images_are_pictures_by_the_seed_and_are_billed() -> None:
    made = []
    for seed in (1, 1, 2):
        async with Emulator(seed=seed) as emulator, client_of(emulator) as client, client.track() as spend:
            reply = await client.images.create("A fox.", model="m", n=2)
            made.append([image.bytes for image in reply.images])
            async with client.images.stream("A fox.", model="m") as stream:
                events = [type(event) async for event in stream if not isinstance(event, str)]
        assert spend.cost == Decimal("0.12") == emulator.spent
    assert made[0] == made[1] != made[2]
    assert made[0][0] != made[0][1]
    assert all(data.startswith(b"\x89PNG\r\n\x1a\n") for data in made[0])
    assert [kind for kind in events if kind.__name__ != "Keepalive"] == [
        ImagePartial, ImagePartial, ImageCompleted, ImagesFinished,
    ]  # fmt: skip


async def test_speech_is_silence_as_long_as_the_text_and_its_record_says_what_it_cost(tmp_path: Path) -> None:
    async with Emulator() as emulator, client_of(emulator) as client, client.track() as spend:
        short = await client.audio.speak("Hi", model="m")
        long = await client.audio.speak("Hi " * 30, model="m")
        mp3 = await client.audio.speak("Hi", model="m", response_format="mp3")
        path = await client.audio.speak_stream("Hi " * 30, model="m").save(tmp_path / "a.pcm")
    assert (short.media_type, mp3.media_type) == ("audio/pcm;rate=24000", "audio/mpeg")
    assert len(short.bytes) < len(long.bytes)
    assert mp3.bytes[:2] == b"\xff\xfb"
    assert path.stat().st_size == 6 * 24_000 * 2, "six seconds of 16-bit samples"
    assert spend.cost == Decimal("0.000015") * (2 + 90 + 2 + 90) == emulator.spent
    assert not spend.unsettled


async def test_a_recording_is_heard_in_each_form() -> None:
    async def stream() -> AsyncIterator[bytes]:
        yield b"ID3" * 100

    async with Emulator() as emulator, client_of(emulator) as client:
        form = await client.audio.transcribe(b"ID3" * 100, model="m")
        again = await client.audio.transcribe(stream(), model="m", format="mp3")
        inline = await client.audio.transcribe(
            b"ID3" * 100, model="m", send_as="json", response_format="verbose_json"
        )
        url = await client.audio.transcribe("https://example.com/a.mp3", model="m")
        emulator.answer("/audio/transcriptions", {"text": "Good morning."})
        scripted = await client.audio.transcribe(b"ID3", model="m")
    assert form.text == again.text
    assert inline.words is not None
    assert " ".join(word.word for word in inline.words).capitalize() + "." == inline.text
    assert (inline.duration, form.cost) == (1.0, Decimal("0.0001"))
    assert url.text
    assert scripted.text == "Good morning."


async def test_a_form_counts_for_its_model_in_a_budget() -> None:
    async with Emulator() as emulator, client_of(emulator) as client, client.track(budget="1") as spend:
        await client.audio.transcribe(b"ID3" * 100, model="openai/whisper-1")
    assert spend.by_model == {"openai/whisper-1": Decimal("0.0001")}


async def test_a_video_comes_after_some_looks(tmp_path: Path) -> None:
    async with Emulator() as emulator, client_of(emulator) as client, client.track() as spend:
        job = await client.videos.create("A calm sea.", model="m", duration=3)
        with pytest.raises(errors.Conflict, match="not available yet"):
            await job.save(tmp_path / "a.mp4")
        assert [state.status async for state in job.watch()] == ["pending", "in_progress", "completed"]
        path = await job.save(tmp_path / "a.mp4")
        with pytest.raises(errors.NotFound):
            await client.videos.get("nothing")
        assert (await client.videos.get(job.id)).cost == Decimal("0.3")
    assert path.read_bytes()[4:12] == b"ftypmp42"
    assert spend.cost == Decimal("0.3") == emulator.spent


async def test_documents_are_ranked_by_the_words_they_share() -> None:
    documents = ["green grass", "the blue sea", "a blue and deep sea"]
    async with Emulator() as emulator, client_of(emulator) as client, client.track() as spend:
        ranking = await client.rerank.create("deep blue sea", documents, model="m")
        best = await client.rerank.create("deep blue sea", documents, model="m", top_n=1)
    assert [(ranked.index, round(ranked.score, 2)) for ranked in ranking] == [(2, 1.0), (1, 0.67), (0, 0.0)]
    assert best.documents == [documents[2]]
    assert spend.cost == Decimal("0.002")
    assert response_meta(ranking).generation_id == ranking.reply.id


async def test_decisions_are_by_the_seed() -> None:
    questions: Any = {
        "mood": CHOICE, "late": {"type": "noul", "instructions": "?"},
        "how": {"type": "score", "instructions": "?", "criteria": ["a", "b", "c"]},
        "where": {"type": "box", "instructions": "?"},
    }  # fmt: skip
    made = []
    for _ in range(2):
        async with Emulator() as emulator, client_of(emulator) as client:
            made.append(await client.decisions.create("The parcel is late.", questions, model="m"))
    first, second = made
    assert first.answers == second.answers
    assert first.choice("mood").choice in ("calm", "angry")
    assert first.score("how").score in (0, 1, 2)
    assert 0 <= first.noul("late").noul <= 1
    assert first.box("where").box.left < first.box("where").box.right


async def test_what_the_facts_refuse_is_refused() -> None:
    async with Emulator() as emulator, client_of(emulator) as client:
        with pytest.raises(errors.BadRequest, match="colour"):
            await client.images.create("A fox.", model="m", extra_body={"colour": "red"})
        with pytest.raises(errors.BadRequest, match="n: expected"):
            await client.images.create("A fox.", model="m", extra_body={"n": "two"})


async def test_an_account_without_credits_gets_nothing() -> None:
    async with Emulator(credits=0) as emulator, client_of(emulator) as client:
        with pytest.raises(errors.InsufficientCredits):
            await client.images.create("A fox.", model="m")
        with pytest.raises(errors.InsufficientCredits):
            await client.videos.create("A sea.", model="m")
