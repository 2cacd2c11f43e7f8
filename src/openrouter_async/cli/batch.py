"""`openrouter-async batch`: many prompts from a file, their answers into another."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import anyio
from cyclopts import Parameter
from pydantic_core import to_json as model_json

from .._files import claim
from ..batch.items import Item, ItemLike
from ..batch.results import Done, Failed
from ..batch.run import Batch
from ..batch.settings import BatchParams
from ..client import AsyncOpenRouter
from ..errors import OpenRouterError
from ..options import Rate
from .ask import read_schema
from .batch_progress import ProgressDisplay, duration
from .common import Emulated, Json, ModelName, System, connect, read_text
from .exit_codes import DONE, FAILED, INTERRUPTED
from .output import Output, dollars, escaped, printable, to_json
from .prompt_files import PromptFile, PromptFormat
from .service_batch import note_beside, run_at_service
from .signals import received_signals
from .streams import ReaderGone, json_for, notes, results

__all__ = ["batch"]

GRACE = 5.0
"""Seconds that what is in flight gets after Ctrl-C."""


def batch(
    prompts: Path,
    *,
    out: Annotated[
        Path | None,
        Parameter(
            name=["--out", "-o"], help="Where the answers go; the same command goes on with this file."
        ),
    ] = None,
    model: ModelName = None,
    system: System = None,
    schema: Annotated[
        str | None, Parameter(help="A JSON schema, or a file of one: every answer is JSON that fits it.")
    ] = None,
    concurrency: Annotated[int, Parameter(name=["--concurrency", "-c"])] = 64,
    rpm: float | None = None,
    tpm: float | None = None,
    budget: Annotated[str | None, Parameter(help="US dollars, earlier runs with this file included.")] = None,
    temperature: Annotated[float | None, Parameter(name=["--temperature", "-t"])] = None,
    max_tokens: int | None = None,
    format: PromptFormat | None = None,
    redo_changed: Annotated[bool, Parameter(negative="")] = False,
    dry_run: Annotated[bool, Parameter(negative="")] = False,
    service: Annotated[bool, Parameter(negative="")] = False,
    json: Json = False,
    emulator: Emulated = False,
) -> int:
    """Ask a model every prompt of a file: JSON lines, CSV, or a prompt a line.

    A line of JSON is a text, or an object with `prompt` or `messages`, and if you like `key`, `system`, `model` and
    parameters. A CSV has such columns. Answers are JSON lines with the key of their prompt, in the order in which they
    come. Ctrl-C finishes what is in flight; once more ends it at once.

    Args:
        prompts: The file.
        concurrency: Prompts asked at once.
        rpm: Requests a minute, at most; without it, what the service allows is found out.
        tpm: Tokens a minute, at most.
        temperature: 0 for the likeliest words, up to 2.
        max_tokens: The longest answer.
        format: Default: by the file's name, else a prompt a line.
        redo_changed: Ask prompts again whose key is there with the answer to another prompt.
        dry_run: Only estimate tokens and cost; nothing is sent.
        service: Let the service work on it by itself, for about half the price, within a day.
    """
    output = Output(as_json=json)
    params: BatchParams = {}
    if temperature is not None:
        params["temperature"] = temperature
    if max_tokens is not None:
        params["max_completion_tokens"] = max_tokens
    beside = out or prompts
    rejected = beside.parent / f"{beside.name}.rejected"
    file = PromptFile(
        prompts,
        rejected=None if dry_run else rejected,
        warn=output.warn,
        format=format,
        system=None if system is None else read_text(system, "--system"),
    )
    if not dry_run:
        _claim(file, out, rejected)
    if dry_run:
        return anyio.run(_estimate, output, file, model, max_tokens)
    if service:
        return anyio.run(run_at_service, output, emulator, model, file, out, dict(params))
    if rpm is not None or tpm is not None:
        params["rate"] = Rate(rpm=rpm, tpm=tpm)
    params |= {
        "concurrency": concurrency,
        "budget": budget,
        "journal": out,
        "on_change": "redo" if redo_changed else "refuse",
    }
    wanted = None if schema is None else read_schema(schema)
    return anyio.run(_run, output, emulator, model, file, out, wanted, params)


def _claim(file: PromptFile, out: Path | None, rejected: Path) -> None:
    """Refuse to write where something else of the caller's is; what `out` contains is looked at when it is opened."""
    inputs = [file.path]
    continues = out is not None and (out.exists() or note_beside(out).exists())
    if out is not None:
        claim(out, is_ours=lambda _: True, inputs=inputs)
        inputs.append(out)
    claim(rejected, is_ours=lambda path: continues or file.contains(path), inputs=inputs)


