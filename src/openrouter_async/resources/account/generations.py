"""The billed records of calls."""

from __future__ import annotations

import anyio

from ..._checks import describe_value
from ..._sansio.request import finish_body
from ...errors import ConfigurationError, NotFound
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

MAX_COMMENT = 1_000


class GenerationsResource(Resource):
    """`/generation`. The id of a generation is the `id` of a reply, and the `generation_id` of a stream or an error."""

    async def get(
        self, id: str | None, *, wait: bool | float = False, options: RequestOptions | None = None
    ) -> Generation:
        """Return the billed record of a call: cost, tokens, provider, times.

        ```python
        record = await client.generations.get(reply.id, wait=True)
        print(record.total_cost, record.provider_name)
        ```

        A record appears some seconds after its call has ended, and until then the service says 404. Each look is a
        request, which costs nothing.

        Args:
            id: `gen-…`; the `id` of a reply that has none is refused.
            wait: Whether to look again while there is no record, for up to 30 seconds; a number is that many seconds.
            options: See `RequestOptions`.

        Raises:
            NotFound: there is no such record, or not yet.
            OpenRouterError: any other failure of a call.
        """
        patience = PATIENCE_S if wait is True else wait
        if not isinstance(patience, int | float) or not patience >= 0:
            raise ConfigurationError(f"wait is {wait!r}; expected True, False, or seconds of at least 0")
        end = anyio.current_time() + patience
        pause = FIRST_PAUSE_S
        while True:
            try:
                return await self._send_data(
                    GET_GENERATION,
                    into=Envelope[Generation],
                    query=_query(id),
                    options=options,
                    is_poll=patience > 0,
                )
            except NotFound:
                left = end - anyio.current_time()
                if left <= 0:
                    raise
            await anyio.sleep(min(pause, left))
            pause = min(2 * pause, LONGEST_PAUSE_S)

    async def content(self, id: str | None, *, options: RequestOptions | None = None) -> GenerationContent:
        """Return what a call asked and was answered, as far as the account keeps it.

        Raises:
            NotFound: there is no such record, or nothing was kept.
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
        """Tell the service what was wrong with an answer; needs a management key.

        Args:
            id: `gen-…`.
            category: What it is about, such as `incorrect_response`.
            comment: At most 1,000 characters.
            options: See `RequestOptions`.

        Raises:
            ConfigurationError: an argument is wrong; nothing was sent.
            NotFound: there is no such record.
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
