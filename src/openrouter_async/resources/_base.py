"""`Resource`: the base of all namespaces, on top of the client's `Sender`."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, TypedDict, TypeVar
from urllib.parse import urlencode

from pydantic import JsonValue, SecretStr
from pydantic_core import to_json

from .._checks import header_value, whole
from .._sansio.error_mapping import status_error
from .._sansio.parse import ParseFailure, parse
from .._sansio.request import QueryValue, RequestData, build_request
from .._sansio.response import read_reply
from .._secret import Secret
from ..errors import ConfigurationError
from ..operations import Operation
from ..options import RequestOptions
from ..types._base import WireType
from ..types.common import Envelope
from ..types.meta import keep_meta

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from .._sansio.pagination import Arguments, Paging
    from ..protocols import Reply, Sender
    from ._pagination import PageLike, Paginator

__all__ = ["QueryValue", "Resource", "json_bytes", "reader"]

T = TypeVar("T")
WireT = TypeVar("WireT", bound=WireType)


class Parts(TypedDict, total=False):
    """The parts of a request besides its operation."""

    path: Mapping[str, str]
    """What fills the fields of the path."""
    query: Mapping[str, QueryValue]
    body: Mapping[str, JsonValue] | bytes | None
    """Sent as JSON."""
    form: Mapping[str, str]
    """Sent as a form is, in place of `body`."""
    headers: Mapping[str, str]
    """By lower-case name."""
    secrets: Sequence[SecretStr]
    """Texts in the body or the headers that must not appear in errors."""
    is_poll: bool
    is_own: bool


class Resource:
    """A namespace of the client."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    def _send(
        self,
        operation: Operation,
        *,
        into: type[T],
        options: RequestOptions | None = None,
        **parts: Unpack[Parts],
    ) -> Awaitable[T]:
        """Carry out an operation, and return its answer as an `into`; `NoneType` reads nothing."""
        return self._sender.with_options(options).send(_request(operation, **parts), reader(into))

    def _send_data(
        self,
        operation: Operation,
        *,
        into: type[Envelope[WireT]],
        options: RequestOptions | None = None,
        **parts: Unpack[Parts],
    ) -> Awaitable[WireT]:
        """Carry out an operation whose answer is an `into`, and return the `data` of that."""
        read_envelope = reader(into)

        def read(reply: Reply) -> WireT:
            value = read_envelope(reply).data
            keep_meta(value, reply.meta)
            return value

        return self._sender.with_options(options).send(_request(operation, **parts), read)

    def _pages(
        self,
        operation: Operation,
        *,
        into: type[PageLike[T]],
        query: Arguments | None = None,
        path: Mapping[str, str] | None = None,
        paging: Paging | None = None,
        most: int = 100,
        options: RequestOptions | None = None,
    ) -> Paginator[T]:
        """Return a list that reads each page of an operation as an `into`; sends nothing yet.

        Args:
            operation: Returns a page.
            into: The type of a page.
            query: The arguments of the first page.
            path: What fills the fields of the path.
            paging: The way to the next page. Default: by `offset`.
            most: The most items a page may have.
            options: See `RequestOptions`.

        Raises:
            ConfigurationError: `offset` or `limit` is out of its range.
        """
        from .._sansio.pagination import OffsetPaging
        from ._pagination import Paginator

        first = _checked_window(query or {}, most)

        async def fetch(arguments: Arguments) -> PageLike[T]:
            return await self._send(operation, into=into, path=path or {}, query=arguments, options=options)

        return Paginator(fetch, OffsetPaging() if paging is None else paging, first)


def _request(
    operation: Operation,
    *,
    path: Mapping[str, str] | None = None,
    query: Mapping[str, QueryValue] | None = None,
    body: Mapping[str, JsonValue] | bytes | None = None,
    form: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    secrets: Sequence[SecretStr] = (),
    is_poll: bool = False,
    is_own: bool = False,
) -> RequestData:
    content = body if body is None or isinstance(body, bytes) else json_bytes(body)
    content_type = "application/json"
    if form is not None:
        content, content_type = urlencode(form).encode(), "application/x-www-form-urlencoded"
    given = {name: header_value(name, value) for name, value in (headers or {}).items()}
    if operation.is_keyed:
        given.setdefault("idempotency-key", str(uuid.uuid4()))
    return build_request(
        operation,
        path=path,
        query=query,
        content=content,
        content_type=content_type,
        headers=given,
        secrets=[Secret(text) for secret in secrets for text in _spellings(secret.get_secret_value())],
        is_poll=is_poll,
        is_own=is_own,
    )


def _spellings(secret: str) -> set[str]:
    """Return how a secret is written, as it is and within JSON."""
    return {secret, to_json(secret).decode()[1:-1]}


def _checked_window(query: Arguments, most: int) -> Arguments:
    offset, limit = query.get("offset"), query.get("limit")
    if limit is not None and whole("limit", limit) > most:
        raise ConfigurationError(f"limit is {limit!r}; expected a whole number of 1 to {most:,}")
    if offset is None:
        return query
    return {**query, "offset": whole("offset", offset, least=0) or None}


def reader(into: type[T]) -> Callable[[Reply], T]:
    """Return the function that reads an answer as an `into`, and puts its metadata on it."""

    def read(reply: Reply) -> T:
        meta = reply.meta
        if meta.status >= 400:
            value = _with_error(into, reply)
        else:
            value = read_reply(into, meta.status, meta.headers, reply.body)
        if isinstance(value, WireType):
            keep_meta(value, meta)
        return value

    return read


def _with_error(into: type[T], reply: Reply) -> T:
    """Return the answer that came with the status of an error, for operations whose row says that one may.

    Raises:
        APIStatusError: the body is not such an answer; the error of the status.
    """
    meta = reply.meta
    try:
        return parse(into, reply.body)
    except ParseFailure:
        refusal = status_error(meta.status, meta.headers, reply.body)
    raise refusal


def json_bytes(value: object) -> bytes:
    """Return JSON with the keys in the order given.

    Raises:
        ConfigurationError: a value that JSON does not have.
    """
    try:
        return to_json(value, inf_nan_mode="constants")
    except ValueError as error:
        raise ConfigurationError(f"the body cannot be written as JSON: {error}") from None
