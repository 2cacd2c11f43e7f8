"""Vectors."""

from __future__ import annotations

from ..call import Call
from .catalogue import prices

CALLS = [
    Call(
        "embeddings.create",
        lambda c: c.embeddings.create(
            "red",
            model="openai/text-embedding-3-small",
            dimensions=256,
            encoding_format="float",
            input_type="search_query",
            provider={"only": ["openai"]},
            user="u",
            session_id="s",
            trace={"trace_id": "t"},
        ),
        answered={
            "data[].embedding": lambda made_up: made_up if isinstance(made_up, list) else "AACAPw==",
            "data[].index": 0,
        },
        unread={"reply.data[].embedding": "text in base64 is read as the numbers that it stands for"},
        minimal={"data": [{"object": "embedding", "embedding": [0.5]}]},
    ),
    Call(
        "embeddings.models",
        lambda c: c.embeddings.models(offset=1, limit=2),
        answered=prices("data[].pricing"),
    ),
]
