"""`once`: the service's response cache as the idempotency key that the service lacks.

A request gets a key of its own among its `metadata`, and asks for its answer to be kept for a day. The same request,
sent again by this or another process, is then answered from the cache, for nothing. No other request is, since no other
has the key.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..special_options import ResponseCache
    from .request import CallT

__all__ = ["METADATA_KEY", "TTL_S", "cache_headers", "key_of", "with_key"]

METADATA_KEY = "openrouter_async_once"
"""The name of the key in the metadata."""

TTL_S = 86_400
"""How long answers are kept; the longest that the service offers."""


def key_of(*facts: object) -> str:
    """Return the key that is always the same for the same facts."""
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:32]


def with_key(call: CallT, key: str) -> CallT:
    """Return the call with the key in its metadata, wherever that is."""
    params, extra_body = call.params, call.extra_body
    if extra_body is not None and "metadata" in extra_body:
        extra_body = {**extra_body, "metadata": _added(extra_body["metadata"], key)}
    else:
        params = {**params, "metadata": _added(params.get("metadata"), key)}
    return replace(call, params=params, extra_body=extra_body)


def _added(metadata: object, key: str) -> object:
    """Return the metadata with the key; invalid metadata stays, and the check of the request refuses it."""
    if metadata is not None and not isinstance(metadata, Mapping):
        return metadata
    return {**(metadata or {}), METADATA_KEY: key}


def cache_headers(cache: ResponseCache | None) -> dict[str, str]:
    """Return the headers that store an answer, except those that the caller's own setting replaces."""
    headers = {} if cache is not None else {"x-openrouter-cache": "true"}
    if cache is None or cache.ttl is None:
        headers["x-openrouter-cache-ttl"] = str(TTL_S)
    return headers
