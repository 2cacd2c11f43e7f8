"""Server tools: OpenRouter runs them while it answers, as often as the model asks.

Constructors avoid the nesting: `web_search(max_results=3)` is
`{"type": "openrouter:web_search", "parameters": {"max_results": 3}}`.
Source: <https://openrouter.ai/docs/features/server-tools>.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, Required, TypeAlias

from pydantic import Field
from typing_extensions import TypedDict, Unpack

from ..requests.fields import Between, JSONObject, NonEmptyText, OneOfOrText, Text, closed
from .plugins import NestedTool
from .prompt_cache import CacheControl
from .reasoning import ReasoningBudget
from .web_search import SearchContextSize, SearchMode, UserLocation, XSearchFilter

__all__ = [
    "Advisor",
    "AdvisorParameters",
    "DateTime",
    "DateTimeParameters",
    "Files",
    "Fusion",
    "FusionParameters",
    "ImageGeneration",
    "KnownServerTool",
    "SearchModels",
    "SearchModelsParameters",
    "ServerTool",
    "Subagent",
    "SubagentParameters",
    "WebFetch",
    "WebFetchParameters",
    "WebSearch",
    "WebSearchParameters",
    "advisor",
    "date_time",
    "files",
    "fusion",
    "image_generation",
    "search_models",
    "subagent",
    "web_fetch",
    "web_search",
]


@closed
class WebSearchParameters(TypedDict, total=False):
    """Options of the web search. Engines differ in which of them take both kinds of domain lists; this is not
    checked."""

    engine: Annotated[
        Literal["auto", "native", "exa", "firecrawl", "parallel", "perplexity"] | str, OneOfOrText()
    ]
    mode: SearchMode
    max_results: Annotated[int, Between(1, 25)]
    """Default 5; Perplexity has at most 20."""
    max_uses: Annotated[int, Between(1)]
    max_total_results: Annotated[int, Between(1)]
    search_context_size: SearchContextSize
    max_characters: Annotated[int, Between(1, 100_000)]
    user_location: UserLocation | None
    allowed_domains: Sequence[NonEmptyText]
    excluded_domains: Sequence[NonEmptyText]
    x_search: XSearchFilter


@closed
class WebSearch(TypedDict, total=False):
    """The model searches the web as often as it likes; each search is billed."""

    type: Required[Literal["openrouter:web_search"]]
    parameters: WebSearchParameters


def web_search(**parameters: Unpack[WebSearchParameters]) -> WebSearch:
    """Return the web search tool."""
    return {"type": "openrouter:web_search", "parameters": parameters}


@closed
class WebFetchParameters(TypedDict, total=False):
    """Options of the page reader."""

    engine: Annotated[
        Literal["auto", "native", "openrouter", "exa", "parallel", "firecrawl"] | str, OneOfOrText()
    ]
    max_uses: Annotated[int, Between(1)]
    max_content_tokens: Annotated[int, Between(1)]
    allowed_domains: Sequence[NonEmptyText]
    blocked_domains: Sequence[NonEmptyText]


@closed
class WebFetch(TypedDict, total=False):
    """The model reads web pages."""

    type: Required[Literal["openrouter:web_fetch"]]
    parameters: WebFetchParameters


def web_fetch(**parameters: Unpack[WebFetchParameters]) -> WebFetch:
    """Return the tool that reads web pages."""
    return {"type": "openrouter:web_fetch", "parameters": parameters}


@closed
class DateTimeParameters(TypedDict, total=False):
    """Options of the clock."""

    timezone: NonEmptyText
    """IANA name. Default UTC."""


@closed
class DateTime(TypedDict, total=False):
    """The model asks for date and time."""

    type: Required[Literal["openrouter:datetime"]]
    parameters: DateTimeParameters


def date_time(**parameters: Unpack[DateTimeParameters]) -> DateTime:
    """Return the tool that tells date and time."""
    return {"type": "openrouter:datetime", "parameters": parameters}


@closed
class ImageGeneration(TypedDict, total=False):
    """The model draws images."""

    type: Required[Literal["openrouter:image_generation"]]
    parameters: JSONObject
    """`model` (default `openai/gpt-5-image`) and anything of `image_config`."""


def image_generation(*, model: str | None = None, **image_config: object) -> ImageGeneration:
    """Return the tool that draws images; `image_config` has the model's own settings, e.g. `aspect_ratio`."""
    return {
        "type": "openrouter:image_generation",
        "parameters": image_config if model is None else {"model": model, **image_config},
    }


