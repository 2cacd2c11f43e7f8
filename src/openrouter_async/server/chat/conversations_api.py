"""The routes of conversations: list and search, read, write, forget.

A document is read with its version as `ETag`. Written with `If-Match`, it takes the place of that version only: what
another window has saved meanwhile is not lost. One that is gone may be written again, for nothing is lost by that.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    StringConstraints,
    ValidationError,
)
from pydantic_core import from_json
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ..._sansio.json_work import JsonWork
from ...errors import ResponseTooLarge
from ..relays.failures import WebError
from .conversations import ConversationStore, Entry, version_of

__all__ = ["conversation_routes", "read_document"]

_MOST_LISTED = 200
MOST_WORK = 1_000_000
"""Units of `json_work` in a conversation, as `Limits.values`: some 4,000 messages."""
_Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
_SHAPE = ConfigDict(extra="allow", strict=True)


def _in_utc(time: datetime) -> datetime:
    try:
        return time.astimezone(UTC)
    except OverflowError:
        raise ValueError("there is no such time in UTC") from None


_Time = Annotated[AwareDatetime, Field(strict=False), AfterValidator(_in_utc)]


class _Node(BaseModel):
    """A message; its parent is the one it answers, so a conversation is a tree."""

    model_config = _SHAPE

    id: _Id
    parent: _Id | None = None
    role: Literal["user", "assistant", "system"]
    content: Annotated[str, Field()] | list[dict[str, JsonValue]]


class _Document(BaseModel):
    """A conversation as the page sends it; omitted fields do not change."""

    model_config = _SHAPE

    id: _Id
    title: Annotated[str, StringConstraints(max_length=500)]
    created_at: _Time
    updated_at: _Time
    settings: dict[str, JsonValue] = {}
    nodes: Annotated[list[_Node], Field(max_length=10_000)]
    leaf: _Id | None = None


def read_document(id: str, raw: bytes) -> Entry:
    """Return a document as an entry of a store.

    Raises:
        WebError: it is not a conversation, is too large, has another id, or refers to missing nodes or to a circle.
    """
    try:
        JsonWork(MOST_WORK, "the conversation").add(raw)  # to parse it would block the event loop
    except ResponseTooLarge:
        message = "the conversation contains too many values to be stored"
        raise WebError(413, message, kind="PayloadTooLarge") from None
    try:
        # Read as JSON first: pydantic's models take NaN, which is not JSON, and which no browser reads back.
        from_json(raw, allow_inf_nan=False)
        document = _Document.model_validate_json(raw)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"])) or "the body"
        raise _no_conversation(f"{where}: {first['msg']}") from None
    except ValueError as error:
        raise _no_conversation(f"the body is not valid JSON: {error}") from None
    if document.id != id:
        raise _no_conversation("its id is not that of the path")
    ids = {node.id for node in document.nodes}
    named = {node.parent for node in document.nodes} | {document.leaf}
    if len(ids) != len(document.nodes) or not named <= ids | {None}:
        raise _no_conversation("ids of nodes are not unique, or name none")
    if not _leads_to_a_root(document):
        raise _no_conversation("a node follows itself")
    return Entry(
        id=id,
        title=document.title,
        updated_at=document.updated_at.isoformat(timespec="microseconds"),
        words="\n".join([document.title, *_texts(document)]).casefold(),
        document=raw,
    )


def _no_conversation(reason: str) -> WebError:
    return WebError(422, f"no conversation: {reason}", kind="UnprocessableRequest")


def _leads_to_a_root(document: _Document) -> bool:
    """Whether each node has a way up to one without a parent."""
    parents = {node.id: node.parent for node in document.nodes}
    rooted: set[str | None] = {None}
    for id in parents:
        way: dict[str | None, None] = {}
        here: str | None = id
        while here not in rooted:
            if here in way:
                return False
            way[here] = None
            here = parents[here]  # type: ignore[index]  # None is rooted
        rooted.update(way)
    return True


def _texts(document: _Document) -> Iterator[str]:
    for node in document.nodes:
        if isinstance(node.content, str):
            yield node.content
            continue
        for part in node.content:
            text = part.get("text")
            if isinstance(text, str):
                yield text


def conversation_routes(store: ConversationStore) -> list[Route]:
    """Return the routes over a store."""

    async def search(request: Request) -> Response:
        limit = min(_number(request, "limit", 50), _MOST_LISTED)
        query = request.query_params.get("query", "")
        found, total = await store.search(query, limit=limit, offset=_number(request, "offset", 0))
        data = [
            {"id": each.id, "title": each.title, "updated_at": each.updated_at, **_found(each.words, query)}
            for each in found
        ]
        return JSONResponse({"data": data, "total": total})

    async def read(request: Request) -> Response:
        document = await store.get(request.path_params["id"])
        if document is None:
            raise WebError(404, "there is no such conversation", kind="NotFound")
        if version_of(document) in (_tags(request, "if-none-match") or ()):
            return Response(status_code=304, headers=_etag(document))
        return Response(document, media_type="application/json", headers=_etag(document))

    async def write(request: Request) -> Response:
        entry = read_document(request.path_params["id"], await request.body())
        if not await store.put(entry, replaces=_tags(request, "if-match")):
            raise WebError(
                412, "the conversation was changed meanwhile; read it again", kind="PreconditionFailed"
            )
        return Response(status_code=204, headers=_etag(entry.document))

    async def forget(request: Request) -> Response:
        if not await store.delete(request.path_params["id"]):
            raise WebError(404, "there is no such conversation", kind="NotFound")
        return Response(status_code=204)

    one = "/api/conversations/{id}"
    return [
        Route("/api/conversations", search, methods=["GET"]),
        Route(one, read, methods=["GET"]),
        Route(one, write, methods=["PUT"]),
        Route(one, forget, methods=["DELETE"]),
    ]


def _found(words: str, query: str) -> dict[str, str]:
    """Return the part of the words around a query."""
    at = words.find(query.casefold())
    if not query or at < 0:
        return {}
    start, end = max(0, at - 40), at + len(query) + 80
    part = " ".join(words[start:end].split())
    return {"found": f"{'…' if start else ''}{part}{'…' if end < len(words) else ''}"}


def _etag(document: bytes) -> dict[str, str]:
    return {"etag": f'"{version_of(document)}"'}


def _tags(request: Request, name: str) -> set[str] | None:
    """Return the versions that a header lists; None: any."""
    given = request.headers.get(name)
    if given is None or given.strip() == "*":
        return None
    # A proxy that compresses marks what it hands on as weak.
    return {tag.strip().removeprefix("W/").strip('"') for tag in given.split(",")}


def _number(request: Request, name: str, default: int) -> int:
    given = request.query_params.get(name, str(default))
    if not (given.isascii() and given.isdecimal() and len(given) < 10):
        raise WebError(400, f"{name} must be a whole number of at least 0")
    return int(given)
