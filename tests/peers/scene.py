"""What every peer is asked to do, and the questions by which the emulator knows what to answer.

Read on both sides, so it needs nothing but the standard library.
"""

from __future__ import annotations

from typing import Any

MODEL = "openai/gpt-4o-mini"
UNKNOWN_MODEL = "openai/gpt-4o-minni"
WRONG_KEY = "sk-or-v1-" + "0" * 64

QUESTION = "The capital of France?"
ANSWER = "Paris, on the Seine: la Ville Lumière."
WEATHER_QUESTION = "The weather in Oslo, today and tomorrow?"
WEATHER_ARGUMENTS = {"city": "Oslo", "days": 2, "units": ["°C", "mm"]}
WEATHER_RESULT = "4 °C, then rain"
TOO_SOON = "One question too many"
CUT_OFF = "A story that breaks off"
THOUGHTFUL = "Think: the capital of France?"
THOUGHTS = "France is a country; its capital is known."

WEATHER: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather of some days",
        "parameters": {
            "type": "object",
            "properties": {
                "city": {"type": "string"},
                "days": {"type": "integer"},
                "units": {"type": "array", "items": {"type": "string"}},
            },
            "required": ["city", "days"],
        },
    },
}


def user(text: str) -> list[dict[str, Any]]:
    """Return a conversation of one question."""
    return [{"role": "user", "content": text}]


def usage(found: Any) -> dict[str, Any]:
    """Return tokens and US dollars of a usage, whose fields have the same names in every peer."""
    return {
        "prompt": found.prompt_tokens,
        "completion": found.completion_tokens,
        "total": found.total_tokens,
        "cost": found.cost,
    }
