"""The charges of a request besides tokens at the list's price: searches, parsed files, faster tiers, several answers.

Prices that are not in the list come from the service's documentation: 4 US dollars for a thousand results of a search
by Exa, 2 for a thousand pages of a document. Not modelled: the tokens that searches add to the prompt, and the models
that other server tools ask.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from pydantic import JsonValue

from ..json_values import as_object, objects_in
from .models import ListedModel

__all__ = ["NO_EXTRAS", "Extras", "extras_of"]

RESULT = Decimal("0.004")
PAGE = Decimal("0.002")
TIERS: Mapping[str, Decimal] = {"priority": Decimal(2), "fast": Decimal(2), "flex": Decimal("0.5")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Extras:
    """The amount added to the price of the tokens."""

    cost: Decimal = Decimal(0)
    """US dollars, charged even where no token is."""
    searches: int = 0
    factor: Decimal = Decimal(1)
    """By which the price of the tokens is multiplied."""
    tier: str | None = None


NO_EXTRAS = Extras()


def extras_of(body: Mapping[str, JsonValue], model: ListedModel) -> Extras:
    """Return the paid extras of a request; each tool that searches counts as used once."""
    cost, searches = Decimal(0), 0
    for asked in _searches(body):
        searches += 1
        cost += _search(asked, model)
    parser = next((each for each in objects_in(body.get("plugins")) if each.get("id") == "file-parser"), {})
    if as_object(parser.get("pdf")).get("engine") == "mistral-ocr":
        contents = (objects_in(message.get("content")) for message in objects_in(body.get("messages")))
        cost += PAGE * sum(part.get("type") == "file" for parts in contents for part in parts)
    tier = body.get("service_tier")
    tier = tier if isinstance(tier, str) and tier in TIERS else None
    return Extras(cost=cost, searches=searches, factor=TIERS.get(tier or "", Decimal(1)), tier=tier)


def _searches(body: Mapping[str, JsonValue]) -> Iterable[Mapping[str, JsonValue]]:
    for plugin in objects_in(body.get("plugins")):
        if plugin.get("id") == "web" and plugin.get("enabled") is not False:
            yield plugin
    if str(body.get("model")).endswith(":online"):
        yield {}
    for tool in objects_in(body.get("tools")):
        if tool.get("type") == "openrouter:web_search":
            yield as_object(tool.get("parameters"))
    if body.get("web_search_options") is not None:
        yield {"engine": "native"}


def _search(asked: Mapping[str, JsonValue], model: ListedModel) -> Decimal:
    own = model.price("web_search")
    if asked.get("engine") == "native" or (asked.get("engine") is None and own):
        return own or Decimal(0)
    results = asked.get("max_results", 5)
    return RESULT * (results if isinstance(results, int) else 5)
