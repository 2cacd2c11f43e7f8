"""`openrouter-async cache`: lists, counts and exports the answers of a local cache, and makes it smaller."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter
from pydantic_core import from_json, to_json

from ..caching.store import AnswerStore, StoreFault
from ..errors import ConfigurationError
from .common import Json
from .output import Output, dollars
from .places import answers_file

__all__ = ["cache"]


def cache(
    action: Literal["ls", "stats", "prune", "export"],
    file: Path | None = None,
    /,
    *,
    days: Annotated[float | None, Parameter(help="prune: remove answers older than this.")] = None,
    max_bytes: Annotated[
        int | None,
        Parameter(help="prune: remove the answers unused for longest until the others have so many bytes."),
    ] = None,
    limit: Annotated[int, Parameter(name=["--limit", "-n"], help="ls: the most answers to show.")] = 100,
    json: Json = False,
) -> None:
    """Look into the file of a local cache (LocalCache), or make it smaller. Sends nothing.

    Args:
        action: ls lists the answers, the newest first; stats counts them, and the money they saved; prune removes some;
            export writes them as JSON lines, the oldest first.
        file: The file, such as answers.sqlite. Default: the one that `ask --cache` and `batch --cache` use.
    """
    file = answers_file() if file is None else file
    if action != "prune" and not (days is None and max_bytes is None):
        raise ConfigurationError(f"--days and --max-bytes are for prune; {action} removes nothing")
    output = Output(as_json=json)
    try:
        with closing(AnswerStore(file, must_exist=True)) as store:
            if action == "ls":
                _list(store, output, limit)
            elif action == "stats":
                _count(store, output)
            elif action == "export":
                _export(store, output)
            else:
                _prune(store, output, days, max_bytes)
    except (sqlite3.Error, OSError, StoreFault) as error:
        raise ConfigurationError(f"the local cache {str(file)!r} cannot be used: {error}") from error


def _list(store: AnswerStore, output: Output, limit: int) -> None:
    found = [each for each, _ in zip(store.entries(), range(max(limit, 0)), strict=False)]
    if output.as_json:
        output.json(
            [
                {
                    "id": answer.generation_id,
                    "operation": answer.operation,
                    "model": answer.model,
                    "created": datetime.fromtimestamp(answer.created, UTC),
                    "bytes": size,
                    "hits": hits,
                    "cost": answer.cost,
                }
                for answer, size, hits in found
            ]
        )
        return
    rows = [
        [
            f"{datetime.fromtimestamp(answer.created, UTC):%Y-%m-%d %H:%M}",
            answer.operation,
            answer.model or "",
            f"{size}",
            f"{hits}",
            dollars(answer.cost),
            answer.generation_id or "",
        ]
        for answer, size, hits in found
    ]
    output.table(
        ["created", "operation", "model", "bytes", "hits", "cost", "id"],
        rows,
        right=["bytes", "hits", "cost"],
        dim=["id"],
    )


def _count(store: AnswerStore, output: Output) -> None:
    stats = store.stats()
    if output.as_json:
        output.json(
            {"answers": stats.answers, "bytes": stats.bytes, "hits": stats.hits, "saved": stats.saved}
        )
        return
    output.facts(
        {
            "answers": f"{stats.answers}",
            "bytes": f"{stats.bytes}",
            "hits": f"{stats.hits}",
            "saved": dollars(stats.saved),
        }
    )


def _export(store: AnswerStore, output: Output) -> None:
    for key, answer, hits in store.contents():
        try:
            body = from_json(answer.body or b"")
        except ValueError:
            continue  # what no call can read is worth nothing to others either
        row = {
            "key": key.hex(),
            "id": answer.generation_id,
            "operation": answer.operation,
            "model": answer.model,
            "created": datetime.fromtimestamp(answer.created, UTC),
            "hits": hits,
            "cost": answer.cost,
            "answer": body,
        }
        output.write(to_json(row).decode() + "\n")


def _prune(store: AnswerStore, output: Output, days: float | None, max_bytes: int | None) -> None:
    if days is None and max_bytes is None:
        raise ConfigurationError("nothing selects the answers to remove; give --days, --max-bytes, or both")
    removed = store.prune(now=time.time(), ttl=None if days is None else days * 86_400, max_bytes=max_bytes)
    if output.as_json:
        output.json({"removed": removed, "left": store.stats().answers})
    else:
        output.facts({"removed": f"{removed}", "left": f"{store.stats().answers}"})
