"""`client.models`: the list of models, and a catalogue of them that is kept."""

from __future__ import annotations

import logging
import math
import random
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import anyio
from anyio.lowlevel import EventLoopToken, current_token

from .. import operations
from ..errors import ConfigurationError, OpenRouterError
from ..options import Timeouts
from ..protocols import Sender
from ..resources.catalogue.models import ModelsResource
from ..types.catalogue.models import Model, ModelPage
from ..types.chat.short_names import FREE_MODELS
from .catalogue import ModelCatalogue
from .query import chats, is_router

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from .query import ModelQuery

__all__ = ["CatalogueCache", "Models"]

LOGGER = logging.getLogger("openrouter_async")

MAX_AGE_S = 3600.0
FETCH_S = 30.0
"""How long the service may take for the list, retries included."""
PAUSE_S = 60.0
"""How long the service is not asked again after it could not be reached."""


class Models(ModelsResource):
    """The models that the service offers."""

    def __init__(self, sender: Sender, cache: CatalogueCache) -> None:
        super().__init__(sender)
        self._cache = cache

    async def catalogue(self, *, max_age: float = MAX_AGE_S, offline: bool = True) -> ModelCatalogue:
        """Return all models as one object that answers without further requests.

        ```python
        catalogue = await client.models.catalogue()
        print(catalogue.age, catalogue.supports("openai/gpt-4o", "structured_outputs"))
        ```

        The list is loaded on first use, once for the client and all clients derived from it with the same base URL,
        even if several tasks ask at the same time. That is one request of about half a megabyte, free of charge.
        `max_age=0` reloads it.

        Args:
            max_age: The highest accepted age of a loaded list, in seconds.
            offline: Whether to fall back to an older list, or else to the packaged one, if the service does not
                answer; `source`, `fetched_at` and `age` describe the list.

        Raises:
            ConfigurationError: `max_age` is not a number of at least 0, or the client is closed.
            OpenRouterError: the service does not answer, and `offline` is False.
        """
        if not isinstance(max_age, int | float) or not max_age >= 0:
            raise ConfigurationError(f"max_age is {max_age!r}; expected seconds, at least 0")
        return await self._cache.get(self._fetch, max_age=max_age, offline=offline)

    def _for_own_use(self) -> Awaitable[ModelCatalogue]:
        """Return the catalogue for the library itself, which needs prices and abilities; its request says so."""
        return self._cache.get(self._fetch_for_own_use, max_age=MAX_AGE_S, offline=True)

    async def search(self, text: str, **query: Unpack[ModelQuery]) -> list[Model]:
        """Return the models that have all words of `text` in id or name, from the catalogue; see `ModelQuery`."""
        return (await self.catalogue()).find(text, **query)

    async def free(self, **query: Unpack[ModelQuery]) -> list[Model]:
        """Return the models that cost nothing and chat, from the catalogue; see `ModelQuery`.

        With `output_modalities` in the query, those that give such. Models that judge what others wrote are left out.
        """
        query["free"] = True
        found = (await self.catalogue()).find(**query)
        return found if "output_modalities" in query else [model for model in found if chats(model)]

    async def resolve(self, name: str) -> str:
        """Return the id under which the catalogue lists what a request names `name`: a short name, a variant, ...

        Raises:
            ConfigurationError: it is not listed, or no longer; the newest one of its family is named, if there is one.
        """
        return (await self.catalogue()).resolve(name).id

    async def random_free_model(self) -> str:
        """Return the id of a model that costs nothing and chats, any of those that the catalogue lists.

        Where it lists none, one of `FREE_MODELS`. The model `openrouter/free` lets the service choose for each request.
        """
        free = [model.id for model in await self.free() if not is_router(model)]
        return random.choice(free or FREE_MODELS)

    @property
    def latest(self) -> ModelCatalogue:
        """The catalogue that was read last, else the one packaged with the library; sends nothing."""
        return self._cache.latest

    async def _fetch_for_own_use(self) -> ModelCatalogue:
        return await self._fetch(is_own=True)

    async def _fetch(self, *, is_own: bool = False) -> ModelCatalogue:
        page = await self._send(
            operations.LIST_MODELS,
            into=ModelPage,
            query={"output_modalities": "all"},
            options={"timeouts": Timeouts(total=FETCH_S)},
            is_own=is_own,
        )
        return ModelCatalogue(page.data, fetched_at=datetime.now(UTC))


class CatalogueCache:
    """The catalogue that was read last; tasks that want a newer one share one request."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = anyio.Lock()
        self._loop: EventLoopToken | None = None
        """The event loop of the lock."""
        self._latest: ModelCatalogue | None = None
        self._read_at = self._failed_at = -math.inf
        self._asked = 0
        """How often the service was asked, with success or without."""

    async def get(
        self, fetch: Callable[[], Awaitable[ModelCatalogue]], *, max_age: float, offline: bool
    ) -> ModelCatalogue:
        """Return a catalogue of at most that age, or what there is offline; see `Models.catalogue`."""
        now, asked = self._clock(), self._asked
        if self._latest is not None and now - self._read_at < max_age:
            return self._latest
        if offline and max_age > 0 and now - self._failed_at < PAUSE_S:
            return self.latest
        async with self._lock_here():
            asked_by_others = self._asked != asked  # while this task waited
            if asked_by_others and (offline or self._read_at > self._failed_at):
                return self.latest
            return await self._ask(fetch, offline=offline)

    def _lock_here(self) -> anyio.Lock:
        """Return a lock that tasks of this event loop may wait for; the fetch of another one is refused."""
        loop, lock = current_token(), self._lock
        if loop != self._loop:
            self._loop, self._lock = loop, (lock := anyio.Lock())
        return lock

    async def _ask(self, fetch: Callable[[], Awaitable[ModelCatalogue]], *, offline: bool) -> ModelCatalogue:
        try:
            self._latest = await fetch()
        except ConfigurationError:
            raise
        except OpenRouterError as error:
            self._asked += 1
            self._failed_at = self._clock()
            if not offline:
                raise
            LOGGER.warning("the list of models cannot be read, using %r: %s", self.latest, error)
        else:
            self._asked += 1
            self._read_at = self._clock()
            self._failed_at = -math.inf
        return self.latest

    @property
    def latest(self) -> ModelCatalogue:
        """The catalogue that was read last, else the packaged one."""
        return ModelCatalogue.snapshot() if self._latest is None else self._latest
