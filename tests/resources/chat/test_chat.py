"""What is sent of a chat request: every documented parameter, message, part, tool and plugin, as it is documented."""

from __future__ import annotations

import base64
import json
import typing
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from typing_extensions import is_typeddict

import openrouter_async.types.chat.content_parts as parts
import openrouter_async.types.chat.plugins as plugins
import openrouter_async.types.chat.server_tools as server_tools
import openrouter_async.types.chat.tools as chat_tools
from openrouter_async import AsyncOpenRouter, ConfigurationError
from openrouter_async.types.chat.completion_request import CompletionParams
from openrouter_async.types.chat.messages import (
    AssistantTurn,
    CalledFunction,
    DeveloperMessage,
    Message,
    SystemMessage,
    ToolCallTurn,
    ToolMessage,
    UserMessage,
    assistant,
    configuration_update,
    developer,
    system,
    tool_result,
    user,
)
from openrouter_async.types.chat.prompt_cache import CacheControl, PromptCacheBreakpoint, PromptCacheOptions
from openrouter_async.types.chat.reasoning import (
    ConfigurationUpdate,
    Reasoning,
    ReasoningBudget,
    ReasoningUpdate,
)
from openrouter_async.types.chat.request import (
    REPLACED_PARAMS,
    AudioOptions,
    ChatParams,
    Debug,
    Prediction,
    PredictionPart,
)
from openrouter_async.types.chat.response_format import (
    GrammarFormat,
    JSONObjectFormat,
    JSONSchema,
    JSONSchemaFormat,
    PythonFormat,
    TextFormat,
)
from openrouter_async.types.chat.routing import MaxPrice, Percentiles, Provider, ProviderSort
from openrouter_async.types.chat.web_search import UserLocation, WebSearchOptions
from openrouter_async.types.requests.fields import ValidatedAs
from tests.contract.table import Table
from tests.resources.mocked import Mocked, mocked

