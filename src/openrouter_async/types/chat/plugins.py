"""Plugins: processing by OpenRouter of a request or its reply. The `id` of an entry determines its kind.

`enabled=False` turns off a plugin of the account for one request.
Source: <https://openrouter.ai/docs/features/plugins>.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, Required, TypeAlias

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError
from typing_extensions import TypedDict

from ..requests.fields import Between, ByKey, ByKind, JSONObject, NonEmptyText, OneOfOrText, Text, closed
from .web_search import SearchMode, UserLocation, XSearchFilter

__all__ = [
    "AlignmentPlugin",
    "AlignmentRule",
    "ArmorContext",
    "ArmorFact",
    "ArmorPlugin",
    "ArmorRule",
    "ArmorRules",
    "AutoBetaRouterPlugin",
    "AutoRouterPlugin",
    "ContextCompressionPlugin",
    "CostTier",
    "FileParserPlugin",
    "FusionPlugin",
    "JevRouterPlugin",
    "ModerationPlugin",
    "NestedTool",
    "ParetoRouterPlugin",
    "PdfParser",
    "Plugin",
    "ResponseHealingPlugin",
    "SwitchyardRouterPlugin",
    "WebFetchPlugin",
    "WebPlugin",
]

CostTier: TypeAlias = Annotated[Literal["low", "medium", "high", "xhigh", "max"] | str, OneOfOrText()]

MAX_PATTERN_CHARACTERS = 65_536


def _not_too_long(patterns: Sequence[str]) -> Sequence[str]:
    if sum(map(len, patterns)) > MAX_PATTERN_CHARACTERS:
        raise PydanticCustomError(
            "patterns", "at most {most} characters in all", {"most": f"{MAX_PATTERN_CHARACTERS:,}"}
        )
    return patterns


ModelPatterns: TypeAlias = Annotated[
    Sequence[Annotated[str, Text(least=1, most=1024)]], Field(max_length=1024), AfterValidator(_not_too_long)
]
"""Slugs of models; `*` stands for anything, e.g. `anthropic/*`."""


@closed
class AutoRouterPlugin(TypedDict, total=False):
    """What `openrouter/auto` may choose; without effect on other models."""

    id: Required[Literal["auto-router"]]
    enabled: bool
    cost_tier: CostTier
    allowed_models: ModelPatterns
    excluded_models: ModelPatterns
    """Wins over `allowed_models`."""
    pin_model: bool
    """Stay with the model of the last assistant message. Default False."""
    cost_quality_tradeoff: Annotated[int, Between(0, 10)]
    """Deprecated by the service: use `cost_tier`."""


@closed
class AutoBetaRouterPlugin(TypedDict, total=False):
    """What `openrouter/auto-beta` may choose; without effect on other models."""

    id: Required[Literal["auto-beta-router"]]
    enabled: bool
    cost_tier: CostTier
    allowed_models: ModelPatterns
    excluded_models: ModelPatterns
    """Wins over `allowed_models`."""
    cost_quality_tradeoff: Annotated[int, Between(0, 10)]
    """Deprecated by the service: use `cost_tier`."""


@closed
class JevRouterPlugin(TypedDict, total=False):
    """What `typesafe/jev-router` may choose."""

    id: Required[Literal["jev-router"]]
    models: ModelPatterns
    allowed_models: ModelPatterns
    """The same as `models`; both are combined."""
    excluded_models: ModelPatterns
    """Wins over the other two."""
    cost_tier: CostTier


@closed
class SwitchyardRouterPlugin(TypedDict, total=False):
    """How `nvidia/switchyard` chooses among the request's `models`."""

    id: Required[Literal["switchyard-router"]]
    algorithm: Annotated[
        Literal["capability", "stage", "auto", "random", "composite", "passthrough"] | str, OneOfOrText()
    ]
    judge_model: NonEmptyText


@closed
class ParetoRouterPlugin(TypedDict, total=False):
    """What `openrouter/pareto-code` may choose."""

    id: Required[Literal["pareto-router"]]
    enabled: bool
    min_coding_score: Annotated[float, Between(0, 1)]
    max_price: Annotated[float, Between(0)]
    """US dollars a million tokens."""
    price_source: Annotated[Literal["prompt", "weighted_avg"] | str, OneOfOrText()]


@closed
class ModerationPlugin(TypedDict):
    """Checks the input before it is sent on."""

    id: Literal["moderation"]


@closed
class WebPlugin(TypedDict, total=False):
    """One web search a request. Deprecated by the service: use the server tool `web_search`."""

    id: Required[Literal["web"]]
    enabled: bool
    engine: Annotated[Literal["native", "exa", "firecrawl", "parallel", "perplexity"] | str, OneOfOrText()]
    """Default: the model's own search where it has one, else Exa."""
    mode: SearchMode
    max_results: Annotated[int, Between(1)]
    """Default 5."""
    max_uses: Annotated[int, Between(1)]
    search_prompt: str
    """Introduces the results to the model."""
    include_domains: Sequence[NonEmptyText]
    exclude_domains: Sequence[NonEmptyText]
    user_location: UserLocation | None
    x_search: XSearchFilter


@closed
class WebFetchPlugin(TypedDict, total=False):
    """Reads the pages that the prompt links to."""

    id: Required[Literal["web-fetch"]]
    max_uses: Annotated[int, Between(1)]
    max_content_tokens: Annotated[int, Between(1)]
    allowed_domains: Sequence[NonEmptyText]
    blocked_domains: Sequence[NonEmptyText]


@closed
class PdfParser(TypedDict, total=False):
    """The reader of PDFs."""

    engine: Annotated[Literal["mistral-ocr", "cloudflare-ai", "native", "pdf-text"] | str, OneOfOrText()]
    """Default: `native` where the model reads files, else `mistral-ocr`, which is billed by the page."""


