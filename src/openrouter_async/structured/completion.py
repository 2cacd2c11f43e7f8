"""Replies with their value, and how it was got; and how a batch keeps the value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from pydantic import JsonValue, PrivateAttr
from pydantic_core import to_json

from .._sentinels import OMIT, Omit
from ..errors import ReplyNotParsed
from ..types.chat.completion import ChatCompletion, OutputT
from ..types.chat.model_reply import ModelReply, marked, with_billed
from ..types.common import usages_of
from .output import as_output
from .reading.reply import read_output

if TYPE_CHECKING:
    from ..errors import OpenRouterError
    from ..types.common import Usage
    from .output import Mode, Output, OutputLike
    from .reading.reply import Reading

__all__ = [
    "Attempt",
    "KeptOutputs",
    "StructuredCompletion",
    "StructuredReply",
    "all_billed",
    "structured_reply",
]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request that was made for a value."""

    path: Mode
    completion: ModelReply[object] | None = field(repr=False)
    """The reply; None where the service refused the request."""
    error: OpenRouterError | None = None
    """Why it had no value; None for the attempt that had one."""

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


class StructuredReply(ModelReply[OutputT]):
    """The reply that contains the value, `output`, in any dialect; its other fields are those of that reply."""

    _output: OutputT | Omit = PrivateAttr(OMIT)
    _received: JsonValue = PrivateAttr(None)
    """The JSON from which the value was validated."""
    _path: Mode = PrivateAttr("prompted")
    _reason: str = PrivateAttr("")
    _attempts: tuple[Attempt, ...] = PrivateAttr(())

    @property
    def output(self) -> OutputT:
        """The requested value.

        Raises:
            ReplyNotParsed: the reply calls tools, so it has no value until their results are sent.
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
    def path(self) -> Mode:
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


class StructuredCompletion(StructuredReply[OutputT], ChatCompletion[OutputT]):
    """The completion that contains the value."""


def structured_reply(
    kind: type[StructuredReply[Any]],
    completion: ModelReply[object],
    reading: Reading[T],
    *,
    reason: str,
    attempts: Sequence[Attempt],
) -> StructuredReply[T]:
    """Return a reply with its value, if it has one, as the `kind` of its dialect.

    The last of `attempts` is the one that contains it.
    """
    if len(attempts) > 1:
        completion = with_billed(completion, all_billed(attempts))
    return marked(
        completion,
        kind,
        _output=reading.output,
        _received=reading.received,
        _path=attempts[-1].path,
        _reason=reason,
        _attempts=tuple(attempts),
    )


class KeptOutputs(Generic[T]):
    """The journal's form of the values of one output, and how they are read again.

    A type may serialise less than it validates: masked secrets, excluded fields, other names, strings for objects. So
    the journal stores the value as the model wrote it, and each run validates it with its own type.
    """

    def __init__(self, output: Output[T]) -> None:
        self.output = output

    @classmethod
    def of(cls, output: OutputLike[T]) -> KeptOutputs[T]:
        """Return what keeps the values of anything that `output=` takes."""
        return cls(as_output(output))

    @property
    def name(self) -> str:
        """Its schema, by which an item is known to be asked for another output than before."""
        return to_json(self.output.schema.json_schema).decode()

    def kept(self, completion: ChatCompletion[object]) -> Mapping[str, JsonValue]:
        """Return what is noted of a reply besides itself: the JSON of its value, and how it was asked for."""
        assert isinstance(completion, StructuredCompletion)  # it was asked for with an output
        return {"output": completion._received, "path": completion.path}

    def restored(self, completion: ChatCompletion[object], path: JsonValue) -> StructuredCompletion[T]:
        """Return a kept reply with its value.

        Raises:
            StructuredOutputError: it does not fit the type as it is now.
        """
        schema = self.output.schema
        # Where it was not noted, both forms are looked for.
        is_native = path != "prompted" and schema.strict_problem is None
        reading = read_output(completion, schema, is_native=is_native, repair=self.output.repair)
        attempts = [Attempt("native" if is_native else "prompted", completion)]
        kept = structured_reply(
            StructuredCompletion, completion, reading, reason="it was kept so", attempts=attempts
        )
        return cast("StructuredCompletion[T]", kept)  # of a completion
