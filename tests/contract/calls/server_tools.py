"""Server tools."""

from __future__ import annotations

from ..call import Call, number_text

_PRICE = "engines[].pricing[].price"

CALLS = [
    Call(
        "server_tools.list",
        lambda c: c.server_tools.list(api_format="chat-completions", offset=2, limit=50),
        answered={f"data[].{_PRICE}": number_text},
    ),
    Call(
        "server_tools.get",
        lambda c: c.server_tools.get("openrouter:web_search"),
        answered={f"data.{_PRICE}": number_text},
    ),
]