@closed
class SearchModelsParameters(TypedDict, total=False):
    """Options of the model search."""

    max_results: Annotated[int, Between(1, 20)]
    """Default 5."""


@closed
class SearchModels(TypedDict, total=False):
    """The model searches the catalogue of models. Experimental: the service will rename it."""

    type: Required[Literal["openrouter:experimental__search_models"]]
    parameters: SearchModelsParameters


def search_models(**parameters: Unpack[SearchModelsParameters]) -> SearchModels:
    """Return the tool that searches the catalogue of models."""
    return {"type": "openrouter:experimental__search_models", "parameters": parameters}


AgentName: TypeAlias = Annotated[
    str, Text(least=1, most=64, pattern=r"^[a-zA-Z0-9 _-]+$", of="letters, digits, blanks, _ and -")
]


@closed
class AdvisorParameters(TypedDict, total=False):
    """A second model that the first may ask."""

    name: AgentName
    """Required if there are several; at most one may omit it."""
    model: NonEmptyText
    instructions: str
    forward_transcript: bool
    stream: bool
    max_completion_tokens: Annotated[int, Between(1)]
    reasoning: ReasoningBudget
    temperature: Annotated[float, Between(0, 2)]


@closed
class Advisor(TypedDict, total=False):
    """The model asks another one for advice."""

    type: Required[Literal["openrouter:advisor"]]
    parameters: AdvisorParameters


def advisor(**parameters: Unpack[AdvisorParameters]) -> Advisor:
    """Return the tool that asks another model for advice."""
    return {"type": "openrouter:advisor", "parameters": parameters}


@closed
class SubagentParameters(TypedDict, total=False):
    """A second model that works on parts of the task."""

    name: AgentName
    model: NonEmptyText
    tools: Sequence[NestedTool]
    """Server tools only."""
    instructions: str
    max_tool_calls: Annotated[int, Between(1, 25)]
    max_completion_tokens: Annotated[int, Between(1)]
    reasoning: ReasoningBudget
    temperature: Annotated[float, Between(0, 2)]


@closed
class Subagent(TypedDict, total=False):
    """The model hands parts of the task to another one."""

    type: Required[Literal["openrouter:subagent"]]
    parameters: SubagentParameters


def subagent(**parameters: Unpack[SubagentParameters]) -> Subagent:
    """Return the tool that hands parts of the task to another model."""
    return {"type": "openrouter:subagent", "parameters": parameters}


@closed
class FusionParameters(TypedDict, total=False):
    """A panel of models, and the one that judges."""

    analysis_models: Annotated[Sequence[NonEmptyText], Field(min_length=1, max_length=8)]
    model: NonEmptyText
    max_tool_calls: Annotated[int, Between(1, 16)]
    """Default 4."""
    max_completion_tokens: Annotated[int, Between(1)]
    """Default 16,000."""
    reasoning: ReasoningBudget
    temperature: Annotated[float, Between(0, 2)]
    tools: Annotated[Sequence[NestedTool], Field(max_length=8)]
    cache_control: CacheControl


@closed
class Fusion(TypedDict, total=False):
    """The model asks a panel of models; slow, and costs several times as much."""

    type: Required[Literal["openrouter:fusion"]]
    parameters: FusionParameters


def fusion(**parameters: Unpack[FusionParameters]) -> Fusion:
    """Return the tool that asks a panel of models."""
    return {"type": "openrouter:fusion", "parameters": parameters}


@closed
class Files(TypedDict, total=False):
    """The model lists, reads, writes and edits the files of the workspace."""

    type: Required[Literal["openrouter:files"]]
    parameters: JSONObject


def files() -> Files:
    """Return the tool that works on the files of the workspace."""
    return {"type": "openrouter:files"}


class ServerTool(TypedDict, total=False):
    """Any other server tool, e.g. `web_search_preview`; its fields are sent as they are."""

    type: Required[str]
    parameters: Mapping[str, object]


KnownServerTool: TypeAlias = (
    WebSearch | WebFetch | DateTime | ImageGeneration | SearchModels | Advisor | Subagent | Fusion | Files
)
"""The server tools whose parameters have types here, in chat and in Responses."""
