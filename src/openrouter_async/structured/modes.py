"""Which mode a call takes, by what is known of its models: the model list says it; an application may know better."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from ..errors import (
    APIStatusError,
    BadRequest,
    ConfigurationError,
    ContextLengthExceeded,
    NotFound,
    UnprocessableRequest,
)  # fmt: skip
from ..types.chat.short_names import listings_of

if TYPE_CHECKING:
    from .._sansio.request import ModelCall
    from ..protocols import Capabilities
    from .output import Mode

__all__ = ["MOST_ABLE", "ModeDecision", "SchemaModels", "decide_mode", "models_asked", "schema_rejection"]

CAPABILITY = "structured_outputs"

MOST_ABLE = 1_000
"""Models of which is kept whether they follow schemas; callers may make up names."""


class SchemaModels:
    """The models that are asked natively, where a call leaves the mode to us.

    ```python
    client.chat.native_models.remove("some/model")  # it says that it follows schemas, but does not
    client.chat.native_models.add("other/model")
    print(await client.chat.native_models.list())
    ```
    """

    def __init__(
        self,
        catalogue: Callable[[], Awaitable[Capabilities]] | None = None,
        said: dict[str, bool] | None = None,
    ) -> None:
        self._catalogue = catalogue
        self._said = {} if said is None else said
        self._asked: Capabilities | None = None
        self._able: dict[str, bool | None] = {}
        """What that list says of the models that were asked for; every call for a value asks."""

    def add(self, *models: str) -> None:
        """Ask these natively, whatever the model list says; of a model also its variants, such as `:nitro`."""
        self._say(models, is_native=True)

    def remove(self, *models: str) -> None:
        """Ask these by prompt, whatever the model list says; of a model also its variants."""
        self._say(models, is_native=False)

    def _say(self, models: tuple[str, ...], *, is_native: bool) -> None:
        for model in models:
            names = [*listings_of(model)] if isinstance(model, str) else []
            if not names:
                raise ConfigurationError(
                    f"the name of a model is {model!r}; expected one such as 'maker/model'"
                )
            self._said[names[0]] = is_native  # a short name is kept as the model that it stands for

    def _said_of(self, model: str) -> bool | None:
        """Return the setting for a model, or for the model of a variant."""
        if model in self._said:
            return self._said[model]
        return next((self._said[name] for name in listings_of(model) if name in self._said), None)

    def reset(self) -> None:
        """Forget what was added and removed."""
        self._said.clear()

    async def list(self) -> list[str]:
        """Return the models that are asked natively, in the order of the list; loads the list if it has to."""
        listed: dict[str, None] = {}
        if self._catalogue is not None:
            catalogue = await self._catalogue()
            able = (model.id for model in catalogue if catalogue.supports(model.id, CAPABILITY))
            listed = dict.fromkeys(model for model in able if self._said_of(model) is not False)
        return [*(listed | dict.fromkeys(model for model, is_native in self._said.items() if is_native))]

    async def supports(self, model: str) -> bool | None:
        """Return whether a model follows schemas; None where nobody knows. Loads the model list if it has to."""
        said = self._said_of(model) if self._said else None
        if said is not None or self._catalogue is None:
            return said
        catalogue = await self._catalogue()
        if catalogue is not self._asked or len(self._able) >= MOST_ABLE:
            self._asked, self._able = catalogue, {}
        if model not in self._able:
            self._able[model] = catalogue.supports(model, CAPABILITY)
        return self._able[model]


@dataclass(frozen=True, slots=True)
class ModeDecision:
    """The mode of a call."""

    mode: Mode
    reason: str


def models_asked(call: ModelCall) -> tuple[str, ...]:
    """Return the models that may answer: the named one, and its substitutes."""
    if not call.extra_body and not call.params:
        return (call.model,) if isinstance(call.model, str) else ()
    extra = call.extra_body or {}
    others = extra.get("models", call.params.get("models"))
    named = [extra.get("model", call.model), *(others if isinstance(others, list | tuple) else ())]
    return tuple(dict.fromkeys(name for name in named if isinstance(name, str)))


@lru_cache(maxsize=256)
def decide_mode(
    wanted: str,
    models: tuple[str, ...],
    supports: tuple[bool | None, ...],
    strict_problem: str | None,
    accepts: str,
) -> ModeDecision:
    """Return the mode for a call.

    Args:
        wanted: `auto`, `native` or `prompted`, as `Output.path`.
        models: The models that may answer; empty if the account's default does.
        supports: For each, whether it supports schemas; None if unknown.
        strict_problem: Why the schema lacks a strict form, if it does.
        accepts: The values that the strict form accepts compared with the schema.
    """
    if wanted == "prompted":
        return ModeDecision("prompted", "it was asked for")
    if strict_problem is not None:
        return ModeDecision("prompted", f"the schema has no strict form: {strict_problem}")
    also = (
        "" if accepts in ("same", "more") else f"; its strict form accepts {accepts} values than the schema"
    )
    if wanted == "native":
        return ModeDecision("native", f"it was asked for{also}")
    if not models:
        return ModeDecision("prompted", "no model is named, so the account's default answers")
    for model, can in zip(models, supports, strict=True):
        if can is None:
            return ModeDecision("prompted", f"the model list does not know {model!r}")
        if not can:
            return ModeDecision("prompted", f"{model!r} does not follow schemas, says the model list")
    follow = f"{' and '.join(map(repr, models))} {'follows' if len(models) == 1 else 'follow'}"
    return ModeDecision("native", f"{follow} schemas, says the model list{also}")


_SPEAKS_OF_SCHEMAS = (
    "schema", "response_format", "response format", "structured", "output_config", "output_format",
    "response_mime_type", "responsemimetype", "json mode", "json_object", "guided", "grammar", "require_parameters",
    "requested parameters",
)  # fmt: skip


def schema_rejection(error: Exception) -> str | None:
    """Return the reason if an error says that the request cannot be served with a schema; None if it says else."""
    if isinstance(error, ContextLengthExceeded) or not isinstance(error, APIStatusError):
        return None
    if isinstance(error, NotFound):
        is_meant = error.availability is None or error.availability.code != "model_not_found"
    else:
        words = f"{error.message} {error.metadata.get('raw', '')}".lower()
        is_meant = isinstance(error, BadRequest | UnprocessableRequest) and any(
            word in words for word in _SPEAKS_OF_SCHEMAS
        )
    return f"status {error.status} to the request with a schema: {error.message[:200]}" if is_meant else None
