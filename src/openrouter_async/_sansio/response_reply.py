"""Whether a valid Responses reply is an answer, since a 200 does not guarantee one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ..errors import APIStatusError, InvalidResponseError, ServerError
from ..types.chat.model_reply import with_meta
from ..types.responses.response import Response
from .chat_reply import empty_reply
from .error_mapping import payload_error
from .response import Reply, read_reply

if TYPE_CHECKING:
    from pydantic import JsonValue

__all__ = ["check_response", "failed_response", "read_response"]


def read_response(reply: Reply) -> Response:
    """Return the response in an answer, if it is one."""
    meta = reply.meta
    response = read_reply(Response, meta.status, meta.headers, reply.body)
    check_response(response)
    return with_meta(response, meta)


def check_response(response: Response) -> None:
    """Return if the response is an answer, though perhaps one that was cut by a limit.

    Raises:
        APIStatusError: it reports an error, in place of the answer or after a part of it, which is in `.partial`.
        EmptyReply: it has no output tokens and no content.
        InvalidResponseError: it is not a response: it has neither items nor a status.
    """
    if response.error or response.status in ("failed", "cancelled"):
        raise failed_response(response)
    if "raw_items" not in response.model_fields_set and response.status is None:
        raise InvalidResponseError(
            "the answer has neither 'output' nor 'status', so it is not a response",
            generation_id=response.generation_id,
        )
    has_tokens = response.usage.completion_tokens != 0
    if (
        not response.raw_items
        and not response.output_text
        and not (has_tokens or response.status == "incomplete")
    ):
        raise empty_reply(response, "no output tokens and no items")


def failed_response(response: Response) -> APIStatusError:
    """Return the error of a failed response; `.partial` has the rest."""
    partial = response if response.raw_items else None
    around: Mapping[str, JsonValue] = {
        "id": response.id,
        "model": response.model,
        "provider": response.provider,
        "error_type": response.error_type,
    }
    if response.error:
        return payload_error(response.error, around=around, partial=partial)
    return ServerError(
        f"the response ended with status {response.status!r}, and says no more",
        status=500,
        generation_id=response.generation_id,
        partial=partial,
    )
