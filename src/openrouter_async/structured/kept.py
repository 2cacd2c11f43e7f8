"""`KeptOutputs`: what the journal of a batch keeps of structured output, and how it is read again.

A type may write less than it reads: secrets as stars, fields left out, other names, texts for what they hold. So the
value is never kept as its type writes it, but as the model did, and each run reads the reply by the type that it has.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Generic, TypeVar

from pydantic_core import to_json

from .completion import Attempt, StructuredCompletion, structured_completion
from .output import as_output
from .reading.reply import read_output

if TYPE_CHECKING:
    from pydantic import JsonValue

    from ..types.chat.completion import ChatCompletion
    from .output import Output, OutputLike, Path

__all__ = ["KeptOutputs"]

T = TypeVar("T")


class KeptOutputs(Generic[T]):
    """Keeps the values of one output."""

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
        taken: Path = "native" if is_native else "prompted"
        attempts = [Attempt(taken, completion)]
        return structured_completion(completion, reading, reason="it was kept so", attempts=attempts)
