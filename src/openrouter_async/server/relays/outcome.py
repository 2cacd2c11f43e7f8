"""`RelayOutcome`: how a relay ended, for `on_end`."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from ...tools.result import Run

if TYPE_CHECKING:
    from ...spending.spend import Spend
    from ...types.chat.model_reply import ModelReply

__all__ = ["RelayEnd", "RelayOutcome"]

RelayEnd: TypeAlias = Literal["finished", "stopped", "left", "failed", "shut_down"]
"""`finished`: the whole answer came. `stopped`: by `stop` of a store. `left`: nobody reads it any more. `failed`: by an
error. `shut_down`: the server stops."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayOutcome:
    """How a relay ended, and the part of the answer that arrived."""

    kind: RelayEnd
    result: Any = None
    """The whole, where it came: a reply of any dialect, with its value if one was asked for, or a `Run`."""
    partial: Any = None
    """Else what had arrived: a reply, or a `Run`; None if nothing had."""
    error: Exception | None = None
    """Why it failed."""
    spend: Spend | None = None
    """The budget of the relay, in which the cost of a request that broke off is settled."""

    @property
    def run(self) -> Run[object, ModelReply[object]] | None:
        """The run, whole or as far as it came; None for a relay of one reply."""
        found = self.result or self.partial
        return found if isinstance(found, Run) else None

    @property
    def reply(self) -> ModelReply[object] | None:
        """The last reply, whole or as far as it came; None if none had begun."""
        found = self.result or self.partial
        if isinstance(found, Run):
            return found.completion if found.steps else None
        reply: ModelReply[object] | None = found
        return reply

    @property
    def cost(self) -> Decimal | None:
        """US dollars that the answer says it costs; None where it broke off before it said so."""
        found = self.result or self.partial
        usage = None if found is None else found.usage
        cost: Decimal | None = None if usage is None else usage.cost
        return cost
