"""The filters and orderings of the list of models.

`ModelFilters` declares the keyword arguments of `client.models.list`, and validates them.
Source: the parameters of `getModels` in the service's OpenAPI document.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, TypeAlias

from typing_extensions import TypedDict

from ..requests.check import check_params
from ..requests.fields import Between, ByKind, NonEmptyText, OneOfOrText, ValidatedAs, closed

__all__ = ["Category", "ModelFilters", "ModelSort", "UserModelFilters", "Words", "check_model_filters"]

_Words: TypeAlias = Annotated[NonEmptyText | Sequence[NonEmptyText], ByKind()]
Words: TypeAlias = Annotated[str | Sequence[str], ValidatedAs(_Words)]
"""One word, or several."""

Category: TypeAlias = Annotated[
    Literal[
        "academia",
        "finance",
        "health",
        "legal",
        "marketing",
        "marketing/seo",
        "programming",
        "roleplay",
        "science",
        "technology",
        "translation",
        "trivia",
    ]
    | str,
    OneOfOrText(),
]

ModelSort: TypeAlias = Annotated[
    Literal[
        "agentic-high-to-low",
        "coding-high-to-low",
        "context-high-to-low",
        "design-arena-elo-high-to-low",
        "intelligence-high-to-low",
        "latency-low-to-high",
        "most-popular",
        "newest",
        "pricing-high-to-low",
        "pricing-low-to-high",
        "throughput-high-to-low",
        "top-weekly",
    ]
    | str,
    OneOfOrText(),
]

_AtLeast0: TypeAlias = Annotated[float, Between(0)]
_Share: TypeAlias = Annotated[float, Between(0, 1)]
_Days: TypeAlias = Annotated[int, Between(0)]


@closed
class ModelFilters(TypedDict, total=False):
    """Keyword arguments of `client.models.list`; a model is listed that passes all of them."""

    q: NonEmptyText
    """Words of its name or id."""
    category: Category
    """Its main use."""
    supported_parameters: Words
    """Parameters that it knows, such as `tools`."""
    input_modalities: Words
    """Its inputs besides text: `image`, `file`, `audio`, `video`."""
    output_modalities: Words
    """Its outputs, or `all`. Default: models that write text."""
    context: Annotated[int, Between(1)]
    """Tokens of context, at least."""
    min_price: _AtLeast0
    """US dollars a million tokens of input."""
    max_price: _AtLeast0
    """US dollars a million tokens of input."""
    min_output_price: _AtLeast0
    """US dollars a million tokens of output."""
    max_output_price: _AtLeast0
    """US dollars a million tokens of output."""
    arch: NonEmptyText
    """The family of its tokenizer, such as `GPT` or `Llama3`."""
    model_authors: Words
    """The first parts of ids, such as `anthropic`."""
    providers: Words
    """Names of those who run it."""
    distillable: bool
    """Whether its author allows training on its output."""
    zdr: Literal[True]
    """Only models with an endpoint that retains nothing."""
    region: Annotated[Literal["eu", "us"] | str, OneOfOrText()]
    """Where an endpoint of it runs."""
    min_age_days: _Days
    max_age_days: _Days
    min_intelligence_index: _AtLeast0
    """Scores by Artificial Analysis."""
    max_intelligence_index: _AtLeast0
    min_coding_index: _AtLeast0
    max_coding_index: _AtLeast0
    min_agentic_index: _AtLeast0
    max_agentic_index: _AtLeast0
    min_tool_success_rate: _Share
    """The share of tool calls that were well formed, 0 to 1."""
    max_tool_success_rate: _Share
    sort: ModelSort
    offset: Annotated[int, Between(0)]
    """Models to pass over; with this or `limit` the list comes in pages."""
    limit: Annotated[int, Between(1, 1000)]
    """Models per page. Default: all on one page, or 500 with `offset`."""


@closed
class UserModelFilters(TypedDict, total=False):
    """Keyword arguments of `client.models.user`."""

    output_modalities: Words
    """Its outputs, or `all`. Default: models that write text."""
    sort: ModelSort
    offset: Annotated[int, Between(0)]
    """Models to pass over; with this or `limit` the list comes in pages."""
    limit: Annotated[int, Between(1, 1000)]
    """Models a page."""


_ELSEWHERE = {
    "use_rss": "the list is read as JSON",
    "use_rss_chat_links": "the list is read as JSON",
    "max_prompt_price": "use max_price=..., in US dollars a million tokens",
    "max_completion_price": "use max_output_price=..., in US dollars a million tokens",
}


def check_model_filters(filters: Mapping[str, object], owner: type = ModelFilters) -> dict[str, object]:
    """Return `filters` validated as those of `owner`.

    Raises:
        ConfigurationError: a filter is unknown, or its value is not allowed.
    """
    return check_params(
        owner,
        filters,
        elsewhere=_ELSEWHERE,
        where="the list of models",
        way_out='options={"query": ...}',
    )
