"""The service's own batches: one job of many requests, done within a day for about half the price."""

from __future__ import annotations

import random
from collections.abc import AsyncIterable, Iterable, Mapping
from contextlib import closing
from datetime import datetime
from typing import TYPE_CHECKING

import anyio

from .. import operations
from .._sansio.pagination import Arguments, CursorPaging
from .._sansio.request import build_request
from ..errors import ConfigurationError, RateLimited
from ..options import RequestOptions, Retries
from ..resources._base import Resource, json_bytes, reader
from ..resources._pagination import Paginator
from ..types.batches import BatchJob, DeletedJob, JobPage, JobSettings
from ..types.chat.short_names import MODELS
from ..types.requests.check import check_params
from .spool import Spool

if TYPE_CHECKING:
    from ..types.batches import JobEndpoint, JobProvider, JobRequest, JobStatus

__all__ = ["BatchesResource"]

ATTEMPTS = 3
"""The most submissions of a batch, if the service answers that there were too many requests; chosen: the service
names a wait, and the caller, who may have hours, gets the third refusal."""
LONGEST_WAIT = 60.0
"""Seconds that such a wait may have; chosen: the limits are by the minute."""

_read_batch = reader(BatchJob)


class BatchesResource(Resource):
    """`/batches`; these need an inference key, and see the batches of its whole workspace."""

    async def submit(
        self,
        requests: Iterable[JobRequest] | AsyncIterable[JobRequest],
        *,
        model: str,
        endpoint: JobEndpoint,
        callback_url: str | None = None,
        completion_window: str | None = None,
        provider: JobProvider | None = None,
        options: RequestOptions | None = None,
    ) -> BatchJob:
        """Submit requests unchanged, and return the batch, whose validation has only begun.

        The requests are read one by one and go through a temporary file, so they need not fit into memory. The file
        is sent again only if the service answers that there were too many requests: every copy is billed.

        Args:
            requests: Bodies, each with an id of yours.
            model: One for all, by its id or a short name.
            endpoint: The operation of the bodies, such as `/v1/embeddings`.
            callback_url: The service calls it when the batch ends; https.
            completion_window: Only `24h` is known.
            provider: The providers that may serve it.
            options: See `RequestOptions`.

        Raises:
            ConfigurationError: a request lacks `custom_id` or `body`, an id is there twice, or another argument is
                wrong; nothing was sent.
            APIStatusError: the service refuses the batch.
        """
        named, model = model, MODELS.get(model, model)
        settings = {
            "callback_url": callback_url,
            "completion_window": completion_window,
            "endpoint": endpoint,
            "model": model,
            "provider": provider,
        }
        given = {name: value for name, value in settings.items() if value is not None}
        head = check_params(JobSettings, given, elsewhere={}, where="batches.submit", way_out=None)
        with closing(Spool()) as spool:
            # The service reads the body as a stream: what says how to read the requests must stand before them.
            spool.write(json_bytes(head)[:-1] + b',"requests":[')
            await _write_requests(spool, requests)
            spool.write(b"]}")
            data = build_request(operations.CREATE_BATCH, upload=spool, model=model, named=named)
            sender = self._sender.with_options({**(options or {}), "retries": Retries(attempts=1)})
            for attempt in range(1, ATTEMPTS + 1):
                try:
                    return await sender.send(data, _read_batch)
                except RateLimited as error:
                    wait = random.uniform(1, 2) * attempt if error.retry_after is None else error.retry_after
                    if attempt == ATTEMPTS or wait > LONGEST_WAIT:
                        raise
                    await anyio.sleep(wait)
        raise AssertionError("unreachable")

    async def get(self, id: str, *, options: RequestOptions | None = None) -> BatchJob:
        """Return a batch; once it is finished, with its results.

        If the account lacks the credits for them, they are withheld (`is_withheld`): add credits and call again; no
        work is repeated. Costs nothing.

        Raises:
            NotFound: no batch has this id.
            InsufficientCredits: the account owes, and the service shows nothing of the batch.
        """
        return await self._look(id, options)

    async def _look(self, id: str, options: RequestOptions | None, *, is_poll: bool = False) -> BatchJob:
        return await self._send(
            operations.GET_BATCH, into=BatchJob, path={"id": id}, is_poll=is_poll, options=options
        )

    def list(
        self,
        *,
        status: JobStatus | Iterable[JobStatus] | None = None,
        created_after: int | datetime | None = None,
        created_before: int | datetime | None = None,
        limit: int | None = None,
        after: str | None = None,
        options: RequestOptions | None = None,
    ) -> Paginator[BatchJob]:
        """Return the batches of the workspace, the newest first, without their results.

        Args:
            status: Only those of one status, or of several; `finalizing` and `cancelling` cannot be asked for.
            created_after: A moment, or seconds since 1970.
            created_before: Likewise; that second itself is left out.
            limit: How many a page has, 1 to 100. Default: the service's.
            after: The id of the batch before the first.
            options: See `RequestOptions`.
        """
        arguments: Arguments = {
            "limit": limit,
            "after": after,
            "status": [status] if isinstance(status, str) else None if status is None else [*status],
            "created_after": _seconds(created_after),
            "created_before": _seconds(created_before),
        }
        return self._pages(
            operations.LIST_BATCHES, into=JobPage, query=arguments, paging=CursorPaging(), options=options
        )

    async def delete(self, id: str, *, options: RequestOptions | None = None) -> DeletedJob:
        """Delete the requests and results of a finished batch; the charges remain.

        A batch cannot be cancelled.

        Raises:
            Conflict: it is not finished.
            NotFound: no batch has this id.
        """
        return await self._send(operations.DELETE_BATCH, path={"id": id}, into=DeletedJob, options=options)


async def _write_requests(spool: Spool, requests: Iterable[JobRequest] | AsyncIterable[JobRequest]) -> None:
    seen: set[str] = set()

    def write(request: JobRequest) -> None:
        spool.write((b"," if seen else b"") + _request_bytes(request, seen))

    if isinstance(requests, AsyncIterable):
        async for request in requests:
            write(request)
    else:
        for request in requests:
            write(request)
    if not seen:
        raise ConfigurationError("a batch has no requests; expected at least one")


def _request_bytes(request: JobRequest, seen: set[str]) -> bytes:
    if not isinstance(request, Mapping) or request.keys() != {"custom_id", "body"}:
        raise ConfigurationError("a request of a batch must be a dict of custom_id and body")
    custom_id, body = request["custom_id"], request["body"]
    if not isinstance(custom_id, str) or not custom_id or not isinstance(body, Mapping):
        raise ConfigurationError(f"custom_id is {custom_id!r}; expected text, and a body that is a dict")
    if custom_id in seen:
        raise ConfigurationError(f"custom_id {custom_id!r} is there twice; expected each once")
    seen.add(custom_id)
    return json_bytes({"custom_id": custom_id, "body": body})


def _seconds(moment: int | datetime | None) -> int | None:
    if not isinstance(moment, datetime):
        return moment
    if moment.tzinfo is None:
        raise ConfigurationError(f"{moment!r} has no time zone; expected a moment such as datetime.now(UTC)")
    return int(moment.timestamp())
