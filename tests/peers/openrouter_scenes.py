"""The scenes as the official `openrouter` package plays them; it checks every field of an answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from openrouter import OpenRouter

from . import scene


def scenes(base_url: str, key: str, management_key: str) -> dict[str, Callable[[], dict[str, Any]]]:
    """Return what to do by its name."""
    client = OpenRouter(api_key=key, server_url=base_url, timeout_ms=10_000)

    def send(question: str) -> Any:
        return client.chat.send(model=scene.MODEL, messages=scene.user(question))

    def plain() -> dict[str, Any]:
        reply = send(scene.QUESTION)
        choice = reply.choices[0]
        return {
            "text": choice.message.content,
            "finish": choice.finish_reason,
            "usage": scene.usage(reply.usage),
        }

    def streamed(question: str = scene.QUESTION) -> dict[str, Any]:
        with client.chat.send(model=scene.MODEL, messages=scene.user(question), stream=True) as stream:
            chunks = list(stream)
        failed = [chunk.error for chunk in chunks if chunk.error is not None]
        if failed:  # it has no class for an error in a stream
            return {"error": type(failed[0]).__name__, "status": failed[0].code, "message": failed[0].message}
        return {
            "text": "".join(chunk.choices[0].delta.content or "" for chunk in chunks),
            "finish": chunks[-1].choices[0].finish_reason,
            "usage": scene.usage(chunks[-1].usage),
        }

    def tools() -> dict[str, Any]:
        messages: list[Any] = scene.user(scene.WEATHER_QUESTION)
        message = (
            client.chat.send(model=scene.MODEL, messages=messages, tools=[scene.WEATHER]).choices[0].message
        )
        call = message.tool_calls[0]
        result = {"role": "tool", "tool_call_id": call.id, "content": scene.WEATHER_RESULT}
        messages += [message, result]
        then = client.chat.send(model=scene.MODEL, messages=messages, tools=[scene.WEATHER])
        return {
            "name": call.function.name,
            "arguments": call.function.arguments,
            "then": then.choices[0].message.content,
        }

    def streamed_tools() -> dict[str, Any]:
        with client.chat.send(
            model=scene.MODEL,
            messages=scene.user(scene.WEATHER_QUESTION),
            tools=[scene.WEATHER],
            stream=True,
        ) as stream:
            choices = [chunk.choices[0] for chunk in stream]
        calls = [call for choice in choices for call in choice.delta.tool_calls or ()]
        functions = [call.function for call in calls if call.index == calls[0].index]
        return {
            "name": functions[0].name,
            "arguments": "".join(function.arguments or "" for function in functions),
            "finish": choices[-1].finish_reason,
        }

    def models() -> dict[str, Any]:
        page = client.models.list()
        ids = []
        while page is not None:
            ids += [model.id for model in page.result.data]
            page = page.next()
        one = client.models.get(author="openai", slug="gpt-4o-mini").data
        return {"ids": ids, "one": one.id, "count": client.models.count().data.count}

    def account() -> dict[str, Any]:
        with OpenRouter(api_key=management_key, server_url=base_url, timeout_ms=10_000) as manager:
            paid = manager.credits.get_credits().data
        current = client.api_keys.get_current_key_metadata().data
        return {
            "credits": paid.total_credits,
            "used": paid.total_usage,
            "used_by_key": current.usage,
            "label": current.label,
        }

    def unknown_model() -> dict[str, Any]:
        return {
            "reply": repr(client.chat.send(model=scene.UNKNOWN_MODEL, messages=scene.user(scene.QUESTION)))
        }

    def wrong_key() -> dict[str, Any]:
        stranger = OpenRouter(api_key=scene.WRONG_KEY, server_url=base_url, timeout_ms=10_000)
        return {"reply": repr(stranger.chat.send(model=scene.MODEL, messages=scene.user(scene.QUESTION)))}

    return {
        "plain": plain,
        "streamed": streamed,
        "tools": tools,
        "streamed_tools": streamed_tools,
        "models": models,
        "account": account,
        "account_by_inference_key": lambda: {"reply": repr(client.credits.get_credits())},
        "unknown_model": unknown_model,
        "wrong_key": wrong_key,
        "too_soon": lambda: {"reply": repr(send(scene.TOO_SOON))},
        "cut_off": lambda: streamed(scene.CUT_OFF),
    }
