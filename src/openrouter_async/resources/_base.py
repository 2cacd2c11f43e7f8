"""`Resource`: what all namespaces are made of, over the `Sender` of the client."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeVar

from pydantic import JsonValue
from pydantic_core import to_json

from .._sansio.request import QueryValue, build_request
from .._sansio.response import read_reply
from ..errors import ConfigurationError
from ..operations import Operation
from ..options import RequestOptions
from ..protocols import Reply, Sender
from ..types._base import WireType
from ..types.common import Envelope
from ..types.meta import keep_meta

if TYPE_CHECKING:
    from .._sansio.pagination import Arguments, Paging
    from ._pagination import PageLike, Paginator

__all__ = ["QueryValue", "Resource", "reader"]

T = TypeVar("T")
WireT = TypeVar("WireT", bound=WireType)


class Resource:
    """A namespace of the client."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    async def _send(
        self,
        operation: Operation,
        *,
        into: type[T],
        path: Mapping[str, str] | None = None,
        query: Mapping[str, QueryValue] | None = None,
        body: Mapping[str, JsonValue] | bytes | None = None,
        options: RequestOptions | None = None,
    ) -> T:
        """Carry out an operation, and return its answer as an `into`."""
        content = body if body is None or isinstance(body, bytes) else json_bytes(body)
        data = build_request(operation, path=path, query=query, content=content)
        return await self._sender.with_options(options).send(data, reader(into))

    async def _send_data(
        self,
        operation: Operation,
        *,
        into: type[Envelope[WireT]],
        path: Mapping[str, str] | None = None,
        query: Mapping[str, QueryValue] | None = None,
        body: Mapping[str, JsonValue] | bytes | None = None,
        options: RequestOptions | None = None,
        is_poll: bool = False,
    ) -> WireT:
        """Carry out an operation whose answer is an `into`, and return the `data` of that."""
        content = body if body is None or isinstance(body, bytes) else json_bytes(body)
        data = build_request(operation, path=path, query=query, content=content, is_poll=is_poll)
        read_envelope = reader(into)

        def read(reply: Reply) -> WireT:
            value = read_envelope(reply).data
            keep_meta(value, reply.meta)
            return value

        return await self._sender.with_options(options).send(data, read)

    def _pages(
        self,
        operation: Operation,
        *,
        into: type[PageLike[T]],
        query: Arguments,
        paging: Paging,
        options: RequestOptions | None,
    ) -> Paginator[T]:
        """Return the list whose pages an operation gives as an `into` each; sends nothing yet."""
        from ._pagination import Paginator

        async def fetch(arguments: Arguments) -> PageLike[T]:
            return await self._send(operation, into=into, query=arguments, options=options)

        return Paginator(fetch, paging, query)


def reader(into: type[T]) -> Callable[[Reply], T]:
    """Return the function that reads an answer as an `into`, and puts its metadata on it."""

    def read(reply: Reply) -> T:
        meta = reply.meta
        value = read_reply(into, meta.status, meta.headers, reply.body)
        if isinstance(value, WireType):
            keep_meta(value, meta)
        return value

    return read


def json_bytes(value: object) -> bytes:
    """Return JSON with the keys in the order given.

    Raises:
        ConfigurationError: a value that JSON does not have.
    """
    try:
        return to_json(value, inf_nan_mode="constants")
    except ValueError as error:
        raise ConfigurationError(f"the body cannot be written as JSON: {error}") from None
