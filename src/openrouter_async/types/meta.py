"""`response_meta`: the HTTP side of an answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Protocol

from ..errors import ConfigurationError
from ._base import WireType

if TYPE_CHECKING:
    from .common import Usage
    from .reply_cache import ReplyCache

__all__ = ["ResponseMeta", "WithMeta", "charged_for", "keep_meta", "kept_meta", "response_meta", "together"]


@dataclass(frozen=True, slots=True)
class ResponseMeta:
    """The HTTP side of an answer."""

    status: int
    headers: Mapping[str, str]
    """Lower-case names; without cookies."""
    request_id: str | None
    """The request id of the edge in front of the service, if it sent one."""
    generation_id: str | None
    """Id of the billed record (`gen-…`)."""
    elapsed: float
    """Seconds from the call to the end of the answer, retries and waits included."""
    attempts: int
    """Requests that were sent for it."""
    billed_before: tuple[Usage | None, ...] = ()
    """What those of them used that failed and were charged for; None in it for one of which that is not known."""
    reused: ReplyCache | None = None
    """Set where this call sent no request, as its answer was kept on this machine."""


class WithMeta(Protocol):
    """An object of our own that keeps the metadata itself, such as a page of a list."""

    @property
    def _meta(self) -> ResponseMeta | None: ...


def keep_meta(answer: WireType, meta: ResponseMeta | None) -> None:
    """Put the metadata on a whole answer.

    No `PrivateAttr`: pydantic fills those by a Python call an object, which made a chunk of a stream, three objects,
    6.8 µs to read instead of 2.9. Only the whole answer of a call ever has this one.
    """
    private = answer.__pydantic_private__
    if private is None:
        object.__setattr__(
            answer, "__pydantic_private__", {"_meta": meta}
        )  # not through pydantic's own setter
    else:
        private["_meta"] = meta


def kept_meta(answer: object) -> ResponseMeta | None:
    """Return the metadata of a response object; None without one."""
    # Not by `isinstance`: for pydantic's classes that calls Python, and this is asked five times for a batch's item.
    private = getattr(answer, "__pydantic_private__", None)
    meta = private.get("_meta") if private else getattr(answer, "_meta", None)
    return meta if isinstance(meta, ResponseMeta) else None


def charged_for(answer: object, cost: Decimal | None) -> Decimal | None:
    """Return what a call was charged whose usage says `cost`: less where an answer, or a part of it, was kept."""
    meta = kept_meta(answer)
    if meta is None or meta.reused is None:
        return cost
    if meta.reused.is_hit:
        return Decimal(0)
    if meta.reused.where == "local":
        return cost  # the usage is that of the part which was asked for
    return None if cost is None else cost - (meta.reused.saved or 0)


def together(metas: Sequence[ResponseMeta | None]) -> ResponseMeta | None:
    """Return the metadata of several answers that are one: the first, with what was saved by those that were kept."""
    reused = [meta.reused for meta in metas if meta is not None and meta.reused is not None]
    first = metas[0]
    if first is None or not reused:
        return first
    is_hit = len(reused) == len(metas) and all(each.is_hit for each in reused)
    # The usage includes that of shared answers, and not that of local ones.
    reused = [each for each in reused if each.where == "shared"] or reused
    saved = sum((each.saved or Decimal(0) for each in reused), Decimal(0))
    return replace(first, reused=replace(reused[0], is_hit=is_hit, saved=saved))


def response_meta(obj: WireType | WithMeta) -> ResponseMeta:
    """Return status, headers, ids, time and attempts of the answer that `obj` came in.

    Raises:
        ConfigurationError: `obj` is not a whole answer of the client, but a part of one, or made by hand.
    """
    meta = kept_meta(obj)
    if meta is None:
        raise ConfigurationError(
            f"{type(obj).__name__} has no response metadata;"
            " only the whole object that a call returned has it"
        )
    return meta
