"""Limits for the parts of a reply: far more than any model sends, and few enough to process in one step."""

from __future__ import annotations

from ..errors import ResponseTooLarge

__all__ = ["MOST_CALLS", "MOST_CHOICES", "MOST_KEPT", "too_many"]

MOST_CHOICES = 256
"""Answers of one reply; the service makes at most 128."""

MOST_CALLS = 1_024
"""Calls of tools of one answer."""

MOST_KEPT = 8_000_000
"""Units of `json_work` in those events of a stream that brought what is kept as it is: images, annotations, audio,
probabilities and unknown fields. They take about 60 MiB."""


def too_many(most: int, count: int, what: str) -> ResponseTooLarge:
    """Return the error of a reply with more than so many parts of a kind."""
    return ResponseTooLarge(f"the reply has {count} {what} or more; at most {most} are read", limit=most)
