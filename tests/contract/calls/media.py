"""Images, speech, videos, ranks and decisions."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TypedDict

from openrouter_async import TranscriptionParams, audio, image, video
from openrouter_async.resources.media.videos import VideoJob
from openrouter_async.types.media.images import ImageChunk
from openrouter_async.types.media.rerank import Ranking, RerankReply
from openrouter_async.types.media.videos import Video

from ..call import Call


async def _reply(ranking: Awaitable[Ranking[object]]) -> RerankReply:
    """Return what a ranking was read from."""
    return (await ranking).reply


async def _state(job: Awaitable[VideoJob]) -> Video:
    """Return what a job was read from."""
    return (await job).state


ASKED = ("where", "mood", "late", "how")
HEARING: TranscriptionParams = {
    "language": "en",
    "temperature": 0.5,
    "response_format": "verbose_json",
    "diarize": True,
    "timestamp_granularities": ["word", "segment"],
    "keyterms": ["lamp"],
    "provider": {"data_collection": "deny", "zdr": True, "options": {"openai": {"x": 1}}},
    "session_id": "s",
    "user": "u",
    "trace": {"trace_id": "t"},
}


class _Group(TypedDict):
    """How requests are grouped, in every operation of media."""

    session_id: str
    user: str
    trace: dict[str, str]


GROUP: _Group = {"session_id": "s", "user": "u", "trace": {"trace_id": "t"}}

CALLS = [
    Call(
        "images.create",
        lambda c: c.images.create(
            "A fox.",
            model="openai/gpt-image-1",
            input_references=["https://example.com/a.png"],
            n=2,
            size="2K",
            resolution="2K",
            aspect_ratio="16:9",
            quality="high",
            output_format="webp",
            output_compression=80,
            background="opaque",
            seed=7,
            provider={
                "order": ["openai"],
                "only": ["openai"],
                "ignore": ["other"],
                "allow_fallbacks": False,
                "sort": "price",
                "options": {"openai": {"moderation": "low"}},
            },
            **GROUP,
        ),
    ),
    Call(
        "images.create",
        lambda c: c.images.stream("A fox.", model="openai/gpt-image-1").final(),
        event=ImageChunk,
    ),
    Call("images.models", lambda c: c.images.models()),
    Call(
        "audio.speak",
        lambda c: c.audio.speak(
            [{"text": "Good morning.", "voice": "alloy", "instructions": "Softly."}],
            model="openai/gpt-4o-mini-tts",
            input_references=[
                image("https://example.com/a.png"),
                audio("data:audio/wav;base64,UklGRg==", format="wav"),
                {"type": "text", "text": "what is said in it"},
            ],
            voice="alloy",
            response_format="mp3",
            speed=1.5,
            instructions="Slowly.",
            provider={"data_collection": "deny", "zdr": True, "options": {"openai": {"x": 1}}},
            **GROUP,
        ),
    ),
    Call(
        "audio.transcribe",
        lambda c: c.audio.transcribe(b"ID3", model="openai/whisper-1", **HEARING),
        omits={"body.source_url": "a URL is sent in JSON"},
    ),
    Call(
        "audio.transcribe",
        lambda c: c.audio.transcribe(b"ID3", model="openai/whisper-1", send_as="json", **HEARING),
    ),
    Call(
        "videos.create",
        lambda c: _state(
            c.videos.create(
                "A calm sea.",
                model="x-ai/grok-imagine-video",
                first_frame="https://example.com/a.png",
                last_frame="https://example.com/b.png",
                input_references=[
                    "https://example.com/c.png",
                    audio("data:audio/wav;base64,UklGRg==", format="wav"),
                    video("https://example.com/d.mp4"),
                ],
                duration=5,
                resolution="720p",
                aspect_ratio="16:9",
                size="1280x720",
                generate_audio=True,
                seed=7,
                creativity=3,
                upscale_factor=1.5,
                previous_job_id="v",
                callback_url="https://example.com/done",
                provider={"options": {"xai": {"x": 1}}},
                **GROUP,
            )
        ),
    ),
    Call("videos.get", lambda c: _state(c.videos.get("v"))),
    Call("videos.content", lambda c: c.videos.content("v", index=1).read()),
    Call("videos.models", lambda c: c.videos.models()),
    Call(
        "rerank.create",
        lambda c: _reply(
            c.rerank.create(
                "Which is blue?",
                ["the sea", {"text": "grass", "image": "https://example.com/a.png"}, "the sky"],
                model="cohere/rerank-v3.5",
                top_n=2,
                provider={"only": ["cohere"]},
                **GROUP,
            )
        ),
        answered={"results[].index": 1},
        minimal={"results": [{"index": 1, "relevance_score": 0.5}]},
    ),
    Call(
        "decisions.create",
        lambda c: c.decisions.create(
            {"parcel": "late", "days": [1, 2]},
            {
                "where": {"type": "box", "instructions": "Where is the parcel?"},
                "mood": {
                    "type": "choice",
                    "instructions": ["How?"],
                    "criteria": {"calm": None, "angry": "!"},
                },
                "late": {
                    "type": "noul",
                    "instructions": {"ask": "Is it late?"},
                    "criteria": {"true": "yes", "false": "no"},
                },
                "how": {"type": "score", "instructions": "How late?", "criteria": ["a bit", "much"]},
            },
            model="m",
            provider={"only": ["x"]},
            **GROUP,
        ),
        answered={"answers": lambda made_up: dict.fromkeys(ASKED, next(iter(made_up.values())))},
        minimal={"answers": {name: {"type": "noul", "noul": 1} for name in ASKED}},
    ),
    Call("images.endpoints", lambda c: c.images.endpoints("openai/gpt-image-1")),
]
