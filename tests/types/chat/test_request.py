"""Parameters: what is allowed is sent as given, what is not is named with what is allowed."""

from __future__ import annotations

import json
import math
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openrouter_async._sansio.chat_body import ChatCall, chat_body
from openrouter_async.errors import ConfigurationError
from openrouter_async.types.chat.reasoning import Reasoning
from openrouter_async.types.chat.request import REPLACED_PARAMS, ChatParams, check_chat_params
from openrouter_async.types.chat.routing import MaxPrice, Percentiles, Provider, ProviderSort
from openrouter_async.types.chat.server_tools import (
    advisor,
    date_time,
    files,
    fusion,
    image_generation,
    search_models,
    subagent,
    web_fetch,
    web_search,
)
from openrouter_async.types.chat.tools import function_tool

EPHEMERAL = {"type": "ephemeral", "ttl": "1h"}
EFFORTS = ["max", "xhigh", "high", "medium", "low", "minimal", "none"]

ALLOWED: dict[str, list[Any]] = {
    "models": [["a/x", "b/y"], ("a/x",), []],
    "provider": [
        None,
        {},
        {"order": ["openai", "azure"], "only": None, "ignore": ("x",), "allow_fallbacks": False},
        {
            "require_parameters": True,
            "data_collection": "deny",
            "zdr": True,
            "enforce_distillable_text": None,
        },
        {"quantizations": ["fp8", "fp2-of-tomorrow"], "sort": "exacto"},
        {"sort": {"by": "price", "partition": "none"}, "preferred_min_throughput": 50},
        {"preferred_max_latency": {"p50": 0.5, "p99": None}, "options": {"openai": {"beta": [1]}}},
        {"max_price": {"prompt": "1", "completion": "2.5", "audio": "0"}},
    ],
    "preset": ["my-preset"],
    "plugins": [
        [{"id": "auto-router", "enabled": False, "cost_tier": "max", "pin_model": True}],
        [
            {
                "id": "auto-router",
                "allowed_models": ["anthropic/*"],
                "excluded_models": [],
                "cost_quality_tradeoff": 10,
            }
        ],
        [{"id": "auto-beta-router", "cost_tier": "low"}, {"id": "moderation"}],
        [{"id": "jev-router", "models": ["a/*"], "cost_tier": "low"}],
        [{"id": "switchyard-router", "algorithm": "stage", "judge_model": "a/b"}],
        [{"id": "pareto-router", "min_coding_score": 1, "max_price": 0, "price_source": "prompt"}],
        [{"id": "web", "engine": "exa", "mode": "deep", "max_results": 5, "search_prompt": "Found:"}],
        [
            {
                "id": "web",
                "user_location": {"type": "approximate", "city": "Oslo", "region": None},
                "max_uses": 1,
            }
        ],
        [{"id": "web-fetch", "max_uses": 2, "max_content_tokens": 100, "allowed_domains": ["a.example"]}],
        [{"id": "file-parser", "pdf": {"engine": "native"}}, {"id": "response-healing", "enabled": True}],
        [{"id": "file-parser", "pdf": {}}],
        [{"id": "context-compression", "engine": "middle-out"}],
        [{"id": "fusion", "preset": "general-fast", "analysis_models": ["a/b"] * 8, "max_tool_calls": 16}],
        [{"id": "fusion", "tools": [{"type": "openrouter:web_search", "parameters": {"max_results": 1}}]}],
        [
            {
                "id": "alignment",
                "rules": [{"rule": "Be short.", "watch": ["content"]}],
                "threshold": 1,
                "max_retries": 0,
                "mode": "audit",
            }
        ],
        [{"id": "armor", "on_error": "log", "classifier_context": {"v": 1}, "evaluate_native_tools": True}],
        [{"id": "of-tomorrow", "anything": {"nested": [1, None]}}],
    ],
    "max_completion_tokens": [1, 1_000_000, None],
    "max_tokens": [1, None],
    "temperature": [0, 2, 0.7, None],
    "top_p": [0, 1, 0.5, None],
    "top_k": [0, 40, None],
    "min_p": [0, 1, None],
    "top_a": [0, 1, None],
    "frequency_penalty": [-2, 2, 0.5, None],
    "presence_penalty": [-2, 2, None],
    "repetition_penalty": [0, 2, 1.1, None],
    "seed": [-1, 0, 2**40, None],
    "stop": ["END", ["a", "b", "c", "d"], None],
    "logit_bias": [{"50256": -100}, {"1": 100, "2": 0.5}, None],
    "reasoning": [
        {},
        *({"effort": effort} for effort in EFFORTS),
        {"max_tokens": 1024, "exclude": True, "enabled": True, "summary": "concise"},
        {"context": "all_turns", "mode": "pro", "summary": None},
    ],
    "reasoning_effort": [*EFFORTS, None],
    "verbosity": ["low", "max"],
    "speed": ["fast"],
    "service_tier": ["ultrafast", "flex", "of-tomorrow", None],
    "session_id": ["s", "s" * 256],
    "user": ["u-1"],
    "metadata": [{}, {f"key-{i}": "v" for i in range(16)}, {"k" * 64: "v" * 512}],
    "trace": [{"trace_id": "t", "anything": [1, {"x": None}]}],
    "tools": [
        [{"type": "function", "function": {"name": "add", "description": "Adds.", "strict": None}}],
        [
            {
                "type": "function",
                "function": {"name": "a" * 64, "parameters": {"z": 1, "a": 2}},
                "cache_control": EPHEMERAL,
            }
        ],
        [{"type": "function", "function": {"name": "f", "defer_loading": True}, "defer_loading": True}],
        [web_search(max_results=25, max_characters=100_000, x_search={"allowed_x_handles": ["x"]})],
        [web_fetch(engine="exa", max_uses=1), date_time(timezone="Europe/Oslo"), files()],
        [image_generation(model="a/b", aspect_ratio="16:9"), search_models(max_results=20)],
        [advisor(name="my advisor", model="a/b", reasoning={"effort": "low"}, temperature=2)],
        [subagent(max_tool_calls=25, tools=[{"type": "openrouter:web_fetch"}])],
        [fusion(analysis_models=["a/b"], max_tool_calls=1, cache_control={"type": "ephemeral"})],
        [
            {"type": "web_search_preview", "max_results": 3},
            {"type": "openrouter:of_tomorrow", "parameters": {}},
        ],
    ],
    "tool_choice": [
        "auto",
        "none",
        "required",
        {"type": "function", "function": {"name": "add"}},
        {"type": "openrouter:web_search"},
    ],
    "parallel_tool_calls": [True, False, None],
    "max_tool_calls": [1, 30],
    "stop_server_tools_when": [
        [{"type": "step_count_is", "step_count": 1}, {"type": "has_tool_call", "tool_name": "f"}],
        [{"type": "max_tokens_used", "max_tokens": 1}, {"type": "max_cost", "max_cost_in_dollars": 0.05}],
        [{"type": "finish_reason_is", "reason": "length"}],
    ],
    "deferred_tools": [
        {"protocol": "v1", "profile": "portable", "validation": "runtime", "search": {"type": "bm25"}},
        {
            "protocol": "v1",
            "profile": "portable",
            "validation": "runtime",
            "search": {"type": "custom", "tool_id": "find", "result_key": "tools", "max_results": 5},
        },
    ],
    "response_format": [
        {"type": "text"},
        {"type": "json_object"},
        {
            "type": "json_schema",
            "json_schema": {"name": "city", "schema": {"type": "object"}, "strict": True},
        },
        {"type": "json_schema", "json_schema": {"name": "city", "strict": None, "description": "A city."}},
        {"type": "grammar", "grammar": "root ::= 'a'"},
        {"type": "python"},
    ],
    "prediction": [
        None,
        {"type": "content", "content": "def f(): ..."},
        {"type": "content", "content": [{"type": "text", "text": "def f(): ..."}]},
    ],
    "modalities": [["text", "image"]],
    "image_config": [{"aspect_ratio": "1:1", "n": 2, "sizes": ["1K"]}],
    "web_search_options": [{"search_context_size": "high"}],
    "x_search_filter": [
        {"excluded_x_handles": ["a"] * 20, "from_date": "2026-01-31", "enable_image_understanding": True}
    ],
    "logprobs": [True, False, None],
    "top_logprobs": [None],
    "cache_control": [{"type": "ephemeral"}, EPHEMERAL],
    "prompt_cache_key": ["k", None],
    "prompt_cache_options": [{"mode": "explicit", "ttl": "30m"}, {"mode": "explicit", "ttl": None}, None],
    "debug": [{"echo_upstream_body": False}, {}],
}
"""Values of every parameter that can stand alone in a plain call."""

