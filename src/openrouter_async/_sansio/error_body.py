"""The content of an error, in any of its many shapes: bytes or JSON in, one `ErrorBody` out.

The service's own envelope is `{"error": {"code", "message", "metadata", "availability"}}`. Others are those of the
Anthropic and Responses dialects, of OAuth (RFC 6749, 5.2), of problem details (RFC 9457), of validation frameworks,
plain text, and the HTML pages of the edge in front of the service. All of them are read here, so `error_mapping` can
choose a class and write the message. Nothing is trusted: any bytes are accepted, and secrets are removed first.

See <https://openrouter.ai/docs/api-reference/errors>.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple, cast

from ..errors import Availability
from .json_work import LEAST_BYTES, json_work
from .parse import ParseFailure, parse
from .redaction import redact, redact_json

if TYPE_CHECKING:
    from pydantic import JsonValue

__all__ = [
    "SHOWN_CHARACTERS",
    "ErrorBody",
    "excerpt",
    "load_json",
    "one_line",
    "read_error",
    "read_error_body",
]

SHOWN_CHARACTERS = 200
"""How much of a body is kept and shown that is not what was expected."""

# Chosen: a message is one that people read.
_LONGEST_TEXT = 1_000
_LONGEST_UPSTREAM_TEXT = 300
_LOOKED_AT = 4 * 1024
"""Characters of a text that are read, so hostile pages cost nothing."""

_LARGEST_CODE = 2**63

_MOST_WORK = 250_000
"""Units of `json_work` in an error: far more than any has, and parsed in a few milliseconds. Larger ones are text."""

_DURATION = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)s", re.ASCII)
"""As JSON has a `google.protobuf.Duration`."""

_FIELDS = (b"data:", b"event:", b"id:", b"retry:", b":")
_EVENT = re.compile(rb"^data:[ \t]*+([{\[].*)", re.MULTILINE)
# Of a page in place of JSON; compiled by the first such page.
_TITLE = r"<title[^>]{0,200}>([^<]{1,500})"
_UNSEEN = r"<(script|style)\b.{0,4000}?</\1>"
_TAG = r"<[^<>]{0,500}>"


class ErrorBody(NamedTuple):
    """One error, as far as it could be read; secrets are removed from all of it."""

    message: str | None = None
    """The service's words, on one line."""
    upstream_message: str | None = None
    """The provider's own words (`metadata.raw`), where they add something."""
    code: int | str | None = None
    http_status: int | None = None
    """The status that an error names beside, or instead of, its code."""
    error_type: str | None = None
    kind: str | None = None
    """`error.type` of the Anthropic and OpenAI shapes."""
    provider: str | None = None
    model: str | None = None
    metadata: Mapping[str, JsonValue] = MappingProxyType({})
    availability: Availability | None = None
    upstream_wait: float | None = None
    """Seconds that the provider asks to wait, in its own error."""
    generation_id: str | None = None
    text: str | None = None
    """The first characters of a body that is not a JSON object."""
    is_own: bool = False
    """Whether it has the form of the service's own errors: an object with a message, and a code or a type."""


def load_json(data: bytes) -> JsonValue:
    """Return the JSON value of a body, of whatever type it is.

    Raises:
        ParseFailure: it is not JSON, or is nested deeper than 200 levels.
    """
    return cast("JsonValue", parse(object, data))  # nothing but JSON values comes out of JSON


def _load_error(data: bytes) -> JsonValue:
    """Return the JSON value of an error, as `load_json` does; of an event stream, which streams are refused with, that
    of its data.

    Raises:
        ParseFailure: it is not JSON, or is larger than any error.
    """
    if len(data) > LEAST_BYTES and json_work(data) > _MOST_WORK:
        raise ParseFailure("it contains more values than an error does")
    if data.startswith(_FIELDS) and (event := _EVENT.search(data)):
        data = event[1]
    return load_json(data)


def read_error_body(body: bytes, *, secrets: Iterable[str] = ()) -> ErrorBody:
    """Return what the body of an error response says."""
    try:
        payload = _load_error(body)
    except ParseFailure:
        text = excerpt(body, secrets=secrets, length=_LOOKED_AT)
        return ErrorBody(message=_page_line(text), text=text[:SHOWN_CHARACTERS] or None)
    if isinstance(payload, list) and payload:
        payload = payload[0]
    if isinstance(payload, dict):
        error = payload.get("error")
        return read_error(payload if error is None else error, payload, secrets=secrets)
    text = excerpt(body, secrets=secrets)
    message = redact(payload, secrets) if isinstance(payload, str) else None
    return ErrorBody(message=one_line(message), text=text or None)


def read_error(
    error: JsonValue, around: Mapping[str, JsonValue] | None = None, *, secrets: Iterable[str] = ()
) -> ErrorBody:
    """Return the content of an `error` value; `around` is the object that contains it."""
    error, around = redact_json(error, secrets), _object(redact_json(dict(around or {}), secrets))
    inner = _object(error)
    metadata = _object(inner.get("metadata"))
    if not metadata and around.get("type") == "error":  # elsewhere, metadata at the top is the caller's own
        metadata = _object(around.get("metadata"))
    availability = _availability(inner.get("availability")) or _availability(around.get("availability"))
    models = availability.requested_models if availability else ()
    message = _words(error)
    if isinstance(error, str) and (description := _text(around.get("error_description"))):
        message = f"{error}: {description}"
    elif message is None:
        message = _words({name: value for name, value in around.items() if name != "error"})
    return ErrorBody(
        message=one_line(message),
        upstream_message=_upstream_message(raw := _raw(metadata), beside=message),
        code=_code(inner.get("code")) if inner else _code(error) if _is_name(error) else None,
        http_status=_whole(inner.get("http_status")),
        error_type=_text(metadata.get("error_type"))
        or _text(inner.get("error_type"))
        or _text(around.get("error_type")),
        kind=_text(inner.get("type")),
        provider=_text(metadata.get("provider_name"))
        or _text(metadata.get("provider"))
        or _text(inner.get("provider"))
        or _text(around.get("provider")),
        model=_text(metadata.get("model_slug"))
        or _text(around.get("model"))
        or (models[0] if models else None),
        metadata=metadata,
        availability=availability,
        upstream_wait=_asked_wait(raw),
        generation_id=_generation_id(around),
        is_own=(not around or isinstance(around.get("error"), dict))
        and _text(inner.get("message")) is not None
        and not inner.keys().isdisjoint(("code", "type")),
    )


