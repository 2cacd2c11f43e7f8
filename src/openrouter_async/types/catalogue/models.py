"""The service's entry of a model: prices, limits, modalities, parameters.

Source: `Model` and `PublicPricing` of the service's OpenAPI document.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator, Field, model_validator

from .._base import WireType
from ..common import (
    Lenient,
    MaybeBool,
    MaybeDecimal,
    MaybeFloat,
    MaybeInt,
    MaybeStr,
    RowsWithoutNulls,
    WithoutNulls,
)

__all__ = [
    "AgentIndices",
    "AliasTarget",
    "Architecture",
    "ArenaRank",
    "Benchmarks",
    "DefaultParameters",
    "InputModality",
    "Model",
    "ModelCount",
    "ModelLinks",
    "ModelPage",
    "ModelReasoning",
    "OutputModality",
    "PageLinks",
    "Price",
    "Pricing",
    "PricingOverride",
    "TokenLimits",
    "TopProvider",
    "Weekday",
]


def _amount(price: Decimal | None) -> Decimal | None:
    if price is None or price == 0:
        return None if price is None else Decimal(0)
    return price if price > 0 and _LEAST <= price.adjusted() <= _MOST else None


_LEAST, _MOST = -12, 5
"""Decimal exponents of plausible prices: from a ten thousandth of a cent for a million tokens to a million dollars
for one unit. Others are mistakes, which would let a budget pass everything, or nothing."""

Price: TypeAlias = Annotated[Decimal | None, AfterValidator(_amount), Lenient()]
"""US dollars; None where the service names no amount that can be meant, also where it depends on what a router
chooses (-1)."""


MaybeStrs: TypeAlias = Annotated[list[str] | None, Lenient()]

InputModality: TypeAlias = Literal["text", "image", "file", "audio", "video"] | str
OutputModality: TypeAlias = (
    Literal["text", "image", "embeddings", "audio", "video", "rerank", "speech", "transcription", "decisions"]
    | str
)
Weekday: TypeAlias = (
    Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"] | str
)


class Architecture(WireType):
    """The input and output modalities of a model."""

    modality: MaybeStr = None
    """Both in one word, such as `text+image->text`."""
    input_modalities: Annotated[list[InputModality] | None, Lenient()] = None
    """None where the service does not say."""
    output_modalities: Annotated[list[OutputModality] | None, Lenient()] = None
    """None where the service does not say."""
    tokenizer: MaybeStr = None
    """The family of its tokenizer, such as `GPT`, `Claude` or `Other`."""
    instruct_type: MaybeStr = None
    """The template that turns messages into its prompt, such as `chatml`."""


class PricingOverride(WireType):
    """Prices that replace the usual ones while all of its conditions are met."""

    min_prompt_tokens: MaybeInt = None
    """Applies to prompts with more tokens than this."""
    utc_start: MaybeInt = None
    """Applies from this time of day, as the number HHMM; the interval may pass midnight."""
    utc_end: MaybeInt = None
    """Applies until before this time of day, as the number HHMM."""
    utc_days: Annotated[list[Weekday] | None, Lenient()] = None
    """Applies on these days."""
    prompt: Price = None
    completion: Price = None
    audio: Price = None
    input_audio_cache: Price = None
    input_cache_read: Price = None
    input_cache_write: Price = None
    input_cache_write_1h: Price = None

    @property
    def depends_on_time(self) -> bool:
        """Whether it applies at some times only."""
        return self.utc_start is not None or bool(self.utc_days)


class Pricing(WireType):
    """The prices of a model, in US dollars, each for one unit: multiply by a million for a million tokens.

    A price that is None is unknown: the service omits parts that it does not charge separately.
    """

    prompt: Price = None
    """A token of input."""
    completion: Price = None
    """A token of output; reasoning counts as output."""
    request: Price = None
    """A request."""
    image: Price = None
    """An image of the input."""
    image_token: Price = None
    """A token of an image of the input."""
    image_output: Price = None
    """A token of an image that the model makes."""
    audio: Price = None
    """A token of audio of the input."""
    audio_output: Price = None
    """A token of audio that the model makes."""
    input_audio_cache: Price = None
    """A token of audio read from the prompt cache."""
    web_search: Price = None
    """A web search by the provider."""
    internal_reasoning: Price = None
    """A token of reasoning, where it has a price of its own."""
    input_cache_read: Price = None
    """A token read from the prompt cache."""
    input_cache_write: Price = None
    """A token written to the prompt cache, for five minutes."""
    input_cache_write_1h: Price = None
    """A token written to the prompt cache, for an hour."""
    discount: MaybeDecimal = None
    """The discount, as a fraction from 0 to 1."""
    overrides: Annotated[list[PricingOverride] | None, Lenient()] = None
    """Other prices under conditions, such as for long prompts; if several apply, a later one overrides each price."""

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, prices: object) -> object:
        """A price that is null is one that is left out, unlike one that cannot be read."""
        if not isinstance(prices, dict):
            return prices
        return {name: price for name, price in prices.items() if price is not None}

    @property
    def is_variable(self) -> bool:
        """Whether the price is that of the model a router chooses; `prompt` and `completion` are None then."""
        return (
            not {"prompt", "completion"}.isdisjoint(self.model_fields_set)
            and self.prompt is self.completion is None
        )

    @property
    def is_free(self) -> bool:
        """Whether everything with a price here is free; see `Model.is_free` for parts without a price here."""
        return self.prompt == self.completion == 0 and all(price == 0 for price in self.besides.values())

    @property
    def besides(self) -> Mapping[str, Decimal | None]:
        """The prices other than those of tokens in and out; also such as are newer than this, None where unreadable."""
        known = {
            name: getattr(self, name)
            for name in type(self).model_fields.keys() & self.model_fields_set
            if name not in _NO_PRICES
        }
        return known | {name: _price(value) for name, value in (self.model_extra or {}).items()}

    def cost(self, prompt_tokens: int, completion_tokens: int) -> Decimal | None:
        """Return the US dollars of a request with so many tokens; None if a price of tokens is unknown.

        Higher prices of long prompts count; caching, prices by the time of day, and extras besides tokens do not,
        except for the price of the request itself.
        """
        prompt, completion = self.prompt, self.completion
        for override in self.overrides or ():
            if not override.depends_on_time and prompt_tokens > (override.min_prompt_tokens or 0):
                prompt = prompt if override.prompt is None else override.prompt
                completion = completion if override.completion is None else override.completion
        if prompt is None or completion is None:
            return None
        return prompt * prompt_tokens + completion * completion_tokens + (self.request or 0)


_NO_PRICES = frozenset({"prompt", "completion", "discount", "overrides"})


def _price(value: object) -> Decimal | None:
    try:
        return _amount(Decimal(str(value)))
    except ArithmeticError:
        return None


class TopProvider(WireType):
    """The limits of the provider that is tried first."""

    context_length: MaybeInt = None
    """Tokens of input and output together."""
    max_completion_tokens: MaybeInt = None
    """Tokens of output; None: the rest of the context."""
    is_moderated: MaybeBool = None
    """Whether input is checked by a moderation model first."""


class ModelReasoning(WireType):
    """How much a model may be told to think."""

    mandatory: MaybeBool = None
    """Whether it cannot be switched off."""
    supported_efforts: Annotated[list[str | None] | None, Lenient()] = None
    """None: all of them."""
    default_effort: MaybeStr = None
    default_enabled: MaybeBool = None
    """Whether it thinks without being asked."""
    supports_max_tokens: MaybeBool = None
    """Whether `reasoning.max_tokens` has an effect."""


class DefaultParameters(WireType):
    """Values of parameters that a request leaves out; None: the provider's own."""

    temperature: MaybeFloat = None
    top_p: MaybeFloat = None
    top_k: MaybeInt = None
    frequency_penalty: MaybeFloat = None
    presence_penalty: MaybeFloat = None
    repetition_penalty: MaybeFloat = None


