"""The parameters of a chat request: each is declared once, here or in `generation_params`.

`ChatParams` contains the keyword arguments of `client.chat.create` and `stream` (`**params: Unpack[ChatParams]`, PEP
692), and is also the schema that validates them before a byte leaves. A provider drops a parameter that it does not
know, unless `provider.require_parameters` is set.

Source: `ChatRequest` of the service's OpenAPI document.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, Required

from pydantic import Field
from typing_extensions import TypedDict

from ..._checks import describe_value
from ...errors import ConfigurationError
from ..requests.check import check_params, join_problems
from ..requests.fields import Between, ByKind, JSONObject, NonEmptyText, OneOfOrText, ValidatedAs, closed
from .generation_params import GenerationParams, StopTexts
from .prompt_cache import CacheControl, PromptCacheOptions
from .response_format import ResponseFormat
from .tools import DeferredTools, StopCondition, ToolChoice, ToolInRequest
from .web_search import WebSearchOptions, XSearchFilter

__all__ = [
    "REPLACED_PARAMS",
    "AudioOptions",
    "ChatParams",
    "Debug",
    "Prediction",
    "PredictionPart",
    "ServerToolParams",
    "ToolTurnParams",
    "TurnParams",
    "check_chat_params",
    "reasoning_misfits",
]


@closed
class PredictionPart(TypedDict):
    """A piece of the predicted output."""

    type: Literal["text"]
    text: str


@closed
class Prediction(TypedDict):
    """The likely text of most of the reply, e.g. a file before an edit: matching text comes sooner."""

    type: Literal["content"]
    content: Annotated[
        str | Sequence[PredictionPart],
        ValidatedAs(Annotated[str | list[PredictionPart], ByKind()]),
    ]


@closed
class AudioOptions(TypedDict, total=False):
    """The voice of a spoken answer; which there are depends on the model."""

    voice: Required[NonEmptyText]
    format: Annotated[Literal["wav", "mp3", "flac", "opus", "pcm16"] | str, OneOfOrText()]


@closed
class Debug(TypedDict, total=False):
    """Not for production."""

    echo_upstream_body: bool
    """The first chunk for each tried provider contains the body sent to it; only for streams."""


@closed
class ServerToolParams(TypedDict, total=False):
    """The loop over server tools, and the caching of the prompt; in every dialect."""

    stop_server_tools_when: Annotated[Sequence[StopCondition], Field(min_length=1)]
    """When the loop over server tools ends; takes the place of `max_tool_calls`."""
    deferred_tools: DeferredTools
    """Hides marked tools until the model searches for them."""
    cache_control: CacheControl
    """Cache the prompt up to its last part that can be."""


class ToolTurnParams(ServerToolParams, total=False):
    """What chat and Responses have in common besides."""

    parallel_tool_calls: bool | None
    """Whether several tools may be called in one turn; usually True."""
    max_tool_calls: Annotated[int, Between(1, 30)]
    """Steps of server tools, 1 to 30. Default 30."""
    image_config: JSONObject
    """Options of the image model, e.g. `aspect_ratio`, `quality`."""
    prompt_cache_key: str | None
    """Requests of the same key go to the same provider, where its cache is warm."""
    prompt_cache_options: PromptCacheOptions | None
    """Cache only what is marked (GPT-5.6 and later)."""
    debug: Debug
    """Not for production."""


class TurnParams(GenerationParams, ToolTurnParams, total=False):
    """The parameters common to a single reply and a run of tools."""

    tool_choice: ToolChoice
    """`auto` (default with tools), `none`, `required`, or the one tool to call."""
    response_format: ResponseFormat
    """The form of the answer. `output=` of the call is the easier way to JSON of a type."""
    prediction: Prediction | None
    """The likely text of most of the answer."""
    modalities: Sequence[Annotated[Literal["text", "image", "audio"] | str, OneOfOrText()]]
    """The modalities of the answer. Audio needs `audio` too, and is available in streams only."""
    audio: AudioOptions
    """The voice of a spoken answer."""
    web_search_options: WebSearchOptions
    """For models with built-in web search."""
    x_search_filter: XSearchFilter
    """The posts that xAI models search."""
    logprobs: bool | None
    """Return the log probabilities of the output's tokens."""
    top_logprobs: Annotated[int, Between(0, 20)] | None
    """How many alternatives of each token, 0 to 20; needs `logprobs=True`."""