ONLY_TOGETHER: list[dict[str, Any]] = [
    {"logprobs": True, "top_logprobs": 0},
    {"logprobs": True, "top_logprobs": 20},
    {"reasoning": {"effort": "high"}, "reasoning_effort": "high"},
    {"reasoning": {"max_tokens": 5}, "reasoning_effort": None},
]

REFUSED: list[tuple[str, Any, str]] = [
    ("models", "a/x", "models is 'a/x'; expected a list, not text"),
    ("models", [""], "models[0] is ''; expected text that is not empty"),
    ("provider", "openai", "provider is 'openai'; expected a dict"),
    ("provider", {"orders": []}, "provider.orders is unknown"),
    ("provider", {"zdr": 1}, "provider.zdr is 1; expected True or False"),
    (
        "provider",
        {"sort": {"by": "price", "partition": "all"}},
        "provider.sort.partition is 'all'; expected 'model' or 'none'",
    ),
    ("provider", {"sort": 1}, "provider.sort is 1; expected text or a dict"),
    (
        "provider",
        {"preferred_max_latency": -1},
        "provider.preferred_max_latency is -1; expected a number of at least 0",
    ),
    (
        "provider",
        {"preferred_min_throughput": {"p51": 1}},
        "provider.preferred_min_throughput.p51 is unknown",
    ),
    (
        "provider",
        {"max_price": {"prompt": "free"}},
        "provider.max_price.prompt is 'free'; expected text (digits",
    ),
    (
        "provider",
        {"max_price": {"prompt": -0.5}},
        "provider.max_price.prompt is -0.5; expected a price of at least 0",
    ),
    (
        "provider",
        {"max_price": {"prompt": Decimal("-1")}},
        "provider.max_price.prompt is a Decimal; expected a price of at least 0",
    ),
    ("provider", {"max_price": None}, "provider.max_price is None; expected a dict"),
    (
        "provider",
        {"options": {"openai": {"x": {1, 2}}}},
        "provider.options.openai is a dict of 1 keys; expected JSON values",
    ),
    ("preset", "", "preset is ''; expected text that is not empty"),
    ("plugins", [{"id": "web", "max_result": 3}], "plugins[0].max_result is unknown"),
    (
        "plugins",
        [{"id": "web", "max_results": 0}],
        "plugins[0].max_results is 0; expected a whole number of at least 1",
    ),
    (
        "plugins",
        [{"engine": "exa"}],
        "plugins[0] is a dict of 1 keys; expected a dict with the plugin's 'id'",
    ),
    ("plugins", ["web"], "plugins[0] is 'web'; expected a JSON object"),
    ("plugins", {"id": "web"}, "plugins is a dict of 1 keys; expected a list"),
    (
        "plugins",
        [{"id": "auto-router", "allowed_models": ["x" * 1025]}],
        "plugins[0].allowed_models[0] is text of 1,025 characters",
    ),
    ("plugins", [{"id": "auto-router", "allowed_models": ["x"] * 1025}], "expected at most 1024 items"),
    (
        "plugins",
        [{"id": "auto-router", "allowed_models": ["x" * 1024] * 65}],
        "expected at most 65,536 characters in all",
    ),
    ("plugins", [{"id": "auto-router", "cost_quality_tradeoff": 11}], "expected a whole number from 0 to 10"),
    ("plugins", [{"id": "pareto-router", "min_coding_score": 1.1}], "expected a number from 0 to 1"),
    ("plugins", [{"id": "fusion", "analysis_models": []}], "expected at least 1 item"),
    ("plugins", [{"id": "fusion", "max_tool_calls": 17}], "expected a whole number from 1 to 16"),
    ("plugins", [{"id": "alignment"}], "plugins[0].rules is missing"),
    (
        "plugins",
        [{"id": "alignment", "rules": [{"rule": "x", "watch": ["content"]}], "threshold": 0}],
        "expected a number above 0 and of at most 1",
    ),
    ("max_completion_tokens", 0, "max_completion_tokens is 0; expected a whole number of at least 1"),
    ("max_completion_tokens", 1.5, "max_completion_tokens is 1.5; expected a whole number of at least 1"),
    ("max_tokens", 0, "expected a whole number of at least 1"),
    ("max_tokens", True, "max_tokens is True; expected a whole number of at least 1"),
    ("temperature", 2.1, "temperature is 2.1; expected a number from 0 to 2"),
    ("temperature", -0.1, "expected a number from 0 to 2"),
    ("temperature", "0.7", "temperature is '0.7'; expected a number from 0 to 2"),
    ("temperature", math.nan, "temperature is nan; expected a number from 0 to 2"),
    ("top_p", 1.1, "expected a number from 0 to 1"),
    ("top_k", -1, "expected a whole number of at least 0"),
    ("min_p", -0.1, "expected a number from 0 to 1"),
    ("top_a", 2, "expected a number from 0 to 1"),
    ("frequency_penalty", 2.5, "expected a number from -2 to 2"),
    ("presence_penalty", -3, "expected a number from -2 to 2"),
    ("repetition_penalty", 3, "expected a number from 0 to 2"),
    ("seed", 1.5, "seed is 1.5; expected a whole number"),
    ("stop", ["a"] * 5, "stop is a list of 5 items; expected at most 4 items"),
    ("stop", 5, "stop is 5; expected text or a list"),
    ("logit_bias", {"1": 101}, "logit_bias.1 is 101; expected a number from -100 to 100"),
    ("reasoning", None, "reasoning is None; expected a dict, or leave it out"),
    ("reasoning", {"effort": 3}, "reasoning.effort is 3; expected text"),
    ("reasoning", {"max_tokens": 0}, "reasoning.max_tokens is 0; expected a whole number of at least 1"),
    ("reasoning", {"efort": "high"}, "reasoning.efort is unknown"),
    ("reasoning_effort", 1, "reasoning_effort is 1; expected text"),
    ("verbosity", None, "verbosity is None; expected text, or leave it out"),
    ("speed", 1, "speed is 1; expected text"),
    ("service_tier", False, "service_tier is False; expected text"),
    ("session_id", "s" * 257, "session_id is text of 257 characters; expected text of 1 to 256 characters"),
    ("user", 5, "user is 5; expected text that is not empty"),
    (
        "metadata",
        {f"{i}": "v" for i in range(17)},
        "metadata is a dict of 17 keys; expected at most 16 items",
    ),
    ("metadata", {"k" * 65: "v"}, "expected text of at most 64 characters"),
    (
        "metadata",
        {"k": "v" * 513},
        "metadata.k is text of 513 characters; expected text of at most 512 characters",
    ),
    ("metadata", {"k": 1}, "metadata.k is 1; expected text of at most 512 characters"),
    ("trace", {"x": math.inf}, "trace is a dict of 1 keys; expected finite numbers in JSON"),
    (
        "tools",
        [{"type": "function", "function": {"name": "a b"}}],
        "tools[0].function.name is 'a b'; expected text of 1 to 64 characters (letters",
    ),
    (
        "tools",
        [{"type": "function", "function": {"name": "a" * 65}}],
        "tools[0].function.name is text of 65 characters",
    ),
    ("tools", [{"type": "function", "function": {}}], "tools[0].function.name is missing"),
    ("tools", [{"type": "function", "name": "flat"}], "tools[0].function is missing"),
    (
        "tools",
        [{"type": "function", "function": {"name": "f", "parameters": []}}],
        "tools[0].function.parameters is a list of 0 items; expected a JSON object",
    ),
    (
        "tools",
        [{"type": "openrouter:web_search", "parameters": {"max_results": 26}}],
        "tools[0].parameters.max_results is 26; expected a whole number from 1 to 25",
    ),
    ("tools", [{"type": "openrouter:web_search", "max_results": 3}], "tools[0].max_results is unknown"),
    (
        "tools",
        [{"function": {"name": "f"}}],
        "tools[0] is a dict of 1 keys; expected a dict with the tool's 'type'",
    ),
    ("tools", [search_models(max_results=21)], "expected a whole number from 1 to 20"),
    ("tools", [subagent(max_tool_calls=26)], "expected a whole number from 1 to 25"),
    (
        "tools",
        [advisor(name="a/b")],
        "tools[0].parameters.name is 'a/b'; expected text of 1 to 64 characters",
    ),
    ("tools", [fusion(analysis_models=["a"] * 9)], "expected at most 8 items"),
    ("tool_choice", "any", "tool_choice is 'any'; expected 'auto', 'none' or 'required'"),
    ("tool_choice", 1, "tool_choice is 1; expected text or a dict"),
    ("tool_choice", {"type": "function"}, "tool_choice.function is missing"),
    ("parallel_tool_calls", "yes", "parallel_tool_calls is 'yes'; expected True or False"),
    ("max_tool_calls", 31, "max_tool_calls is 31; expected a whole number from 1 to 30"),
    ("max_tool_calls", None, "max_tool_calls is None; expected a whole number from 1 to 30, or leave it out"),
    ("stop_server_tools_when", [], "expected at least 1 item"),
    (
        "stop_server_tools_when",
        [{"type": "steps"}],
        "stop_server_tools_when[0].type is 'steps'; expected 'step_count_is', 'has_tool_call'",
    ),
    (
        "stop_server_tools_when",
        [{"step_count": 1}],
        "stop_server_tools_when[0].type is missing; expected 'step_count_is'",
    ),
    (
        "stop_server_tools_when",
        [{"type": "max_cost", "max_cost_in_dollars": -1}],
        "expected a number of at least 0",
    ),
    ("deferred_tools", {"protocol": "v2"}, "deferred_tools.protocol is 'v2'; expected 'v1'"),
    (
        "response_format",
        {"type": "json"},
        "response_format.type is 'json'; expected 'text', 'json_object', 'json_schema', 'grammar' or 'python'",
    ),
    (
        "response_format",
        "json_object",
        "response_format is 'json_object'; expected a dict whose 'type' is 'text'",
    ),
    (
        "response_format",
        {"type": "json_schema", "json_schema": {"name": "my schema"}},
        "response_format.json_schema.name is 'my schema'",
    ),
    ("response_format", {"type": "grammar"}, "response_format.grammar is missing"),
    ("prediction", {"type": "content"}, "prediction.content is missing"),
    ("prediction", "text", "prediction is text of 4 characters; expected a dict"),
    ("modalities", "text", "modalities is 'text'; expected a list, not text"),
    ("audio", {"format": "mp3"}, "audio.voice is missing"),
    ("image_config", ["16:9"], "image_config is a list of 1 items; expected a JSON object"),
    ("web_search_options", {"size": "low"}, "web_search_options.size is unknown"),
    ("x_search_filter", {"allowed_x_handles": ["a"] * 21}, "expected at most 20 items"),
    (
        "x_search_filter",
        {"allowed_x_handles": [], "excluded_x_handles": []},
        "expected allowed_x_handles or excluded_x_handles, not both",
    ),
    (
        "x_search_filter",
        {"from_date": "31.1.2026"},
        "x_search_filter.from_date is '31.1.2026'; expected text (YYYY-MM-DD)",
    ),
    ("logprobs", 5, "logprobs is 5; expected True or False"),
    ("top_logprobs", 21, "expected a whole number from 0 to 20"),
    ("cache_control", {"type": "ephemeral", "ttl": "2h"}, "cache_control.ttl is '2h'; expected '5m' or '1h'"),
    ("cache_control", {}, "cache_control.type is missing"),
    ("prompt_cache_key", 1, "prompt_cache_key is 1; expected text"),
    ("prompt_cache_options", {"mode": "auto"}, "prompt_cache_options.mode is 'auto'; expected 'explicit'"),
    ("debug", {"echo": True}, "debug.echo is unknown"),
]


