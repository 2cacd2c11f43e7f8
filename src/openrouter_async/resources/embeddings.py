"""Vectors that stand for texts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pydantic import JsonValue

from .. import operations
from .._sansio.request import begin_body, build_request, finish_body
from ..errors import InvalidResponseError
from ..options import RequestOptions
from ..protocols import Reply
from ..types.embeddings.reply import Embeddings
from ..types.embeddings.request import EmbeddingParams, check_embeddings_input
from ..types.requests.check import check_params
from ._base import Resource, reader

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ..types.embeddings.request import EmbeddingsInput

__all__ = ["EmbeddingsResource"]

_read = reader(Embeddings)


_ELSEWHERE = {"stream": "vectors are not streamed", "input": "give it as the first argument"}


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
            InvalidResponseError: there is not one vector for each input.
            OpenRouterError: any other failure of a call.
        """
        body = {
            **begin_body(model),
            "input": check_embeddings_input(input),
            **check_params(EmbeddingParams, params, elsewhere=_ELSEWHERE, where="a request for embeddings"),
        }
        data = build_request(operations.CREATE_EMBEDDINGS, content=finish_body(body, extra_body))
        inputs = _count((extra_body or {}).get("input", input))

        def read(reply: Reply) -> Embeddings:
            embeddings = _read(reply)
            if fault := embeddings.fault(inputs):
                raise InvalidResponseError(
                    f"the answer holds {fault}; no vector can be told to be that of its input",
                    generation_id=embeddings.id,
                )
            return embeddings

        return await self._sender.with_options(options).send(data, read)


def _count(input: object) -> int:
    """Return how many vectors stand for an input: one for a text, its tokens or an object, else one for each item."""
    if not isinstance(input, list | tuple) or all(isinstance(item, int) for item in input):
        return 1
    return len(input)
