"""`openrouter-async batch --service`: the service processes the prompts, and the command waits for it.

The id of the batch is stored beside the answers, with the number of missing lines, so the same command continues to
wait rather than pays twice.
"""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

from pydantic_core import to_json as model_json

from .._files import claim, replace_file
from ..client import AsyncOpenRouter
from ..errors import ConfigurationError
from ..types.batches import BatchJob
from ..types.chat.completion import ChatCompletion
from ..types.chat.request import ChatParams
from .common import connect
from .exit_codes import DONE, FAILED
from .files import read_saved, reason_of, write_saved
from .output import Output, dollars, to_json
from .prompt_files import PromptFile
from .streams import notes

__all__ = ["note_beside", "run_at_service"]

_NOTE = re.compile(r"(\S+)(?: (\d+))?")
"""The record of a submitted batch: its id, and how many lines it lacks."""


def note_beside(out: Path) -> Path:
    """Return the file in which the id of a batch is kept until its answers are."""
    return out.parent / f"{out.name}.batch"


async def run_at_service(
    output: Output,
    emulated: bool,
    model: str | None,
    file: PromptFile,
    out: Path | None,
    params: ChatParams,
) -> int:
    """Submit the batch, or continue to wait for it; write its answers, and return the exit code."""
    if out is None:
        raise ConfigurationError("--service needs --out: the batch is found again by the file beside it")
    note = note_beside(out)
    noted = _NOTE.fullmatch(read_saved(note) or "")
    claim(note, is_ours=lambda _: noted is not None, inputs=[file.path])
    claim(out, is_ours=lambda _: noted is not None, inputs=[file.path])
    async with connect(output, emulated=emulated, model=model) as client:
        if noted:
            id, rejected = noted[1], int(noted[2] or 0)
            output.warn(f"resuming the batch {id}")
        else:
            id = (await client.batches.create(file, **params)).id
            rejected = file.bad
            output.warn(f"submitted the batch {id}; it may be waited for later by the same command")
            write_saved(note, f"{id} {rejected}")
        batch = await _wait(client, id, output)
        results = client.batches.results(batch)
        failed = 0
        for result in results:
            if result.error is not None:
                failed += 1
                output.warn(f"{result.key}: {type(result.error).__name__}: {result.error}")
        try:
            replace_file(out, (_line(result.key, result.value) for result in results if result.error is None))
        except OSError as error:
            raise ConfigurationError(
                f"{str(out)!r} cannot be written: {reason_of(error)}; the same command fetches the answers again"
            ) from error
        note.unlink()
    _summarize(output, len(results) - failed, failed, rejected, batch.usage.cost if batch.usage else None)
    return FAILED if failed or rejected else DONE


def _line(key: str, value: object) -> bytes:
    text = value.text if isinstance(value, ChatCompletion) else None
    return model_json({"key": key, "text": text, "completion": value}) + b"\n"


def _summarize(output: Output, done: int, failed: int, rejected: int, cost: Decimal | None) -> None:
    if output.as_json:
        facts = {"done": done, "failed": failed, "rejected": rejected, "cost": cost}
        print(to_json(facts, to=notes), file=notes)
        return
    parts = [f"{done} answered"]
    if failed:
        parts.append(f"{failed} failed")
    if rejected:
        parts.append(f"{rejected} rejected")
    print(" · ".join([*parts, dollars(cost)]), file=notes)


async def _wait(client: AsyncOpenRouter, id: str, output: Output) -> BatchJob:
    async for batch in client.batches.watch(id):
        counts = batch.request_counts
        done = f", {counts.completed} of {counts.total} done" if counts and counts.total else ""
        output.warn(f"{batch.status}{done}")
        if batch.is_finished or batch.is_withheld:
            return batch
    raise AssertionError("unreachable")