@closed
class FileParserPlugin(TypedDict, total=False):
    """Turns PDFs into text for models that cannot read them."""

    id: Required[Literal["file-parser"]]
    enabled: bool
    pdf: PdfParser


@closed
class ResponseHealingPlugin(TypedDict, total=False):
    """Mends JSON replies of plain calls; needs a JSON `response_format`."""

    id: Required[Literal["response-healing"]]
    enabled: bool


@closed
class ContextCompressionPlugin(TypedDict, total=False):
    """Leaves out the middle of a conversation that does not fit; the successor of `transforms`."""

    id: Required[Literal["context-compression"]]
    enabled: bool
    engine: Annotated[Literal["middle-out"] | str, OneOfOrText()]


@closed
class NestedTool(TypedDict, total=False):
    """A server tool that a tool or a plugin may use itself."""

    type: Required[NonEmptyText]
    parameters: JSONObject


@closed
class FusionPlugin(TypedDict, total=False):
    """Several models answer, one judges and writes the reply; costs several times as much."""

    id: Required[Literal["fusion"]]
    enabled: bool
    preset: Annotated[Literal["general-high", "general-budget", "general-fast"] | str, OneOfOrText()]
    analysis_models: Annotated[Sequence[NonEmptyText], Field(min_length=1, max_length=8)]
    model: NonEmptyText
    """Writes the reply."""
    max_tool_calls: Annotated[int, Between(1, 16)]
    """Default 4."""
    tools: Annotated[Sequence[NestedTool], Field(max_length=8)]


@closed
class AlignmentRule(TypedDict):
    """A rule for replies."""

    rule: Annotated[str, Text(1, 200)]
    """One line, judged on its own."""
    watch: Annotated[
        Sequence[
            Annotated[Literal["content", "tool_calls", "refusal", "images", "audio"] | str, OneOfOrText()]
        ],
        Field(min_length=1),
    ]
    """The parts of a reply that the rule applies to."""


@closed
class AlignmentPlugin(TypedDict, total=False):
    """Checks every reply against rules; the reply's `alignment` has the verdicts. Beta."""

    id: Required[Literal["alignment"]]
    rules: Required[Annotated[Sequence[AlignmentRule], Field(min_length=1, max_length=128)]]
    """Such as `{"rule": "Names no prices.", "watch": ["content"]}`."""
    mode: Annotated[Literal["enforce", "audit"] | str, OneOfOrText()]
    """Default `enforce`: a reply that breaks a rule is written again. `audit` only reports."""
    threshold: Annotated[float, Between(above=0, high=1)]
    """Probability from which a rule counts as broken. Default 0.7."""
    max_retries: Annotated[int, Between(0, 3)]
    """Default 1. Each is billed."""
    instruct: bool
    """Tell the model the rules too. Default True."""


@closed
class ArmorRule(TypedDict, total=False):
    """A rule for tool calls."""

    id: Required[NonEmptyText]
    instructions: Required[NonEmptyText]
    name: NonEmptyText
    threshold: float


@closed
class ArmorFact(TypedDict):
    """A fact that the judge should know, such as the name and the value of a setting."""

    name: NonEmptyText
    value: str


_ArmorRules: TypeAlias = Sequence[Annotated[NonEmptyText | ArmorRule, ByKind()]]


@closed
class ArmorRules(TypedDict, total=False):
    """Rules for tool calls; each is a text, or an `ArmorRule`."""

    hard_deny: _ArmorRules
    soft_deny: _ArmorRules
    allow: _ArmorRules
    environment: Sequence[Annotated[NonEmptyText | ArmorFact, ByKind()]]


@closed
class ArmorContext(TypedDict, total=False):
    """The rules by which tool calls are judged."""

    v: Required[float]
    """The version of this form: 1."""
    auto_mode: ArmorRules


@closed
class ArmorPlugin(TypedDict, total=False):
    """Judges the model's tool calls before they are handed out. Beta."""

    id: Required[Literal["armor"]]
    enabled: bool
    mode: Annotated[Literal["enforce", "audit"] | str, OneOfOrText()]
    """Default `enforce`: a flagged call is withheld. `audit` only reports."""
    on_error: Annotated[Literal["block", "log"] | str, OneOfOrText()]
    """What becomes of a call that could not be judged. Default `block`."""
    output_mode: Annotated[Literal["text", "custom_item", "claude_code_compatibility"] | str, OneOfOrText()]
    """The form that replaces a withheld call."""
    classifier_context: ArmorContext
    """Rules: `{"v": 1, "auto_mode": {"hard_deny": [...], "soft_deny": [...], "allow": [...]}}`."""
    evaluate_native_tools: bool
    use_cc_style_default_rules: bool
    """Put Claude Code's own rules first."""


def _has_id(value: Mapping[str, object]) -> Mapping[str, object]:
    if not isinstance(value.get("id"), str):
        raise PydanticCustomError("id", "a dict with the plugin's 'id'")
    return value


Plugin: TypeAlias = Annotated[
    AutoRouterPlugin
    | AutoBetaRouterPlugin
    | JevRouterPlugin
    | SwitchyardRouterPlugin
    | ParetoRouterPlugin
    | ModerationPlugin
    | WebPlugin
    | WebFetchPlugin
    | FileParserPlugin
    | ResponseHealingPlugin
    | ContextCompressionPlugin
    | FusionPlugin
    | AlignmentPlugin
    | ArmorPlugin
    | Annotated[JSONObject, AfterValidator(_has_id)],
    ByKey("id"),
]
"""A plugin; one that has no type here is sent as it is."""
