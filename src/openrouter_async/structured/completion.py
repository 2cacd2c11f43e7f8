"""`StructuredCompletion`: a completion with its value, and how it was got."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar, cast

from pydantic import JsonValue, PrivateAttr

from .._sentinels import OMIT, Omit
from ..errors import ReplyNotParsed
from ..types.chat.completion import ChatCompletion, OutputT, with_billed
from ..types.common import usages_of

if TYPE_CHECKING:
    from ..errors import OpenRouterError
    from ..types.common import Usage
    from .output import Path
    from .reading.reply import Reading

__all__ = ["Attempt", "StructuredCompletion", "all_billed", "structured_completion"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request that was made for a value."""

    path: Path
    completion: ChatCompletion[Any] | None = field(repr=False)
    """The reply; None where the service refused the request."""
    error: OpenRouterError | None = None
    """Why it gave no value; None for the one that did."""

    @property
    def billed(self) -> Sequence[Usage | None]:
        """What its requests used that were charged for; None in it for one of which that is not known."""
        if self.completion is not None:
            return self.completion.billed
        return () if self.error is None else usages_of(self.error)

    @property
    def cost(self) -> Decimal | None:
        """US dollars; nothing where the service refused it, None where it did not say."""
        costs = [None if usage is None else usage.cost for usage in self.billed]
        known = [cost for cost in costs if cost is not None]
        return sum(known, Decimal(0)) if len(known) == len(costs) else None


def all_billed(attempts: Sequence[Attempt]) -> tuple[Usage | None, ...]:
    """Return what the requests of all attempts used."""
    return tuple(usage for attempt in attempts for usage in attempt.billed)


class StructuredCompletion(ChatCompletion[OutputT]):
    """The reply that gave the value, `output`; its other fields are those of that reply."""

    _received: JsonValue = PrivateAttr(None)
    """The JSON that the value was made of."""
    _path: Path = PrivateAttr("prompted")
    _reason: str = PrivateAttr("")
    _attempts: tuple[Attempt, ...] = PrivateAttr(())

    @property
    def output(self) -> OutputT:
        """The value that was asked for.

        Raises:
            ReplyNotParsed: the reply calls tools, and there is no value before their results were sent.
        """
        # pydantic finds private attributes by a function of Python, which takes four times as long.
        output: OutputT | Omit = (self.__pydantic_private__ or {})["_output"]
        if output is OMIT:
            names = ", ".join(repr(call.name) for call in self.tool_calls)
            raise ReplyNotParsed(
                f"the reply has no output yet: it calls {names}; send the results of its calls and ask again",
                raw=self.text,
                completion=self,
                generation_id=self.generation_id,
            )
        return output

    @property
    def path(self) -> Path:
        """How the value was asked for: `native` or `prompted`."""
        return self._path

    @property
    def path_reason(self) -> str:
        """Why it was asked for in that way."""
        return self._reason

    @property
    def attempts(self) -> tuple[Attempt, ...]:
        """Every request that was made for the value; the last is this one."""
        return self._attempts


def structured_completion(
    completion: ChatCompletion[Any], reading: Reading[T], *, reason: str, attempts: Sequence[Attempt]
) -> StructuredCompletion[T]:
    """Return `completion` with its value, if it has one; the last of `attempts` is the one that gave it."""
    if len(attempts) > 1:
        completion = with_billed(completion, all_billed(attempts))
    made = cast("StructuredCompletion[T]", StructuredCompletion.__new__(StructuredCompletion))
    # `model_construct`, and a private attribute set one by one, take 17 µs, this 2.
    keep = object.__setattr__
    keep(made, "__dict__", dict(completion.__dict__))
    keep(made, "__pydantic_fields_set__", set(completion.model_fields_set))
    keep(made, "__pydantic_extra__", completion.__pydantic_extra__)
    private = {
        "_output": reading.output,
        "_received": reading.received,
        "_path": attempts[-1].path,
        "_reason": reason,
        "_attempts": tuple(attempts),
    }
    keep(made, "__pydantic_private__", {**(completion.__pydantic_private__ or {}), **private})
    return made
