"""The scenes as `litellm` plays them, through its provider `openrouter`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import litellm

from . import scene

litellm.suppress_debug_info = True  # which it prints among the output


def scenes(base_url: str, key: str, _management_key: str) -> dict[str, Callable[[], dict[str, Any]]]:
    """Return what to do by its name."""

    def ask(question: str, **more: Any) -> Any:
        return complete(scene.user(question), **more)

    def complete(messages: list[Any], *, model: str = scene.MODEL, api_key: str = key, **more: Any) -> Any:
        return litellm.completion(
            f"openrouter/{model}",
            messages,
            api_base=base_url,
            api_key=api_key,
            num_retries=0,
            max_retries=0,
            **more,
        )

    def plain() -> dict[str, Any]:
        reply = ask(scene.QUESTION)
        choice = reply.choices[0]
        return {
            "text": choice.message.content,
            "finish": choice.finish_reason,
            "usage": scene.usage(reply.usage),
        }

    def streamed(question: str = scene.QUESTION) -> dict[str, Any]:
        chunks = list(ask(question, stream=True, stream_options={"include_usage": True}))
        whole = litellm.stream_chunk_builder(chunks)
        choice = whole.choices[0]
        return {
            "text": choice.message.content,
            "finish": choice.finish_reason,
            "usage": scene.usage(whole.usage),
        }

    def tools() -> dict[str, Any]:
        messages: list[Any] = scene.user(scene.WEATHER_QUESTION)
        message = complete(messages, tools=[scene.WEATHER]).choices[0].message
        call = message.tool_calls[0]
        result = {"role": "tool", "tool_call_id": call.id, "content": scene.WEATHER_RESULT}
        messages += [message, result]
        then = complete(messages, tools=[scene.WEATHER])
        return {
            "name": call.function.name,
            "arguments": call.function.arguments,
            "then": then.choices[0].message.content,
        }

    def streamed_tools() -> dict[str, Any]:
        chunks = list(ask(scene.WEATHER_QUESTION, tools=[scene.WEATHER], stream=True))
        choice = litellm.stream_chunk_builder(chunks).choices[0]
        function = choice.message.tool_calls[0].function
        return {"name": function.name, "arguments": function.arguments, "finish": choice.finish_reason}

    return {
        "plain": plain,
        "streamed": streamed,
        "tools": tools,
        "streamed_tools": streamed_tools,
        "unknown_model": lambda: {"reply": repr(ask(scene.QUESTION, model=scene.UNKNOWN_MODEL))},
        "wrong_key": lambda: {"reply": repr(ask(scene.QUESTION, api_key=scene.WRONG_KEY))},
        "too_soon": lambda: {"reply": repr(ask(scene.TOO_SOON))},
        "cut_off": lambda: streamed(scene.CUT_OFF),
    }
