"""Documents in the order in which they answer a query. Source: `createRerank` of the service's OpenAPI document."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Generic, TypeVar

from .._base import WireType
from ..chat.routing import Provider
from ..common import Charged, Lenient, MaybeInt, MaybeStr
from ..meta import charged_for
from ..requests.fields import Between
from .common import GroupedParams

if TYPE_CHECKING:
    from ..meta import ResponseMeta

__all__ = [
    "Ranked",
    "RankedText",
    "Ranking",
    "RerankParams",
    "RerankReply",
    "RerankResult",
    "RerankUsage",
]

DocumentT = TypeVar("DocumentT")


class RerankParams(GroupedParams, total=False):
    """Keyword arguments of `client.rerank.create`."""

    top_n: Annotated[int, Between(1)]
    """How many are returned, the best ones. Default: all."""
    provider: Provider | None
    """Preferences about the provider."""


class RankedText(WireType):
    """A document as the service returns it."""

    text: MaybeStr = None
    image: MaybeStr = None


class RerankResult(WireType):
    """The score of a document."""

    index: int
    """Its place in the request, from 0."""
    relevance_score: float
    """How well it answers the query; only scores of one request can be compared."""
    document: Annotated[RankedText | None, Lenient()] = None


class RerankUsage(WireType):
    """The cost of a ranking."""

    search_units: MaybeInt = None
    """What some providers bill by."""
    total_tokens: MaybeInt = None
    cost: Charged = None
    """US dollars charged to the account; None where the service did not say."""


class RerankReply(WireType):
    """The answer as it came."""

    id: MaybeStr = None
    """The generation id."""
    model: MaybeStr = None
    provider: MaybeStr = None
    results: list[RerankResult]
    usage: Annotated[RerankUsage | None, Lenient()] = None


@dataclass(frozen=True, slots=True)
class Ranked(Generic[DocumentT]):
    """A document with its score."""

    document: DocumentT
    """The object that was given."""
    score: float
    """How well it answers the query; only scores of one ranking can be compared."""
    index: int
    """Its place among the documents that were given, from 0."""


@dataclass(frozen=True, slots=True)
class Ranking(Generic[DocumentT]):
    """Documents, the best first; iteration yields them, `len` counts them."""

    results: tuple[Ranked[DocumentT], ...] = field(repr=False)
    reply: RerankReply = field(repr=False)
    """The answer as it came."""
    _meta: ResponseMeta | None = field(default=None, repr=False, compare=False)

    def __iter__(self) -> Iterator[Ranked[DocumentT]]:
        return iter(self.results)

    def __len__(self) -> int:
        return len(self.results)

    def __getitem__(self, place: int) -> Ranked[DocumentT]:
        """Return the document of a place, from 0, the best."""
        return self.results[place]

    @property
    def documents(self) -> list[DocumentT]:
        """The documents alone, the best first."""
        return [ranked.document for ranked in self.results]

    @property
    def cost(self) -> Decimal | None:
        """US dollars charged for it; None where the service did not say."""
        return charged_for(self.reply, None if self.reply.usage is None else self.reply.usage.cost)
