"""The billed records of calls."""

from __future__ import annotations

import anyio

from ..._checks import describe_value
from ..._sansio.request import finish_body
from ...errors import (
    ConfigurationError,
    ConnectError,
    ConnectionLost,
    InvalidResponseError,
    NotFound,
    RateLimited,
    ServerError,
)
from ...operations import GET_GENERATION, GET_GENERATION_CONTENT, SEND_FEEDBACK
from ...options import RequestOptions
from ...types.account.generations import FeedbackCategory, FeedbackResult, Generation, GenerationContent
from ...types.common import Envelope
from .._base import Resource

__all__ = ["GenerationsResource"]

PATIENCE_S = 30.0
"""How long a record is waited for that is not there yet."""
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.25, 2.0
"""Between two looks; each pause is twice the one before."""

PASSING = (ConnectError, ConnectionLost, InvalidResponseError, RateLimited, ServerError)
"""Failures, after their retries, that may be over at the next look."""
FAILURES = 2
"""How many of them are waited out, in a row or not."""

MAX_COMMENT = 1_000


class GenerationsResource(Resource):
    """`/generation`. The id of a generation is the `id` of a reply, and the `generation_id` of a stream or an error."""

    async def get(
        self, id: str | None, *, wait: bool | float = False, options: RequestOptions | None = None
    ) -> Generation:
        """Return the billing record of a call: cost, tokens, provider, times.

        ```python
        record = await client.generations.get(reply.id, wait=True)
        print(record.total_cost, record.provider_name)
        ```

        A record appears a few seconds after the end of its call, and until then the service answers 404. Each poll is
        a request, which is free.

        Args:
            id: `gen-…`; that of a reply without one is refused.
            wait: Whether to poll until the record exists, for up to 30 seconds, also where the service is away for
                a moment; a number sets the seconds.
            options: See `RequestOptions`.

        Raises:
            NotFound: the record does not exist, or not yet.
            OpenRouterError: any other failure of a call.
        """
        return await self.look_up(id, wait=wait, options=options)

    async def look_up(
        self,
        id: str | None,
        *,
        wait: bool | float = False,
        options: RequestOptions | None = None,
        is_own: bool = False,
    ) -> Generation:
        """Return a record as `get` does; `is_own` says that the library asks, not its caller."""
        patience = PATIENCE_S if wait is True else wait
        if not isinstance(patience, int | float) or not patience >= 0:
            raise ConfigurationError(f"wait is {wait!r}; expected True, False, or seconds of at least 0")
        end = anyio.current_time() + patience
        pause, failures = FIRST_PAUSE_S, 0
        while True:
            try:
                return await self._send_data(
                    GET_GENERATION,
                    into=Envelope[Generation],
                    query=_query(id),
                    options=options,
                    is_poll=patience > 0,
                    is_own=is_own,
                )
            except (NotFound, *PASSING) as error:
                failures += not isinstance(error, NotFound)
                left = end - anyio.current_time()
                if left <= 0 or failures > FAILURES:
                    raise
            await anyio.sleep(min(pause, left))
            pause = min(2 * pause, LONGEST_PAUSE_S)

    async def content(self, id: str | None, *, options: RequestOptions | None = None) -> GenerationContent:
        """Return the input and output of a call, as far as the account stores them.

        Raises:
            NotFound: the record does not exist, or nothing was stored.
            PermissionDenied: this key may not read it.
            OpenRouterError: any other failure of a call.
        """
        return await self._send_data(
            GET_GENERATION_CONTENT, into=Envelope[GenerationContent], query=_query(id), options=options
        )

    async def feedback(
        self,
        id: str | None,
        category: FeedbackCategory,
        *,
        comment: str | None = None,
        options: RequestOptions | None = None,
    ) -> None:
        """Report a problem with an answer to the service; needs a management key.

        Args:
            id: `gen-…`.
            category: The kind of problem, such as `incorrect_response`.
            comment: At most 1,000 characters.
            options: See `RequestOptions`.

        Raises:
            ConfigurationError: an argument is wrong; nothing was sent.
            NotFound: the record does not exist.
            OpenRouterError: any other failure of a call.
        """
        if not isinstance(comment, str | None):
            raise ConfigurationError(f"comment is {describe_value(comment)}; expected text")
        if comment is not None and len(comment) > MAX_COMMENT:
            raise ConfigurationError(
                f"comment has {len(comment):,} characters; expected at most {MAX_COMMENT:,}"
            )
        body: dict[str, object] = {**_named("generation_id", id), **_named("category", category)}
        if comment is not None:
            body["comment"] = comment
        await self._send(
            SEND_FEEDBACK, into=Envelope[FeedbackResult], body=finish_body(body, None), options=options
        )


def _query(id: str | None) -> dict[str, str]:
    return _named("id", id)


def _named(name: str, value: str | None) -> dict[str, str]:
    if not isinstance(value, str) or not value:
        raise ConfigurationError(f"{name} is {describe_value(value)}; expected text that is not empty")
    return {name: value}
