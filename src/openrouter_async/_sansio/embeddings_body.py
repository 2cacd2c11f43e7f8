"""The body of a request for embeddings: arguments become JSON bytes, validated, always the same for the same.

Order of keys: `model`, `input`, the parameters as `EmbeddingParams` declares them, then what only `extra_body` has.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..types.embeddings.request import check_embedding_params, check_embeddings_input
from .request_body import begin_body, finish_body

__all__ = ["embeddings_body"]


def embeddings_body(
    input: object,
    *,
    model: str,
    params: Mapping[str, object],
    extra_body: Mapping[str, object] | None = None,
) -> bytes:
    """Return the body; `extra_body` comes last and wins.

    Raises:
        ConfigurationError: an argument is wrong; field and what is allowed are named.
    """
    body = begin_body(model)
    body["input"] = check_embeddings_input(input)
    return finish_body(body | check_embedding_params(params), extra_body)
