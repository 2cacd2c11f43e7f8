"""Vectors that stand for texts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pydantic import JsonValue

from .. import operations
from .._sansio.embeddings_body import embeddings_body
from ..options import RequestOptions
from ..types.embeddings import Embeddings
from ._base import Resource

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ..types.embeddings_request import EmbeddingParams, EmbeddingsInput

__all__ = ["EmbeddingsResource"]


class EmbeddingsResource(Resource):
    """`POST /embeddings`."""

    async def create(
        self,
        input: EmbeddingsInput,
        *,
        model: str,
        extra_body: Mapping[str, JsonValue] | None = None,
        options: RequestOptions | None = None,
        **params: Unpack[EmbeddingParams],
    ) -> Embeddings:
        """Return a vector for each input, in the order of the inputs.

        ```python
        reply = await client.embeddings.create(["red", "blue"], model="openai/text-embedding-3-small")
        red, blue = reply.vectors
        ```

        Sends one request, which is billed; more where the retry rules allow it.

        Args:
            input: A text, or its tokens; or several of either, or of parts, which get a vector each.
            model: A slug such as `openai/text-embedding-3-small`.
            extra_body: What is sent besides, for parameters that these types do not know; it wins over them.
            options: See `RequestOptions`; the service's cache of whole answers (`cache`) works here too.
            params: See `EmbeddingParams`.

        Raises:
            ConfigurationError: an argument is wrong; nothing was sent.
            OpenRouterError: any other failure of a call.
        """
        body = embeddings_body(input, model=model, params=params, extra_body=extra_body)
        return await self._send(operations.CREATE_EMBEDDINGS, into=Embeddings, body=body, options=options)