def sent(**params: Any) -> dict[str, Any]:
    """Return the parameters as they stand in the body."""
    body = json.loads(chat_body(ChatCall("hi", model="a/b", params=params)))
    del body["model"], body["messages"]
    return dict(body)


def problem(**params: Any) -> str:
    with pytest.raises(ConfigurationError) as caught:
        check_chat_params(params, stream=False)
    return str(caught.value)


def test_the_tables_above_have_every_parameter() -> None:
    declared = set(ChatParams.__annotations__)
    assert set(ALLOWED) | {"audio"} == declared
    assert {name for name, _, _ in REFUSED} == declared


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param(name, value, id=f"{name}-{i}")
        for name, values in ALLOWED.items()
        for i, value in enumerate(values)
    ],
)
def test_an_allowed_value_is_sent_as_it_was_given(name: str, value: Any) -> None:
    assert sent(**{name: value}) == {name: json.loads(json.dumps(value))}


@pytest.mark.parametrize("params", ONLY_TOGETHER, ids=str)
def test_parameters_that_need_each_other_are_sent_together(params: dict[str, Any]) -> None:
    assert sent(**params) == params


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [pytest.param(*row, id=f"{row[0]}-{i}") for i, row in enumerate(REFUSED)],
)
def test_a_wrong_value_is_named_with_what_is_allowed(name: str, value: Any, message: str) -> None:
    assert message in problem(**{name: value})


