"""`client.batches`: the service's own batches, with items as a batch of the client has them, and typed results."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable, Iterable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Generic, TypeAlias, TypeVar, cast, overload

import anyio
from pydantic import JsonValue, TypeAdapter, ValidationError
from pydantic_core import from_json

from .._sansio.chat_body import ChatCall, chat_body
from .._sansio.error_mapping import payload_error
from ..batch.item_source import ItemSource
from ..batch.items import Items, Request
from ..batch.results import Failed
from ..errors import (
    APIStatusError,
    ConfigurationError,
    DeadlineExceeded,
    InsufficientCredits,
    InvalidResponseError,
    OpenRouterError,
)
from ..resources.chat.attachments import has_attachments
from ..resources.jobs import looks
from ..types.batches import BatchJob
from ..types.chat.completion import ChatCompletion
from ..types.chat.request import check_chat_params
from ..types.chat.short_names import resolve_alias
from ..types.common import JsonObject
from ..types.embeddings.reply import Embeddings
from .resource import BatchesResource

if TYPE_CHECKING:
    from typing_extensions import TypeForm, Unpack

    from ..options import RequestOptions
    from ..types.batches import JobEndpoint, JobProvider, JobRequest
    from ..types.chat.request import ChatParams

__all__ = ["BatchJobs", "JobResult", "JobValue"]

T = TypeVar("T")

CHAT = "/v1/chat/completions"

LONGEST_WAIT = 60.0
"""Seconds between two looks at a batch at most. Chosen: a batch of a day costs 1,440 looks."""

JobValue: TypeAlias = ChatCompletion | Embeddings | JsonObject
"""The type of a result, by the operation of the batch; for operations without one, the object as it arrived."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobResult(Generic[T]):
    """The result of one request of a batch."""

    key: str
    """The item's key, which is its `custom_id`."""
    error: OpenRouterError | None
    """Why it failed; None where it did not."""
    _value: T | None = None

    @property
    def value(self) -> T:
        """The reply; of a request that failed, raises its error."""
        if self.error is not None:
            raise self.error
        return self._value  # type: ignore[return-value]  # there is one where there is no error


class BatchJobs(BatchesResource):
    """Batches that the service processes within a day, for about half the price.

    ```python
    batch = await client.batches.create(prompts, model="openai/gpt-5-mini")
    batch = await client.batches.wait(batch.id)
    for result in client.batches.results(batch):
        print(result.key, result.value.text)
    ```
    """

    async def create(
        self,
        items: Items | Iterable[JobRequest] | AsyncIterable[JobRequest],
        *,
        model: str | None = None,
        endpoint: JobEndpoint = CHAT,
        callback_url: str | None = None,
        completion_window: str | None = None,
        extra_body: Mapping[str, JsonValue] | None = None,
        options: RequestOptions | None = None,
        **params: Unpack[ChatParams],
    ) -> BatchJob:
        """Submit a batch, and return it, which is only being validated then; `wait` waits for its end.

        Items are taken one by one, and are never all in memory. The provider that works on the batch bills it, tools at
        their full price. Text only: no images, audio or files.

        Args:
            items: As for `client.batch`, for chat; for other endpoints dicts of `custom_id` and `body`, which are sent
                as they are.
            model: One for all. Default: the client's.
            endpoint: Which operation the requests are of.
            callback_url: Is told by the service when the batch ends; https.
            completion_window: Only `24h` is known.
            extra_body: As for `chat.create`, with every item; for chat alone.
            options: See `RequestOptions`.
            params: See `ChatParams`, for every item, and for chat alone. `provider` is for the batch, and knows only
                `only` and `allow_fallbacks`.

        Raises:
            ConfigurationError: an item cannot be sent, or asks another model; nothing was sent.
            APIStatusError: the service refuses the batch.
        """
        named = model or self._sender.with_options(options).settings.default_model
        model = resolve_alias(named)
        if named is None or model is None:
            raise ConfigurationError(
                "a batch needs a model; give model=..., the account's default is not used"
            )
        provider = cast("JobProvider | None", params.pop("provider", None))
        check_chat_params(params, stream=False)
        requests = cast("Iterable[JobRequest] | AsyncIterable[JobRequest]", items)
        if endpoint != CHAT and (unused := [*params, *(["extra_body"] if extra_body else [])]):
            raise ConfigurationError(
                f"{', '.join(unused)} cannot be added to requests of {endpoint}; write it into each body"
            )
        if endpoint == CHAT:
            source = ItemSource(items, model=model, params=params, extra_body=extra_body)
            requests = _requests(source, model)
        return await self.submit(
            requests,
            model=named,
            endpoint=endpoint,
            callback_url=callback_url,
            completion_window=completion_window,
            provider=provider,
            options=options,
        )

    async def watch(
        self, id: str, *, options: RequestOptions | None = None
    ) -> AsyncGenerator[BatchJob, None]:
        """Yield a batch whenever something about it has changed, last when it is finished.

        Looks every two seconds at first, and every minute later on; that costs nothing.
        """
        before = None
        look = partial(self._look, id, options, is_poll=True)
        async with aclosing(looks(look, _is_over, longest=LONGEST_WAIT)) as batches:
            async for batch in batches:
                counts = batch.request_counts
                now = (batch.status, counts and (counts.completed, counts.failed), batch.is_withheld)
                if now != before:
                    yield batch
                before = now

    async def wait(
        self, id: str, *, timeout: float | None = None, options: RequestOptions | None = None
    ) -> BatchJob:
        """Return a batch when it is finished, whether it succeeded or failed; `watch` shows its progress.

        Args:
            id: Of the batch.
            timeout: Seconds; the batch continues at the service. Default: none, since a batch may take days.
            options: See `RequestOptions`.

        Raises:
            DeadlineExceeded: it was not finished in time.
        """
        with anyio.move_on_after(timeout):
            async with aclosing(self.watch(id, options=options)) as states:
                async for batch in states:
                    if _is_over(batch):
                        return batch
        raise DeadlineExceeded(f"the batch {id!r} was not finished within {timeout:g} s; it continues")

    @overload
    def results(self, batch: BatchJob, *, into: None = None) -> list[JobResult[JobValue]]: ...
    @overload
    def results(self, batch: BatchJob, *, into: type[T]) -> list[JobResult[T]]: ...
    def results(
        self, batch: BatchJob, *, into: type[T] | None = None
    ) -> list[JobResult[T]] | list[JobResult[JobValue]]:
        """Return the results of a finished batch, in the order in which the service has them. Sends nothing.

        Args:
            batch: As `wait` or `get` returned it.
            into: The type of the replies. Default: by the batch's endpoint: `ChatCompletion`, `Embeddings`, or a
                dict.

        Raises:
            InsufficientCredits: the service withholds them until the account can pay for them; nothing is lost.
            ConfigurationError: the batch is not finished, or came from a list, which has no results.
        """
        if batch.is_withheld:
            message = batch.error.message if batch.error else None
            raise InsufficientCredits(
                f"the results of the batch {batch.id!r} are withheld until there are credits for them: {message}",
                status=402,
                code=402,
            )
        if batch.results is None:
            if batch.is_finished and batch.error is not None:
                raise payload_error({"code": 500, "message": batch.error.message})
            raise ConfigurationError(
                f"the batch {batch.id!r} is {batch.status!r} and has no results; use the one that wait() returned"
            )
        if into is not None:
            wanted = TypeAdapter(into)
            return [_result(result, wanted) for result in batch.results]
        reader: TypeAdapter[JobValue] = TypeAdapter(_TYPES.get(batch.endpoint or "", JsonObject))
        return [_result(result, reader) for result in batch.results]


