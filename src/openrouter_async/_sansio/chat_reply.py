"""Whether a valid chat completion is an answer, since a 200 does not guarantee one.

The service may answer 200 and then report an error inside a choice, or send an empty completion while a model is
starting. See <https://openrouter.ai/docs/api-reference/errors>.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..errors import APIStatusError, EmptyReply, InvalidResponseError, PartialReply, ServerError
from ..types.chat.completion import ChatCompletion, Choice
from ..types.chat.model_reply import ModelReply, with_billed
from ..types.common import reported
from ..types.meta import keep_meta
from .error_mapping import payload_error
from .redaction import redact_json
from .response import Reply, read_reply

__all__ = ["check_completion", "empty_reply", "ended_in_error", "read_completion", "without_secrets"]


def read_completion(reply: Reply) -> ChatCompletion:
    """Return the completion in an answer, if it is one."""
    meta = reply.meta
    completion = read_reply(ChatCompletion, meta.status, meta.headers, reply.body)
    keep_meta(completion, meta)
    check_completion(completion)
    before = meta.billed_before
    return with_billed(completion, (*before, reported(completion.usage))) if before else completion


def check_completion(completion: ChatCompletion) -> None:
    """Return if the completion is an answer, though perhaps one without text.

    Raises:
        APIStatusError: it reports an error, in place of the answer or in a choice; `.partial` has the rest.
        EmptyReply: it has no choice; or it has no output tokens and no content.
        InvalidResponseError: it is not a completion: `choices` or the message of a choice is missing.
    """
    extra = completion.model_extra or {}
    if error := extra.get("error"):
        raise payload_error(error, around=extra)
    for choice in completion.choices:
        if choice.error:
            raise payload_error(choice.error, around=_names(completion), partial=completion)
        if choice.finish_reason == "error":
            raise ended_in_error(choice.native_finish_reason, completion)
    if not completion.choices:
        if "choices" not in completion.model_fields_set:
            raise InvalidResponseError(
                "the answer has no 'choices', so it is not a chat completion",
                generation_id=completion.generation_id,
            )
        raise empty_reply(completion, "no choices")
    first = completion.choices[0]
    if first.message is None and first.text is None:
        raise InvalidResponseError(
            "the first choice has no message; expected an object", generation_id=completion.generation_id
        )
    if completion.usage.completion_tokens == 0 and not any(map(_has_content, completion.choices)):
        raise empty_reply(completion, "no output tokens and no content")


def ended_in_error(reason: str | None, partial: ChatCompletion) -> APIStatusError:
    """Return the error for a reply that ended with finish reason `error`, and says no more than that."""
    said = f", in its words {reason[:100]!r}" if reason else ""
    return ServerError(
        f"the provider ended the reply with an error{said}",
        status=500,
        provider=partial.provider,
        generation_id=partial.generation_id,
        partial=partial,
    )


def without_secrets(partial: PartialReply, secrets: Iterable[str]) -> PartialReply:
    """Return what there is of a reply, without the secrets that the errors within it repeat."""
    if not isinstance(partial, ChatCompletion):
        error = getattr(partial, "error", None)  # of a response
        if error and isinstance(partial, ModelReply):
            return partial.model_copy(update={"error": redact_json(error, secrets)})
        return partial
    extra = partial.model_extra or {}
    if not extra.get("error") and not any(choice.error for choice in partial.choices):
        return partial
    choices = [
        choice.model_copy(update={"error": redact_json(choice.error, secrets)}) for choice in partial.choices
    ]
    update: dict[str, object] = {"choices": choices}
    if extra.get("error"):
        update["error"] = redact_json(extra["error"], secrets)
    return partial.model_copy(update=update)


def _has_content(choice: Choice) -> bool:
    message = choice.message
    if message is None:
        return bool(choice.text)
    audio = message.audio
    return bool(
        message.text
        or message.reasoning
        or message.reasoning_content
        or message.reasoning_details
        or message.tool_calls
        or message.images
        or (audio and (audio.data or audio.transcript or audio.id))
        or message.refusal
        or message.annotations
    )


def empty_reply(completion: ModelReply[object], what: str) -> EmptyReply:
    """Return the error for a reply in which nothing is."""
    by = f" from provider {completion.provider!r}" if completion.provider else ""
    return EmptyReply(
        f"an empty reply{by}: {what}; a model that is just being started may do so, try again later",
        generation_id=completion.generation_id,
    )


def _names(completion: ChatCompletion) -> dict[str, str | None]:
    return {"id": completion.id, "provider": completion.provider, "model": completion.model}