@pytest.mark.parametrize("name", REPLACED_PARAMS)
def test_a_parameter_that_is_not_offered_names_its_successor(name: str) -> None:
    assert problem(**{name: True}) == f"{name!r} is not offered; {REPLACED_PARAMS[name]}"


@pytest.mark.parametrize(
    ("name", "guess"),
    [
        ("temprature", "did you mean 'temperature'?"),
        ("max_token", "did you mean 'max_tokens'?"),
        ("zzz", "see its"),
    ],
)
def test_an_unknown_parameter_is_told_with_the_nearest_name_and_the_way_out(name: str, guess: str) -> None:
    message = problem(**{name: 1})
    assert f"no parameter {name!r}" in message
    assert guess in message
    assert "extra_body" in message


def test_several_problems_are_told_together() -> None:
    message = problem(temperature=3, top_p=2, tolls=[], provider={"zdr": 1, "x": 1})
    assert message.startswith("5 wrong arguments: (1) ")
    for part in ("temperature is 3", "top_p is 2", "'tolls'", "provider.zdr is 1", "provider.x is unknown"):
        assert part in message


def test_very_many_problems_are_counted() -> None:
    message = problem(**{f"unknown_{i}": 1 for i in range(40)})
    assert message.startswith("40 wrong arguments: ")
    assert message.endswith("; and 35 more")


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"top_logprobs": 3}, "top_logprobs is 3 without logprobs=True"),
        ({"top_logprobs": 3, "logprobs": False}, "top_logprobs is 3 without logprobs=True"),
        (
            {"reasoning_effort": "low", "reasoning": {"effort": "high"}},
            "reasoning_effort is 'low', but reasoning.effort is 'high'",
        ),
        (
            {"reasoning": {"effort": "high", "max_tokens": 5}},
            "reasoning has both effort 'high' and max_tokens 5",
        ),
        ({"audio": {"voice": "alloy"}}, 'expected modalities=["text", "audio"]'),
        ({"modalities": ["text", "audio"]}, "which only streams return"),
        ({"debug": {"echo_upstream_body": True}}, "which only streams answer"),
    ],
    ids=str,
)
def test_parameters_that_do_not_fit_together_are_refused(params: dict[str, Any], message: str) -> None:
    assert message in problem(**params)


