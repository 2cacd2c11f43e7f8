"""`langchain-openrouter`, which goes through the official `openrouter` package."""

from __future__ import annotations

from collections.abc import Callable

from langchain_core.tools import tool
from langchain_openrouter import ChatOpenRouter
from pydantic import BaseModel

from . import play


class City(BaseModel):
    """The value that each check wants."""

    name: str
    population: int


@tool
def get_weather(city: str) -> str:
    """The weather of a city."""
    return play.RESULT


ERRORS = {
    400: "BadRequestResponseError",
    401: "UnauthorizedResponseError",
    429: "TooManyRequestsResponseError",
}


def checks(base_url: str, key: str) -> dict[str, Callable[[], object]]:
    """Return what to do by its name."""

    def chat() -> ChatOpenRouter:
        return ChatOpenRouter(model=play.MODEL, api_key=key, base_url=base_url, max_retries=0)

    def plain() -> None:
        reply = chat().invoke("hi")
        assert reply.content == play.TEXT
        assert reply.usage_metadata["total_tokens"] > 0

    def streamed() -> None:
        assert "".join(str(chunk.content) for chunk in chat().stream("hi")) == play.TEXT

    def tools() -> None:
        (call,) = chat().bind_tools([get_weather]).invoke(play.USE_THE_TOOL).tool_calls
        assert (call["name"], call["args"]) == ("get_weather", {"city": "Oslo"})

    def streamed_tools() -> None:
        whole = None
        for chunk in chat().bind_tools([get_weather]).stream(play.USE_THE_TOOL):
            whole = chunk if whole is None else whole + chunk
        assert [call["args"] for call in whole.tool_calls] == [{"city": "Oslo"}]

    def value(method: str) -> None:
        assert isinstance(chat().with_structured_output(City, method=method).invoke(play.FACTS), City)

    return {
        "plain": plain,
        "streamed": streamed,
        "tools": tools,
        "streamed tools": streamed_tools,
        **{m: lambda m=m: value(m) for m in ("function_calling", "json_schema")},
        **{
            f"error {status}": lambda status=status, name=name: play.fails(
                lambda: chat().invoke(play.failing(status)), name
            )
            for status, name in ERRORS.items()
        },
    }
