"""The highest cost of a request, estimated before it is sent. Pure; every budget of the library uses it.

*The estimate.* The price of the most expensive model that may answer, by the catalogue, for the longest possible
prompt of this text and the longest allowed answer, times the number of answers. Each request has a *kind*: the
operation, the models, and the extras without a listed price (searches, parsed files, tools that the service runs,
requested pictures and sound, faster tiers, presets).

*Unknown parts are reported, and never counted as nothing:* an extra, a missing price, a model chosen by a router, an
answer without a limit. Then the most expensive call of the kind so far counts, plus a margin; before there is one,
the budget sends such calls one at a time.

*Learning.* If a call cost more than estimated, the largest excess is added to all calls of its kind. A call that cost
nothing, such as a cached answer, says nothing about the next one.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol, TypeAlias

from .._sansio.charges import Charge
from .._sansio.error_body import load_json
from ..tokens.prompt import estimate_body
from ..types.catalogue.models import Model, Pricing, PricingOverride

__all__ = ["Forecast", "Foreseen", "Kind", "PriceList", "Prices", "Request", "model_in"]

FIRST_ANSWER = 1_000
"""The assumed tokens of an answer without a limit, before the first of its kind."""

MARGIN = Decimal("1.25")
"""How much more than the dearest so far is foreseen where a price or a bound is not known."""

MOST = 10**9
"""The highest value of a limit or a number of answers in the sum, so it cannot overflow."""

_BOUNDS = ("max_completion_tokens", "max_tokens", "max_output_tokens")
_PRICED = frozenset({"/chat/completions", "/completions", "/responses", "/messages", "/embeddings"})
"""Operations that are priced by tokens; those of others are not known."""
_FREE_PLUGINS = frozenset(
    {"response-healing", "moderation", "context-compression", "auto-router", "auto-beta-router", "pareto-router"}
)  # fmt: skip
"""Plugins that add nothing to the bill: they mend, cut, or choose among models, whose price is then not listed."""
_FREE_TOOLS = frozenset(
    {"function", "custom", "openrouter:datetime", "openrouter:experimental__search_models"}
)  # fmt: skip
_LISTED_TIERS = frozenset({"auto", "default", "standard", "standard_only", "flex"})
"""Those that cost what is listed, or less."""


class PriceList(Protocol):
    """Knows the models and their prices, like the catalogue."""

    def get(self, name: str) -> Model | None: ...


Prices: TypeAlias = Callable[[], Awaitable[PriceList]]
"""Gives the prices of models; asked once, and only where something is limited by its cost."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What requests have in common that cost alike."""

    operation: str
    models: tuple[str | None, ...]
    extras: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreseen:
    """The possible cost of a request."""

    cost: Decimal
    """US dollars at most where it is known; else what it will cost at least, as a guess."""
    is_known: bool
    priced: Decimal | None = None
    """What of it the catalogue says; None where that does not say."""

    @property
    def is_free(self) -> bool:
        """Whether it can cost nothing."""
        return self.is_known and self.cost == 0


