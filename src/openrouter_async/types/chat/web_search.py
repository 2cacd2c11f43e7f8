"""What every form of web search shares: the server tool, the plugin, and the search of the models themselves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal, Required, TypeAlias

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError
from typing_extensions import TypedDict

from ..requests.fields import NonEmptyText, OneOfOrText, Text, closed

__all__ = ["SearchContextSize", "SearchMode", "UserLocation", "WebSearchOptions", "XSearch", "XSearchFilter"]

SearchContextSize: TypeAlias = Annotated[Literal["low", "medium", "high"] | str, OneOfOrText()]
"""How much of the found pages the model reads."""

SearchMode: TypeAlias = Annotated[
    Literal["instant", "fast", "auto", "deep-lite", "deep", "deep-reasoning", "turbo", "basic", "advanced"]
    | str,
    OneOfOrText(),
]
"""Exa: instant fast auto deep-lite deep deep-reasoning. Parallel: turbo fast basic advanced."""


@closed
class UserLocation(TypedDict, total=False):
    """Roughly where the reader is."""

    type: Required[Literal["approximate"]]
    city: str | None
    region: str | None
    country: str | None
    timezone: str | None
    """IANA name, e.g. `Europe/Oslo`."""


@closed
class WebSearchOptions(TypedDict, total=False):
    """Options of a model with built-in search."""

    search_context_size: SearchContextSize


Day: TypeAlias = Annotated[str, Text(pattern=r"^\d{4}-\d{2}-\d{2}$", of="YYYY-MM-DD")]


@closed
class XSearch(TypedDict, total=False):
    """The posts on X to search; xAI only. Set allowed or excluded handles, not both."""

    allowed_x_handles: Annotated[Sequence[NonEmptyText], Field(max_length=20)]
    excluded_x_handles: Annotated[Sequence[NonEmptyText], Field(max_length=20)]
    from_date: Day
    to_date: Day
    enable_image_understanding: bool
    enable_video_understanding: bool


def _one_list_of_handles(value: XSearch) -> XSearch:
    if "allowed_x_handles" in value and "excluded_x_handles" in value:
        raise PydanticCustomError("handles", "allowed_x_handles or excluded_x_handles, not both")
    return value


XSearchFilter: TypeAlias = Annotated[XSearch, AfterValidator(_one_list_of_handles)]