def test_spoken_answers_and_the_echo_are_allowed_in_streams() -> None:
    params = {
        "modalities": ["text", "audio"],
        "audio": {"voice": "alloy", "format": "pcm16"},
        "debug": {"echo_upstream_body": True},
    }
    assert check_chat_params(params, stream=True) == params


@pytest.mark.parametrize(
    "params",
    [
        {"prediction": {"type": "content", "content": ["secret words"]}},
        {"user": ["secret words"]},
        {"session_id": "sk-or-v1-" + "0" * 300},
        {"response_format": {"type": "secret words " * 9}},
        {"cache_control": {"type": "data:image/png;base64,AAAA"}},
        {"tools": [{"type": "function", "function": {"name": "secret words " * 9}}]},
    ],
    ids=lambda params: next(iter(params)),
)
def test_no_long_text_no_key_and_no_data_url_is_shown(params: dict[str, Any]) -> None:
    message = problem(**params)
    for hidden in ("secret", "sk-or", "base64", "AAAA"):
        assert hidden not in message


def test_the_error_keeps_no_trace_of_the_input() -> None:
    """A chained pydantic error would print the value in every traceback."""
    with pytest.raises(ConfigurationError) as caught:
        check_chat_params({"temperature": 3}, stream=False)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_absent_parameters_are_not_sent_and_null_is_where_it_has_a_meaning() -> None:
    assert sent() == {}
    assert sent(temperature=None) == {"temperature": None}


