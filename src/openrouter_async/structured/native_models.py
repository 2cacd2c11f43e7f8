"""`NativeModels`: the models that follow schemas, says the model list; an application may know better."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from ..errors import ConfigurationError
from ..types.chat.short_names import listings_of

if TYPE_CHECKING:
    from ..protocols import Capabilities

__all__ = ["NativeModels"]

CAPABILITY = "structured_outputs"

MAX_ANSWERS = 1_000
"""Models whose answer is kept; to look for the listing of a model took 1 % of a call for a value."""


class NativeModels:
    """The models that are asked natively, where a call leaves the path to us.

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
        self._answers: dict[str, bool | None] = {}
        """What that catalogue said."""

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
        """Return what was said of a model, or of the one that it is a variant of."""
        return next((self._said[name] for name in listings_of(model) if name in self._said), None)

    def reset(self) -> None:
        """Forget what was added and removed."""
        self._said.clear()

    async def list(self) -> list[str]:
        """Return the models that are asked natively, in the order of the list; loads the list if it has to."""
        models = []
        if self._catalogue is not None:
            catalogue = await self._catalogue()
            models = [model.id for model in catalogue if catalogue.supports(model.id, CAPABILITY)]
        models = [model for model in models if self._said_of(model) is not False]
        return models + [
            model for model, is_native in self._said.items() if is_native and model not in models
        ]

    async def supports(self, model: str) -> bool | None:
        """Return whether a model follows schemas; None where nobody knows. Loads the model list if it has to."""
        said = self._said_of(model) if self._said else None
        if said is not None or self._catalogue is None:
            return said
        catalogue = await self._catalogue()
        if catalogue is not self._asked or len(self._answers) > MAX_ANSWERS:
            self._asked, self._answers = catalogue, {}
        if model not in self._answers:
            self._answers[model] = catalogue.supports(model, CAPABILITY)
        return self._answers[model]
