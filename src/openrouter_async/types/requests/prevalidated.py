"""What many calls have in common: a parameter, or all parameters together."""

from __future__ import annotations

from functools import cached_property

from pydantic_core import to_json

__all__ = ["Prevalidated", "PrevalidatedParams", "member"]


class Prevalidated(dict[str, object]):
    """A parameter that was validated on creation, for many calls, and is neither checked nor serialised again."""

    @cached_property
    def json(self) -> bytes:
        """The JSON of it."""
        return to_json(dict(self))


class PrevalidatedParams(dict[str, object]):
    """All parameters of a call, validated on creation and in the order in which they are sent."""

    @cached_property
    def members(self) -> bytes:
        """The JSON of them, without the braces."""
        return b",".join([member(name, value) for name, value in self.items()])


def member(name: str, value: object) -> bytes:
    """Return the JSON of a member of an object."""
    return b"%b:%b" % (to_json(name), value.json if type(value) is Prevalidated else to_json(value))
