"""`openrouter-async ask`: one question, one answer."""

from __future__ import annotations

import json
import sys
from mimetypes import guess_type
from pathlib import Path
from typing import Annotated

import anyio
from cyclopts import Parameter
from cyclopts.validators import Number
from pydantic import JsonValue

from ..client import AsyncOpenRouter
from ..errors import ConfigurationError
from ..structured.schema import Schema
from ..types.chat.completion import ChatCompletion
from ..types.chat.content_parts import Attachment, audio, file, image, video
from ..types.chat.messages import Message, user
from ..types.chat.messages import system as system_message
from ..types.chat.request import ChatParams
from .common import Emulated, Json, ModelName, System, chat_params, connect
from .exit_codes import DONE, UNUSABLE
from .files import decoded, read_file, read_text
from .output import Output, dollars

__all__ = ["ask", "prompt_of", "read_schema", "read_stdin"]


def ask(
    *prompt: str,
    model: ModelName = None,
    system: System = None,
    schema: Annotated[
        str | None, Parameter(help="A JSON Schema, or a file with one: the answer is JSON that matches it.")
    ] = None,
    attach: Annotated[
        list[Path] | None,
        Parameter(name=["--attach", "-a"], help="An image, audio, video or document; may be repeated."),
    ] = None,
    temperature: Annotated[
        float | None, Parameter(name=["--temperature", "-t"], validator=Number(gte=0, lte=2))
    ] = None,
    max_tokens: Annotated[int | None, Parameter(validator=Number(gte=1))] = None,
    json: Json = False,
    emulator: Emulated = False,
) -> int:
    """Ask a model, and write its answer to standard output, as it is written.

    Text that is piped in follows the prompt, or is the prompt: `git diff | openrouter-async ask "Review this."`

    Args:
        prompt: The question.
        temperature: How random the answer is: 0 for the most likely words, at most 2.
        max_tokens: The most tokens that the answer may have.
    """
    output = Output(as_json=json)
    messages: list[Message] = []
    if system is not None:
        messages.append(system_message(read_text(system, "--system")))
    text = prompt_of(prompt)
    messages.append(user(text, *map(_attachment, attach or ())))
    params = chat_params(temperature, max_tokens)
    wanted = None if schema is None else read_schema(schema)
    return anyio.run(_ask, output, emulator, model, messages, wanted, params)


async def _ask(
    output: Output,
    emulator: bool,
    model: str | None,
    messages: list[Message],
    wanted: Schema[JsonValue] | None,
    params: ChatParams,
) -> int:
    async with connect(output, emulated=emulator, model=model) as client:
        if wanted is not None:
            reply = await client.chat.create(messages, output=wanted, **params)
            output.json({**_facts(reply), "output": reply.output} if output.as_json else reply.output)
            output.note(_summary(reply))
            return DONE
        return await _text(output, client, messages, params)


async def _text(output: Output, client: AsyncOpenRouter, messages: list[Message], params: ChatParams) -> int:
    last = ""
    async with client.chat.stream(messages, **params) as stream:
        async for last in stream.text():
            if not output.as_json:
                output.write(last)
        reply = await stream.final()
    if output.as_json:
        output.json(_facts(reply))
    elif not last.endswith("\n"):
        output.write("\n")
    if reply.refusal:
        output.warn(f"the model refused: {reply.refusal}")
        return UNUSABLE
    if reply.finish_reason == "length":
        output.warn("the answer was cut off: it reached the limit of tokens")
    output.note(_summary(reply))
    return DONE


def prompt_of(words: tuple[str, ...]) -> str:
    """Return the words of the command line, and behind them what is piped in."""
    piped = "" if sys.stdin.isatty() else read_stdin()
    parts = [part for part in (" ".join(words), piped) if part.strip()]
    if not parts:
        raise ConfigurationError('there is no question; write openrouter-async ask "..." or pipe it in')
    return "\n\n".join(parts)


def read_stdin() -> str:
    """Return what is piped in, as text."""
    try:
        return decoded(sys.stdin.buffer.read())
    except UnicodeDecodeError as error:
        raise ConfigurationError("standard input is not UTF-8 text; give files with --attach") from error


def read_schema(given: str) -> Schema[JsonValue]:
    """Return the schema that `--schema` names: JSON, or a file of it."""
    if given.lstrip().startswith("{"):
        text, what = given, "--schema"
    else:
        text, what = read_file(given.removeprefix("@"), "--schema"), f"--schema {given!r}"
    try:
        schema = json.loads(text)
    except ValueError as error:
        raise ConfigurationError(f"{what} is not valid JSON: {error}") from error
    if not isinstance(schema, dict):
        raise ConfigurationError(f"{what} is not a JSON object; expected a JSON Schema")
    return Schema.from_json_schema(schema)


def _attachment(path: Path) -> Attachment:
    """Return a file as the part that its name suggests."""
    match (guess_type(path.name)[0] or "").partition("/")[0]:
        case "image":
            return image(path)
        case "audio":
            return audio(path)
        case "video":
            return video(path)
        case _:
            return file(path)


def _facts(reply: ChatCompletion[object]) -> dict[str, object]:
    """Return what `--json` writes of a reply."""
    usage = reply.usage
    return {
        "text": reply.text,
        "reasoning": reply.reasoning,
        "refusal": reply.refusal,
        "finish_reason": reply.finish_reason,
        "model": reply.model,
        "provider": reply.provider,
        "generation_id": reply.generation_id,
        "usage": None if usage is None else usage.model_dump(exclude_none=True),
    }


def _summary(reply: ChatCompletion[object]) -> str:
    """Return one line with the model that answered, and the cost."""
    usage = reply.usage
    tokens = f"{usage.total_tokens} tokens" if usage and usage.total_tokens is not None else "tokens unknown"
    cost = dollars(usage.cost if usage else None)
    return f"{reply.model or 'unknown model'} · {tokens} · {cost}"