async def _run(
    output: Output,
    emulated: bool,
    model: str | None,
    file: PromptFile,
    out: Path | None,
    wanted: Any,
    params: BatchParams,
) -> int:
    async with connect(output, emulated=emulated, model=model) as client:
        items = _Counted(file)
        running: Batch[object] = client.batch(items, output=wanted, **params)
        failed: OpenRouterError | ReaderGone | None = None
        interrupted = _Interrupted()
        with anyio.CancelScope() as scope:
            async with anyio.create_task_group() as group:
                group.start_soon(_obey_signals, running, scope, interrupted, output)
                with ProgressDisplay(items.total, output) as display:
                    group.start_soon(_show, running, display)
                    try:
                        async with running:
                            async for result in running:
                                if isinstance(result, Failed):
                                    error = result.error
                                    output.warn(f"{result.key}: {type(error).__name__}: {error}")
                                elif out is None:
                                    display.write(_answer(result))
                    except (OpenRouterError, ReaderGone) as error:
                        failed = error
                group.cancel_scope.cancel()
    _summarize(output, running, file.bad)
    if interrupted.is_so:
        return INTERRUPTED
    if failed is not None:
        raise failed
    return FAILED if running.summary.failed or file.bad else DONE


class _Counted:
    """The items of a file, with their number."""

    def __init__(self, file: PromptFile) -> None:
        self._file = file
        self.total = file.count()

    def __len__(self) -> int:
        return self.total

    def __iter__(self) -> Iterator[ItemLike]:
        return iter(self._file)


class _Interrupted:
    is_so = False


async def _obey_signals(
    running: Batch[object], scope: anyio.CancelScope, interrupted: _Interrupted, output: Output
) -> None:
    with received_signals() as signals:
        async for _ in signals:
            if interrupted.is_so:
                scope.cancel()
                return
            interrupted.is_so = True
            running.stop()
            scope.deadline = anyio.current_time() + GRACE
            count = running.progress.in_flight
            output.warn(
                f"finishing {count} in flight, for {GRACE:g} seconds at most; interrupt again to end at once"
            )


async def _show(running: Batch[object], display: ProgressDisplay) -> None:
    while True:
        display.show(running.progress)
        await anyio.sleep(0.2)


def _answer(result: Done[object]) -> str:
    answer = escaped(model_json({"key": result.key, "answer": result.output}).decode())
    return json_for(results, answer)


def _summarize(output: Output, running: Batch[object], bad: int) -> None:
    summary = running.summary
    if output.as_json:
        facts = {
            "done": summary.done,
            "failed": summary.failed,
            "resumed": summary.resumed,
            "rejected": bad,
            "cost": summary.cost,
            "elapsed": round(summary.elapsed, 3),
            "models": {
                name: {"items": total.items, "cost": total.cost} for name, total in summary.models.items()
            },
            "errors": dict(summary.errors),
        }
        print(to_json(facts, to=notes), file=notes)
        return
    parts = [f"{summary.done} answered"]
    if summary.resumed:
        parts.append(f"{summary.resumed} of them before")
    if summary.failed:
        parts.append(f"{summary.failed} failed")
    if bad:
        parts.append(f"{bad} rejected")
    parts += [dollars(summary.cost), duration(summary.elapsed)]
    print(" · ".join(parts), file=notes)
    for name, total in sorted(summary.models.items()):
        tokens = f"{total.prompt_tokens} + {total.completion_tokens} tokens"
        line = f"  {name or 'unknown model'}: {total.items}, {tokens}, {dollars(total.cost)}"
        print(printable(line), file=notes)


async def _estimate(output: Output, file: PromptFile, model: str | None, max_tokens: int | None) -> int:
    """Add up what the prompts may use; needs no key and no connection."""
    client = AsyncOpenRouter(default_model=model)
    items = low = high = 0
    cost_low = cost_high = Decimal(0)
    is_known = True
    for item in file:
        messages = item.messages if isinstance(item, Item) else item
        name = item.model if isinstance(item, Item) else None
        estimate = client.estimate(messages, model=name, max_tokens=max_tokens or 1_000)
        items += 1
        low += estimate.prompt_tokens.low
        high += estimate.prompt_tokens.high
        is_known = is_known and estimate.high is not None
        cost_low += estimate.low or 0
        cost_high += estimate.high or 0
    answer = f"answers of {max_tokens or '1,000'} tokens{'' if max_tokens else ' assumed'}"
    facts = {
        "prompts": str(items),
        "prompt tokens": f"{low:,} to {high:,}",
        "cost": f"{dollars(cost_low)} for the prompts, up to {dollars(cost_high)} with {answer}"
        if is_known
        else "unknown: a model has no fixed price, or is not known",
    }
    if output.as_json:
        cost = [cost_low, cost_high] if is_known else None
        output.json({"prompts": items, "prompt_tokens": [low, high], "cost": cost, "rejected": file.bad})
    else:
        output.facts(facts)
    return FAILED if file.bad else DONE
