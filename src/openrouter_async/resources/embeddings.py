"""Vectors that stand for texts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING

import anyio
from pydantic import JsonValue

from .. import operations
from .._checks import whole
from .._sansio.embedding_parts import most_inputs, split_inputs
from .._sansio.pagination import OffsetPaging
from .._sansio.request import RequestData, begin_body, build_request, finish_body, user_of
from ..errors import ConfigurationError, InvalidResponseError, OpenRouterError
from ..options import RequestOptions
from ..protocols import Reply, Sender
from ..types.catalogue.models import Model, ModelPage
from ..types.embeddings.reply import Embeddings
from ..types.embeddings.request import EmbeddingParams, check_embeddings_input
from ..types.meta import keep_meta, kept_meta
from ..types.requests.check import check_params
from ._base import Resource, reader
from ._pagination import Paginator

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ..types.embeddings.request import EmbeddingsInput

__all__ = ["EmbeddingsResource", "embeddings_call"]

_read = reader(Embeddings)


AT_ONCE = 8
"""Concurrent requests of one call; chosen: enough to be quick, and few enough for the limits of most accounts."""

_ELSEWHERE = {"stream": "vectors are not streamed", "input": "give it as the first argument"}


class EmbeddingsResource(Resource):
    """`/embeddings`."""

    async def create(
        self,
        input: EmbeddingsInput,
        *,
        model: str,
        inputs_per_request: int | None = None,
        extra_body: Mapping[str, JsonValue] | None = None,
        options: RequestOptions | None = None,
        **params: Unpack[EmbeddingParams],
    ) -> Embeddings:
        """Return a vector for each input, in the order of the inputs.

        ```python
        reply = await client.embeddings.create(["red", "blue"], model="openai/text-embedding-3-small")
        red, blue = reply.vectors
        ```

        Sends one request, which is billed, or more within the retry rules. More inputs than fit in a request, or more
        text than about 250,000 tokens, go in several requests, of which eight run concurrently; their costs are added
        up, and `id` and metadata are those of the first.

        Args:
            input: A string, or its tokens; or several of either, or of parts, which get a vector each; any number.
            model: A slug such as `openai/text-embedding-3-small`; see `client.embeddings.models`.
            inputs_per_request: The most inputs in one request. Default: 2,048 for base64 and for short vectors, or else
                as many as keep the answer below `Limits.values`; 219 if `dimensions` is omitted. Some providers accept
                fewer.
            extra_body: Additional fields, for parameters that these types do not know; they override the others.
            options: See `RequestOptions`; the service's cache of whole answers (`cache`) works here too.
            params: See `EmbeddingParams`.

        Raises:
            ConfigurationError: an argument is wrong; nothing was sent.
            InvalidResponseError: the number of vectors differs from the number of inputs.
            OpenRouterError: any other failure of a call. If there are several requests, no further one starts,
                running ones finish, and `error.done` has the `Embeddings` so far.
        """
        checked = check_embeddings_input(input)
        given = check_params(EmbeddingParams, params, elsewhere=_ELSEWHERE, where="a request for embeddings")
        sent = {**given, **(extra_body or {})}
        most = most_inputs(sent.get("dimensions"), sent.get("encoding_format"))
        if inputs_per_request is not None:
            most = whole("inputs_per_request", inputs_per_request)

        def request(part: object) -> RequestData:
            body = {**begin_body(model), "input": part, **given}
            return build_request(
                operations.CREATE_EMBEDDINGS,
                content=finish_body(body, extra_body),
                model=model,
                user=user_of(sent),
            )

        sender = self._sender.with_options(options)
        is_list = isinstance(checked, list) and not isinstance(checked[0], int)
        starts = split_inputs(checked, most=most) if is_list and isinstance(checked, list) else [0]
        if len(starts) == 1 or "input" in (extra_body or {}):
            inputs = _count((extra_body or {}).get("input", input))
            return await sender.send(request(checked), _reader(inputs))
        assert isinstance(checked, list)
        parts = [checked[start:end] for start, end in pairwise([*starts, len(checked)])]
        return await _together(sender, request, starts, parts)

    async def many(
        self,
        texts: Iterable[str],
        *,
        model: str,
        inputs_per_request: int | None = None,
        extra_body: Mapping[str, JsonValue] | None = None,
        options: RequestOptions | None = None,
        **params: Unpack[EmbeddingParams],
    ) -> Embeddings:
        """Return a vector for each of many texts, where equal texts are sent once.

        ```python
        reply = await client.embeddings.many(reviews, model="openai/text-embedding-3-small")
        print(len(reply.vectors), reply.cost)
        ```

        In requests of as many texts as fit, like `create`; with `local_cache` only texts that were never sent cost
        anything. For a journal and a budget of its own use `client.batch(texts, kind="embeddings")`.

        Args:
            texts: Texts that are not empty, from any iterable.
            model: As for `create`.
            inputs_per_request: As for `create`.
            extra_body: As for `create`.
            options: As for `create`.
            params: See `EmbeddingParams`.

        Raises:
            ConfigurationError: an argument is wrong; nothing was sent.
            OpenRouterError: as for `create`; the `index` of each vector in `error.done` is that of a text among the
                different ones.
        """
        if isinstance(texts, str):
            raise ConfigurationError("texts is one text; expected several, or use embeddings.create")
        given = [*texts]
        places = {text: place for place, text in enumerate(dict.fromkeys(given))}
        reply = await self.create(
            [*places],
            model=model,
            inputs_per_request=inputs_per_request,
            extra_body=extra_body,
            options=options,
            **params,
        )
        if len(places) == len(given):
            return reply
        data = [
            reply.data[places[text]].model_copy(update={"index": index}) for index, text in enumerate(given)
        ]
        whole_reply = reply.model_copy(update={"data": data})
        keep_meta(whole_reply, kept_meta(reply))
        return whole_reply

    def models(
        self, *, offset: int | None = None, limit: int | None = None, options: RequestOptions | None = None
    ) -> Paginator[Model]:
        """Return the models that make vectors; the list comes whole unless `offset` or `limit` is given. Costs nothing.

        Args:
            offset: Models to pass over.
            limit: Models a page, 1 to 1000.
            options: See `RequestOptions`.
        """
        return self._pages(
            operations.LIST_EMBEDDING_MODELS,
            into=ModelPage,
            query={"offset": offset, "limit": limit},
            paging=OffsetPaging(says_more=True),
            most=1_000,
            options=options,
        )


def embeddings_call(
    input: object, model: object, params: Mapping[str, object], extra_body: Mapping[str, object] | None
) -> tuple[RequestData, Callable[[Reply], Embeddings]]:
    """Return one request, and what reads its answer; raises `ConfigurationError`."""
    body = {
        **begin_body(model),
        "input": check_embeddings_input(input),
        **check_params(EmbeddingParams, params, elsewhere=_ELSEWHERE, where="a request for embeddings"),
    }
    name = model if isinstance(model, str) else None
    content, user = finish_body(body, extra_body), user_of(body, extra_body)
    data = build_request(operations.CREATE_EMBEDDINGS, content=content, model=name, user=user)
    return data, _reader(_count((extra_body or {}).get("input", input)))


def _reader(inputs: int) -> Callable[[Reply], Embeddings]:
    """Return what reads an answer that has a vector for each of so many inputs."""

    def read(reply: Reply) -> Embeddings:
        embeddings = _read(reply)
        if fault := embeddings.fault(inputs):
            raise InvalidResponseError(
                f"the answer contains {fault}; the vectors cannot be matched with their inputs",
                generation_id=embeddings.id,
            )
        return embeddings

    return read


async def _together(
    sender: Sender, request: Callable[[object], RequestData], starts: list[int], parts: list[list[object]]
) -> Embeddings:
    """Send requests, some concurrently, and return their joint result.

    Raises:
        OpenRouterError: the first failure; `done` has the results of the others.
    """
    done: dict[int, Embeddings] = {}
    failure: Exception | None = None
    todo = iter([*zip(starts, parts, strict=True)])

    async def work() -> None:
        nonlocal failure
        for start, part in todo:
            if failure is not None:
                return
            try:
                done[start] = await sender.send(request(part), _reader(len(part)))
            except Exception as error:  # noqa: BLE001 - raised when those that run are done
                failure = failure or error

    async with anyio.create_task_group() as workers:
        for _ in range(min(AT_ONCE, len(parts))):
            workers.start_soon(work)
    if failure is not None:
        if isinstance(failure, OpenRouterError) and done:
            failure.done = Embeddings.joined(sorted(done.items()))
        raise failure
    return Embeddings.joined(sorted(done.items()))


def _count(input: object) -> int:
    """Return how many vectors stand for an input: one for a text, its tokens or an object, else one for each item."""
    if not isinstance(input, list | tuple) or all(isinstance(item, int) for item in input):
        return 1
    return len(input)
