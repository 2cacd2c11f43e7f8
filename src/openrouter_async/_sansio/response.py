"""Turns the whole body of a 2xx into a value of the requested type, or into the error that explains why not.

A 200 is not a guarantee: the service writes padding before a long answer, and may then report an error in its place.
The good path reads the JSON once, and finds such an error among the fields that the type does not know. Only an
invalid body, or one with an error, is examined again. A type with an `error` field of its own keeps it: a failed job,
for example, is not a failed request.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import NoneType
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeVar, cast

from pydantic import BaseModel

from ..errors import InvalidResponseError
from ..types._base import WireType
from .error_body import excerpt, load_json
from .error_mapping import payload_error
from .parse import ParseFailure, parse
from .redaction import redact
from .response_headers import generation_id, request_id

if TYPE_CHECKING:
    from ..errors import PartialReply
    from ..types.meta import ResponseMeta

__all__ = ["Reply", "is_event_stream", "read_reply"]

T = TypeVar("T")

_PADDING = b" \t\r\n\xef\xbb\xbf"
"""White space, which keeps the connection alive, and the bytes of a byte order mark."""

_OF_ANSWERS = re.compile(r'"(?:choices|content|output)\\?"')
"""Keys of answers, for where one stands in something else than an object."""
_DONE = b"data: [DONE]"
_LOOKED_AT = 64 * 1024
"""Bytes of an event stream in place of an answer in which an error is looked for."""
_LONGEST_TAIL = 64
"""Bytes at the end in which that mark is looked for."""


class Reply(Protocol):
    """A whole 2xx answer."""

    @property
    def body(self) -> bytes: ...

    @property
    def meta(self) -> ResponseMeta: ...


def read_reply(
    into: type[T],
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    *,
    secrets: Iterable[str] = (),
    now: float | None = None,
) -> T:
    """Return the body of a 2xx as an `into`: `bytes` unchanged, `str` decoded as UTF-8, anything else from JSON.

    `NoneType` reads nothing: the body may be empty, or any JSON without an error.

    `headers` have lower-case names; the content type is not trusted. `secrets` are strings that must not appear in an
    error. `now` is the time in seconds since the epoch, for delays given as a date.

    Raises:
        APIStatusError: the body contains an error in place of the answer; its class is that of its code.
        InvalidResponseError: the body is empty, is not JSON, or does not fit the type.
    """
    reply = _Reply(status, headers, secrets, now)
    if into is bytes or into is str:
        if "json" in reply.content_type:
            reply.raise_reported_error(body)
        return cast(
            "T", body if into is bytes else body.decode("utf-8-sig", "replace")
        )  # T is what `into` is
    data = body.lstrip(_PADDING)
    if into is NoneType:
        reply.check_ignored(data)
        return cast("T", None)
    if not data:
        raise reply.invalid(f"an empty body is no {_name(into)}", data)
    if data[:1] == b"{" and data[-_LONGEST_TAIL:].rstrip().endswith(_DONE):
        data = data[: data.rindex(_DONE)]  # the end mark of a stream, behind a plain answer
    try:
        value = parse(into, data)
    except ParseFailure as error:
        failure = error
    else:
        if _may_report_error(value, data):
            reply.raise_reported_error(data, partial=value if getattr(value, "choices", None) else None)
        return value
    reply.raise_reported_error(data)
    if is_event_stream(data):
        for line in data[:_LOOKED_AT].splitlines():
            reply.raise_reported_error(line.removeprefix(b"data:"))
        raise reply.invalid(f"an event stream is no {_name(into)}", data) from failure
    raise reply.invalid(f"it is no {_name(into)}: {failure.reason}", data) from failure


class _Reply(NamedTuple):
    """What its errors need of a response."""

    status: int
    headers: Mapping[str, str]
    secrets: Iterable[str]
    now: float | None

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "")

    def raise_reported_error(self, data: bytes, *, partial: object = None) -> None:
        """Raise the error at the top of a JSON object; do nothing without one.

        `partial` is the rest of a completion.
        """
        if b'"error"' not in data:
            return
        try:
            payload = load_json(data)
        except ParseFailure:
            return
        error = payload.get("error") if isinstance(payload, dict) else None
        if isinstance(payload, dict) and isinstance(error, dict | str) and error:
            raise payload_error(
                error,
                around=payload,
                headers=self.headers,
                secrets=self.secrets,
                now=self.now,
                partial=cast("PartialReply | None", partial),
            )

    def check_ignored(self, data: bytes) -> None:
        """Refuse a body that says nothing to the caller where it is an error, or not of the service."""
        if data:
            self.raise_reported_error(data)
            try:
                load_json(data)
            except ParseFailure as failure:
                raise self.invalid("it is neither empty nor JSON", data) from failure

    def invalid(self, reason: str, data: bytes) -> InvalidResponseError:
        """Return the error for a body that is not what was promised."""
        shown = excerpt(data, secrets=self.secrets)
        content_type = redact(self.content_type, self.secrets) or None
        # The text of an object may be a model's answer, which belongs in no message; a page or a bare value is not.
        may_be_answer = shown.startswith("{") or is_event_stream(data) or _OF_ANSWERS.search(shown)
        begins = "" if not shown or may_be_answer else f"; it begins {shown!r}"
        request, generation = request_id(self.headers), generation_id(self.headers)
        return InvalidResponseError(
            f"{self.status} with content type {content_type!r}: {redact(reason, self.secrets)}{begins}",
            content_type=content_type,
            body=shown,
            request_id=redact(request, self.secrets) if request else None,
            generation_id=redact(generation, self.secrets) if generation else None,
        )


def _may_report_error(value: object, data: bytes) -> bool:
    """Whether an answer that was accepted may be an error in its place; cheap for what the service is known to send."""
    if isinstance(value, WireType):
        return bool(value.model_extra and value.model_extra.get("error"))
    return not (isinstance(value, BaseModel) and "error" in type(value).model_fields) and b'"error"' in data


def is_event_stream(body: bytes) -> bool:
    """Whether a body is an event stream, in place of an answer."""
    return body[:1] != b"{" and body.lstrip(_PADDING).startswith(
        (b"data:", b"event:", b"id:", b"retry:", b":")
    )


def _name(into: type[object]) -> str:
    return getattr(into, "__name__", None) or repr(into)
