"""What commands have in common: the options that each takes, and the client they use."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

from cyclopts import Parameter

from .._extras import needs_extra
from ..client import AsyncOpenRouter
from ..errors import ConfigurationError
from ..special_options import LocalCache
from ..types.chat.request import ChatParams
from .output import Output
from .places import answers_file, make_private
from .stored_keys import find_key

if TYPE_CHECKING:
    from ..testing import Emulator

__all__ = [
    "CacheFile",
    "Emulated",
    "Json",
    "ModelName",
    "Raw",
    "System",
    "chat_params",
    "connect",
    "emulated_here",
]

Json: TypeAlias = Annotated[
    bool, Parameter(name="--json", negative="", show_default=False, help="Write the result as JSON.")
]
Raw: TypeAlias = Annotated[
    bool,
    Parameter(
        name="--raw",
        negative="",
        show_default=False,
        help="Write the answer as it is, without drawing its Markdown; in a pipe it always is.",
    ),
]
Emulated: TypeAlias = Annotated[
    bool,
    Parameter(
        name="--emulator",
        negative="",
        show_default=False,
        help="Ask an emulator on this machine instead; it needs no key and invents its answers.",
    ),
]
CacheFile: TypeAlias = Annotated[
    Path | None,
    Parameter(
        name="--cache",
        help="Keep answers in this file, or without a path in one of yours (`cache` shows it): an equal question is"
        " free.",
    ),
]
ModelName: TypeAlias = Annotated[
    str | None,
    Parameter(
        name=["--model", "-m"],
        env_var="OPENROUTER_MODEL",
        help="The model, such as openai/gpt-5-mini, or an alias. Default: that of your settings, or of your account.",
    ),
]
System: TypeAlias = Annotated[
    str | None,
    Parameter(
        name=["--system", "-s"], help="Instructions for the model (its system message): text, or @FILE."
    ),
]


KeyNeed: TypeAlias = Literal["OPENROUTER_API_KEY", "OPENROUTER_MANAGEMENT_KEY"]

_MISSING: dict[KeyNeed, str] = {
    "OPENROUTER_API_KEY": "there is no key; set OPENROUTER_API_KEY, in the environment or in a file .env,"
    " or keep one with `openrouter-async keys set`"
    " (keys are made at https://openrouter.ai/keys)",
    "OPENROUTER_MANAGEMENT_KEY": "there is no management key, and an inference key cannot be used here; set"
    " OPENROUTER_MANAGEMENT_KEY, in the environment or in a file .env",
}


@asynccontextmanager
async def connect(
    output: Output,
    *,
    emulated: bool | None,
    model: str | None = None,
    key: KeyNeed | None = "OPENROUTER_API_KEY",
    cache: Path | None = None,
) -> AsyncIterator[AsyncOpenRouter]:
    """Give a client of the service, or of an emulator that runs as long as the block.

    `emulated` is None where the command cannot have an emulator.

    Raises:
        ConfigurationError: the `key` that the command needs is neither in the environment nor kept, or the directory
            of the user's cache cannot be made.
    """
    local_cache = None if cache is None else LocalCache(cache)
    if cache is not None and cache == answers_file():
        try:
            make_private(cache.parent)
        except OSError as error:
            raise ConfigurationError(f"{str(cache.parent)!r} cannot be made: {error.strerror}") from error
    if not emulated:
        found = None if key is None else find_key(key)
        if key is not None and not found:
            raise ConfigurationError(_MISSING[key] + ("" if emulated is None else "; --emulator needs none"))
        is_management = key == "OPENROUTER_MANAGEMENT_KEY"
        async with AsyncOpenRouter(
            None if is_management else found,
            management_key=found if is_management else None,
            default_model=model,
            local_cache=local_cache,
        ) as client:
            yield client
        return
    with emulated_here(output) as emulator:
        async with AsyncOpenRouter(
            emulator.key,
            management_key=emulator.management_key,
            base_url=emulator.base_url,
            default_model=model,
            local_cache=local_cache,
        ) as client:
            yield client


@contextmanager
def emulated_here(output: Output) -> Iterator[Emulator]:
    """Give an emulator that runs as long as the block, and say so."""
    with needs_extra("testing", "--emulator"):
        from ..testing import Emulator
    output.note("the answers are invented by an emulator on this machine")
    with Emulator() as emulator:
        yield emulator


def chat_params(temperature: float | None, max_tokens: int | None) -> ChatParams:
    """Return the parameters set by options; others are not sent."""
    params: ChatParams = {}
    if temperature is not None:
        params["temperature"] = temperature
    if max_tokens is not None:
        params["max_completion_tokens"] = max_tokens
    return params