REPLY = {"choices": [{"message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}]}
HELLO = [{"role": "user", "content": "Hello"}]

EPHEMERAL = {"type": "ephemeral", "ttl": "1h"}
ADD = {"type": "function", "function": {"name": "add"}}

PARAMS: dict[str, object] = {
    "models": ["a/b", "c/d"],
    "provider": {"order": ["openai", "azure"]},
    "preset": "mine",
    "plugins": [{"id": "response-healing"}],
    "max_completion_tokens": 100,
    "max_tokens": 100,
    "temperature": 0.7,
    "top_p": 0.9,
    "top_k": 40,
    "min_p": 0.1,
    "top_a": 0.2,
    "frequency_penalty": -0.5,
    "presence_penalty": 0.5,
    "repetition_penalty": 1.1,
    "seed": 7,
    "stop": ["END", "STOP"],
    "logit_bias": {"50256": -100},
    "reasoning": {"effort": "high"},
    "reasoning_effort": "low",
    "verbosity": "low",
    "speed": "fast",
    "service_tier": "flex",
    "session_id": "s-1",
    "user": "u-1",
    "metadata": {"team": "a"},
    "trace": {"trace_id": "t", "span_name": "s", "own": [1]},
    "tools": [ADD],
    "tool_choice": "required",
    "parallel_tool_calls": False,
    "max_tool_calls": 5,
    "stop_server_tools_when": [{"type": "step_count_is", "step_count": 3}],
    "deferred_tools": {
        "protocol": "v1",
        "profile": "portable",
        "validation": "runtime",
        "search": {"type": "bm25"},
    },
    "response_format": {"type": "json_object"},
    "prediction": {"type": "content", "content": "def f(): ..."},
    "modalities": ["text", "image"],
    "audio": {"voice": "alloy", "format": "wav"},
    "image_config": {"aspect_ratio": "1:1"},
    "web_search_options": {"search_context_size": "high"},
    "x_search_filter": {"allowed_x_handles": ["x"]},
    "logprobs": True,
    "top_logprobs": 3,
    "cache_control": EPHEMERAL,
    "prompt_cache_key": "k",
    "prompt_cache_options": {"mode": "explicit"},
    "debug": {"echo_upstream_body": False},
}
"""A value for every parameter."""

NEEDS: dict[str, dict[str, object]] = {
    "audio": {"modalities": ["text", "audio"]},
    "top_logprobs": {"logprobs": True},
}
"""What must be given with a parameter."""


async def sent_by_stream(client: AsyncOpenRouter, messages: Any, **params: Any) -> None:
    await client.chat.stream(messages, **params).final()


async def sent(messages: Any, *, stream: bool = False, **params: Any) -> object:
    """Return the JSON of the request for a chat."""
    async with mocked(REPLY) as server:
        await (sent_by_stream if stream else server.client.chat.create)(
            *_call(server, stream, messages), **params
        )
        assert server.line == "POST /chat/completions"
        return server.body


def _call(server: Mocked, stream: bool, messages: Any) -> tuple[Any, ...]:
    return (server.client, messages) if stream else (messages,)


# Parameters


def test_every_parameter_is_in_the_table() -> None:
    assert set(PARAMS) == set(typing.get_type_hints(ChatParams))


@pytest.mark.parametrize("name", PARAMS)
async def test_a_parameter_is_sent_as_it_was_given(name: str) -> None:
    given = {**NEEDS.get(name, {}), name: PARAMS[name]}
    if name != "audio":  # audio comes in streams only
        assert await sent("Hello", **given) == {"messages": HELLO, **given}
    assert await sent("Hello", stream=True, **given) == {"messages": HELLO, **given, "stream": True}


async def test_nothing_is_sent_that_was_not_given() -> None:
    assert await sent("Hello") == {"messages": HELLO}
    assert await sent("Hello", model="a/b", temperature=0) == {
        "model": "a/b",
        "messages": HELLO,
        "temperature": 0,
    }
    assert await sent("Hello", temperature=None) == {"messages": HELLO, "temperature": None}


DOCUMENTED_ELSEWHERE = {
    "audio", "include_reasoning", "max_tool_calls", "preset", "prompt", "route", "speed", "structured_outputs",
    "transforms", "usage", "verbosity", "web_search_options", "x_search_filter",
}  # fmt: skip
"""Parameters that pages of the documentation name, and the schema of a request does not."""


def test_every_documented_parameter_is_offered_or_has_a_successor() -> None:
    documented = {name.rstrip("?") for name in Table.known().shapes["ChatRequest"]["fields"]}
    assert len(documented) > 40
    documented |= DOCUMENTED_ELSEWHERE
    assert documented - set(PARAMS) - set(REPLACED_PARAMS) == {"model", "messages"}


@pytest.mark.parametrize("name", REPLACED_PARAMS)
@pytest.mark.parametrize("stream", [False, True])
async def test_what_is_not_offered_names_its_successor_and_sends_nothing(name: str, stream: bool) -> None:
    async with mocked(REPLY) as server:
        with pytest.raises(ConfigurationError) as caught:
            await (sent_by_stream if stream else server.client.chat.create)(
                *_call(server, stream, "Hello"), **{name: True}
            )
        assert server.requests == []
    assert str(caught.value) == f"{name!r} is not offered; {REPLACED_PARAMS[name]}"


@pytest.mark.parametrize("stream", [False, True])
async def test_extra_body_carries_what_the_types_do_not_know_and_wins(stream: bool) -> None:
    extra = {"safe_prompt": True, "temperature": 1, "route": "fallback", "nested": {"x": [1, None]}}
    body = await sent("Hello", stream=stream, temperature=0.5, top_p=1, extra_body=extra)
    expected = {"messages": HELLO, "temperature": 1, "top_p": 1, **extra}
    assert body == (expected | {"stream": True} if stream else expected)


@pytest.mark.parametrize("stream", [False, True])
async def test_the_model_comes_from_the_call_the_options_or_the_client(stream: bool) -> None:
    async with mocked(REPLY) as server:
        derived = server.client.with_options(default_model="a/default")
        models = []
        for client, arguments in (
            (server.client, {}),
            (derived, {}),
            (derived, {"options": {"default_model": "b/option"}}),
            (derived, {"model": "c/call", "options": {"default_model": "b/option"}}),
            (derived, {"options": {"default_model": None}}),
        ):
            if stream:
                await client.chat.stream("Hello", **arguments).final()  # type: ignore[arg-type]
            else:
                await client.chat.create("Hello", **arguments)  # type: ignore[arg-type]
            models.append(json.loads(server.requests[-1].content).get("model"))
    assert models == [None, "a/default", "b/option", "c/call", None]


# Everything within: each field of each type, where it is sent


Put = Callable[[dict[str, Any]], dict[str, Any]]


def param(name: str, **beside: Any) -> Put:
    return lambda value: {name: value, **beside}


def in_list(name: str) -> Put:
    return lambda value: {name: [value]}


def inside(outer: Put, **path: Any) -> Put:
    """Put the value under the one key of `path` whose value is `...`, the others beside it."""
    (name,) = (key for key, value in path.items() if value is ...)
    return lambda value: outer({**path, name: value})


RESULT = {"role": "tool", "tool_call_id": "call_1", "content": "4"}


def called(*messages: Any) -> dict[str, Any]:
    """A call and its result, since neither is sent without the other."""
    return {"messages": [*messages]}


def message(value: dict[str, Any]) -> dict[str, Any]:
    return {"messages": [value]}


def part(value: dict[str, Any]) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": [value]}]}


def server_tool(name: str) -> Put:
    return lambda value: {"tools": [{"type": f"openrouter:{name}", "parameters": value}]}


LOCATION = {"type": "approximate", "city": "Oslo", "region": None, "country": "NO", "timezone": "Europe/Oslo"}
X_SEARCH = [
    {
        "allowed_x_handles": ["x"],
        "from_date": "2026-01-01",
        "to_date": "2026-01-31",
        "enable_image_understanding": True,
        "enable_video_understanding": False,
    },
    {"excluded_x_handles": ["y"]},
]
ALIGNMENT_RULE = {"rule": "Be short.", "watch": ["content", "tool_calls", "of-tomorrow"]}
ARMOR_RULE = {"id": "rm", "instructions": "Deletes nothing.", "name": "Deletes", "threshold": 0.5}
ARMOR_RULES = {
    "hard_deny": [ARMOR_RULE, "Never push."],
    "soft_deny": ["Ask first."],
    "allow": ["Read."],
    "environment": ["a laptop", {"name": "os", "value": "linux"}],
}
ARMOR_CONTEXT = {"v": 1, "auto_mode": ARMOR_RULES}
NESTED = {"type": "openrouter:web_search", "parameters": {"max_results": 1}}
CALL = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}}
WEB = {
    "engine": "exa",
    "mode": "deep",
    "max_results": 3,
    "max_uses": 2,
    "max_total_results": 20,
    "search_context_size": "low",
    "max_characters": 1_000,
    "user_location": LOCATION,
    "allowed_domains": ["a.example"],
    "excluded_domains": ["b.example"],
    "x_search": X_SEARCH[0],
}
ROUTER = {"enabled": True, "cost_tier": "low", "allowed_models": ["a/*"], "excluded_models": ["a/b"]}
PLUGIN, TOOL = in_list("plugins"), in_list("tools")


def armor(field: str | None = None) -> Put:
    """Put the context of the plugin, or what stands in a field of it."""
    return lambda value: {
        "plugins": [{"id": "armor", "classifier_context": {"v": 1, field: value} if field else value}]
    }


FIELDS: list[tuple[Any, Put, list[dict[str, Any]]]] = [
    (
        Provider,
        param("provider"),
        [
            {
                "order": ["openai", "azure"],
                "only": ["openai"],
                "ignore": ["x"],
                "allow_fallbacks": False,
                "require_parameters": True,
                "data_collection": "deny",
                "zdr": True,
                "enforce_distillable_text": True,
                "quantizations": ["int4", "fp8", "unknown"],
                "sort": "throughput",
                "preferred_min_throughput": 50,
                "preferred_max_latency": 1.5,
                "max_price": {"prompt": "1"},
                "options": {"openai": {"beta": [1]}},
            }
        ],
    ),
    (ProviderSort, inside(param("provider"), sort=...), [{"by": "price", "partition": "none"}]),
    (
        Percentiles,
        inside(param("provider"), preferred_max_latency=...),
        [{"p50": 1, "p75": 1.5, "p90": 2, "p99": None}],
    ),
    (
        MaxPrice,
        inside(param("provider"), max_price=...),
        [{"prompt": "1", "completion": "2.5", "image": "0", "audio": "0.5", "request": "0.01"}],
    ),
    (
        Reasoning,
        param("reasoning"),
        [
            {
                "effort": "xhigh",
                "enabled": True,
                "exclude": False,
                "summary": "auto",
                "context": "auto",
                "mode": "pro",
            },
            {"max_tokens": 1024},
        ],
    ),
    (AudioOptions, param("audio", modalities=["text", "audio"]), [{"voice": "alloy", "format": "pcm16"}]),
    (Debug, param("debug"), [{"echo_upstream_body": True}]),
    (Prediction, param("prediction"), [{"type": "content", "content": "text"}]),
    (
        PredictionPart,
        lambda value: {"prediction": {"type": "content", "content": [value]}},
        [{"type": "text", "text": "text"}],
    ),
    (CacheControl, param("cache_control"), [{"type": "ephemeral", "ttl": "5m"}]),
    (PromptCacheOptions, param("prompt_cache_options"), [{"mode": "explicit", "ttl": "30m"}]),
    (WebSearchOptions, param("web_search_options"), [{"search_context_size": "medium"}]),
    (TextFormat, param("response_format"), [{"type": "text"}]),
    (JSONObjectFormat, param("response_format"), [{"type": "json_object"}]),
    (GrammarFormat, param("response_format"), [{"type": "grammar", "grammar": "root ::= 'a'"}]),
    (PythonFormat, param("response_format"), [{"type": "python"}]),
    (JSONSchemaFormat, param("response_format"), [{"type": "json_schema", "json_schema": {"name": "city"}}]),
    (
        JSONSchema,
        inside(param("response_format"), type="json_schema", json_schema=...),
        [
            {
                "name": "city",
                "schema": {"type": "object", "z": 1, "a": 2},
                "strict": True,
                "description": "A city.",
            }
        ],
    ),
    # Tools
    (
        chat_tools.FunctionTool,
        TOOL,
        [
            {
                "type": "function",
                "function": {"name": "f"},
                "cache_control": EPHEMERAL,
                "defer_loading": True,
                "eager_input_streaming": True,
            }
        ],
    ),
    (
        chat_tools.Function,
        inside(TOOL, type="function", function=...),
        [
            {
                "name": "add",
                "description": "Adds.",
                "parameters": {"type": "object", "z": 1, "a": 2},
                "strict": True,
                "defer_loading": False,
            }
        ],
    ),
    (chat_tools.FunctionChoice, param("tool_choice"), [{"type": "function", "function": {"name": "f"}}]),
    (chat_tools.ChosenFunction, inside(param("tool_choice"), type="function", function=...), [{"name": "f"}]),
    (chat_tools.ServerToolChoice, param("tool_choice"), [{"type": "openrouter:web_search"}]),
    (chat_tools.StepCountIs, in_list("stop_server_tools_when"), [{"type": "step_count_is", "step_count": 3}]),
    (
        chat_tools.HasToolCall,
        in_list("stop_server_tools_when"),
        [{"type": "has_tool_call", "tool_name": "f"}],
    ),
    (
        chat_tools.MaxTokensUsed,
        in_list("stop_server_tools_when"),
        [{"type": "max_tokens_used", "max_tokens": 9}],
    ),
    (
        chat_tools.MaxCost,
        in_list("stop_server_tools_when"),
        [{"type": "max_cost", "max_cost_in_dollars": 0.1}],
    ),
    (
        chat_tools.FinishReasonIs,
        in_list("stop_server_tools_when"),
        [{"type": "finish_reason_is", "reason": "length"}],
    ),
    (chat_tools.DeferredTools, param("deferred_tools"), [PARAMS["deferred_tools"]]),  # type: ignore[list-item]
    (
        chat_tools.LocalSearch,
        lambda value: {"deferred_tools": {**PARAMS["deferred_tools"], "search": value}},  # type: ignore[dict-item]
        [{"type": "regex", "max_results": 3}, {"type": "bm25"}],
    ),
    (
        chat_tools.CustomSearch,
        lambda value: {"deferred_tools": {**PARAMS["deferred_tools"], "search": value}},  # type: ignore[dict-item]
        [{"type": "custom", "tool_id": "find", "result_key": "tools", "max_results": 3}],
    ),
    (server_tools.WebSearch, TOOL, [{"type": "openrouter:web_search", "parameters": {}}]),
    (server_tools.WebSearchParameters, server_tool("web_search"), [WEB]),
    (server_tools.WebFetch, TOOL, [{"type": "openrouter:web_fetch", "parameters": {}}]),
    (
        server_tools.WebFetchParameters,
        server_tool("web_fetch"),
        [
            {
                "engine": "openrouter",
                "max_uses": 1,
                "max_content_tokens": 9,
                "allowed_domains": ["a"],
                "blocked_domains": ["b"],
            }
        ],
    ),
    (server_tools.DateTime, TOOL, [{"type": "openrouter:datetime", "parameters": {}}]),
    (server_tools.DateTimeParameters, server_tool("datetime"), [{"timezone": "Europe/Oslo"}]),
    (
        server_tools.ImageGeneration,
        TOOL,
        [{"type": "openrouter:image_generation", "parameters": {"model": "a/b", "aspect_ratio": "16:9"}}],
    ),
    (server_tools.SearchModels, TOOL, [{"type": "openrouter:experimental__search_models", "parameters": {}}]),
    (server_tools.SearchModelsParameters, server_tool("experimental__search_models"), [{"max_results": 20}]),
    (server_tools.Advisor, TOOL, [{"type": "openrouter:advisor", "parameters": {}}]),
    (
        server_tools.AdvisorParameters,
        server_tool("advisor"),
        [
            {
                "name": "my advisor",
                "model": "a/b",
                "instructions": "Be short.",
                "forward_transcript": True,
                "stream": False,
                "max_completion_tokens": 9,
                "reasoning": {"effort": "low"},
                "temperature": 1,
            }
        ],
    ),
    (ReasoningBudget, inside(server_tool("advisor"), reasoning=...), [{"effort": "low", "max_tokens": 9}]),
    (server_tools.Subagent, TOOL, [{"type": "openrouter:subagent", "parameters": {}}]),
    (
        server_tools.SubagentParameters,
        server_tool("subagent"),
        [
            {
                "name": "worker",
                "model": "a/b",
                "tools": [NESTED],
                "instructions": "Be short.",
                "max_tool_calls": 25,
                "max_completion_tokens": 9,
                "reasoning": {"max_tokens": 9},
                "temperature": 0.5,
            }
        ],
    ),
    (server_tools.Fusion, TOOL, [{"type": "openrouter:fusion", "parameters": {}}]),
    (
        server_tools.FusionParameters,
        server_tool("fusion"),
        [
            {
                "analysis_models": ["a/b", "c/d"],
                "model": "e/f",
                "max_tool_calls": 16,
                "max_completion_tokens": 9,
                "reasoning": {"effort": "low"},
                "temperature": 2,
                "tools": [NESTED],
                "cache_control": EPHEMERAL,
            }
        ],
    ),
    (server_tools.Files, TOOL, [{"type": "openrouter:files", "parameters": {}}]),
    (UserLocation, inside(server_tool("web_search"), user_location=...), [LOCATION]),
    # Plugins
    (
        plugins.AutoRouterPlugin,
        PLUGIN,
        [{"id": "auto-router", **ROUTER, "pin_model": True, "cost_quality_tradeoff": 3}],
    ),
    (
        plugins.AutoBetaRouterPlugin,
        PLUGIN,
        [{"id": "auto-beta-router", **ROUTER, "cost_quality_tradeoff": 3}],
    ),
    (
        plugins.JevRouterPlugin,
        PLUGIN,
        [
            {
                "id": "jev-router",
                "models": ["a/*"],
                "allowed_models": ["a/b"],
                "excluded_models": ["a/c"],
                "cost_tier": "low",
            }
        ],
    ),
    (
        plugins.SwitchyardRouterPlugin,
        PLUGIN,
        [{"id": "switchyard-router", "algorithm": "stage", "judge_model": "a/b"}],
    ),
    (
        plugins.ParetoRouterPlugin,
        PLUGIN,
        [
            {
                "id": "pareto-router",
                "enabled": True,
                "min_coding_score": 0.5,
                "max_price": 1,
                "price_source": "prompt",
            }
        ],
    ),
    (plugins.ModerationPlugin, PLUGIN, [{"id": "moderation"}]),
    (
        plugins.WebPlugin,
        PLUGIN,
        [
            {
                "id": "web",
                "enabled": True,
                "engine": "exa",
                "mode": "fast",
                "max_results": 5,
                "max_uses": 1,
                "search_prompt": "Found:",
                "include_domains": ["a"],
                "exclude_domains": ["b"],
                "user_location": LOCATION,
                "x_search": X_SEARCH[1],
            }
        ],
    ),
    (
        plugins.WebFetchPlugin,
        PLUGIN,
        [
            {
                "id": "web-fetch",
                "max_uses": 1,
                "max_content_tokens": 9,
                "allowed_domains": ["a"],
                "blocked_domains": ["b"],
            }
        ],
    ),
    (plugins.FileParserPlugin, PLUGIN, [{"id": "file-parser", "enabled": True, "pdf": {"engine": "native"}}]),
    (plugins.PdfParser, inside(PLUGIN, id="file-parser", pdf=...), [{"engine": "mistral-ocr"}]),
    (plugins.ResponseHealingPlugin, PLUGIN, [{"id": "response-healing", "enabled": True}]),
    (
        plugins.ContextCompressionPlugin,
        PLUGIN,
        [{"id": "context-compression", "enabled": False, "engine": "middle-out"}],
    ),
    (
        plugins.FusionPlugin,
        PLUGIN,
        [
            {
                "id": "fusion",
                "enabled": True,
                "preset": "general-fast",
                "analysis_models": ["a/b"],
                "model": "c/d",
                "max_tool_calls": 4,
                "tools": [NESTED],
            }
        ],
    ),
    (plugins.NestedTool, lambda value: {"plugins": [{"id": "fusion", "tools": [value]}]}, [NESTED]),
    (
        plugins.AlignmentPlugin,
        PLUGIN,
        [
            {
                "id": "alignment",
                "rules": [ALIGNMENT_RULE],
                "mode": "audit",
                "threshold": 0.7,
                "max_retries": 1,
                "instruct": True,
            }
        ],
    ),
    (
        plugins.AlignmentRule,
        lambda value: {"plugins": [{"id": "alignment", "rules": [value]}]},
        [ALIGNMENT_RULE],
    ),
    (plugins.ArmorContext, armor(), [ARMOR_CONTEXT]),
    (plugins.ArmorRules, armor("auto_mode"), [ARMOR_RULES]),
    (
        plugins.ArmorRule,
        lambda value: armor("auto_mode")({"allow": [value]}),
        [ARMOR_RULE],
    ),
    (
        plugins.ArmorFact,
        lambda value: armor("auto_mode")({"environment": [value]}),
        [{"name": "os", "value": "linux"}],
    ),
    (
        plugins.ArmorPlugin,
        PLUGIN,
        [
            {
                "id": "armor",
                "enabled": True,
                "mode": "audit",
                "on_error": "log",
                "output_mode": "text",
                "classifier_context": ARMOR_CONTEXT,
                "evaluate_native_tools": True,
                "use_cc_style_default_rules": False,
            }
        ],
    ),
    # Messages
    (
        SystemMessage,
        message,
        [
            {
                "role": "system",
                "content": "x",
                "name": "n",
                "configuration_update": {"reasoning": {"effort": "low"}},
            }
        ],
    ),
    (
        DeveloperMessage,
        message,
        [{"role": "developer", "content": "x", "name": "n", "configuration_update": None}],
    ),
    (
        ConfigurationUpdate,
        lambda value: {"messages": [{"role": "system", "content": "", "configuration_update": value}]},
        [{"reasoning": {"effort": "high"}}],
    ),
    (
        ReasoningUpdate,
        lambda value: {
            "messages": [{"role": "developer", "content": "", "configuration_update": {"reasoning": value}}]
        },
        [{"effort": "none"}],
    ),
    (UserMessage, message, [{"role": "user", "content": "x", "name": "n"}]),
    (ToolMessage, lambda value: called({"role": "assistant", "tool_calls": [CALL]}, value), [RESULT]),
    (
        AssistantTurn,
        lambda value: called(value, RESULT),
        [
            {
                "role": "assistant",
                "content": None,
                "name": "n",
                "model": "a/b",
                "refusal": None,
                "reasoning": "Hm",
                "reasoning_content": "Hm",
                "reasoning_details": [{"type": "reasoning.text", "text": "Hm", "z": 1, "a": 2}],
                "tool_calls": [CALL],
                "images": [{"image_url": {"url": "https://a.example/x.png"}}],
                "audio": {"id": "audio_1"},
                "annotations": [{"type": "file", "file": {"hash": "h"}}],
            }
        ],
    ),
    (
        ToolCallTurn,
        lambda value: called({"role": "assistant", "content": None, "tool_calls": [value]}, RESULT),
        [CALL],
    ),
    (
        CalledFunction,
        lambda value: called(
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [{"id": "call_1", "type": "function", "function": value}],
            },
            RESULT,
        ),
        [{"name": "f", "arguments": "{}"}],
    ),
    # Parts
    (
        parts.TextPart,
        part,
        [
            {
                "type": "text",
                "text": "x",
                "cache_control": EPHEMERAL,
                "prompt_cache_breakpoint": {"mode": "explicit"},
            }
        ],
    ),
    (
        PromptCacheBreakpoint,
        inside(part, type="text", text="x", prompt_cache_breakpoint=...),
        [{"mode": "explicit", "ttl": "30m"}],
    ),
    (parts.ImagePart, part, [{"type": "image_url", "image_url": {"url": "https://a.example/x.png"}}]),
    (
        parts.ImageURL,
        inside(part, type="image_url", image_url=...),
        [{"url": "data:image/png;base64,AAAA", "detail": "high"}],
    ),
    (parts.AudioPart, part, [{"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}}]),
    (
        parts.InputAudio,
        inside(part, type="input_audio", input_audio=...),
        [{"data": "AAAA", "format": "mp3"}],
    ),
    (parts.VideoPart, part, [{"type": "video_url", "video_url": {"url": "https://a.example/x.mp4"}}]),
    (
        parts.VideoURL,
        inside(part, type="input_video", video_url=...),
        [{"url": "https://a.example/x.mp4", "processing": "static"}],
    ),
    (parts.FilePart, part, [{"type": "file", "file": {"file_id": "f-1"}}]),
    (
        parts.FileContent,
        inside(part, type="file", file=...),
        [{"filename": "x.pdf", "file_data": "data:application/pdf;base64,AAAA"}, {"file_id": "f-1"}],
    ),
]
"""Each type within a chat request, where it stands, and samples that have all of its fields between them."""


def typed_dicts(hint: Any, seen: set[Any]) -> None:
    """Add the `TypedDict`s within a hint to `seen`, also those that stand for it when it is sent."""
    if isinstance(hint, ValidatedAs):
        typed_dicts(hint.hint, seen)
    elif is_typeddict(hint):
        if hint not in seen:
            seen.add(hint)
            for field in typing.get_type_hints(hint, include_extras=True).values():
                typed_dicts(field, seen)
    else:
        for inner in [*typing.get_args(hint), *getattr(hint, "__metadata__", ())]:
            typed_dicts(inner, seen)


def test_every_field_of_every_type_is_in_the_table() -> None:
    found: set[Any] = set()
    for hint in (ChatParams, Message, parts.WirePart):
        typed_dicts(hint, found)
    covered: dict[str, set[str]] = {}
    for owner, _, samples in FIELDS:
        covered[owner.__name__] = {key for sample in samples for key in sample}
    documented = {owner.__name__: set(typing.get_type_hints(owner)) for owner in found - {ChatParams}}
    # The filter of posts is a parameter too, and its two forms are one type.
    for owner in list(documented):
        if documented[owner] == {key for sample in X_SEARCH for key in sample}:
            covered[owner] = documented[owner]
    assert covered == documented


def _samples() -> Iterator[Any]:
    for owner, put, samples in FIELDS:
        for number, sample in enumerate(samples):
            yield pytest.param(put(sample), id=f"{owner.__name__}{number or ''}")
    for number, sample in enumerate(X_SEARCH):
        yield pytest.param({"x_search_filter": sample}, id=f"x_search{number or ''}")


@pytest.mark.parametrize("arguments", list(_samples()))
async def test_every_field_is_sent_as_it_was_given(arguments: dict[str, Any]) -> None:
    given = {"messages": "Hello", **arguments}
    messages = given.pop("messages")
    expected = {"messages": HELLO if messages == "Hello" else messages, **given, "stream": True}
    assert await sent(messages, stream=True, **given) == expected


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (system("x", name="n"), {"role": "system", "content": "x", "name": "n"}),
        (developer("x"), {"role": "developer", "content": "x"}),
        (assistant("x"), {"role": "assistant", "content": "x"}),
        (
            configuration_update("low"),
            {"role": "system", "content": "", "configuration_update": {"reasoning": {"effort": "low"}}},
        ),
        (
            user("x", parts.text("y", cache_control={"type": "ephemeral"}), name="n"),
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "x"},
                    {"type": "text", "text": "y", "cache_control": {"type": "ephemeral"}},
                ],
                "name": "n",
            },
        ),
        (
            user(
                parts.image("https://a.example/x.png", detail="low"), parts.video("https://a.example/x.mp4")
            ),
            {
                "role": "user",
                "content": [
                    {"type": "image_url", "image_url": {"url": "https://a.example/x.png", "detail": "low"}},
                    {"type": "video_url", "video_url": {"url": "https://a.example/x.mp4"}},
                ],
            },
        ),
    ],
)
async def test_constructors_make_what_is_documented(message: Any, expected: object) -> None:
    assert await sent([message]) == {"messages": [expected]}
    assert await sent(message, stream=True) == {"messages": [expected], "stream": True}


