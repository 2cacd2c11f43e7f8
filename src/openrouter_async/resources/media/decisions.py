"""Decisions: short, typed answers to questions about a state of things."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

from pydantic import Field, JsonValue, TypeAdapter

from ... import operations
from ..._sansio.request import RequestData, build_request, finish_body, user_of
from ...errors import InvalidResponseError
from ...options import RequestOptions
from ...protocols import Reply
from ...types.media.decisions import Decisions, DecisionsParams, Question, Told
from ...types.requests.check import check, check_params
from ...types.requests.fields import STRICT
from .._base import Resource, reader
from .requests import begin_media

if TYPE_CHECKING:
    from typing_extensions import Unpack

__all__ = ["DecisionsResource", "decisions_call"]

_read = reader(Decisions)
_state = TypeAdapter(Told, config=STRICT)
_questions = TypeAdapter(Annotated[dict[str, Question], Field(min_length=1)], config=STRICT)


class DecisionsResource(Resource):
    """`/systemone`."""

    async def create(
        self,
        state: str | Mapping[str, JsonValue] | Sequence[JsonValue],
        questions: Mapping[str, Question],
        *,
        model: str,
        extra_body: Mapping[str, JsonValue] | None = None,
        options: RequestOptions | None = None,
        **params: Unpack[DecisionsParams],
    ) -> Decisions:
        """Return an answer to each question about a state of things.

        ```python
        reply = await client.decisions.create(
            "The parcel has not come for three weeks!",
            {"mood": {"type": "choice", "instructions": "How is it said?", "criteria": {"calm": None, "angry": None}}},
            model="openrouter/decisions",
        )
        print(reply.choice("mood").choice)
        ```

        Sends one request, which is billed; more where the retry rules allow it.

        Args:
            state: The state of things: text, or JSON.
            questions: By names of yours: `choice` (which of several), `score` (how much), `noul` (how true), `box`
                (where in a picture).
            model: A slug of a model whose output is decisions.
            extra_body: Further parameters, also ones that these types do not know; they win over the others.
            options: See `RequestOptions`.
            params: See `DecisionsParams`.

        Raises:
            ConfigurationError: an argument is wrong; nothing was sent.
            InvalidResponseError: a question has no answer.
            OpenRouterError: any other failure of a call.
        """
        data, read = decisions_call(state, questions, model, params, extra_body)
        return await self._sender.with_options(options).send(data, read)


def decisions_call(
    state: object,
    questions: object,
    model: object,
    params: Mapping[str, object],
    extra_body: Mapping[str, object] | None,
) -> tuple[RequestData, Callable[[Reply], Decisions]]:
    """Return the request, and what reads its answer; raises `ConfigurationError`."""
    checked = check(_questions, questions, "questions", private=True)
    body = {
        **begin_media(model),
        "state": check(_state, state, "state", private=True),
        "questions": checked,
        **check_params(DecisionsParams, params, elsewhere={}, where="a request for decisions"),
    }
    data = build_request(
        operations.CREATE_DECISIONS,
        content=finish_body(body, extra_body),
        model=str(body["model"]),
        user=user_of(body, extra_body),
    )

    def read(reply: Reply) -> Decisions:
        decisions = _read(reply)
        if missing := sorted(checked.keys() - decisions.answers.keys()):
            raise InvalidResponseError(
                f"the answer leaves out {missing[:8]}, of {len(checked)} questions",
                generation_id=decisions.id,
            )
        return decisions

    return data, read
