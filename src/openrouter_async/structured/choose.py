"""Which path a call takes, with the reason; and whether an error says that a model cannot take the native one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from ..errors import APIStatusError, BadRequest, ContextLengthExceeded, NotFound, UnprocessableRequest
from .output import Path

__all__ = ["Choice", "choose", "why_it_cannot"]


@dataclass(frozen=True, slots=True)
class Choice:
    """The path of a call."""

    path: Path
    reason: str


@lru_cache(maxsize=256)
def choose(
    wanted: str,
    *,
    models: tuple[str, ...],
    supports: tuple[bool | None, ...],
    strict_problem: str | None,
    accepts: str,
) -> Choice:
    """Return the path for a call.

    Args:
        wanted: `auto`, `native` or `prompted`, as `Output.path`.
        models: The models that may answer; empty where the account's default does.
        supports: Of each, whether it follows schemas; None where nobody knows.
        strict_problem: Why the schema has no strict form, if it has none.
        accepts: What the strict form accepts compared with the schema.
    """
    if wanted == "prompted":
        return Choice("prompted", "it was asked for")
    if strict_problem is not None:
        return Choice("prompted", f"the schema has no strict form: {strict_problem}")
    also = (
        "" if accepts in ("same", "more") else f"; its strict form accepts {accepts} values than the schema"
    )
    if wanted == "native":
        return Choice("native", f"it was asked for{also}")
    if not models:
        return Choice("prompted", "no model is named, so the account's default answers")
    for model, can in zip(models, supports, strict=True):
        if can is None:
            return Choice("prompted", f"the model list does not know {model!r}")
        if not can:
            return Choice("prompted", f"{model!r} does not follow schemas, says the model list")
    named = " and ".join(map(repr, models))
    return Choice(
        "native", f"{named} {'follows' if len(models) == 1 else 'follow'} schemas, says the model list{also}"
    )


_SPEAKS_OF_SCHEMAS = (
    "schema", "response_format", "response format", "structured", "output_config", "output_format",
    "response_mime_type", "responsemimetype", "json mode", "json_object", "guided", "grammar", "require_parameters",
    "requested parameters",
)  # fmt: skip


def why_it_cannot(error: Exception) -> str | None:
    """Return the reason if an error says that the request cannot be served with a schema; None if it says else."""
    if isinstance(error, ContextLengthExceeded) or not isinstance(error, APIStatusError):
        return None
    said = f"status {error.status} to the request with a schema: {error.message[:200]}"
    if isinstance(error, NotFound):
        gone = error.availability is not None and error.availability.code == "model_not_found"
        return None if gone else said
    if isinstance(error, BadRequest | UnprocessableRequest):
        words = f"{error.message} {error.metadata.get('raw', '')}".lower()
        return said if any(word in words for word in _SPEAKS_OF_SCHEMAS) else None
    return None
