"""`openrouter-async ask`: one question, one answer."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from mimetypes import guess_type
from pathlib import Path
from typing import Annotated

import anyio
from cyclopts import Parameter
from cyclopts.validators import Number
from pydantic import JsonValue

from ..errors import ConfigurationError
from ..structured.schema import Schema
from ..tools.result import Run
from ..tools.settings import RunParams
from ..types.chat.content_parts import Attachment, audio, file, image, video
from ..types.chat.messages import Message, user
from ..types.chat.messages import system as system_message
from .common import CacheFile, Emulated, Json, ModelName, Raw, System, chat_params, connect
from .exit_codes import DONE, UNUSABLE
from .files import decoded, read_file, read_text
from .output import Output, dollars
from .turn import Turn

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
    raw: Raw = False,
    extract: Annotated[
        bool,
        Parameter(
            name=["--extract", "-x"],
            negative="",
            show_default=False,
            help="Write only the first block of code; without one, the whole answer.",
        ),
    ] = False,
    extract_last: Annotated[
        bool,
        Parameter(
            name=["--extract-last", "--xl"],
            negative="",
            show_default=False,
            help="Write only the last block of code.",
        ),
    ] = False,
    cache: CacheFile = None,
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
    params: RunParams = {**chat_params(temperature, max_tokens)}  # type: ignore[typeddict-item]  # has its keys
    show = _Show(raw, extract, extract_last)
    wanted = None if schema is None else read_schema(schema)
    return anyio.run(_ask, output, emulator, model, messages, wanted, params, show, cache)


@dataclass(frozen=True)
class _Show:
    """How the answer is written."""

    raw: bool
    extract_first: bool
    extract_last: bool

    @property
    def extracts(self) -> bool:
        """Whether only a block of code is written."""
        return self.extract_first or self.extract_last


async def _ask(
    output: Output,
    emulator: bool,
    model: str | None,
    messages: list[Message],
    wanted: Schema[JsonValue] | None,
    params: RunParams,
    show: _Show,
    cache: Path | None,
) -> int:
    async with connect(output, emulated=emulator, cache=cache) as client:
        if wanted is not None:
            value = await client.conversation(model=model, output=wanted).send(messages, **params)
            facts = _facts(value)
            output.json({**facts, "output": value.output} if output.as_json else value.output)
            output.note(_summary(value))
            return DONE
        turn = Turn(output, raw=show.raw, silent=show.extracts)
        run = await turn.ask(client.conversation(model=model), messages, params)
    return _finish(output, run, show)


def _finish(output: Output, run: Run[str], show: _Show) -> int:
    """Write what is written of a whole answer, and return the exit code."""
    reply = run.completion
    if output.as_json:
        output.json(_facts(run))
    elif show.extracts:
        from .markdown import code_blocks  # takes a parser that is not needed else

        found = code_blocks(reply.text) or [reply.text]
        text = found[-1 if show.extract_last else 0]
        output.write(text if text.endswith("\n") else f"{text}\n")
    if reply.refusal:
        output.warn(f"the model refused: {reply.refusal}")
        return UNUSABLE
    if reply.finish_reason == "length":
        output.warn("the answer was cut off: it reached the limit of tokens")
    output.note(_summary(run))
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


def _facts(run: Run[object]) -> dict[str, object]:
    """Return what `--json` writes of an answer."""
    reply = run.completion
    return {
        "text": reply.text,
        "reasoning": reply.reasoning,
        "refusal": reply.refusal,
        "finish_reason": reply.finish_reason,
        "model": reply.model,
        "provider": reply.provider,
        "generation_id": reply.generation_id,
        "usage": None if reply.usage is None else run.usage.model_dump(exclude_none=True),
    }


def _summary(run: Run[object]) -> str:
    """Return one line with the model that answered, and the cost."""
    usage = run.usage
    tokens = "tokens unknown" if usage.total_tokens is None else f"{usage.total_tokens} tokens"
    cache = run.completion.cache
    where = " · from the cache" if cache is not None and cache.is_hit else ""
    return f"{run.completion.model or 'unknown model'} · {tokens} · {dollars(usage.cost)}{where}"
