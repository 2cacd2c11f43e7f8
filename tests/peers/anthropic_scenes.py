"""The scenes as the `anthropic` package plays them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from anthropic import Anthropic

from . import scene

TOOL: dict[str, Any] = {
    "name": scene.WEATHER["function"]["name"],
    "description": scene.WEATHER["function"]["description"],
    "input_schema": scene.WEATHER["function"]["parameters"],
}
THINKING: dict[str, Any] = {"type": "enabled", "budget_tokens": 1024}


def scenes(base_url: str, key: str, _management_key: str) -> dict[str, Callable[[], dict[str, Any]]]:
    """Return what to do by its name."""
    client = Anthropic(base_url=base_url.removesuffix("/v1"), auth_token=key, api_key=None, max_retries=0)
    common: dict[str, Any] = {"model": scene.MODEL, "max_tokens": 2048}

    def ask(question: str, **more: Any) -> Any:
        return client.messages.create(messages=scene.user(question), **common, **more)

    def seen(message: Any) -> dict[str, Any]:
        return {
            "text": "".join(block.text for block in message.content if block.type == "text"),
            "thinking": "".join(block.thinking for block in message.content if block.type == "thinking"),
            "finish": message.stop_reason,
            "usage": {"input": message.usage.input_tokens, "output": message.usage.output_tokens},
            "cost": getattr(message.usage, "cost", None),  # which its streams leave out
        }

    def streamed(question: str = scene.QUESTION, **more: Any) -> dict[str, Any]:
        with client.messages.stream(messages=scene.user(question), **common, **more) as stream:
            pieces = list(stream.text_stream)
            found = seen(stream.get_final_message())
        return {**found, "pieces": len(pieces), "joined": "".join(pieces)}

    def tools(*, is_stream: bool = False) -> dict[str, Any]:
        messages: list[Any] = scene.user(scene.WEATHER_QUESTION)
        fields: dict[str, Any] = {**common, "tools": [TOOL], "thinking": THINKING}
        if is_stream:
            with client.messages.stream(messages=messages, **fields) as stream:
                message = stream.get_final_message()
        else:
            message = client.messages.create(messages=messages, **fields)
        call = message.content[-1]
        result = {"type": "tool_result", "tool_use_id": call.id, "content": scene.WEATHER_RESULT}
        messages += [
            {"role": "assistant", "content": message.content},
            {"role": "user", "content": [result]},
        ]
        then = client.messages.create(messages=messages, **fields)
        signed = [block.signature for block in message.content if block.type == "thinking"]
        return {
            "name": call.name,
            "arguments": call.input,
            "finish": message.stop_reason,
            "signed": signed,
            "then": then.content[-1].text,
        }

    def wrong_key() -> dict[str, Any]:
        stranger = client.with_options(auth_token=scene.WRONG_KEY)
        return {"reply": repr(stranger.messages.create(messages=scene.user(scene.QUESTION), **common))}

    return {
        "plain": lambda: seen(ask(scene.QUESTION)),
        "streamed": streamed,
        "thinking": lambda: seen(ask(scene.THOUGHTFUL, thinking=THINKING)),
        "streamed_thinking": lambda: streamed(scene.THOUGHTFUL, thinking=THINKING),
        "tools": tools,
        "streamed_tools": lambda: tools(is_stream=True),
        "unknown_model": lambda: {
            "reply": repr(
                client.messages.create(
                    model=scene.UNKNOWN_MODEL, max_tokens=9, messages=scene.user(scene.QUESTION)
                )
            )
        },
        "wrong_key": wrong_key,
        "too_soon": lambda: {"reply": repr(ask(scene.TOO_SOON))},
        "cut_off": lambda: streamed(scene.CUT_OFF),
    }