def excerpt(body: bytes, *, secrets: Iterable[str] = (), length: int = SHOWN_CHARACTERS) -> str:
    """Return the first characters of a body without secrets, for an error to show."""
    # The secrets go first: one that is cut in two would no longer be recognised.
    return redact(body[: 4 * _LOOKED_AT].decode("utf-8", "replace").lstrip("\ufeff \t\r\n"), secrets)[:length]


def one_line(text: str | None, length: int = _LONGEST_TEXT) -> str | None:
    """Return a text as one printable line of at most `length` characters; None for nothing."""
    if text is None:
        return None
    printable = "".join(character if character.isprintable() else " " for character in text[:_LOOKED_AT])
    line = " ".join(printable.split())
    return (line if len(line) <= length else line[: length - 1] + "…") or None


def _page_line(text: str) -> str | None:
    """Return the title, or else the first line, of a page or of plain text."""
    if title := re.search(_TITLE, text, re.IGNORECASE):
        return one_line(title[1], SHOWN_CHARACTERS)
    if text.startswith("<"):
        text = re.sub(_TAG, "\n", re.sub(_UNSEEN, "\n", text, flags=re.IGNORECASE | re.DOTALL))
    return one_line(next((line for line in text.splitlines() if line.strip()), None), SHOWN_CHARACTERS)


def _words(value: JsonValue) -> str | None:
    """Return the sentence in an error value: of the first field that has one, or of the first items of a list."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "; ".join(words for item in value[:3] if (words := _words(item))) or None
    if isinstance(value, dict):
        for name in ("message", "msg", "error_description", "detail", "error", "errors"):
            if words := _words(value.get(name)):
                place = value.get("loc")
                return f"{'.'.join(map(str, place))}: {words}" if isinstance(place, list) else words
    return None


def _raw(metadata: Mapping[str, JsonValue]) -> JsonValue:
    """Return the provider's own error, which may be JSON within a string; else the string as it is."""
    raw = metadata.get("raw")
    if not isinstance(raw, str):
        return raw
    try:
        value = _load_error(raw.encode("utf-8", "replace"))
    except ParseFailure:
        return raw
    return value if isinstance(value, dict | list | str) else raw


def _upstream_message(raw: JsonValue, *, beside: str | None) -> str | None:
    """Return the words of the provider's own error, which may be a page."""
    words = _page_line(raw[:_LOOKED_AT]) if isinstance(raw, str) else _words(raw)
    words = one_line(words, _LONGEST_UPSTREAM_TEXT)
    return None if words == one_line(beside, _LONGEST_UPSTREAM_TEXT) else words


def _asked_wait(raw: JsonValue) -> float | None:
    """Return the seconds of the first `google.rpc.RetryInfo` in the provider's own error."""
    if isinstance(raw, list) and raw:
        raw = raw[0]
    error = _object(_object(raw).get("error"))
    details = error.get("details")
    for detail in details if isinstance(details, list) else ():
        said = _text(_object(detail).get("retryDelay"))
        if said and (seconds := _DURATION.fullmatch(said)):
            return float(seconds[1])
    return None


def _availability(value: JsonValue) -> Availability | None:
    if not isinstance(value, dict):
        return None
    retryable, seconds, constraint = value.get("retryable"), value.get("retry_after"), value.get("constraint")
    return Availability(
        code=_text(value.get("code")),
        retryable=retryable if isinstance(retryable, bool) else None,
        retry_after=_seconds(seconds),
        requested_models=_texts(value.get("requested_models")),
        fallback_models=_texts(value.get("fallback_models")),
        affected_providers=_texts(value.get("affected_providers")),
        excluded_by=_texts(value.get("excluded_by")),
        constraint=constraint if isinstance(constraint, dict) else None,
        docs_url=_text(value.get("docs_url")),
        raw=value,
    )


def _generation_id(around: Mapping[str, JsonValue]) -> str | None:
    candidates = (_text(around.get("id")), _text(around.get("request_id")))
    return next((value for value in candidates if value and value.startswith("gen-")), None)


def _code(value: JsonValue) -> int | str | None:
    if isinstance(value, str):
        return value or None
    whole = _whole(value)
    return whole if whole is not None and abs(whole) < _LARGEST_CODE else None


def _is_name(value: JsonValue) -> bool:
    """Whether an error that is a bare text is a name (`invalid_grant`), not a sentence."""
    return isinstance(value, str) and re.fullmatch(r"[a-z]+(_[a-z]+)+", value[:64]) is not None


def _whole(value: JsonValue) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, float):
        return int(value) if value.is_integer() else None
    return value if isinstance(value, int) else None


def _seconds(value: JsonValue) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < _LARGEST_CODE:
        return None
    return float(value) if math.isfinite(value) else None


def _object(value: JsonValue) -> dict[str, JsonValue]:
    return value if isinstance(value, dict) else {}


def _text(value: JsonValue) -> str | None:
    return value if isinstance(value, str) and value else None


def _texts(value: JsonValue) -> tuple[str, ...]:
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()
