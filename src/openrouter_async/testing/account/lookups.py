"""Answers the operations that only read: models, providers, key, credits, generations."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import TypeAlias
from urllib.parse import urlencode

from pydantic import JsonValue

from ..exchange.field_checks import whole_query
from ..exchange.service_errors import bad_request, refused
from ..json_values import JSON, as_object
from ..state.models import ListedModel, ModelList
from ..state.state import State

__all__ = ["Lookups"]

Query: TypeAlias = Mapping[str, str]

_PAGE, _LARGEST_PAGE = 500, 1000


_ORDERS: Mapping[str, Callable[[ListedModel], Decimal | int]] = {
    "pricing-low-to-high": lambda model: model.price("prompt") or Decimal(0),
    "pricing-high-to-low": lambda model: -(model.price("prompt") or Decimal(0)),
    "context-high-to-low": lambda model: -(model.context_length or 0),
    "newest": lambda model: -model.created,
}
"""The orders of `/models` that the list can give."""

_AS_LISTED = (
    "agentic-high-to-low", "coding-high-to-low", "design-arena-elo-high-to-low", "intelligence-high-to-low",
    "latency-low-to-high", "most-popular", "throughput-high-to-low", "top-weekly",
)  # fmt: skip
"""Orders by a value that the list does not have, so the list keeps its order."""


class Lookups:
    """The part of the service that answers from what it knows."""

    def __init__(self, state: State, models: ModelList) -> None:
        self._state = state
        self._models = models

    def models(self, query: Query) -> JSON:
        """`/models`, with the filters that need no more than the list; pages only where they are asked for."""
        found = [model for model in self._models.all if _matches(model, query)]
        if (sort := query.get("sort")) is not None:
            if sort not in _ORDERS and sort not in _AS_LISTED:
                known = ", ".join(map(repr, sorted((*_ORDERS, *_AS_LISTED))))
                raise bad_request(f"sort: Invalid input: expected one of {known}, received {sort[:32]!r}")
            found.sort(key=_ORDERS.get(sort, lambda model: 0))
        return _paged("/models", found, query)

    def embedding_models(self, query: Query) -> JSON:
        """`/embeddings/models`, whole unless pages are asked for."""
        return _paged("/embeddings/models", self._models.embedding, query)

    def count(self, query: Query) -> JSON:
        return {"data": {"count": sum(_matches(model, query) for model in self._models.all)}}

    def model(self, author: str, slug: str) -> JSON:
        return {"data": _with_links(self._listed(author, slug))}

    def endpoints(self, author: str, slug: str) -> JSON:
        model = self._listed(author, slug)
        described: JSON = {
            "id": model.id,
            "name": model.facts.get("name"),
            "architecture": {"instruct_type": None, **model.architecture},
        }
        described |= {"created": model.created, "description": "", "endpoints": [_endpoint(model)]}
        return {"data": described}

    def all_endpoints(self) -> JSON:
        return {"data": [_endpoint(model) for model in self._models.all]}

    def providers(self) -> JSON:
        names = sorted({(model.author, model.provider) for model in self._models.all})
        unsaid: JSON = dict.fromkeys(
            ("privacy_policy_url", "terms_of_service_url", "status_page_url", "headquarters", "datacenters")
        )
        data: list[JsonValue] = [{"slug": slug, "name": name, **unsaid} for slug, name in names]
        return {"data": data}

    def credits(self) -> JSON:
        ledger = self._state.ledger
        return {"data": {"total_credits": float(ledger.credits), "total_usage": float(ledger.usage)}}

    def generation(self, id: str | None) -> JSON:
        return {"data": self._state.generations.find(id).to_json()}

    def _listed(self, author: str, slug: str) -> ListedModel:
        found = self._models.listed(f"{author}/{slug}")
        if found is None:
            raise refused(404, f"Model {author}/{slug} not found")
        return found


def _paged(path: str, found: list[ListedModel], query: Query) -> JSON:
    """Return a list of models: all of them, or the requested page."""
    data: list[JsonValue] = [_with_links(model) for model in found]
    if "offset" not in query and "limit" not in query:
        return {"data": data, "total_count": len(data), "links": {"next": None}}
    offset = whole_query(query, "offset", 0, least=0)
    limit = whole_query(query, "limit", _PAGE, least=1, most=_LARGEST_PAGE)
    behind = offset + limit
    following = urlencode({**query, "offset": behind, "limit": limit})
    more = f"/api/v1{path}?{following}" if behind < len(data) else None
    return {"data": data[offset:behind], "total_count": len(data), "links": {"next": more}}


def _endpoint(model: ListedModel) -> JSON:
    """Return the one offer there is of a model."""
    facts = model.facts
    can_choose = model.takes("tool_choice")
    choices: JSON = dict.fromkeys(("auto", "function", "none", "required"), can_choose)
    return {
        "name": f"{model.provider} | {model.id}",
        "model_id": model.id,
        "model_name": facts.get("name"),
        "context_length": model.context_length or 0,
        "pricing": facts.get("pricing"),
        "provider_name": model.provider,
        "tag": model.author,
        "quantization": None,
        "max_completion_tokens": as_object(facts.get("top_provider")).get("max_completion_tokens"),
        "max_prompt_tokens": None,
        "supported_parameters": facts.get("supported_parameters") or [],
        "status": 0,
        "service_tier": None,
        "native_tools": {},
        "supports_tool_choice": choices,
        "supports_implicit_caching": False,
        "supports_diarization": False,
        "uptime_last_5m": 100,
        "uptime_last_30m": 100,
        "uptime_last_1d": 100,
        "latency_last_30m": None,
        "throughput_last_30m": None,
    }


def _with_links(model: ListedModel) -> JSON:
    details = f"/api/v1/models/{model.facts.get('canonical_slug') or model.id}/endpoints"
    unsaid = dict.fromkeys(("per_request_limits", "default_parameters", "supported_voices"))
    return {
        "description": "",
        "created": model.created,
        "supported_parameters": [],
        **unsaid,
        **model.facts,
        "links": {"details": details},
    }


def _matches(model: ListedModel, query: Query) -> bool:
    """Whether a model passes the filters of `/models` that the list can answer.

    What nothing is known about lets everything through: categories, regions, retention, scores.
    """
    outputs = _words(query.get("output_modalities")) or ["text"]
    authors, providers = _words(query.get("model_authors")), _words(query.get("providers"))
    name = f"{model.id} {model.facts.get('name', '')}".lower()
    age_days = (time.time() - model.created) / 86_400
    return (
        all(model.takes(parameter) for parameter in _words(query.get("supported_parameters")))
        and all(model.reads(modality) for modality in _words(query.get("input_modalities")))
        and ("all" in outputs or all(model.gives(modality) for modality in outputs))
        and (not authors or model.author in authors)
        and (
            not providers
            or bool({model.author, model.provider.lower()} & {word.lower() for word in providers})
        )
        and query.get("arch", model.tokenizer).lower() == model.tokenizer.lower()
        and query.get("q", "").lower() in name
        and (model.context_length or 0) >= whole_query(query, "context", 0, least=0)
        and _within(query, "price", model.price("prompt"))
        and _within(query, "output_price", model.price("completion"))
        and age_days >= whole_query(query, "min_age_days", 0, least=0)
        and ("max_age_days" not in query or age_days <= whole_query(query, "max_age_days", 0, least=0))
    )


def _within(query: Query, name: str, price: Decimal | None) -> bool:
    """Return whether a price of a token is within the requested bounds; a price that varies counts as nothing."""
    least, most = _price(query, f"min_{name}"), _price(query, f"max_{name}")
    million = (price or Decimal(0)) * 1_000_000
    return (least is None or million >= least) and (most is None or million <= most)


def _words(text: str | None) -> list[str]:
    return [word for word in (text or "").split(",") if word]


def _price(query: Query, name: str) -> Decimal | None:
    """Return US dollars for a million tokens."""
    try:
        price = Decimal(query[name]) if name in query else None
    except InvalidOperation:
        price = Decimal("NaN")
    if price is not None and not price.is_finite():
        raise bad_request(f"{name}: Invalid input: expected a number, received {query[name][:32]!r}")
    return price
