"""`WireType`: the base of everything received, and `response_meta`: where it came from.

What is received never breaks on something new: unknown fields are kept (`model_extra`), enums are open
(`Literal[...] | str`), and almost nothing is required.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from pydantic import BaseModel, ConfigDict

from ..errors import ConfigurationError

if TYPE_CHECKING:
    from .common import Usage

__all__ = ["Answer", "ResponseMeta", "WireType", "response_meta"]


@dataclass(frozen=True, slots=True)
class ResponseMeta:
    """The HTTP side of an answer."""

    status: int
    headers: Mapping[str, str]
    """Lower-case names; without cookies."""
    request_id: str | None
    """The id that the edge in front of the service gave the request, if it did."""
    generation_id: str | None
    """Id of the billed record (`gen-…`)."""
    elapsed: float
    """Seconds from the call to the end of the answer, retries and waits included."""
    attempts: int
    """Requests that were sent for it."""
    billed_before: tuple[Usage | None, ...] = ()
    """What those of them used that failed and were charged for; None in it for one of which that is not known."""


class Answer(Protocol):
    """What a call returned, whole: an object the service sent, or a page of a list."""

    @property
    def _meta(self) -> ResponseMeta | None: ...


class WireType(BaseModel):
    """An object the service sent; unknown fields are kept in `model_extra`."""

    # Without `use_attribute_docstrings`: to read the source of every class took a tenth of the first import.
    model_config = ConfigDict(
        extra="allow",
        frozen=True,
        protected_namespaces=(),
        val_json_bytes="utf8",
        coerce_numbers_to_str=True,
    )

    # No `PrivateAttr`: pydantic fills those by a Python call an object, which made a chunk of a stream, three
    # objects, 6.8 µs to read instead of 2.9. Only the whole answer of a call ever has this one.
    @property
    def _meta(self) -> ResponseMeta | None:
        private = self.__pydantic_private__
        return None if private is None else private.get("_meta")

    @_meta.setter
    def _meta(self, meta: ResponseMeta | None) -> None:
        private = {**(self.__pydantic_private__ or {}), "_meta": meta}
        object.__setattr__(self, "__pydantic_private__", private)


def response_meta(obj: Answer) -> ResponseMeta:
    """Return status, headers, ids, time and attempts of the answer that `obj` came in.

    Raises:
        ConfigurationError: `obj` is no whole answer of the client, but a part of one, or made by hand.
    """
    meta = getattr(obj, "_meta", None)
    if not isinstance(meta, ResponseMeta):
        raise ConfigurationError(
            f"{type(obj).__name__} has no response metadata;"
            " only the whole object that a call returned has it"
        )
    return meta
