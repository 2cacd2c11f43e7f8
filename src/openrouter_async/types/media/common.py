"""What requests for media have in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, TypeAlias

from typing_extensions import TypedDict

from ..chat.routing import ProviderSort, SortBy
from ..requests.fields import ByKind, JSONObject, NonEmptyText, Text, closed

__all__ = ["AudioProvider", "GroupedParams", "ImageProvider", "ProviderOptions", "VideoProvider"]

ProviderOptions: TypeAlias = Mapping[str, JSONObject]
"""What single providers are told besides, by the slug of each: `{"black-forest-labs": {"guidance": 3}}`."""


@closed
class GroupedParams(TypedDict, total=False):
    """What every request for media is filed under."""

    session_id: Annotated[str, Text(least=1, most=256)]
    """Groups requests; at most 256 characters."""
    trace: JSONObject
    """For observability: `trace_id`, `trace_name`, `span_name`, `generation_name`, `parent_span_id`, and anything."""
    user: NonEmptyText
    """A stable id of the end user."""


@closed
class ImageProvider(TypedDict, total=False):
    """Preferences about who makes an image; names of providers are their slugs."""

    order: Sequence[NonEmptyText] | None
    """Try these first, in this order."""
    only: Sequence[NonEmptyText] | None
    """Use no others."""
    ignore: Sequence[NonEmptyText] | None
    """Do not use these."""
    allow_fallbacks: bool | None
    """Default True. False: an error of the first provider is returned."""
    sort: Annotated[SortBy | ProviderSort, ByKind()] | None
    """Strictly in this order."""
    options: ProviderOptions


@closed
class AudioProvider(TypedDict, total=False):
    """Preferences about who speaks or listens."""

    data_collection: Literal["allow", "deny"] | None
    """Default `allow`. `deny` leaves out providers that store what they are sent, or train on it."""
    zdr: bool | None
    """True: only endpoints that retain nothing."""
    options: ProviderOptions


@closed
class VideoProvider(TypedDict, total=False):
    """What providers of videos are told besides."""

    options: ProviderOptions