class Request:
    """The parts of a request's body that decide its cost; the body itself is not kept."""

    __slots__ = ("answers", "bound", "images", "kind", "marks", "model", "prompt_tokens")

    def __init__(
        self,
        body: Mapping[str, object],
        path: str = "/chat/completions",
        *,
        prompt_tokens: int | None = None,
    ) -> None:
        model = body.get("model")
        self.model: str | None = model if isinstance(model, str) else None
        """The one that is named first; None where the account's default answers."""
        fallbacks = body.get("models")
        names = [self.model, *(fallbacks if isinstance(fallbacks, list) else ())]
        models = dict.fromkeys(name for name in names if isinstance(name, str))
        extras, self.marks = set(_extras(body)), set[str]()
        if path not in _PRICED:
            extras.add(f"operation {path}")
        self.images = 0
        for part in _parts(body):
            _look_at(part, extras, self.marks)
            self.images += "image" in str(part.get("type"))
        if "cache_control" in body:
            self.marks.add("cache")
        self.kind = Kind(path, tuple(models) or (None,), frozenset(extras))
        bounds = [_count(body.get(name)) for name in _BOUNDS]
        self.bound: int | None = 0 if path == "/embeddings" else max(filter(None, bounds), default=None)
        """Tokens of the longest answer there can be; None where nothing bounds it that the service would take."""
        self.answers = max(filter(None, (_count(body.get("n")), _count(body.get("best_of")))), default=1)
        self.prompt_tokens = estimate_body(body).high if prompt_tokens is None else prompt_tokens
        """The most tokens that the prompt is likely to have."""

    @classmethod
    def read(cls, content: bytes | None, path: str = "/chat/completions") -> Request:
        """Return the facts in a body as it is sent; none if it is not a JSON object."""
        try:
            body = load_json(content or b"")
        except ValueError:
            body = None
        return cls(body if isinstance(body, dict) else {}, path)


