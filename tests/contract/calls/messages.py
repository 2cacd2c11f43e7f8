"""Messages."""

from __future__ import annotations

from openrouter_async import file, image

from ..call import Call, events_of
from .chat import FUNCTION

ENDS = [
    {
        "type": "message_start",
        "message": {"id": "msg_1", "type": "message", "role": "assistant", "content": [], "model": "m"},
    },
    {"type": "content_block_start", "index": 7, "content_block": {"type": "text", "text": "Hi"}},
    {"type": "content_block_stop", "index": 7},
    {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 1}},
    {"type": "message_stop"},
]

CALLS = [
    Call(
        "messages.create",
        lambda c: c.messages.create(
            [
                {
                    "role": "user",
                    "content": [
                        {
                            "type": "text",
                            "text": "How many?",
                            "cache_control": {"type": "ephemeral", "ttl": "1h"},
                        },
                        image("https://example.com/a.png"),
                        file("data:application/pdf;base64,JVBERi0=", filename="a.pdf"),
                    ],
                    "clear_at": "never",
                    "output_config": {"effort": "low"},
                },
                {
                    "role": "assistant",
                    "content": [
                        {"type": "thinking", "thinking": "Hm", "signature": "s"},
                        {"type": "tool_use", "id": "c1", "name": "stock", "input": {"what": "lamp"}},
                    ],
                },
                {
                    "role": "user",
                    "content": [
                        {
                            "type": "tool_result",
                            "tool_use_id": "c1",
                            "content": [image("data:image/png;base64,iVBORw0KGgo=")],
                            "is_error": False,
                        }
                    ],
                },
            ],
            model="anthropic/claude-sonnet-4.5",
            models=["a/b"],
            provider={"order": ["anthropic"]},
            plugins=[{"id": "web", "max_results": 3}],
            temperature=0.5,
            top_p=0.5,
            top_k=10,
            speed="fast",
            service_tier="flex",
            session_id="s",
            user="u",
            metadata={"user_id": "u"},
            trace={"trace_id": "t"},
            max_tokens=2000,
            system=[{"type": "text", "text": "Count."}],
            stop_sequences=["END"],
            thinking={"type": "enabled", "budget_tokens": 1024, "display": "summarized"},
            tools=[
                FUNCTION,
                {"name": "now", "input_schema": {"type": "object"}, "strict": True},
                {"type": "openrouter:web_search"},
                {"type": "web_search_20260209", "name": "web_search", "max_uses": 2},
                {"type": "bash_20250124", "name": "bash"},
                {"type": "text_editor_20250124", "name": "str_replace_editor"},
                {"type": "advisor_20260301", "name": "advisor", "model": "a/b"},
                {"type": "tool_search_tool_bm25", "name": "tool_search_tool_bm25"},
            ],
            tool_choice={"type": "tool", "name": "stock", "disable_parallel_tool_use": True},
            output_config={
                "effort": "low",
                "format": {"type": "json_schema", "schema": {"type": "object"}},
                "task_budget": {"type": "tokens", "total": 20_000},
            },
            context_management={"edits": [{"type": "clear_thinking_20251015", "keep": "all"}]},
            fallbacks=[{"model": "a/b"}],
            safeguards=[{"type": "x"}],
            stop_server_tools_when=[{"type": "step_count_is", "step_count": 2}],
            deferred_tools={
                "protocol": "v1",
                "profile": "portable",
                "validation": "runtime",
                "search": {"type": "bm25"},
            },
            cache_control={"type": "ephemeral"},
            options={"router_metadata": True},
        ),
        minimal={"content": [{"type": "text", "text": "Hi"}]},
    ),
    Call(
        "messages.create",
        lambda c: events_of(c.messages.stream("Hello", model="anthropic/claude-sonnet-4.5")),
        ends=ENDS,
        silent={"content_block_stop": "the end of a block of which nothing came"},
        failing={"error", "message_stop"},
    ),
]