def test_whole_numbers_stay_whole() -> None:
    assert b'"temperature":1,' in chat_body(ChatCall("hi", model="m", params={"temperature": 1, "top_k": 1}))


@pytest.mark.parametrize(
    ("price", "text"),
    [
        (Decimal("0.50"), "0.50"),
        (Decimal("1E-9"), "0.000000001"),
        (0.5, "0.5"),
        (1e-07, "0.0000001"),
        (2, "2"),
        (0, "0"),
        ("0.10", "0.10"),
    ],
)
def test_a_price_is_sent_as_the_text_of_its_digits(price: Any, text: str) -> None:
    assert sent(provider={"max_price": {"prompt": price}}) == {"provider": {"max_price": {"prompt": text}}}


@pytest.mark.parametrize("price", [True, float("nan"), float("inf"), Decimal("NaN"), "1e3"])
def test_what_is_no_price_is_refused(price: Any) -> None:
    assert "provider.max_price.prompt is" in problem(provider={"max_price": {"prompt": price}})


def test_token_ids_may_be_numbers() -> None:
    assert sent(logit_bias={50256: -100}) == {"logit_bias": {"50256": -100}}


def test_free_json_keeps_its_order_and_takes_tuples() -> None:
    tool = function_tool({"name": "f", "parameters": {"z": 1, "a": (1, 2)}}, defer_loading=True)
    assert b'"parameters":{"z":1,"a":[1,2]}' in chat_body(ChatCall("hi", model="m", params={"tools": [tool]}))


