"""Images, speech, videos, ranks and decisions."""

from __future__ import annotations

from ..call import Call

GROUP = {"session_id": "s", "user": "u", "trace": {"trace_id": "t"}}

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
        omits={"body.stream": "a call of its own"},
    ),
    Call("images.models", lambda c: c.images.models()),
    Call("images.endpoints", lambda c: c.images.endpoints("openai/gpt-image-1")),
]
