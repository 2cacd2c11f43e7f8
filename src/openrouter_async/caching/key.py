"""The key of an answer: a hash of everything that the answer depends on.

Pure. Two requests have the same key where the service would read them as the same: the order of the keys of a JSON
object does not matter, nor whether the answer is streamed, nor what only groups requests.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from pydantic import JsonValue

from .._sansio.once import METADATA_KEY

__all__ = ["answer_key"]

_FORMAT = 1
"""Changes where the same request gets another key, so no older answer is found by accident."""

_IRRELEVANT = ("stream", "stream_options", "session_id", "trace")
"""Fields that say how an answer is sent, or what it belongs to."""


def answer_key(
    operation: str, base_url: str, content: bytes, *, sent: Sequence[object], variant: str
) -> bytes:
    """Return 32 bytes that stand for a request.

    Args:
        operation: Its name.
        base_url: Where it goes.
        content: Its body, which is JSON.
        sent: What of the query and the headers the answer may depend on.
        variant: The caller's own addition.
    """
    body = json.loads(content)
    if isinstance(body, dict):
        body = {name: value for name, value in body.items() if name not in _IRRELEVANT}
        _drop_key_of_once(body)
    facts = [_FORMAT, operation, base_url, variant, sent, body]
    text = json.dumps(facts, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).digest()


def _drop_key_of_once(body: dict[str, JsonValue]) -> None:
    """Take away the key of `once`, which is another one for each call."""
    metadata = body.get("metadata")
    if isinstance(metadata, dict) and METADATA_KEY in metadata:
        rest = {name: value for name, value in metadata.items() if name != METADATA_KEY}
        if rest:
            body["metadata"] = rest
        else:
            del body["metadata"]