def _is_over(batch: BatchJob) -> bool:
    return batch.is_finished or batch.is_withheld


_TYPES: Mapping[str, TypeForm[JobValue]] = {CHAT: ChatCompletion, "/v1/embeddings": Embeddings}


def _result(result: JsonObject, reader: TypeAdapter[T]) -> JobResult[T]:
    key = str(result.get("custom_id"))
    response = result.get("response")
    response = response if isinstance(response, dict) else {}
    body, status = response.get("body"), response.get("status_code")
    error = result.get("error")
    if error is None and isinstance(body, dict) and isinstance(status, int) and status >= 400:
        message: JsonObject = {"message": f"the request was answered with status {status}"}
        error = body.get("error") or message
    if error is not None or body is None:
        return JobResult(key=key, error=_error(error, status))
    try:
        return JobResult(key=key, error=None, _value=reader.validate_python(body))
    except ValidationError as failure:
        reason = failure.errors(include_url=False, include_input=False)[0]["msg"]
        problem = f"the result of {key!r} is not what was promised: {reason[:1].lower() + reason[1:]}"
        return JobResult(key=key, error=InvalidResponseError(problem))


def _error(error: JsonValue, status: JsonValue) -> APIStatusError:
    body: JsonObject = (
        dict(error) if isinstance(error, dict) else {"message": str(error or "no answer and no error")}
    )
    if isinstance(status, int) and status >= 400:
        body.setdefault("code", status)
    return payload_error(body)


async def _requests(source: ItemSource, model: str) -> AsyncGenerator[JobRequest, None]:
    """Yield the requests of items; those that are requests already pass as they are."""
    async for request in source:
        if isinstance(request, Failed):
            raise request.error
        yield _chat_request(request, model)


def _chat_request(request: Request, model: str) -> JobRequest:
    messages = request.messages
    if isinstance(messages, Mapping) and messages.keys() == {"custom_id", "body"}:
        return cast("JobRequest", {**messages})
    if resolve_alias(request.model) != model:
        raise ConfigurationError(
            f"the item {request.key!r} asks {request.model!r}; expected {model!r}, the model of the batch"
        )
    if has_attachments(messages):
        raise ConfigurationError(f"the item {request.key!r} has an attachment; such batches take text only")
    body = chat_body(ChatCall(messages, None, request.params, request.extra_body))
    return {"custom_id": request.key, "body": from_json(body)}
