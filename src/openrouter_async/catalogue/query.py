"""Filters and order for a list of models, and the replacement for one that is gone. Pure.

A model without the required information does not match: without a known price it is not among the cheap ones.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from decimal import Decimal
from typing import Literal, TypeAlias

from typing_extensions import TypedDict

from .._sansio.money import parse_usd
from ..errors import ConfigurationError
from ..types.catalogue.models import Model
from .capabilities import Capability, is_capable

__all__ = ["ModelOrder", "ModelQuery", "chats", "is_router", "select", "successor"]

MILLION = 1_000_000

ModelOrder: TypeAlias = Literal["newest", "cheapest", "context", "name"]
"""`newest` is the service's own order too; `cheapest` goes by the price of input and output together; `context` begins
with the longest."""


class ModelQuery(TypedDict, total=False):
    """Keyword arguments of `ModelCatalogue.find`; a model is found that passes all of them."""

    free: bool
    """Whether it costs nothing, or whether it costs something."""
    author: str
    """The first part of its id, such as `anthropic`."""
    supports: Capability | Collection[Capability]
    """Its capabilities, such as `tools`; all must match."""
    input_modalities: str | Collection[str]
    """Its input modalities, such as `image`; all must match."""
    output_modalities: str | Collection[str]
    """Its output modalities; all must match. Default: any."""
    context: int
    """Tokens of context, at least."""
    max_price: Decimal | str | float
    """US dollars a million tokens of input, at most."""
    max_output_price: Decimal | str | float
    """US dollars a million tokens of output, at most."""
    order: ModelOrder
    """Default: that of the service."""


def select(models: Iterable[Model], text: str | None, query: ModelQuery) -> list[Model]:
    """Return the models that have all words of `text` in id or name, and pass the query.

    Raises:
        ConfigurationError: an argument is unknown, or its value not allowed.
    """
    unknown = query.keys() - ModelQuery.__annotations__.keys()
    if unknown:
        known = ", ".join(sorted(ModelQuery.__annotations__))
        raise ConfigurationError(f"models cannot be found by {min(unknown)!r}; expected one of {known}")
    _check(text, query)
    words = (text or "").casefold().split()
    found = [model for model in models if _has(model, words) and _passes(model, query)]
    return _ordered(found, query.get("order"))


def _check(text: object, query: ModelQuery) -> None:
    for name, value, kinds, wanted in (
        ("text", "" if text is None else text, (str,), "text"),
        ("free", query.get("free", True), (bool,), "True or False"),
        ("author", query.get("author", ""), (str,), "text such as 'anthropic'"),
        ("context", query.get("context", 0), (int,), "a whole number of tokens"),
    ):
        if not isinstance(value, kinds) or (kinds == (int,) and isinstance(value, bool)):
            raise ConfigurationError(f"{name} is {value!r}; expected {wanted}")
    for name in ("supports", "input_modalities", "output_modalities"):
        value = query.get(name, ())
        if not isinstance(value, Collection) or not all(isinstance(word, str) for word in value):
            raise ConfigurationError(f"{name} is {value!r}; expected a word, or a list of words")


def _has(model: Model, words: Collection[str]) -> bool:
    described = f"{model.id} {model.name or ''}".casefold()
    return all(word in described for word in words)


def _passes(model: Model, query: ModelQuery) -> bool:
    author, pricing, architecture = query.get("author"), model.pricing, model.architecture
    if "free" in query and model.is_free is not query["free"]:
        return False
    if author is not None and model.id.partition("/")[0].casefold() != author.casefold():
        return False
    return (
        all(is_capable(model, capability) for capability in _several(query.get("supports", ())))
        and set(_several(query.get("input_modalities", ()))) <= set(architecture.input_modalities or ())
        and set(_several(query.get("output_modalities", ()))) <= set(architecture.output_modalities or ())
        and (model.context_length or 0) >= query.get("context", 0)
        and all(
            price is not None and price * MILLION <= parse_usd(name, limit)
            for name, price, limit in (
                ("max_price", pricing.prompt, query.get("max_price")),
                ("max_output_price", pricing.completion, query.get("max_output_price")),
            )
            if limit is not None
        )
    )


def _several(value: str | Collection[str]) -> Collection[str]:
    return (value,) if isinstance(value, str) else value


def _ordered(models: list[Model], order: ModelOrder | None) -> list[Model]:
    match order:
        case None:
            return models
        case "newest":
            return _newest_first(models)
        case "cheapest":
            return sorted(models, key=_price)
        case "context":
            return sorted(models, key=lambda model: -(model.context_length or 0))
        case "name":
            return sorted(models, key=lambda model: (model.name or model.id).casefold())
    raise ConfigurationError(f"order is {order!r}; expected newest, cheapest, context or name")


def _newest_first(models: list[Model]) -> list[Model]:
    """Order models by age; where that of one is not known, the service's order is the best there is."""
    ages = [(model.created, model) for model in models if model.created]
    if len(ages) < len(models):
        return models
    return [model for _, model in sorted(ages, key=lambda aged: -aged[0])]


def _price(model: Model) -> Decimal:
    """Return what orders models by price; an unknown price comes last."""
    cost = model.pricing.cost(1, 1)
    return Decimal("Infinity") if cost is None else cost


def chats(model: Model) -> bool:
    """Return whether a model writes answers, and nothing but text: not songs, and not verdicts on other texts.

    The service does not mark models that only judge, so their names decide.
    """
    outputs = model.architecture.output_modalities
    return (outputs is None or set(outputs) == {"text"}) and _JUDGES.search(model.id.lower()) is None


_JUDGES = re.compile(r"safety|guard|shield|moderation|classif|reward|rerank|embed")


def is_router(model: Model) -> bool:
    """Return whether a model only chooses among others."""
    return model.id.startswith("openrouter/") or model.architecture.tokenizer == "Router"


_WORD = re.compile(r"[a-z]{2,}")
_STAGES = frozenset({"beta", "exp", "experimental", "instruct", "it", "latest", "preview"})
"""Words of a name that do not say which model of a family it is."""
_DEARER = Decimal("1.5")
"""How many times as dear a successor may be."""


def successor(models: Iterable[Model], name: str, *, cost: Decimal | None = None) -> Model | None:
    """Return the newest model that differs from an unlisted one by its version alone, at a like price, or None.

    It has the author, the words and the variant of that model: `claude-opus-4.8` follows `claude-3-opus`, but
    `claude-opus-4.8-fast` and `claude-haiku-4.5` do not.

    Args:
        models: Those that are listed.
        name: The model that is not.
        cost: US dollars that a token of input and one of output cost. Default: as with the cheapest that could follow.
    """
    author, words, variant = _called(name)
    if not words:
        return None
    kin = [model for model in models if _called(model.id) == (author, words, variant)]
    if cost is None:
        cost = min(map(_price, kin), default=Decimal(0))
    return next((model for model in _newest_first(kin) if _price(model) <= cost * _DEARER), None)


def _called(name: str) -> tuple[str, frozenset[str], str]:
    """Return the author, the words that tell a model from others of its family, and the variant."""
    author, _, slug = name.partition("/")
    slug, _, variant = slug.partition(":")
    return author, frozenset(_WORD.findall(slug)) - _STAGES, variant
