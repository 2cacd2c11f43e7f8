"""What is read of vectors is what was sent, or the answer is no such thing."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given

from openrouter_async._sansio.parse import ParseFailure, parse
from openrouter_async.types.embeddings.reply import Embeddings
from tests.support.strategies import damaged

EMBEDDINGS: dict[str, Any] = {
    "object": "list",
    "data": [{"object": "embedding", "index": 1, "embedding": [0.5]}, {"index": 0, "embedding": "AACAPw=="}],
    "usage": {"prompt_tokens": 1, "cost": 1e-8, "cost_details": {"upstream_inference_cost": None}},
}


@given(damaged(EMBEDDINGS))
def test_vectors_are_numbers_or_the_answer_is_none(reply: dict[str, Any]) -> None:
    try:
        found = parse(Embeddings, json.dumps(reply).encode())
    except ParseFailure as error:
        reason = error.reason
    else:
        assert all(isinstance(number, float) for vector in found.vectors for number in vector)
        return
    assert reason.startswith("data")
