"""Responses."""

from __future__ import annotations

from openrouter_async import image, system, user

from ..call import Call, events_of
from .chat import FUNCTION

ECHOED = (
    "background",
    "frequency_penalty",
    "instructions",
    "max_output_tokens",
    "max_tool_calls",
    "parallel_tool_calls",
    "presence_penalty",
    "previous_response_id",
    "prompt",
    "prompt_cache_key",
    "prompt_cache_options",
    "reasoning",
    "safety_identifier",
    "store",
    "temperature",
    "text",
    "tool_choice",
    "tools",
    "top_logprobs",
    "top_p",
    "truncation",
    "user",
)
LESS = {
    "body.background": "the service answers while the connection is open",
    "body.previous_response_id": "the service keeps nothing",
    "body.prompt": "stored prompts are OpenAI's own",
    "body.store": "the service keeps nothing",
}

COMPLETED = {
    "type": "response.completed",
    "response": {
        "id": "resp_1",
        "status": "completed",
        "output": [{"type": "message", "id": "m", "content": [{"type": "output_text", "text": "Hi"}]}],
    },
}

CALLS = [
    Call(
        "responses.create",
        lambda c: c.responses.create(
            [
                system("Be brief."),
                user("How many?", image("https://example.com/a.png", detail="low")),
                {"type": "function_call", "call_id": "c1", "name": "stock", "arguments": '{"what": "lamp"}'},
                {"type": "function_call_output", "call_id": "c1", "output": "3"},
            ],
            model="openai/gpt-5-mini",
            models=["a/b"],
            provider={"order": ["openai"]},
            plugins=[{"id": "web", "max_results": 3}],
            temperature=0.5,
            top_p=0.5,
            top_k=10,
            service_tier="flex",
            session_id="s",
            user="u",
            metadata={"k": "v"},
            trace={"trace_id": "t"},
            frequency_penalty=0.5,
            presence_penalty=0.5,
            stop_server_tools_when=[{"type": "step_count_is", "step_count": 2}],
            deferred_tools={
                "protocol": "v1",
                "profile": "portable",
                "validation": "runtime",
                "search": {"type": "bm25"},
            },
            cache_control={"type": "ephemeral"},
            parallel_tool_calls=True,
            max_tool_calls=3,
            image_config={"quality": "low"},
            prompt_cache_key="k",
            prompt_cache_options={"mode": "explicit"},
            debug={},
            instructions="Count.",
            max_output_tokens=100,
            reasoning={"effort": "low", "summary": "auto"},
            text={"format": {"type": "json_object"}, "verbosity": "low"},
            include=["reasoning.encrypted_content"],
            tool_choice={"type": "function", "name": "stock"},
            top_logprobs=2,
            modalities=["text"],
            safety_identifier="u",
            truncation="auto",
            stop=["END"],
            tools=[FUNCTION, {"type": "openrouter:web_search"}, {"type": "custom", "name": "note"}],
            options={"router_metadata": True},
        ),
        omits=LESS,
        unread=dict.fromkeys(
            (f"reply.{name}" for name in ECHOED), "what was asked, once more; kept in `model_extra`"
        ),
        answered={"error": None, "status": "completed"},
        minimal={"output": [{"type": "message", "content": [{"type": "output_text", "text": "Hi"}]}]},
    ),
    Call(
        "responses.create",
        lambda c: events_of(c.responses.stream("Hello", model="openai/gpt-5-mini")),
        ends=[COMPLETED],
        failing={"error", "response.completed", "response.failed", "response.incomplete"},
        silent=dict.fromkeys(
            (
                "response.content_part.added",
                "response.content_part.done",
                "response.reasoning_summary_part.added",
                "response.reasoning_summary_part.done",
            ),
            "what it tells comes in other events too",
        ),
    ),
]
