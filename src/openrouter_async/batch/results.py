"""What comes of an item: `Done` with its reply, or `Failed` with its error."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, NoReturn, TypeAlias

from ..errors import OpenRouterError
from ..types.chat.completion import ChatCompletion, OutputT

__all__ = ["Done", "Failed", "Result"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Done(Generic[OutputT]):
    """An item that was answered."""

    key: str
    index: int
    """Its place among the items, from 0."""
    completion: ChatCompletion[OutputT]
    """The reply, as `client.chat.create` returns it."""
    is_resumed: bool = False
    """Whether it was read from the journal, and nothing was sent."""

    @property
    def output(self) -> OutputT:
        """The value that was asked for; the text if none was."""
        return self.completion.output


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """An item that was given up."""

    key: str
    index: int
    """Its place among the items, from 0."""
    error: OpenRouterError

    @property
    def completion(self) -> NoReturn:
        """Raises the item's error, so you can write `result.completion` where you expect no failures."""
        raise self.error

    @property
    def output(self) -> NoReturn:
        """Raises the item's error."""
        raise self.error


Result: TypeAlias = Done[OutputT] | Failed
