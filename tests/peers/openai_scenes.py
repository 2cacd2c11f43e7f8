"""The scenes as the `openai` package plays them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from openai import OpenAI

from . import scene


def scenes(base_url: str, key: str, _management_key: str) -> dict[str, Callable[[], dict[str, Any]]]:
    """Return what to do by its name."""
    client = OpenAI(base_url=base_url, api_key=key, max_retries=0)
    chat = client.chat.completions

    def plain() -> dict[str, Any]:
        reply = chat.create(model=scene.MODEL, messages=scene.user(scene.QUESTION))
        choice = reply.choices[0]
        return {
            "text": choice.message.content,
            "finish": choice.finish_reason,
            "usage": scene.usage(reply.usage),
        }

    def streamed(question: str = scene.QUESTION) -> dict[str, Any]:
        with chat.create(model=scene.MODEL, messages=scene.user(question), stream=True) as stream:
            chunks = list(stream)
        return {
            "text": "".join(chunk.choices[0].delta.content or "" for chunk in chunks),
            "finish": chunks[-1].choices[0].finish_reason,
            "usage": scene.usage(chunks[-1].usage),
        }

    def tools() -> dict[str, Any]:
        messages: list[Any] = scene.user(scene.WEATHER_QUESTION)
        message = chat.create(model=scene.MODEL, messages=messages, tools=[scene.WEATHER]).choices[0].message
        call = message.tool_calls[0]
        result = {"role": "tool", "tool_call_id": call.id, "content": scene.WEATHER_RESULT}
        messages += [message, result]
        then = chat.create(model=scene.MODEL, messages=messages, tools=[scene.WEATHER])
        return {
            "name": call.function.name,
            "arguments": call.function.arguments,
            "then": then.choices[0].message.content,
        }

    def streamed_tools() -> dict[str, Any]:
        # its own accumulator, so that it judges the fragments
        with chat.stream(
            model=scene.MODEL, messages=scene.user(scene.WEATHER_QUESTION), tools=[scene.WEATHER]
        ) as stream:
            choice = stream.get_final_completion().choices[0]
        function = choice.message.tool_calls[0].function
        return {"name": function.name, "arguments": function.arguments, "finish": choice.finish_reason}

    def embeddings() -> dict[str, Any]:
        model = "openai/text-embedding-3-small"
        packed = client.embeddings.create(model=model, input=["sea", "land"], dimensions=8)
        floats = client.embeddings.create(
            model=model, input=["sea", "land"], dimensions=8, encoding_format="float"
        )
        return {
            name: [item.embedding for item in got.data]
            for name, got in (("packed", packed), ("floats", floats))
        }

    def unknown_model() -> dict[str, Any]:
        return {"reply": repr(chat.create(model=scene.UNKNOWN_MODEL, messages=scene.user(scene.QUESTION)))}

    def wrong_key() -> dict[str, Any]:
        stranger = client.with_options(api_key=scene.WRONG_KEY)
        reply = stranger.chat.completions.create(model=scene.MODEL, messages=scene.user(scene.QUESTION))
        return {"reply": repr(reply)}

    def too_soon() -> dict[str, Any]:
        return {"reply": repr(chat.create(model=scene.MODEL, messages=scene.user(scene.TOO_SOON)))}

    return {
        "plain": plain,
        "streamed": streamed,
        "tools": tools,
        "streamed_tools": streamed_tools,
        "models": lambda: {"ids": [model.id for model in client.models.list()]},
        "embeddings": embeddings,
        "unknown_model": unknown_model,
        "wrong_key": wrong_key,
        "too_soon": too_soon,
        "cut_off": lambda: streamed(scene.CUT_OFF),
    }