class ChatParams(TurnParams, StopTexts, total=False):
    """Keyword arguments of `client.chat.create` and `client.chat.stream`."""

    tools: Sequence[ToolInRequest]
    """Functions and server tools that the model may call; you run the functions, see `client.chat.run` for a loop."""


REPLACED_PARAMS = {
    "route": 'use provider={"sort": {"by": ..., "partition": "model" or "none"}}',
    "include_reasoning": 'use reasoning={"exclude": True}, or reasoning={} to include it',
    "usage": "usage is always reported",
    "stream_options": "usage is always reported",
    "transforms": 'use plugins=[{"id": "context-compression"}]',
    "structured_outputs": "use output= or response_format=",
    "stream": "use client.chat.stream(...)",
    "n": "the service writes one answer for each request; call again, or use client.batch(...)",
    "functions": "use tools=[...]",
    "function_call": "use tool_choice=",
    "prompt": "give it as messages, or use client.completions.create(prompt=...)",
}
"""Parameters of the service that have a successor, and what that is."""


def check_chat_params(params: Mapping[str, object], *, stream: bool) -> dict[str, object]:
    """Return `params` validated, in the order in which they are declared and sent.

    Raises:
        ConfigurationError: a parameter is unknown, its value is not allowed, or it does not fit another one.
    """
    checked = check_params(ChatParams, params, elsewhere=REPLACED_PARAMS, where="a chat request")
    if not _RELATED.isdisjoint(checked):
        problems = [*_misfits(checked), *([] if stream else _only_in_streams(checked))]
        if problems:
            raise ConfigurationError(join_problems(problems))
    return checked


_RELATED = frozenset({"audio", "debug", "modalities", "reasoning", "reasoning_effort", "top_logprobs"})
"""Parameters that must fit something besides their type."""


def _misfits(params: Mapping[str, object]) -> list[str]:
    """Return what does not fit together, of parameters that are right one by one."""
    problems = reasoning_misfits(params)
    if params.get("top_logprobs") is not None and params.get("logprobs") is not True:
        problems.append(
            f"top_logprobs is {params['top_logprobs']} without logprobs=True; set it, or leave it out"
        )
    modalities = params.get("modalities")
    if "audio" in params and not (isinstance(modalities, Sequence) and "audio" in modalities):
        problems.append(
            'audio is set, but the request asks for no spoken answer; expected modalities=["text", "audio"]'
        )
    return problems


def reasoning_misfits(params: Mapping[str, object]) -> list[str]:
    """Return how `reasoning` and `reasoning_effort` contradict each other."""
    problems: list[str] = []
    reasoning, short = params.get("reasoning"), params.get("reasoning_effort")
    if not isinstance(reasoning, Mapping):
        return problems
    effort, budget = reasoning.get("effort"), reasoning.get("max_tokens")
    if effort is not None and budget is not None:
        problems.append(
            f"reasoning has both effort {describe_value(effort)} and max_tokens {budget}; expected one of them"
        )
    if short is not None and effort is not None and short != effort:
        problems.append(
            f"reasoning_effort is {describe_value(short)}, but reasoning.effort is {describe_value(effort)};"
            " give one of them"
        )
    return problems


def _only_in_streams(params: Mapping[str, object]) -> list[str]:
    problems: list[str] = []
    modalities = params.get("modalities")
    if isinstance(modalities, Sequence) and "audio" in modalities:
        problems.append("modalities contains 'audio', which only streams return; use client.chat.stream(...)")
    debug = params.get("debug")
    if isinstance(debug, Mapping) and debug.get("echo_upstream_body"):
        problems.append(
            "debug.echo_upstream_body is set, which only streams answer; use client.chat.stream(...)"
        )
    return problems
