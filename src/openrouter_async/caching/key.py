"""The key of an answer: a hash of everything that the answer depends on.

Pure. Two requests have the same key where the service would read them as the same: the order of the fields of a body
does not matter, nor whether the answer is streamed, nor what only groups requests. Order matters further down, where a
model sees it, as that of the properties of a schema.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from pydantic import JsonValue
from pydantic_core import from_json, to_json

from .._sansio.once import METADATA_KEY

__all__ = ["answer_key", "answer_scope"]

_FORMAT = 2
"""Changes where the same request gets another key, so no older answer is found by accident."""

_IRRELEVANT = ("stream", "stream_options", "session_id", "trace")
"""Fields that say how an answer is sent, or what it belongs to."""


def answer_scope(*facts: object) -> bytes:
    """Return what the answers to all requests with the same settings depend on; JSON can say all of it."""
    return to_json([_FORMAT, *facts])


def answer_key(scope: bytes, operation: str, query: Sequence[tuple[str, str]], content: bytes) -> bytes:
    """Return 32 bytes that stand for a request.

    Args:
        scope: See `answer_scope`.
        operation: Its name.
        query: Its own part of the query.
        content: Its body, which is JSON.
    """
    body = from_json(content)
    if isinstance(body, dict):
        for name in _IRRELEVANT:
            body.pop(name, None)
        if "metadata" in body:
            _drop_key_of_once(body)
        body = sorted(body.items())
    return hashlib.sha256(scope + to_json([operation, sorted(query), body])).digest()


def _drop_key_of_once(body: dict[str, JsonValue]) -> None:
    """Take away the key of `once`, which is another one for each call."""
    metadata = body.get("metadata")
    if isinstance(metadata, dict) and METADATA_KEY in metadata:
        rest = {name: value for name, value in metadata.items() if name != METADATA_KEY}
        if rest:
            body["metadata"] = rest
        else:
            del body["metadata"]
