"""`Recovery`: that a streamed reply broke off, and went on in another request."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from decimal import Decimal

    from ...errors import OpenRouterError
    from .completion import ChatCompletion

__all__ = ["Recovery"]


@dataclass(frozen=True, slots=True)
class Recovery:
    """A place where a reply broke off, and another request went on; see `Recover`."""

    at: int
    """Characters of the reply's text that stood before it."""
    error: OpenRouterError
    """Why it broke off."""
    broken: ChatCompletion = field(repr=False)
    """What that request alone had given: its text, model, provider and id, and its usage, if that had come."""
    repeated: int = 0
    """Characters that the next request said again, and that were left out."""

    @property
    def generation_id(self) -> str | None:
        """The id of the billed record of the request that broke off; `client.generations.get` looks it up."""
        return self.error.generation_id or self.broken.id

    @property
    def cost(self) -> Decimal | None:
        """US dollars for the request that broke off; None where it broke off before the service had said it."""
        return None if self.broken.usage is None else self.broken.usage.cost
