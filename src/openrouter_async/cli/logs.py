"""`openrouter-async logs`: the prompts and answers of `ask` and `chat`."""

from __future__ import annotations

from typing import Annotated, Literal

from cyclopts import Parameter
from cyclopts.validators import Number

from ..errors import ConfigurationError
from .answers import answer_writer
from .common import Json, Raw
from .exit_codes import DONE, FAILED
from .output import Output
from .prompt_log import Logged, PromptLog, log_file
from .settings import change_setting, read_settings

__all__ = ["logs"]

WIDE = 70
"""Columns of a terminal that has room for the models."""


def logs(
    action: Literal["list", "show", "search", "path", "on", "off"] = "list",
    /,
    *words: str,
    limit: Annotated[
        int, Parameter(name=["--limit", "-n"], help="How many to list.", validator=Number(gte=1))
    ] = 20,
    raw: Raw = False,
    json: Json = False,
) -> int:
    """List, show and search the log of prompts and answers, which only you can read.

    Keys are never in it. `logs off` stops it for all commands, and `--no-log` for one; delete the file to empty it.

    Args:
        action: list the newest; show one, by its number, or the newest; search for words; print the path of the file;
            switch logging on or off.
        words: The number for show, or the words to search for.
    """
    output = Output(as_json=json)
    log = PromptLog()
    match action:
        case "on" | "off":
            change_setting("log", action == "on")
            output.note(f"prompts and answers are {'logged' if action == 'on' else 'not logged any more'}")
        case "path":
            output.json(str(log_file())) if json else output.write(str(log_file()), end="\n")
        case "show":
            return _show(output, log, words, raw=raw)
        case "list" | "search":
            if action == "search" and not words:
                raise ConfigurationError("logs search has no words; write openrouter-async logs search WORDS")
            return _list(output, log.newest(limit, words))
    return DONE


def _list(output: Output, found: list[Logged]) -> int:
    if output.as_json:
        output.json([_facts(logged) for logged in found])
        return DONE
    rows = [
        (str(logged.id), f"{logged.when:%Y-%m-%d %H:%M}", _line(logged.prompt), logged.model or "")
        for logged in found
    ]
    columns = ("id", "when (UTC)", "prompt", "model")
    count = 4 if not output.is_terminal or output.console.width >= WIDE else 3
    output.table(columns[:count], [row[:count] for row in rows], right=("id",), dim=("prompt",))
    if not found:
        output.note("nothing is logged" if read_settings().log else "nothing is logged; logging is off")
    return DONE


def _show(output: Output, log: PromptLog, words: tuple[str, ...], *, raw: bool) -> int:
    if len(words) > 1 or (words and not words[0].isascii()) or (words and not words[0].isdigit()):
        raise ConfigurationError(
            f"logs show got {' '.join(words)!r}; expected a number that logs list prints"
        )
    logged = log.one(int(words[0]) if words else None)
    if logged is None:
        output.warn(f"the log has no answer {words[0]}" if words else "nothing is logged")
        return FAILED
    if output.as_json:
        output.json(_facts(logged))
        return DONE
    if output.is_terminal:
        facts = {
            "id": str(logged.id),
            "when": f"{logged.when:%Y-%m-%d %H:%M} UTC",
            "model": logged.model or "",
            "conversation": logged.conversation,
        }
        more = {"cost": f"${logged.cost}" if logged.cost else "", "system": logged.system or ""}
        output.facts(
            {name: value for name, value in (facts | more | {"prompt": logged.prompt}).items() if value}
        )
        output.write("\n")
    with answer_writer(output, raw=raw) as writer:
        writer.write(logged.answer)
    if not logged.is_whole:
        output.warn("the answer was stopped, or broke off")
    return DONE


def _facts(logged: Logged) -> dict[str, object]:
    names = (
        "id",
        "conversation",
        "command",
        "model",
        "system",
        "prompt",
        "answer",
        "tokens",
        "cost",
        "is_whole",
    )
    return {"when": logged.when, **{name: getattr(logged, name) for name in names}}


def _line(text: str) -> str:
    return " ".join(text.split())
