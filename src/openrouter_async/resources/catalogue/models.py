"""The models that the service offers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ..._sansio.pagination import Arguments, OffsetPaging
from ...errors import ConfigurationError
from ...operations import (
    COUNT_MODELS,
    GET_MODEL,
    LIST_MODEL_ENDPOINTS,
    LIST_MODELS,
    LIST_USER_MODELS,
    Operation,
)
from ...options import RequestOptions
from ...types.catalogue.endpoints import ModelEndpoints
from ...types.catalogue.model_query import ModelFilters, UserModelFilters, check_model_filters
from ...types.catalogue.models import Model, ModelCount, ModelPage
from ...types.common import Envelope
from .._base import QueryValue, Resource
from .._pagination import Paginator

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ...types.catalogue.model_query import Words

__all__ = ["ModelsResource", "author_and_slug"]


class ModelsResource(Resource):
    """`/models` and the paths below it; a key is sent if there is one."""

    def list(
        self, *, options: RequestOptions | None = None, **filters: Unpack[ModelFilters]
    ) -> Paginator[Model]:
        """Return the models that pass all filters.

        ```python
        page = await client.models.list(supported_parameters=["tools"], max_price=1)
        async for model in client.models.list(q="llama", limit=100):
            print(model.id, model.pricing.prompt)
        ```

        The list comes whole, in one request, unless `offset` or `limit` is given. Requests cost nothing.

        Args:
            options: See `RequestOptions`.
            filters: See `ModelFilters`.

        Raises:
            ConfigurationError: a filter is wrong; nothing was sent. Everything else is raised while reading.
        """
        return self._models(LIST_MODELS, _query(filters), options)

    async def get(self, id: str, *, options: RequestOptions | None = None) -> Model:
        """Return one model; for an alias such as `~openai/gpt-latest` the model behind it.

        Sends one request, which costs nothing.

        Args:
            id: `author/slug`, optionally with a variant such as `:free`.
            options: See `RequestOptions`.

        Raises:
            ConfigurationError: `id` has another form; nothing was sent.
            NotFound: the service does not know it.
            OpenRouterError: any other failure of a call.
        """
        return await self._send_data(
            GET_MODEL, into=Envelope[Model], path=author_and_slug(id), options=options
        )

    async def count(
        self, *, output_modalities: Words | None = None, options: RequestOptions | None = None
    ) -> int:
        """Return how many models there are.

        Args:
            output_modalities: Only models that give these; `all` for every one. Default: models that give text.
            options: See `RequestOptions`.

        Raises:
            OpenRouterError: any failure of a call.
        """
        filters = {} if output_modalities is None else {"output_modalities": output_modalities}
        counted = await self._send_data(
            COUNT_MODELS, into=Envelope[ModelCount], query=_query(filters), options=options
        )
        return counted.count

    def user(
        self, *, options: RequestOptions | None = None, **filters: Unpack[UserModelFilters]
    ) -> Paginator[Model]:
        """Return the models that the account may use, after its provider settings, its privacy and its guardrails.

        The list comes whole, in one request, unless `offset` or `limit` is given. Needs a key; costs nothing.

        Args:
            options: See `RequestOptions`.
            filters: See `UserModelFilters`.

        Raises:
            ConfigurationError: a filter is wrong; nothing was sent. Everything else is raised while reading.
        """
        return self._models(LIST_USER_MODELS, _query(filters, UserModelFilters), options)

    async def endpoints(self, id: str, *, options: RequestOptions | None = None) -> ModelEndpoints:
        """Return everyone who offers a model: prices, limits, parameters, how well it runs.

        Sends one request, which costs nothing; latency and throughput are told only with a key.

        Args:
            id: `author/slug`.
            options: See `RequestOptions`.

        Raises:
            ConfigurationError: `id` has another form; nothing was sent.
            NotFound: the service does not know it.
            OpenRouterError: any other failure of a call.
        """
        return await self._send_data(
            LIST_MODEL_ENDPOINTS, into=Envelope[ModelEndpoints], path=author_and_slug(id), options=options
        )

    def _models(
        self, operation: Operation, query: Arguments, options: RequestOptions | None
    ) -> Paginator[Model]:
        paging = OffsetPaging(says_more=True)
        return self._pages(operation, into=ModelPage, query=query, paging=paging, options=options)


def author_and_slug(id: str) -> dict[str, str]:
    """Return the path parameters that name a model."""
    author, slash, slug = id.partition("/") if isinstance(id, str) else ("", "", "")
    if not (author and slash and slug) or "/" in slug or author.startswith("@"):
        raise ConfigurationError(f"id is {id!r}; expected author/slug, such as 'openai/gpt-5-mini'")
    return {"author": author, "slug": slug}


def _query(filters: Mapping[str, object], owner: type = ModelFilters) -> Arguments:
    return {name: _query_value(value) for name, value in check_model_filters(filters, owner).items()}


def _query_value(value: object) -> QueryValue:
    """Return the query value: several words are joined by commas."""
    if isinstance(value, str | int | float):
        return value
    assert isinstance(value, tuple | list)
    return ",".join(value)
