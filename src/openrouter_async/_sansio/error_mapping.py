"""Turns a status, or an `error` object within a 200, into its `APIStatusError`.

No other module chooses a class or writes a message for the caller. Both functions accept any body and return an
error; they raise none.

The statuses and the stable names of failures: <https://openrouter.ai/docs/api-reference/errors>.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from ..errors import (
    APIStatusError,
    AuthenticationError,
    BadRequest,
    Conflict,
    ContextLengthExceeded,
    GuardrailError,
    InsufficientCredits,
    ModerationError,
    NotFound,
    Overloaded,
    PayloadTooLarge,
    PermissionDenied,
    ProviderError,
    RateLimited,
    ServerError,
    SpendingLimitExceeded,
    UnprocessableRequest,
)
from .error_body import ErrorBody, one_line, read_error, read_error_body
from .redaction import redact
from .response_headers import generation_id, request_id
from .retry_after import retry_after

if TYPE_CHECKING:
    from pydantic import JsonValue

    from ..errors import PartialReply

__all__ = ["explain_short_name", "payload_error", "status_error", "tell_wait"]

# RFC 9110, 15.5 and 15.6; 429 is of RFC 6585, 4. 524 is of the edge in front of the service.
_BY_STATUS: dict[int, type[APIStatusError]] = {
    401: AuthenticationError,
    402: InsufficientCredits,
    403: PermissionDenied,
    404: NotFound,
    408: ServerError,
    409: Conflict,
    413: PayloadTooLarge,
    422: UnprocessableRequest,
    429: RateLimited,
    502: ProviderError,
    503: Overloaded,
    504: ProviderError,
    524: ProviderError,
    529: Overloaded,
}

_LABELS: dict[type[APIStatusError], str] = {
    APIStatusError: "unexpected status",
    BadRequest: "bad request",
    ContextLengthExceeded: "too long for the model",
    AuthenticationError: "not authenticated",
    InsufficientCredits: "out of credits",
    PermissionDenied: "not permitted",
    SpendingLimitExceeded: "spending limit reached",
    ModerationError: "flagged by moderation",
    GuardrailError: "blocked by a guardrail",
    NotFound: "not found",
    Conflict: "conflict",
    PayloadTooLarge: "request too large",
    UnprocessableRequest: "not processable",
    RateLimited: "rate limited",
    ServerError: "server error",
    ProviderError: "provider error",
    Overloaded: "overloaded",
}

_ADVICE: dict[type[APIStatusError], str] = {
    APIStatusError: "redirects are not followed; check base_url",
    ContextLengthExceeded: "shorten the messages, lower max_tokens, or take a model with a longer context",
    AuthenticationError: "check the API key, see https://openrouter.ai/settings/keys",
    InsufficientCredits: "add credits at https://openrouter.ai/credits",
}

_CONTEXT_LENGTH_NAMES = frozenset(
    {"context_length_exceeded", "max_tokens_exceeded", "token_limit_exceeded", "string_too_long"}
)
_CONTEXT_LENGTH_WORDS = "maximum context length is"
"""The service's message in a 400 without a name."""

_SPENT = re.compile(r"\b(?:key limit|spending limit|budget)\b.*\bexceeded\b", re.IGNORECASE)
"""The service's text in a 403 when the key, or a budget, is spent; it has no name for that."""

_STATUS_BY_NAME: dict[str, int] = {
    name: status
    for status, names in {
        400: """
            context_length_exceeded max_tokens_exceeded token_limit_exceeded string_too_long invalid_request
            invalid_request_error invalid_prompt content_policy_violation refusal invalid_image image_too_large
            image_too_small unsupported_image_format image_download_failed invalid_image_format
            invalid_base64_image invalid_image_url image_parse_error image_content_policy_violation
            invalid_image_mode image_file_too_large unsupported_image_media_type empty_image_file
            failed_to_download_image bio_policy cyber_policy misalignment_policy_violation
            data_residency_mismatch model_not_found wrong_endpoint invalid_grant invalid_scope
            unsupported_grant_type
        """,
        401: "authentication authentication_error",
        402: "payment_required billing_error",
        403: "permission_denied permission_error region_restricted",
        404: """
            not_found not_found_error image_not_found image_file_not_found no_endpoints model_deprecated
            model_unavailable_upstream privacy_restricted constraint_filtered free_variant_ended
        """,
        412: "precondition_failed",
        413: "payload_too_large request_too_large",
        422: "unprocessable",
        429: "rate_limit_exceeded rate_limit_error capacity_exhausted",
        500: "server server_error api_error unmapped",
        502: "provider_unavailable",
        503: "provider_overloaded temporarily_unavailable",
        504: "timeout timeout_error vector_store_timeout",
        529: "overloaded_error",
    }.items()
    for name in names.split()
}
"""The names in `error_type`, in a `code` that is text, in `type`, and in `availability.code`."""


def status_error(
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    *,
    secrets: Iterable[str] = (),
    now: float | None = None,
) -> APIStatusError:
    """Return the error that a response with an error status means.

    `headers` have lower-case names. `secrets` are texts that must not appear in the error, besides what looks like a
    key. `now` is the time in seconds since the epoch, for waits given as a moment.
    """
    said = read_error_body(body, secrets=secrets)
    # A request that was refused was not carried out; one that failed later may have cost something.
    billed = None if status >= 500 or status == 408 else False
    return _error(status, headers, said, secrets=secrets, now=now, billed=billed)


