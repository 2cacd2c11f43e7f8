"""The models that the service offers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import operations
from .._sansio.pagination import Arguments, OffsetPaging
from ..errors import ConfigurationError
from ..options import RequestOptions
from ..types.model_query import check_model_filters
from ..types.models import Model, ModelPage, ModelReply
from ._base import QueryValue, Resource
from ._pagination import Paginator

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ..types.model_query import ModelFilters

__all__ = ["ModelsResource"]


class ModelsResource(Resource):
    """`GET /models` and `GET /model/{author}/{slug}`; a key is sent if there is one."""

    def list(self, *, options: RequestOptions | None = None, **filters: Unpack[ModelFilters]) -> Paginator[Model]:
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
        query = {name: _query_value(value) for name, value in check_model_filters(filters).items()}

        async def fetch(arguments: Arguments) -> ModelPage:
            return await self._send(operations.LIST_MODELS, into=ModelPage, query=arguments, options=options)

        return Paginator(fetch, OffsetPaging(says_more=True), query)

    async def get(self, id: str, *, options: RequestOptions | None = None) -> Model:
        """Return one model; an alias such as `~openai/gpt-latest` gives the model it stands for.

        Sends one request, which costs nothing.

        Args:
            id: `author/slug`, perhaps with a variant such as `:free`.
            options: See `RequestOptions`.

        Raises:
            ConfigurationError: `id` has another form; nothing was sent.
            NotFound: the service does not know it.
            OpenRouterError: any other failure of a call.
        """
        author, slash, slug = id.partition("/")
        if not (author and slash and slug) or "/" in slug or author.startswith("@"):
            raise ConfigurationError(f"id is {id!r}; expected author/slug, such as 'openai/gpt-5-mini'")
        path = {"author": author, "slug": slug}
        return await self._send_data(operations.GET_MODEL, into=ModelReply, path=path, options=options)


def _query_value(value: object) -> QueryValue:
    """Return what stands in the query: several words are joined by commas."""
    if isinstance(value, str | int | float):
        return value
    assert isinstance(value, tuple | list)
    return ",".join(value)
