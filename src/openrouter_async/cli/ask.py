"""`openrouter-async ask`: one question, one answer."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import anyio
from cyclopts import Parameter
from cyclopts.validators import Number
from pydantic import JsonValue

from ..conversation.settings import ConversationSettings
from ..errors import ConfigurationError
from ..structured.schema import Schema
from ..tools.result import Run
from ..tools.settings import RunParams
from ..types.chat.messages import Message, user
from .attachments import PIPED, attachments
from .common import CacheFile, Emulated, Json, chat_params, connect
from .exit_codes import DONE, UNUSABLE
from .files import decoded, read_file
from .output import Output, dollars
from .remembered import Remembered
from .schema_words import looks_like_words, schema_of_words, several
from .streams import notes
from .tools_given import Approvals
from .turn import Turn
from .turn_options import TurnOptions

__all__ = ["ask", "prompt_of", "read_schema", "read_stdin"]

_NONE_GIVEN = TurnOptions()


def ask(
    *prompt: str,
    options: Annotated[TurnOptions, Parameter(name="*")] = _NONE_GIVEN,
    schema: Annotated[
        str | None,
        Parameter(
            help="The answer is JSON of this form: fields such as 'name, age int, tags [str]', a JSON Schema, or a file"
            " with one."
        ),
    ] = None,
    schema_multi: Annotated[
        str | None,
        Parameter(help='As --schema, but for several: the answer is {"items": [...]}, each of this form.'),
    ] = None,
    temperature: Annotated[float | None, Parameter(validator=Number(gte=0, lte=2))] = None,
    max_tokens: Annotated[int | None, Parameter(validator=Number(gte=1))] = None,
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
    decided = options.decide()
    wanted = _wanted(schema, schema_multi)
    attached = attachments(options.attach or ())
    is_read = PIPED in (options.attach or ())
    given = prompt_of(prompt, may_be_missing=decided.template.prompt is not None, may_be_piped=not is_read)
    text = decided.template.prompt_with(given, decided.variables)
    message = user(text, *attached)
    params: RunParams = {**decided.params, **chat_params(temperature, max_tokens)}  # type: ignore[typeddict-item]  # has its keys
    show = _Show(decided.raw, extract, extract_last)
    kept = Remembered(output, "ask", writes=decided.logs)
    past = options.past(kept)
    settings: ConversationSettings = {
        "model": decided.model_for(continues=past is not None),
        "system": decided.system_for(continues=past is not None),
        "history": past,
        "extra_body": decided.extra_body,
    }
    return anyio.run(_ask, output, emulator, settings, message, wanted, params, show, kept, cache)


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
    settings: ConversationSettings,
    message: Message,
    wanted: Schema[JsonValue] | None,
    params: RunParams,
    show: _Show,
    kept: Remembered,
    cache: Path | None,
) -> int:
    async with connect(output, emulated=emulator, cache=cache) as client:
        if wanted is not None:
            structured = client.conversation(output=wanted, **settings)
            value = await structured.send(message, **params)
            approvals = Approvals(output)
            while value.paused is not None:
                value = await structured.send(approvals(value.paused), **params)
            output.json({**_facts(value), "output": value.output} if output.as_json else value.output)
            kept.add(structured.history, value)
            output.note(_summary(value))
            return DONE
        conversation = client.conversation(**settings)
        turn = Turn(output, raw=show.raw, silent=show.extracts, decide=Approvals(output))
        before = len(conversation.turns)
        try:
            run = await turn.ask(conversation, message, params)
        except BaseException:
            if len(conversation.turns) > before:  # with what had come of the answer
                kept.add(conversation.history)
            raise
        kept.add(conversation.history, run)
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


def prompt_of(words: tuple[str, ...], *, may_be_missing: bool = False, may_be_piped: bool = True) -> str:
    """Return the words of the command line, and behind them what is piped in, or is typed if both are missing."""
    if not may_be_piped:
        piped = ""
    elif not sys.stdin.isatty():
        piped = read_stdin()
    elif words or may_be_missing:
        piped = ""
    else:
        ends = "Ctrl-Z and Enter" if sys.platform == "win32" else "Ctrl-D"
        print(f"type the question, then {ends} on a line of its own", file=notes)
        piped = read_stdin()
    parts = [part for part in (" ".join(words), piped) if part.strip()]
    if not parts and not may_be_missing:
        raise ConfigurationError('there is no question; write openrouter-async ask "..." or pipe it in')
    return "\n\n".join(parts)


def read_stdin() -> str:
    """Return what is piped in, as text."""
    try:
        return decoded(sys.stdin.buffer.read())
    except UnicodeDecodeError as error:
        raise ConfigurationError("standard input is not UTF-8 text; give files with --attach") from error


def _wanted(schema: str | None, schema_multi: str | None) -> Schema[JsonValue] | None:
    """Return the schema of the answer; None: it is text."""
    if schema is not None and schema_multi is not None:
        raise ConfigurationError(
            "--schema and --schema-multi both name the form of the answer; give one of them"
        )
    if schema_multi is not None:
        one = _schema(schema_multi, "--schema-multi")
        return Schema.from_json_schema(several(one))
    return None if schema is None else read_schema(schema)


def read_schema(given: str) -> Schema[JsonValue]:
    """Return the schema that `--schema` names: a few words, JSON, or a file of it."""
    return Schema.from_json_schema(_schema(given, "--schema"))


def _schema(given: str, option: str) -> dict[str, JsonValue]:
    if looks_like_words(given) and not given.lstrip().startswith(("{", "@")) and not Path(given).exists():
        return schema_of_words(given, option)
    if given.lstrip().startswith("{"):
        text, what = given, option
    else:
        text, what = read_file(given.removeprefix("@"), option), f"{option} {given!r}"
    try:
        schema = json.loads(text)
    except ValueError as error:
        raise ConfigurationError(f"{what} is not valid JSON: {error}") from error
    if not isinstance(schema, dict):
        raise ConfigurationError(f"{what} is not a JSON object; expected a JSON Schema")
    return schema


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
        "usage": run.usage.model_dump(exclude_none=True) or None,
    }


def _summary(run: Run[object]) -> str:
    """Return one line with the model that answered, and the cost."""
    usage = run.usage
    tokens = "tokens unknown" if usage.total_tokens is None else f"{usage.total_tokens} tokens"
    cache = run.completion.cache
    where = " · from the cache" if cache is not None and cache.is_hit else ""
    return f"{run.completion.model or 'unknown model'} · {tokens} · {dollars(usage.cost)}{where}"