@pytest.mark.parametrize("stream", [False, True])
async def test_bytes_and_files_are_sent_encoded(tmp_path: Path, stream: bool) -> None:
    png, pdf = b"\x89PNG\r\n\x1a\n" + b"x" * 9, b"%PDF-1.7 " + b"x" * 9
    path = tmp_path / "paper.pdf"
    path.write_bytes(pdf)
    message = user(parts.image(png), parts.file(path), parts.audio(b"abc", format="wav"))
    body = await sent([message], stream=stream)
    assert isinstance(body, dict)
    assert body["messages"][0]["content"] == [
        {
            "type": "image_url",
            "image_url": {"url": f"data:image/png;base64,{base64.b64encode(png).decode()}"},
        },
        {
            "type": "file",
            "file": {
                "filename": "paper.pdf",
                "file_data": f"data:application/pdf;base64,{base64.b64encode(pdf).decode()}",
            },
        },
        {"type": "input_audio", "input_audio": {"data": "YWJj", "format": "wav"}},
    ]


async def test_a_reply_is_sent_back_with_its_reasoning_as_it_came() -> None:
    details = [{"type": "reasoning.encrypted", "data": "x", "z": None, "a": [1]}]
    calls = [{**CALL, "index": 0}]
    said = {"role": "assistant", "content": "", "reasoning_details": details, "tool_calls": calls}
    async with mocked({"choices": [{"message": said, "finish_reason": "tool_calls"}]}) as server:
        reply = await server.client.chat.create("Hello")
        await server.client.chat.create([user("Hello"), reply, tool_result(reply.tool_calls[0], "4")])
        body = json.loads(server.requests[-1].content)
    assert body["messages"][1:] == [
        {"role": "assistant", "content": None, "tool_calls": [CALL], "reasoning_details": details},
        {"role": "tool", "tool_call_id": "call_1", "content": "4"},
    ]


