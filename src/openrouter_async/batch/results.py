"""The result of an item: `Done` with its reply, or `Failed` with its error."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Generic, NoReturn, TypeAlias

from ..errors import OpenRouterError
from ..types.chat.completion import ChatCompletion, OutputT

if TYPE_CHECKING:
    from .items import ItemLike

__all__ = ["Done", "Failed", "Result"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Done(Generic[OutputT]):
    """An item that was answered."""

    key: str
    index: int
    """Its place among the items, from 0."""
    source: ItemLike
    """Your input: the text, the messages or the `Item`, the very object; with `kind`, an input of its operation."""
    completion: ChatCompletion[OutputT]
    """The reply, as `client.chat.create` returns it. `response_meta` works on it; without headers if it was resumed."""
    elapsed: float = 0.0
    """Seconds from the item's turn to its answer, all attempts and waits included; if it was resumed, in that run."""
    cost: Decimal | None = None
    """US dollars charged for all its requests; None if unknown. If it was resumed, its cost at that time."""
    attempts: int = 0
    """Requests sent for it, those of earlier attempts included; 0 if a local cache answered."""
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
    source: ItemLike
    """Your input; as for `Done`."""
    error: OpenRouterError
    elapsed: float = 0.0
    """As for `Done`."""
    cost: Decimal | None = Decimal(0)
    """As for `Done`: failed requests may have cost something."""
    attempts: int = 0
    """As for `Done`; 0 if it was not sent."""
    is_resumed: bool = False
    """Whether the journal says that it failed, and nothing was sent."""

    @property
    def completion(self) -> NoReturn:
        """Raises the item's error, so you can write `result.completion` where you expect no failures."""
        raise self.error

    @property
    def output(self) -> NoReturn:
        """Raises the item's error."""
        raise self.error


Result: TypeAlias = Done[OutputT] | Failed
