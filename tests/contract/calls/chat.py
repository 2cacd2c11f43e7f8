"""Chat, and the older prompt form."""

from __future__ import annotations

from openrouter_async.types.chat.chunk import ChatChunk

from ..call import GONE, Call

FUNCTION = {
    "type": "function",
    "function": {
        "name": "stock",
        "description": "How many there are.",
        "parameters": {"type": "object", "properties": {"what": {"type": "string"}}},
        "strict": True,
    },
}
MESSAGE = {"role": "assistant", "content": "Hi"}

CALLS = [
    Call(
        "chat.create",
        lambda c: c.chat.create(
            "Hello",
            model="openai/gpt-5-mini",
            models=["a/b"],
            provider={"order": ["openai"], "max_price": {"prompt": 1, "completion": "2.5"}},
            preset="p",
            plugins=[
                {"id": "web", "max_results": 3},
                {
                    "id": "alignment",
                    "rules": [{"rule": "Be short.", "watch": ["content", "tool_calls"]}],
                    "max_retries": 1,
                },
                {"id": "armor", "classifier_context": {"v": 1, "auto_mode": {"allow": ["Read."]}}},
            ],
            max_completion_tokens=100,
            max_tokens=100,
            temperature=0.5,
            top_p=0.5,
            top_k=10,
            min_p=0.1,
            top_a=0.1,
            frequency_penalty=0.5,
            presence_penalty=0.5,
            repetition_penalty=1.1,
            seed=1,
            logit_bias={50256: -100},
            reasoning={"effort": "low", "summary": "auto"},
            reasoning_effort="low",
            verbosity="low",
            speed="fast",
            service_tier="flex",
            session_id="s",
            user="u",
            metadata={"k": "v"},
            trace={"trace_id": "t"},
            stop=["END"],
            tools=[FUNCTION, {"type": "openrouter:web_search"}],
            tool_choice="auto",
            parallel_tool_calls=True,
            max_tool_calls=3,
            stop_server_tools_when=[{"type": "step_count_is", "step_count": 2}],
            deferred_tools={
                "protocol": "v1",
                "profile": "portable",
                "validation": "runtime",
                "search": {"type": "bm25"},
            },
            response_format={"type": "json_object"},
            prediction={"type": "content", "content": "Hello"},
            modalities=["text"],
            image_config={"quality": "low"},
            web_search_options={"search_context_size": "low"},
            x_search_filter={"allowed_x_handles": ["a"]},
            logprobs=True,
            top_logprobs=2,
            cache_control={"type": "ephemeral"},
            prompt_cache_key="k",
            prompt_cache_options={"mode": "explicit"},
            debug={},
            options={"router_metadata": True},
        ),
        omits={"body.stream_options": "without effect"},
        adds=dict.fromkeys(
            (
                "body.max_tool_calls",
                "body.preset",
                "body.speed",
                "body.verbosity",
                "body.web_search_options",
                "body.x_search_filter",
            ),
            "known from the documentation pages only",
        ),
        unread=dict.fromkeys(
            (
                "reply.choices[].message.content[].cache_control",
                "reply.choices[].message.content[].file",
                "reply.choices[].message.content[].image_url",
                "reply.choices[].message.content[].input_audio",
                "reply.choices[].message.content[].prompt_cache_breakpoint",
                "reply.choices[].message.content[].video_url",
            ),
            "of the parts of a reply text is read; others keep their fields as unknown ones",
        ),
        answered={"choices[].finish_reason": "stop"},
        minimal={"choices": [{"index": 0, "finish_reason": None, "message": MESSAGE}]},
    ),
    Call(
        "chat.create",
        lambda c: c.chat.stream(
            "Hello", model="openai/gpt-5-mini", options={"router_metadata": True}
        ).final(),
        event=ChatChunk,
        answered={"error": GONE, "choices[].finish_reason": "stop"},
        minimal={"choices": [{"index": 0, "finish_reason": "stop", "delta": MESSAGE}]},
    ),
]