async def test_prices_may_be_decimals() -> None:
    body = await sent("Hello", provider={"max_price": {"prompt": Decimal("0.10")}})
    assert body == {"messages": HELLO, "provider": {"max_price": {"prompt": "0.10"}}}


# The older prompt form


async def test_a_completion_sends_a_prompt_and_what_it_shares_with_chat() -> None:
    params = {name: PARAMS[name] for name in typing.get_type_hints(CompletionParams)}
    params.pop("reasoning_effort")  # contradicts `reasoning`
    async with mocked({"choices": [{"text": " a time", "finish_reason": "stop"}]}) as server:
        reply = await server.client.completions.create(
            "Once upon", model="a/b", extra_body={"echo": True}, **params
        )  # type: ignore[arg-type]
        assert server.line == "POST /completions"
        assert server.body == {"model": "a/b", "prompt": "Once upon", **params, "echo": True}
    assert reply.text == " a time"


async def test_a_completion_can_be_streamed() -> None:
    async with mocked({"choices": [{"text": " a time", "finish_reason": "stop"}]}) as server:
        client = server.client.with_options(default_model="a/default")
        async with client.completions.stream("Once upon", temperature=0.5) as stream:
            assert [text async for text in stream.text()] == [" a time"]
        assert server.line == "POST /completions"
        assert server.body == {
            "model": "a/default",
            "prompt": "Once upon",
            "temperature": 0.5,
            "stream": True,
        }


@pytest.mark.parametrize("name", ["messages", "tools", "route", "transforms", "structured_outputs", "stream"])
async def test_a_completion_refuses_what_only_chat_has(name: str) -> None:
    async with mocked(REPLY) as server:
        with pytest.raises(ConfigurationError, match=f"'{name}' is not offered"):
            await server.client.completions.create("Once", **{name: []})  # type: ignore[arg-type]
        assert server.requests == []
