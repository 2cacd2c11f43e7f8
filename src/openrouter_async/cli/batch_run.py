"""The batch of `openrouter-async batch`, while it runs: its answers, its progress, its end."""

from __future__ import annotations

from pathlib import Path

import anyio
from pydantic import JsonValue
from pydantic_core import to_json as model_json
from rich.text import Text

from ..batch.attending import LOOK_EVERY
from ..batch.display import Display, display
from ..batch.drawn import Drawn
from ..batch.report import duration
from ..batch.results import Failed
from ..batch.run import Batch
from ..batch.settings import BatchParams
from ..batch.signals import received_signals
from ..errors import OpenRouterError
from ..structured.schema import Schema
from .common import connect
from .ending import told_to_end
from .exit_codes import DONE, FAILED, interrupted
from .output import Output, dollars, escaped, printable, to_json
from .prompt_files import PromptFile
from .streams import ReaderGone, json_for, notes, results

__all__ = ["run_here"]

GRACE = 5.0
"""Seconds for the answers in flight after Ctrl-C. Chosen: a started answer mostly ends in that time."""


async def run_here(
    output: Output,
    emulated: bool,
    model: str | None,
    file: PromptFile,
    writes: bool,
    wanted: Schema[JsonValue] | None,
    params: BatchParams,
    cache: Path | None = None,
) -> int:
    """Ask the prompts of a file, print the answers where `writes` says so, and return the exit code."""
    async with connect(output, emulated=emulated, model=model, cache=cache) as client:
        running: Batch[JsonValue] | Batch[str]
        if wanted is None:  # noqa: SIM108 - type checkers choose an overload for each
            running = client.batch(file, **params)
        else:
            running = client.batch(file, output=wanted, **params)
        watch = _Watch(running, output, writes=writes)
        await watch.run()
    _summarize(output, running, file.bad)
    if watch.is_interrupted:
        return interrupted()
    if watch.failed is not None:
        raise watch.failed
    return FAILED if running.summary.failed or file.bad else DONE


class _Watch:
    """Reads a batch to its end, with its progress on the terminal and an ear for Ctrl-C."""

    def __init__(self, running: Batch[object], output: Output, *, writes: bool) -> None:
        self._running = running
        self._output = output
        self._writes = writes
        self.failed: OpenRouterError | ReaderGone | None = None
        self.is_interrupted = False

    async def run(self) -> None:
        with anyio.CancelScope() as scope, display(self._output.notes) as shown:
            async with anyio.create_task_group() as group:
                group.start_soon(self._obey_signals, scope)
                group.start_soon(self._show, shown)
                try:
                    await self._read(isinstance(shown, Drawn))
                except (OpenRouterError, ReaderGone) as error:
                    self.failed = error
                group.cancel_scope.cancel()

    async def _read(self, is_drawn: bool) -> None:
        async with self._running as batch:
            async for result in batch:
                if isinstance(result, Failed):
                    error = result.error
                    self._output.warn(f"{result.key}: {type(error).__name__}: {error}")
                elif self._writes:
                    answer = model_json({"key": result.key, "answer": result.output}).decode()
                    line = json_for(results, escaped(answer))
                    if is_drawn and self._output.is_terminal:  # above the bar
                        self._output.notes.print(Text(printable(line)), soft_wrap=True)
                    else:
                        self._output.write(line, end="\n")

    async def _show(self, shown: Display) -> None:
        while True:
            shown.show(self._running.progress)
            await anyio.sleep(LOOK_EVERY)

    async def _obey_signals(self, scope: anyio.CancelScope) -> None:
        with received_signals() as signals:
            async for number in signals:
                told_to_end(number)
                if self.is_interrupted:
                    scope.cancel()
                    return
                self.is_interrupted = True
                self._running.stop()
                scope.deadline = anyio.current_time() + GRACE
                count = self._running.progress.in_flight
                self._output.warn(
                    f"finishing {count} in flight, for {GRACE:g} seconds at most; interrupt again to end immediately"
                )


def _summarize(output: Output, running: Batch[object], bad: int) -> None:
    summary = running.summary
    if output.as_json:
        facts = {
            "done": summary.done,
            "failed": summary.failed,
            "resumed": summary.resumed,
            "from_cache": summary.from_cache,
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
    if summary.from_cache:
        parts.append(f"{summary.from_cache} from the cache")
    if summary.failed:
        parts.append(f"{summary.failed} failed")
    if bad:
        parts.append(f"{bad} rejected")
    parts += [dollars(summary.cost), duration(summary.elapsed)]
    output.tell(" · ".join(parts))
    for name, total in sorted(summary.models.items()):
        tokens = f"{total.prompt_tokens} + {total.completion_tokens} tokens"
        output.tell(f"  {name or 'unknown model'}: {total.items}, {tokens}, {dollars(total.cost)}")
