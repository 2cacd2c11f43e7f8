"""Ranks: documents in the order in which they answer a query."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pydantic import JsonValue

from ... import operations
from ..._checks import describe_value
from ..._sansio.request import RequestData, build_request, finish_body, user_of
from ...errors import ConfigurationError, InvalidResponseError
from ...options import RequestOptions
from ...protocols import Reply
from ...types.media.rerank import Ranked, Ranking, RerankParams, RerankReply
from ...types.requests.check import check_params
from .._base import Resource, reader
from .references import encode_references
from .requests import begin_media, checked_prompt

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ...types.meta import ResponseMeta

__all__ = ["RerankResource", "ranking_of", "rerank_call"]

DocumentT = TypeVar("DocumentT")

_read = reader(RerankReply)


class RerankResource(Resource):
    """`/rerank`."""

    async def create(
        self,
        query: str,
        documents: Sequence[DocumentT],
        *,
        model: str,
        text: Callable[[DocumentT], str] | None = None,
        extra_body: Mapping[str, JsonValue] | None = None,
        options: RequestOptions | None = None,
        **params: Unpack[RerankParams],
    ) -> Ranking[DocumentT]:
        """Return documents in the order in which they answer a query, the best first.

        ```python
        ranking = await client.rerank.create("Which is blue?", ["the sea", "grass"], model="cohere/rerank-v3.5")
        for ranked in ranking:
            print(ranked.score, ranked.document)
        ```

        Sends one request, which is billed; more where the retry rules allow it.

        Args:
            query: The question.
            documents: Texts; dicts of `text` and `image` (a URL, bytes or a path), with models that see; or any
                objects, with `text`. They are returned as they were given.
            model: A slug such as `cohere/rerank-v3.5`.
            text: Returns the text of one of `documents`.
            extra_body: Further parameters, also ones that these types do not know; they win over the others.
            options: See `RequestOptions`.
            params: See `RerankParams`.

        Raises:
            ConfigurationError: an argument is wrong; nothing was sent.
            InvalidResponseError: the answer ranks documents that were not given.
            OpenRouterError: any other failure of a call.
        """
        data, read = await rerank_call(query, documents, model, params, extra_body, text=text)
        return await self._sender.with_options(options).send(data, read)


async def rerank_call(
    query: object,
    documents: object,
    model: object,
    params: Mapping[str, object],
    extra_body: Mapping[str, object] | None,
    *,
    text: Callable[[DocumentT], str] | None = None,
) -> tuple[RequestData, Callable[[Reply], Ranking[DocumentT]]]:
    """Return the request, and what reads its answer; raises `ConfigurationError`."""
    if isinstance(documents, str | bytes) or not isinstance(documents, Sequence) or not documents:
        raise ConfigurationError(
            f"documents is {describe_value(documents, private=True)}; expected a list that is not empty"
        )
    given: tuple[DocumentT, ...] = tuple(documents)
    texts = given if text is None else [text(document) for document in given]
    checked = check_params(RerankParams, params, elsewhere={}, where="a request for ranks")
    body = {
        **begin_media(model),
        "query": checked_prompt("query", query),
        "documents": [await _document(f"documents[{place}]", each) for place, each in enumerate(texts)],
        **checked,
    }
    data = build_request(
        operations.CREATE_RERANK,
        content=finish_body(body, extra_body),
        model=str(body["model"]),
        user=user_of(body, extra_body),
    )
    return data, lambda reply: ranking_of(_read(reply), given, reply.meta)


async def _document(name: str, document: object) -> JsonValue:
    """Return a document as it is sent.

    Raises:
        ConfigurationError: it is neither text nor a dict of text and image, or its image cannot be read.
    """
    if isinstance(document, str):
        return document
    if not isinstance(document, Mapping) or not document or document.keys() - {"text", "image"}:
        raise ConfigurationError(
            f"{name} is {describe_value(document, private=True)}; expected text, or a dict of text and image; for other"
            " objects give text=..., a function that returns the text of one"
        )
    sent: dict[str, JsonValue] = {}
    if (words := document.get("text")) is not None:
        sent["text"] = checked_prompt(f"{name}.text", words)
    if (picture := document.get("image")) is not None:
        sent["image"] = await _image_url(picture) if isinstance(picture, bytes | Path) else picture
    return sent


async def _image_url(picture: bytes | Path) -> JsonValue:
    (part,) = await encode_references("image", [picture])
    assert isinstance(part, dict)
    url = part["image_url"]
    assert isinstance(url, dict)
    return url["url"]


def ranking_of(
    answer: RerankReply, documents: Sequence[DocumentT], meta: ResponseMeta | None = None
) -> Ranking[DocumentT]:
    """Return the documents that were given, by their scores.

    Raises:
        InvalidResponseError: the answer ranks what was not given, or something twice.
    """
    places = [result.index for result in answer.results]
    if len(set(places)) < len(places) or not all(0 <= place < len(documents) for place in places):
        raise InvalidResponseError(
            f"the answer ranks the documents {places[:8]}, where {len(documents)} were given",
            generation_id=answer.id,
        )
    results = sorted(answer.results, key=lambda result: -result.relevance_score)
    ranked = (Ranked(documents[each.index], each.relevance_score, each.index) for each in results)
    return Ranking(tuple(ranked), answer, meta)
