"""`nearest`: which of many vectors are most like one. Pure."""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence
from operator import mul
from typing import NamedTuple

from ..._checks import whole
from ...errors import ConfigurationError

__all__ = ["Near", "nearest"]


class Near(NamedTuple):
    """A vector that is like the query."""

    place: int
    """Its place among the vectors."""
    score: float
    """The cosine of the angle between them: 1 for the same direction, 0 for nothing in common, at least -1."""


def nearest(query: Sequence[float], vectors: Sequence[Sequence[float]], k: int = 10) -> list[Near]:
    """Return the `k` vectors that are most like a query, the most alike first.

    ```python
    texts = await client.embeddings.many(documents, model="openai/text-embedding-3-small")
    asked = await client.embeddings.create("a broken lamp", model="openai/text-embedding-3-small")
    for place, score in nearest(asked.vectors[0], texts.vectors, k=3):
        print(documents[place], score)
    ```

    Compares with each of them: 10,000 vectors of 1,536 numbers take about a second, so in a server run it in a thread,
    and for many more use a database. A vector of zeros is like nothing: its score is 0.

    Args:
        query: A vector.
        vectors: Those to choose from, of the same length.
        k: How many, at least 1.

    Raises:
        ConfigurationError: a vector has another length than the query, or `k` is below 1.
    """
    whole("k", k)
    for index, vector in enumerate(vectors):
        if len(vector) != len(query):
            raise ConfigurationError(
                f"the vector {index} has {len(vector)} numbers; expected {len(query)}, as the query has"
            )
    if not vectors:
        return []
    scores = _scores(query, vectors)
    best = heapq.nlargest(k, range(len(scores)), key=scores.__getitem__)
    return [Near(place, scores[place]) for place in best]


def _scores(query: Sequence[float], vectors: Sequence[Sequence[float]]) -> list[float]:
    length = math.hypot(*query)
    return [
        _ratio(sum(map(mul, query, vector)), length * math.sqrt(sum(map(mul, vector, vector))))
        for vector in vectors
    ]


def _ratio(product: float, lengths: float) -> float:
    return product / lengths if lengths else 0.0