def explain_short_name(error: APIStatusError, named: str | None, model: str | None) -> None:
    """Say in an error about a model what the short name stands for by which the caller named it."""
    is_about_model = error.status == 404 or (error.status == 400 and str(model) in error.message)
    if named is not None and named != model and is_about_model:
        error.message += f"; {named!r} stands for {model!r}, see client.models.resolve({named!r})"
        error.args = (error.message,)


def payload_error(
    error: JsonValue,
    *,
    around: Mapping[str, JsonValue] | None = None,
    headers: Mapping[str, str] | None = None,
    secrets: Iterable[str] = (),
    now: float | None = None,
    partial: PartialReply | None = None,
) -> APIStatusError:
    """Return the error that an `error` value means which came in a 200, in one of its choices, or in a stream.

    `around` is the JSON object the value was found in; it may name the generation, provider and model. A code that is
    a number is the status; else the name of the failure says it; an unknown one is a 500 that keeps its `code`.
    """
    said = read_error(error, around, secrets=secrets)
    failed = _error(_payload_status(said), headers or {}, said, secrets=secrets, now=now, billed=None)
    failed.partial = partial
    return failed


def tell_wait(error: APIStatusError, headers: Mapping[str, str], *, now: float) -> None:
    """Put on an error how long the service asks to wait, where that takes a clock: it names a moment."""
    wait = retry_after({**_quoted_headers(error.metadata), "date": headers.get("date", "")}, now=now)
    if wait is not None:
        error.retry_after = wait
        error.message += _asked(wait)
        error.args = (error.message,)


def _error(
    status: int,
    headers: Mapping[str, str],
    said: ErrorBody,
    *,
    secrets: Iterable[str],
    now: float | None,
    billed: bool | None,
) -> APIStatusError:
    """Join what the status, the headers and the body say."""
    kind = _class(status, said)
    availability = said.availability
    asked = availability.retry_after if availability else None
    wait = retry_after(
        # Limits of the service itself come as headers quoted in the body.
        {**_quoted_headers(said.metadata), **headers},
        said.upstream_wait if asked is None else asked,
        now=now,
    )
    request, generation = request_id(headers), generation_id(headers) or said.generation_id
    return kind(
        _message(kind, status, said, wait),
        status=status,
        code=said.code,
        error_type=said.error_type,
        provider=said.provider,
        metadata=dict(said.metadata),
        availability=availability,
        body=said.text,
        is_reported=said.is_own,
        retry_after=wait,
        request_id=redact(request, secrets) if request else None,
        generation_id=redact(generation, secrets) if generation else None,
        may_have_been_billed=billed,
    )


def _class(status: int, said: ErrorBody) -> type[APIStatusError]:
    if status == 403:
        if said.metadata.get("patterns") is not None:
            return GuardrailError
        if said.metadata.get("reasons") is not None or said.metadata.get("flagged_input") is not None:
            return ModerationError
        if _SPENT.search(said.message or ""):
            return SpendingLimitExceeded
    if known := _BY_STATUS.get(status):
        return known
    if 400 <= status < 500:
        return ContextLengthExceeded if _is_too_long(said) else BadRequest
    return ServerError if status >= 500 else APIStatusError


def _is_too_long(said: ErrorBody) -> bool:
    words = f"{said.message} {said.upstream_message}".lower()
    return not _CONTEXT_LENGTH_NAMES.isdisjoint(_names(said)) or _CONTEXT_LENGTH_WORDS in words


def _names(said: ErrorBody) -> list[str]:
    """Return the names in the error, the most precise first."""
    code = said.availability.code if said.availability else None
    names = (said.error_type, said.code, code, said.kind)
    return [name for name in names if isinstance(name, str)]


def _payload_status(said: ErrorBody) -> int:
    code = said.code
    if isinstance(code, str) and len(code) == 3 and code.isascii() and code.isdigit():
        code = int(code)
    for number in (code, said.http_status):
        if isinstance(number, int) and 400 <= number <= 599:
            return number
    return next((_STATUS_BY_NAME[name] for name in _names(said) if name in _STATUS_BY_NAME), 500)


def _quoted_headers(metadata: Mapping[str, JsonValue]) -> dict[str, str]:
    quoted = metadata.get("headers")
    if not isinstance(quoted, dict):
        return {}
    return {
        name.lower(): str(value) for name, value in quoted.items() if isinstance(value, str | int | float)
    }


def _message(kind: type[APIStatusError], status: int, said: ErrorBody, wait: float | None) -> str:
    """Return one line: the failure, who is affected, the service's words, and advice."""
    parties = [
        f"{role} {one_line(name, 100)!r}"
        for role, name in (("provider", said.provider), ("model", said.model))
        if name is not None
    ]
    head = f"{status} {_LABELS[kind]}" + (f" ({', '.join(parties)})" if parties else "")
    words = ": ".join(text.rstrip(".") for text in (said.message, said.upstream_message) if text)
    advice = [_ADVICE[kind]] if kind in _ADVICE else []
    if said.availability is not None and said.availability.fallback_models:
        models = ", ".join(repr(one_line(name, 100)) for name in said.availability.fallback_models[:5])
        advice.append(f"could use {models}")
    return "; ".join([f"{head}: {words or 'no reason given'}", *advice]) + (
        "" if wait is None else _asked(wait)
    )


def _asked(wait: float) -> str:
    return f"; the service asks to wait {wait:.10g} s"
