"""Turns JSON bytes into a value of the requested type, or into a `ParseFailure` with the reason.

The fast path is one `validate_json` over the bytes. Only if that finds invalid JSON does the slow path read them
again, with the standard library: invalid UTF-8 and lone surrogates become U+FFFD, a byte order mark is dropped, a
huge integer becomes a float. That takes ten times as long, so it is done up to 4 MiB. The result is serialised as
clean JSON and validated like the first bytes, so both paths agree on every type. Text in a result can be encoded as
UTF-8.
"""

from __future__ import annotations

import json
import re
import sys
from functools import lru_cache
from itertools import accumulate
from typing import TYPE_CHECKING, TypeVar, get_args

from pydantic import BaseModel, PydanticUndefinedAnnotation, PydanticUserError, TypeAdapter, ValidationError
from pydantic_core.core_schema import ErrorType

from .._checks import describe_json
from ..errors import ConfigurationError

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

__all__ = ["ParseFailure", "load", "parse", "written"]

T = TypeVar("T")

NESTING_LIMIT = 200
"""Arrays and objects within each other; the limit of pydantic's own parser."""

MENDED_BYTES = 4 * 1024 * 1024
"""The longest document that is read again if it is invalid JSON at first. Chosen: the second reading took 23 ms per
megabyte, during which nothing else runs."""

_LONGEST_INTEGER = sys.int_info.str_digits_check_threshold
"""Digits that `int` converts whatever `sys.set_int_max_str_digits` was told."""

_QUOTES_INPUT = {"assertion_error", "get_attribute_error", "union_tag_invalid", "value_error"}
_PLAIN_MESSAGES = frozenset(get_args(ErrorType)) - _QUOTES_INPUT
"""Kinds of errors whose message is pydantic's own and does not quote the input."""


class ParseFailure(ValueError):
    """The bytes are not a value of the requested type; neither text nor cause quotes more than a short scalar."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason: str = reason
        """The first fault, after its path: `choices.0.index: input should be a valid integer, got 'a'`."""


def parse(into: type[T], data: bytes) -> T:
    """Return the JSON document `data` as an `into`: a model, or any type that pydantic can validate.

    Raises:
        ParseFailure: `data` is not JSON, is nested more than 200 deep, or does not fit the type.
        ConfigurationError: pydantic cannot use the type.
    """
    # A failure is raised outside the handlers: inside it would carry the first error, and with it the input.
    try:
        return _validate(into, data)
    except ValidationError as error:
        first = _first_error(error)
    if first["type"] != "json_invalid":
        raise ParseFailure(_describe(first))
    if len(data) > MENDED_BYTES:
        raise ParseFailure(_describe(first))
    try:
        return _validate(into, _clean(data))
    except ValidationError as error:
        reason = _describe(_first_error(error))
    except json.JSONDecodeError as error:
        where = f"at character {error.pos} of {len(error.doc)}"
        reason = f"no JSON: {error.msg.lower().removesuffix(' at')} {where}" if data.strip() else "no content"
    except RecursionError:
        reason = "nested too deeply for what is left of the stack"
    raise ParseFailure(reason)


def _validate(into: type[T], data: bytes) -> T:
    try:
        if isinstance(into, type) and issubclass(into, BaseModel):
            value: T = into.__pydantic_validator__.validate_json(data)
            return value
        return _adapter(into).validate_json(data)
    except (PydanticUserError, PydanticUndefinedAnnotation) as error:
        problem = error.message.splitlines()[0]
        raise ConfigurationError(f"{into!r} is not a type that can be read from JSON: {problem}") from error


def _adapter(into: type[T]) -> TypeAdapter[T]:
    try:
        hash(into)
    except TypeError:  # an `Annotated` with metadata that cannot be a key
        return TypeAdapter(into)
    # `A | B` equals `B | A`, but where both fit the first is taken, so the spelling belongs to the key.
    return _kept_adapter(into, repr(into))  # type: ignore[arg-type]  # it is hashable, as was just seen


@lru_cache(maxsize=256)
def _kept_adapter(into: type[T], _spelling: str) -> TypeAdapter[T]:
    return TypeAdapter(into)


def _clean(data: bytes) -> bytes:
    """Return the same document as JSON that pydantic reads; raises JSONDecodeError, RecursionError."""
    return written(load(data))


def load(data: bytes) -> object:
    """Return the value of a JSON document that pydantic cannot read; its strings may contain lone surrogates.

    Raises:
        ParseFailure: it is nested more than 200 deep.
        JSONDecodeError, RecursionError: it is not JSON.
    """
    if _nesting(data) > NESTING_LIMIT:
        raise ParseFailure(f"nested more than {NESTING_LIMIT} deep")
    # A reader may drop the mark (RFC 8259, 8.1); lone surrogates are JSON, but no text (8.2).
    text = data.decode("utf-8", "replace").removeprefix("\ufeff")
    return json.loads(text, parse_int=_integer, strict=False)


def written(value: object) -> bytes:
    """Return a value as JSON that pydantic reads: lone surrogates become U+FFFD."""
    return re.sub("[\ud800-\udfff]", "\ufffd", json.dumps(value, ensure_ascii=False)).encode()


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= _LONGEST_INTEGER else float(digits)


# Possessive, and content with a string that does not end, so that no byte is read twice.
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_STEPS = bytes.maketrans(b"[{]}", b"\x01\x01\xff\xff")


def _nesting(data: bytes) -> int:
    """Return how deep the brackets outside of strings are nested, up to the first that is one too many.

    After that one a parser reads no further.
    """
    brackets = _STRING.sub(b"", data).translate(None, _NO_BRACKETS)
    steps = memoryview(brackets.translate(_STEPS)).cast("b")
    return max(accumulate(steps), default=0)


def _first_error(error: ValidationError) -> ErrorDetails:
    return error.errors(include_url=False, include_context=False)[0]


def _describe(error: ErrorDetails) -> str:
    kind, message = error["type"], error["msg"]
    if kind not in _PLAIN_MESSAGES:
        message = kind
    reason = message[:1].lower() + message[1:]
    if kind != "missing":
        reason += f", got {describe_json(error['input'])}"
    # A union has labels, some of them empty.
    path = ".".join(str(step) for step in error["loc"] if step != "")
    return f"{_cut(path)}: {_cut(reason)}" if path else _cut(reason)


def _cut(text: str, length: int = 200) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"
