"""Requests to operations that have no method of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Literal, TypedDict, TypeVar
from urllib.parse import urlsplit

from pydantic import JsonValue

from .._sansio.request import RequestData, flatten_query
from ..errors import ConfigurationError
from ..operations import Operation, find_operation
from ..options import RequestOptions
from ..streaming.raw import RawStream
from ._base import QueryValue, Resource, json_bytes, reader

__all__ = ["RequestParams", "Requests"]

T = TypeVar("T")

Body = Mapping[str, JsonValue] | Sequence[JsonValue] | bytes | None
KeyName = Literal["api_key", "management_key"]


class RequestParams(TypedDict, total=False):
    """Keyword arguments of `client.request` and `client.stream_request`."""

    body: Body
    """Sent as JSON with its keys in the order given; bytes are sent as they are."""
    query: Mapping[str, QueryValue] | None
    """Query parameters; None is left out, a list repeats its name."""
    key: KeyName | None
    """Which of the client's keys is sent. Default: the one that the operation needs, `api_key` where that is not known.
    """
    options: RequestOptions | None
    """Settings of this call; see `RequestOptions`."""


class Requests(Resource):
    """Any HTTP method and path."""

    async def send(
        self,
        method: str,
        path: str,
        *,
        into: type[T],
        options: RequestOptions | None = None,
        body: Body = None,
        query: Mapping[str, QueryValue] | None = None,
        key: KeyName | None = None,
    ) -> T:
        """Send a request, and return its answer as an `into`."""
        data = _request(method, path, body=body, query=query, key=key)
        if into is bytes or into is str:
            data = replace(data, operation=data.operation._replace(is_file=True))
        return await self._sender.with_options(options).send(data, reader(into))

    def stream(
        self,
        method: str,
        path: str,
        *,
        into: type[T],
        options: RequestOptions | None = None,
        body: Body = None,
        query: Mapping[str, QueryValue] | None = None,
        key: KeyName | None = None,
    ) -> RawStream[T]:
        """Return the stream of a request; nothing is sent before its first event is requested."""
        data = _request(method, path, body=body, query=query, key=key)
        return RawStream(self._sender.with_options(options).stream(data), into)


def _request(
    method: str, path: str, *, body: Body, query: Mapping[str, QueryValue] | None, key: KeyName | None
) -> RequestData:
    if not method.isalpha():
        raise ConfigurationError(f"method is {method!r}; expected the name of an HTTP method")
    parts = urlsplit(path)
    if parts.scheme or parts.netloc or not path.startswith("/") or parts.query or parts.fragment:
        raise ConfigurationError(
            f"path is {path!r}; expected a path below the base URL, such as '/key'; query=... takes parameters"
        )
    if any(part in (".", "..") for part in parts.path.split("/")) or not path.isprintable() or " " in path:
        raise ConfigurationError(f"path is {path!r}; expected one without '.', '..' and blanks")
    if key not in (None, "api_key", "management_key"):
        raise ConfigurationError(f"key is {key!r}; expected 'api_key' or 'management_key'")
    method = method.upper()
    known = find_operation(method, path) if key is None else None
    operation = Operation(
        name=f"{method} {path}",
        method=method,
        path=path,
        key=known.key if known else "management" if key == "management_key" else "inference",
        repeat="always" if method in ("GET", "HEAD", "OPTIONS") else "refused",
    )
    content = body if body is None or isinstance(body, bytes) else json_bytes(body)
    return RequestData(
        operation=operation,
        path=path,
        query=flatten_query(query or {}),
        content=content,
        content_type=None if content is None else "application/json",
    )