class Forecast:
    """Foresees costs, and learns from those that were."""

    def __init__(self, prices: PriceList) -> None:
        self._prices = prices
        self._longest: dict[Kind, int] = {}
        self._dearest: dict[Kind, Decimal] = {}
        self._excess: dict[Kind, Decimal] = {}

    def of(self, request: Request) -> Foreseen:
        """Return what a request may cost."""
        kind = request.kind
        answer = self._longest.get(kind, FIRST_ANSWER) if request.bound is None else request.bound
        listed = self.priced(request, answer)
        priced = None if kind.extras else listed
        if priced is not None:
            cost = priced + self._excess.get(kind, Decimal(0))
            is_bounded = request.bound is not None or kind in self._longest or cost == 0
            return Foreseen(cost=cost, is_known=is_bounded, priced=priced)
        dearest = self._dearest.get(kind)
        if dearest is None:
            return Foreseen(cost=listed or Decimal(0), is_known=False)
        return Foreseen(cost=max(listed or Decimal(0), dearest * MARGIN), is_known=True)

    def knows(self, kind: Kind) -> bool:
        """Return whether it has been seen what a request of a kind costs."""
        return kind in self._dearest

    def priced(self, request: Request, completion_tokens: int) -> Decimal | None:
        """Return the catalogue's price for the most expensive model of a request; None if one is missing."""
        dearest = Decimal(0)
        for name in request.kind.models:
            model = None if name is None or name.startswith("@") else self._prices.get(name)
            cost = None if model is None else _cost(model, request, completion_tokens)
            if cost is None:
                return None
            dearest = max(dearest, cost)
        return dearest

    def learn(self, request: Request, charge: Charge) -> None:
        """Remember what a request cost, how long its answer was, and by how much it passed what is listed."""
        if charge.paid is None or not (charge.paid or charge.completion_tokens):
            return
        kind = request.kind
        each = -(-(charge.completion_tokens or 0) // request.answers)
        self._longest[kind] = longest = max(each, self._longest.get(kind, 1))
        if not charge.paid:
            return
        self._dearest[kind] = max(charge.paid, self._dearest.get(kind, Decimal(0)))
        priced = self.priced(request, longest if request.bound is None else request.bound)
        if priced is not None:
            self._excess[kind] = max(charge.paid - priced, self._excess.get(kind, Decimal(0)))


def _cost(model: Model, request: Request, completion_tokens: int) -> Decimal | None:
    """Return what a request costs with one model, in its dearest case; None where a price is not listed."""
    pricing = model.pricing
    has_other_prices = any(pricing.besides.get(name) != 0 for name in pricing.model_extra or ())
    if has_other_prices or (pricing.is_free and not model.is_free):
        return None
    into, out = _dearest(model, request)
    if (
        into is None
        or out is None
        or any(pricing.besides.get(name, 0) is None for name in ("request", "image"))
    ):
        return None
    return (
        into * request.prompt_tokens
        + out * completion_tokens * request.answers
        + (pricing.request or 0)
        + (pricing.image or 0) * request.images
    )


def _dearest(model: Model, request: Request) -> tuple[Decimal | None, Decimal | None]:
    """Return the highest price of a token in, and of one out, that the request may be charged."""
    pricing = model.pricing
    if pricing.prompt is None or pricing.completion is None:
        return None, None
    rows: list[Pricing | PricingOverride] = [pricing]
    rows += [
        override
        for override in pricing.overrides or ()
        if override.depends_on_time or request.prompt_tokens > (override.min_prompt_tokens or 0)
    ]
    into, out = [row.prompt for row in rows], [row.completion for row in rows]
    if request.images:
        into.append(pricing.image_token)
    if "audio" in request.marks:
        into += [row.audio for row in rows]
    if "cache" in request.marks:
        into += [price for row in rows for price in (row.input_cache_write, row.input_cache_write_1h)]
    out.append(pricing.internal_reasoning)
    if not {"text"}.issuperset(model.architecture.output_modalities or ()):
        out += [pricing.image_output, pricing.audio_output]
    return max(filter(None, into), default=Decimal(0)), max(filter(None, out), default=Decimal(0))


def _extras(body: Mapping[str, object]) -> Iterator[str]:
    """Yield what a request asks for besides tokens of a listed price."""
    for name in (body.get("model"), *_list(body.get("models"))):
        if isinstance(name, str) and (name.endswith(":online") or "@preset/" in name):
            yield "search" if name.endswith(":online") else "preset"
    if body.get("preset"):
        yield "preset"
    for plugin in _list(body.get("plugins")):
        if not isinstance(plugin, dict) or plugin.get("enabled") is False:
            continue
        if (id := str(plugin.get("id"))) not in _FREE_PLUGINS:
            yield f"plugin {id} {plugin.get('engine', '')} {plugin.get('max_results', '')}"
    for tool in _list(body.get("tools")):
        kind = str(tool.get("type", "function")) if isinstance(tool, dict) else "function"
        if kind not in _FREE_TOOLS:
            yield f"tool {kind}"
    if body.get("web_search_options") is not None:
        yield "search"
    modalities = [str(kind) for kind in _list(body.get("modalities")) if kind != "text"]
    yield from (f"gives {kind}" for kind in modalities)
    if body.get("audio") is not None:
        yield "gives audio"
    if body.get("image_config") is not None:
        yield "gives image"
    for tier in (body.get("service_tier"), body.get("speed")):
        if tier is not None and str(tier) not in _LISTED_TIERS:
            yield f"tier {tier}"


def _parts(body: Mapping[str, object]) -> Iterator[Mapping[str, object]]:
    """Yield the parts of the messages' contents, in whichever dialect."""
    for name in ("messages", "input"):
        for message in _list(body.get(name)):
            if isinstance(message, dict):
                yield from (part for part in _list(message.get("content")) if isinstance(part, dict))


def _look_at(part: Mapping[str, object], extras: set[str], marks: set[str]) -> None:
    kind = str(part.get("type"))
    if "cache_control" in part:
        marks.add("cache")
    if "audio" in kind:
        marks.add("audio")
    if kind in ("file", "input_file", "document", "video_url", "input_video"):
        extras.add(f"reads {kind}")


def _list(value: object) -> Iterable[object]:
    return value if isinstance(value, list) else ()


def _count(value: object) -> int | None:
    """Return a number of things of at least 1; None for anything else, which bounds nothing."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not value >= 1:
        return None
    return int(min(value, MOST))


def model_in(content: bytes | None) -> str | None:
    """Return the model that the body of a request names which is not of this library's making."""
    try:
        body = load_json(content or b"")
    except ValueError:
        return None
    model = body.get("model") if isinstance(body, dict) else None
    return model if isinstance(model, str) else None
