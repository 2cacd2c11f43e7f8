"""`Prevalidated`: a parameter that many calls have in common."""

from __future__ import annotations

from functools import cached_property

from pydantic_core import to_json

__all__ = ["Prevalidated"]


class Prevalidated(dict[str, object]):
    """A parameter that was validated on creation, for many calls, and is neither checked nor serialised again."""

    @cached_property
    def json(self) -> bytes:
        """The JSON of it."""
        return to_json(dict(self))
