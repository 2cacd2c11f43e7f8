"""The scenes as the `openai` package plays them with its Responses client."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from openai import OpenAI

from . import scene

TOOL: dict[str, Any] = {"type": "function", **scene.WEATHER["function"], "strict": False}
REASONING: dict[str, Any] = {"effort": "low"}


def scenes(base_url: str, key: str, _management_key: str) -> dict[str, Callable[[], dict[str, Any]]]:
    """Return what to do by its name."""
    client = OpenAI(base_url=base_url, api_key=key, max_retries=0)

    def ask(question: str, **more: Any) -> Any:
        return client.responses.create(model=scene.MODEL, input=scene.user(question), store=False, **more)

    def seen(response: Any) -> dict[str, Any]:
        thoughts = [item for item in response.output if item.type == "reasoning"]
        return {
            "text": response.output_text,
            "thinking": "".join(part.text for item in thoughts for part in item.content or ()),
            "finish": response.status,
            "usage": {"input": response.usage.input_tokens, "output": response.usage.output_tokens},
            "cost": response.usage.cost,
        }

    def streamed(question: str = scene.QUESTION, **more: Any) -> dict[str, Any]:
        fields: dict[str, Any] = {"model": scene.MODEL, "input": scene.user(question), "store": False, **more}
        with client.responses.stream(**fields) as stream:
            pieces = [event.delta for event in stream if event.type == "response.output_text.delta"]
            found = seen(stream.get_final_response())
        return {**found, "pieces": len(pieces), "joined": "".join(pieces)}

    def tools(*, is_stream: bool = False) -> dict[str, Any]:
        items: list[Any] = scene.user(scene.WEATHER_QUESTION)
        fields: dict[str, Any] = {
            "model": scene.MODEL,
            "tools": [TOOL],
            "reasoning": REASONING,
            "store": False,
        }
        if is_stream:
            with client.responses.stream(input=items, **fields) as stream:
                response = stream.get_final_response()
        else:
            response = client.responses.create(input=items, **fields)
        call = response.output[-1]
        output = {"type": "function_call_output", "call_id": call.call_id, "output": scene.WEATHER_RESULT}
        then = client.responses.create(input=[*items, *response.output, output], **fields)
        signed = [item.signature for item in response.output if item.type == "reasoning"]
        return {
            "name": call.name,
            "arguments": json.loads(call.arguments),
            "finish": response.status,
            "signed": signed,
            "then": then.output_text,
        }

    def wrong_key() -> dict[str, Any]:
        stranger = client.with_options(api_key=scene.WRONG_KEY)
        return {"reply": repr(stranger.responses.create(model=scene.MODEL, input=scene.QUESTION))}

    return {
        "plain": lambda: seen(ask(scene.QUESTION)),
        "streamed": streamed,
        "thinking": lambda: seen(ask(scene.THOUGHTFUL, reasoning=REASONING)),
        "streamed_thinking": lambda: streamed(scene.THOUGHTFUL, reasoning=REASONING),
        "tools": tools,
        "streamed_tools": lambda: tools(is_stream=True),
        "unknown_model": lambda: {
            "reply": repr(client.responses.create(model=scene.UNKNOWN_MODEL, input=scene.QUESTION))
        },
        "wrong_key": wrong_key,
        "too_soon": lambda: {"reply": repr(ask(scene.TOO_SOON))},
        "cut_off": lambda: streamed(scene.CUT_OFF),
    }