class TokenLimits(WireType):
    """The longest request that the account may send, in tokens."""

    prompt_tokens: MaybeFloat = None
    completion_tokens: MaybeFloat = None


class AliasTarget(WireType):
    """The model that an alias such as `~openai/gpt-latest` stands for now."""

    name: MaybeStr = None
    slug: MaybeStr = None


class ModelLinks(WireType):
    """Where more is to be found."""

    details: MaybeStr = None
    """The list of its endpoints, as a path from the host's root."""


class AgentIndices(WireType):
    """Scores by Artificial Analysis; higher is better."""

    intelligence_index: MaybeFloat = None
    coding_index: MaybeFloat = None
    agentic_index: MaybeFloat = None


class ArenaRank(WireType):
    """A place in one category of Design Arena."""

    arena: MaybeStr = None
    category: MaybeStr = None
    elo: MaybeFloat = None
    rank: MaybeInt = None
    """1 is the best."""
    win_rate: MaybeFloat = None
    """Percent."""


class Benchmarks(WireType):
    """What others measured."""

    artificial_analysis: Annotated[AgentIndices | None, Lenient()] = None
    design_arena: Annotated[list[ArenaRank] | None, Lenient()] = None


class Model(WireType):
    """A model as the service lists it."""

    id: str
    """What requests name it by: `author/slug`, with the variant where that has a listing of its own (`:free`)."""
    canonical_slug: MaybeStr = None
    """Its permanent name, often with a date; variants share it."""
    name: MaybeStr = None
    """For people."""
    created: MaybeInt = None
    """When it was listed, in seconds since 1970."""
    description: MaybeStr = None
    context_length: MaybeInt = None
    """Tokens of input and output together, of the endpoint with the most."""
    architecture: Annotated[Architecture, Lenient(Architecture)] = Field(default_factory=Architecture)
    pricing: Annotated[Pricing, Lenient(Pricing)] = Field(default_factory=Pricing)
    top_provider: Annotated[TopProvider, Lenient(TopProvider)] = Field(default_factory=TopProvider)
    per_request_limits: Annotated[TokenLimits | None, Lenient()] = None
    supported_parameters: MaybeStrs = None
    """Parameters that at least one of its endpoints knows, such as `tools` or `structured_outputs`; None where the
    service does not say."""
    default_parameters: Annotated[DefaultParameters | None, Lenient()] = None
    supported_voices: MaybeStrs = None
    reasoning: Annotated[ModelReasoning | None, Lenient()] = None
    """None for models that do not think, and for routers."""
    benchmarks: Annotated[Benchmarks | None, Lenient()] = None
    knowledge_cutoff: MaybeStr = None
    """The last day its training knew of, `YYYY-MM-DD`."""
    expiration_date: MaybeStr = None
    """The day after which it is gone, `YYYY-MM-DD`."""
    hugging_face_id: MaybeStr = None
    alias_target: Annotated[AliasTarget | None, Lenient()] = None
    """Set for aliases only."""
    links: Annotated[ModelLinks | None, Lenient()] = None

    @property
    def is_free(self) -> bool:
        """Whether it is free: no price is above 0, and no output is priced by the piece.

        Songs, pictures and seconds of video have no field among the prices, so a model that produces them is assumed
        to cost something, unless its id says `:free`.
        """
        outputs = set(self.architecture.output_modalities or ())
        return self.pricing.is_free and (self.id.endswith(":free") or outputs <= _BY_TOKENS)


_BY_TOKENS = frozenset({"text", "embeddings", "decisions"})


class PageLinks(WireType):
    """The neighbours of a page."""

    next: MaybeStr = None
    """The next page, as a path from the host's root; None at the end."""


def _some(models: list[Model]) -> list[Model]:
    if isinstance(models, RowsWithoutNulls) and not models:
        raise ValueError("no model of the list can be read")
    return models


class ModelPage(WireType):
    """A list of models, or a page of it."""

    data: Annotated[list[Model], WithoutNulls(), AfterValidator(_some)]
    """Without rows that cannot be read, such as one without an id."""
    total_count: MaybeInt = None
    """Models in the whole list."""
    links: Annotated[PageLinks | None, Lenient()] = None


class ModelCount(WireType):
    """How many models there are."""

    count: int
