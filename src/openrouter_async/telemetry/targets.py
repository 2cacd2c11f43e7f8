"""`Target`: the attributes that all calls of one operation to one model have in common, built once.

Spans and metrics of a call have the same attributes as those of the call before, but for what its answer says. Nobody
changes a dict of these.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from .request_attributes import OPERATIONS, Attributes, server_attributes

if TYPE_CHECKING:
    from ..operations import Operation

__all__ = ["Measured", "Target", "target_of"]

MOST_ANSWERS = 100
"""Models that answer to one name, as a router chooses them; above it all are built again."""


class Measured:
    """The attributes of measurements of calls that one model answered."""

    __slots__ = ("attributes", "failed", "tokens")

    def __init__(self, attributes: Attributes) -> None:
        self.attributes = attributes
        self.tokens: Attributes = {**attributes, "gen_ai.token.modality": "unknown"}
        self.failed: dict[str, Attributes] = {}

    def with_error(self, error: BaseException | None) -> Attributes:
        """Return them with the class of an error, if there is one."""
        if error is None:
            return self.attributes
        kind = type(error).__name__
        if kind not in self.failed:
            self.failed[kind] = {**self.attributes, "error.type": kind}
        return self.failed[kind]


class Target:
    """Whom a call asks for what."""

    __slots__ = ("_answers", "attributes", "kind", "measured", "name", "request")

    def __init__(
        self, base_url: str, path: str, operation: Operation, may_cost: bool, model: str | None
    ) -> None:
        server = server_attributes(base_url)
        self.kind = OPERATIONS.get(path) if may_cost else None
        """The name of the operation in the conventions; None for one that asks no model."""
        self.attributes: Attributes = {"gen_ai.provider.name": "openrouter", **server}
        """Of the span of the call, from its beginning."""
        self.name = operation.name
        """Of that span."""
        if self.kind is not None:
            self.attributes["gen_ai.operation.name"] = self.kind
            self.name = self.kind if model is None else f"{self.kind} {model}"
        if model is not None:
            self.attributes["gen_ai.request.model"] = model
        self.measured = Measured(self.attributes)
        """Where nobody has answered."""
        self.request: Attributes = {
            **server,
            "http.request.method": operation.method,
            "url.full": base_url + path,
        }
        """Of the spans of its requests."""
        self._answers: dict[str, Measured] = {}

    def answered_by(self, model: str | None) -> Measured:
        """Return the attributes of measurements of calls that this model answered."""
        if model is None:
            return self.measured
        measured = self._answers.get(model)
        if measured is None:
            if len(self._answers) >= MOST_ANSWERS:
                self._answers.clear()
            measured = Measured({**self.attributes, "gen_ai.response.model": model})
            self._answers[model] = measured
        return measured


target_of = lru_cache(maxsize=512)(Target)
"""Returns that of a base URL, a path, its operation, whether that may cost, and a model."""
