"""`ModelCatalogue`: the models as of one moment, found by any of their names. It never changes, and sends nothing."""

from __future__ import annotations

import difflib
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Literal, TypeAlias

from pydantic import BaseModel

from ..errors import ConfigurationError
from ..types.catalogue.models import Model, Pricing
from ..types.chat.short_names import MODELS, listings_of
from .capabilities import Capability, is_capable, is_known
from .query import ModelQuery, select, successor

if TYPE_CHECKING:
    from typing_extensions import Unpack

__all__ = ["CatalogueSource", "ModelCatalogue"]

CatalogueSource: TypeAlias = Literal["service", "snapshot"]


class ModelCatalogue:
    """The models of the service at one moment.

    ```python
    catalogue = await client.models.catalogue()
    if catalogue.supports("openai/gpt-4o", "tools"):
        print(catalogue.price("openai/gpt-4o"))
    ```

    Names work as in requests: ids and permanent names, with a variant (`openai/gpt-4o:nitro`) or a preset
    (`openai/gpt-4o@preset/polite`) or without, aliases (`~openai/gpt-latest`), and the short names of `MODELS`. A
    variant without a listing of its own has that of its model. A preset alone is unknown, since the account defines
    it.

    Iteration yields the models in the service's order; `len` counts them, and `name in catalogue` checks whether a
    name is known.
    """

    __slots__ = ("_by_name", "_models", "_parameters", "fetched_at", "source")

    def __init__(
        self, models: Iterable[Model], *, fetched_at: datetime, source: CatalogueSource = "service"
    ) -> None:
        self._models = tuple(models)
        self.fetched_at = fetched_at
        """When the service said so, in UTC; of the snapshot, its date."""
        self.source: CatalogueSource = source
        """`snapshot` for the list packaged with the library."""
        self._by_name = _by_name(self._models)
        self._parameters = {name for model in self._models for name in model.supported_parameters or ()}

    @classmethod
    def snapshot(cls) -> ModelCatalogue:
        """Return the list packaged with the library, without any request; it has no models that give no text."""
        packaged = _read_snapshot()
        fetched_at = datetime.combine(packaged.date, datetime.min.time(), UTC)
        return cls(packaged.models, fetched_at=fetched_at, source="snapshot")

    @property
    def age(self) -> float:
        """Seconds since `fetched_at`."""
        return max(0.0, time.time() - self.fetched_at.timestamp())

    def get(self, name: str) -> Model | None:
        """Return the model that a request names `name`; None where it is not known."""
        for listing in listings_of(name):
            if (model := self._by_name.get(listing)) is not None:
                return model
        return None

    def supports(self, model: str | Model, capability: Capability) -> bool | None:
        """Return whether a model has a capability: True, False, or None for not known.

        Capabilities are request parameters (`tools`, `structured_outputs`, `reasoning`, ...), input modalities
        (`image`, `file`, `audio`, `video`), and output modalities (`image_output`, `embeddings`, ...). None means
        that the model or the capability is unknown, or that the service does not say.
        """
        found = self.get(model) if isinstance(model, str) else model
        if found is None or not (is_known(capability) or capability in self._parameters):
            return None
        return is_capable(found, capability)

    def supporting(self, *capabilities: Capability) -> list[Model]:
        """Return the models that have all of these capabilities, in the service's order."""
        return [
            model for model in self._models if all(self.supports(model, wanted) for wanted in capabilities)
        ]

    def find(self, text: str | None = None, **query: Unpack[ModelQuery]) -> list[Model]:
        """Return the models that match all of a query; a model without the required information does not match.

        ```python
        catalogue.find("llama", supports=["tools", "structured_outputs"], max_price="0.50", order="cheapest")
        catalogue.find(free=True, context=100_000)
        ```

        Args:
            text: Words that must all appear in id or name.
            query: See `ModelQuery`.

        Raises:
            ConfigurationError: an argument is unknown, or its value not allowed.
        """
        return select(self._models, text, query)

    def resolve(self, name: str) -> Model:
        """Return the model that a request names `name`.

        Raises:
            ConfigurationError: it is not listed, or no longer; the newest one of its family is named, if there is one.
        """
        if not isinstance(name, str):
            raise ConfigurationError(
                f"the name of a model is {name!r}; expected text such as 'openai/gpt-5-mini'"
            )
        found = self.get(name)
        if found is not None:
            return found
        listed = MODELS.get(name, name)
        stands = f"{name!r} stands for {listed!r}, which" if listed != name else f"the model {name!r}"
        former = ModelCatalogue.snapshot().get(listed) if self.source == "service" else None
        cost = None if former is None else former.pricing.cost(1, 1)
        newer = successor(self._models, listed, cost=cost)
        if newer is not None:
            hint = f"; the newest of its family is {newer.id!r}"
        else:
            near = ", ".join(map(repr, self.similar(listed)))
            hint = f"; there are {near}" if near else ""
        raise ConfigurationError(f"{stands} is not among the {len(self)} models {self._origin}{hint}")

    @property
    def _origin(self) -> str:
        """Where the list is from, in words that follow "models"."""
        who = "that the service lists" if self.source == "service" else "of the packaged list"
        return f"{who}, as of {self.fetched_at:%Y-%m-%d}"

    def price(self, model: str | Model) -> Pricing | None:
        """Return what a model costs, in US dollars for each token; None where the model is not known."""
        found = self.get(model) if isinstance(model, str) else model
        return None if found is None else found.pricing

    def similar(self, name: str) -> list[str]:
        """Return up to three ids that are spelled like `name`, the most similar first; for messages to people."""
        return difflib.get_close_matches(name, [model.id for model in self._models], n=3)

    def __iter__(self) -> Iterator[Model]:
        return iter(self._models)

    def __len__(self) -> int:
        return len(self._models)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.get(name) is not None

    def __repr__(self) -> str:
        moment = self.fetched_at.astimezone(UTC).isoformat(sep=" ", timespec="seconds")
        return f"<ModelCatalogue of {len(self)} models, {self.source} of {moment}>"


def _by_name(models: Iterable[Model]) -> dict[str, Model]:
    """Return the models by id and permanent name; ids win, and of those that share a name the one without variant."""
    ids = {model.id: model for model in models}
    names: dict[str, Model] = {}
    for model in ids.values():
        if model.canonical_slug and (model.canonical_slug not in names or ":" not in model.id):
            names[model.canonical_slug] = model
    return names | ids


class _Snapshot(BaseModel):
    """The packaged list; `tests/catalogue/make_snapshot.py` makes its file, which also names its sources."""

    date: date
    """There may be models that are newer."""
    models: list[Model]


@cache
def _read_snapshot() -> _Snapshot:
    """Return the packaged list; its file is read the first time, in about 10 ms."""
    return _Snapshot.model_validate_json((files("openrouter_async.catalogue") / "snapshot.json").read_bytes())