def test_json_that_contains_itself_is_refused() -> None:
    loop: dict[str, Any] = {}
    loop["self"] = loop
    assert "expected JSON of at most 200 levels" in problem(trace=loop)


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "sort": st.sampled_from(["price", "latency", {"by": "price", "partition": "none"}]),
            "zdr": st.booleans() | st.none(),
            "order": st.lists(st.text(st.characters(codec="ascii"), min_size=1), max_size=3),
            "preferred_max_latency": st.floats(0, 10) | st.fixed_dictionaries({"p50": st.floats(0, 10)}),
            "max_price": st.fixed_dictionaries({"prompt": st.integers(0, 10) | st.just("0.1")}),
        },
    ),
    st.fixed_dictionaries({}, optional={"effort": st.sampled_from(EFFORTS), "exclude": st.booleans()}),
)
def test_types_and_plain_dicts_give_the_same_bytes(
    provider: dict[str, Any], reasoning: dict[str, Any]
) -> None:
    typed = Provider(**provider)
    if isinstance(sort := provider.get("sort"), dict):
        typed["sort"] = ProviderSort(**sort)
    if isinstance(latency := provider.get("preferred_max_latency"), dict):
        typed["preferred_max_latency"] = Percentiles(**latency)
    if price := provider.get("max_price"):
        typed["max_price"] = MaxPrice(**price)
    shuffled = dict(reversed(provider.items()))
    plain = chat_body(ChatCall("hi", model="m", params={"provider": shuffled, "reasoning": reasoning}))
    assert (
        chat_body(ChatCall("hi", model="m", params={"reasoning": Reasoning(**reasoning), "provider": typed}))
        == plain
    )
