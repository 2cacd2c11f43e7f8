"""What a request is charged besides tokens of the list's price: searches, parsed files, faster tiers, several answers.

Prices that the list does not say are those of the service's documentation: 4 US dollars for a thousand results of a
search by Exa, 2 for a thousand pages that are read. Not modelled: what searches add to the prompt, and the models that
other server tools ask.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from pydantic import JsonValue

from .models import ListedModel

__all__ = ["NO_EXTRAS", "Extras", "extras_of"]

RESULT = Decimal("0.004")
PAGE = Decimal("0.002")
TIERS: Mapping[str, Decimal] = {
    "priority": Decimal(2),
    "fast": Decimal(2),
    "flex": Decimal("0.5"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Extras:
    """What comes to the price of the tokens."""

    cost: Decimal = Decimal(0)
    """US dollars, charged even where no token is."""
    searches: int = 0
    factor: Decimal = Decimal(1)
    """By which the price of the tokens is multiplied."""
    tier: str | None = None


NO_EXTRAS = Extras()


def extras_of(body: Mapping[str, JsonValue], model: ListedModel) -> Extras:
    """Return what a request asks for besides; each tool that searches is taken to be used once."""
    cost, searches = Decimal(0), 0
    for asked in _searches(body):
        searches += 1
        cost += _search(asked, model)
    plugins = [each for each in _list(body.get("plugins")) if isinstance(each, dict)]
    parser = next((each for each in plugins if each.get("id") == "file-parser"), None)
    engine = parser.get("pdf") if parser is not None else None
    if isinstance(engine, dict) and engine.get("engine") == "mistral-ocr":
        cost += PAGE * sum(1 for _ in _files(body))
    tier = body.get("service_tier")
    tier = tier if isinstance(tier, str) and tier in TIERS else None
    return Extras(cost=cost, searches=searches, factor=TIERS.get(tier or "", Decimal(1)), tier=tier)


def _searches(body: Mapping[str, JsonValue]) -> Iterable[Mapping[str, JsonValue]]:
    for plugin in _list(body.get("plugins")):
        if isinstance(plugin, dict) and plugin.get("id") == "web" and plugin.get("enabled") is not False:
            yield plugin
    if str(body.get("model")).endswith(":online"):
        yield {}
    for tool in _list(body.get("tools")):
        if isinstance(tool, dict) and tool.get("type") == "openrouter:web_search":
            parameters = tool.get("parameters")
            yield parameters if isinstance(parameters, dict) else {}
    if body.get("web_search_options") is not None:
        yield {"engine": "native"}


def _search(asked: Mapping[str, JsonValue], model: ListedModel) -> Decimal:
    own = model.price("web_search")
    if asked.get("engine") == "native" or (asked.get("engine") is None and own):
        return own or Decimal(0)
    results = asked.get("max_results", 5)
    return RESULT * (results if isinstance(results, int) else 5)


def _files(body: Mapping[str, JsonValue]) -> Iterable[JsonValue]:
    for message in _list(body.get("messages")):
        content = message.get("content") if isinstance(message, dict) else None
        yield from (part for part in _list(content) if isinstance(part, dict) and part.get("type") == "file")


def _list(value: JsonValue) -> list[JsonValue]:
    return value if isinstance(value, list) else []
