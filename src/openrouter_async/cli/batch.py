"""`openrouter-async batch`: many prompts from a file, their answers into another."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Annotated, cast

import anyio
from cyclopts import Parameter

from .._files import claim
from ..batch.items import Item
from ..batch.kept_failures import RetryFailed
from ..batch.settings import BatchParams
from ..client import AsyncOpenRouter
from ..errors import ConfigurationError
from ..special_options import Rate
from ..tokens.estimate import TokenEstimate
from .ask import read_schema
from .batch_run import run_here
from .common import CacheFile, Emulated, Json, ModelName, System, chat_params
from .exit_codes import DONE, FAILED
from .files import read_text
from .output import Output, dollars
from .prompt_files import PromptFile, PromptFormat
from .service_batch import note_beside, run_at_service
from .settings import chosen_model

__all__ = ["batch"]


def batch(
    prompts: Path,
    *,
    out: Annotated[
        Path | None,
        Parameter(
            name=["--out", "-o"],
            help="The file for the answers; the same command continues one that has some.",
        ),
    ] = None,
    ledger: Annotated[
        str | None,
        Parameter(
            help="A file, or an address as redis://host/0#name, that several of these commands share; each prompt is"
            " sent by one of them."
        ),
    ] = None,
    worker: Annotated[bool, Parameter(negative="", show_default=False)] = False,
    model: ModelName = None,
    system: System = None,
    schema: Annotated[
        str | None, Parameter(help="A JSON Schema, or a file with one: every answer is JSON that matches it.")
    ] = None,
    concurrency: Annotated[int, Parameter(name=["--concurrency", "-c"])] = 64,
    rpm: float | None = None,
    tpm: float | None = None,
    budget: Annotated[
        str | None,
        Parameter(help="The most US dollars to spend, earlier runs with this --out or --ledger included."),
    ] = None,
    temperature: Annotated[float | None, Parameter(name=["--temperature", "-t"])] = None,
    max_tokens: int | None = None,
    format: PromptFormat | None = None,
    dedupe: Annotated[bool, Parameter(negative="", show_default=False)] = False,
    redo_changed: Annotated[bool, Parameter(negative="", show_default=False)] = False,
    retry_failed: RetryFailed = "transient",
    dry_run: Annotated[bool, Parameter(negative="", show_default=False)] = False,
    service: Annotated[bool, Parameter(negative="", show_default=False)] = False,
    cache: CacheFile = None,
    json: Json = False,
    emulator: Emulated = False,
) -> int:
    """Send every prompt of a file to a model: JSON lines or an array, CSV, or one prompt per line.

    A line of JSON is a string, or an object with `prompt` or `messages`, and optionally `key`, `system`, `model` and
    parameters; a CSV file has these as columns. Answers are JSON lines, each with the key of its prompt, in the order
    in which they arrive. Ctrl-C waits for the answers in flight; a second Ctrl-C ends immediately.

    Args:
        prompts: The file with the prompts.
        worker: With --ledger: send prompts, and print no answers.
        concurrency: The most prompts in flight.
        rpm: The most requests per minute. Default: the limit learned from the service.
        tpm: The most tokens per minute.
        temperature: How random the answers are: 0 for the most likely words, at most 2.
        max_tokens: The most tokens that an answer may have.
        format: Default: by the file's extension, else one prompt per line.
        dedupe: Send equal prompts once, and give each the answer.
        redo_changed: Send a prompt again if --out has an answer to a different prompt under its key.
        retry_failed: Which prompts that failed in an earlier run with this --out are sent again: those whose failure
            may go away, such as a limit or a lost connection; all; or none.
        dry_run: Only estimate tokens and cost; nothing is sent.
        service: Submit it as a batch of the service: about half the price, finished within a day.
    """
    model = chosen_model(model)
    output = Output(as_json=json)
    if ledger is not None and (out is not None or service):
        raise ConfigurationError("--ledger keeps the answers; expected no --out and no --service with it")
    if worker and ledger is None:
        raise ConfigurationError("--worker needs --ledger, which the other processes share")
    of_requests = chat_params(temperature, max_tokens)
    beside = out or prompts
    rejected = beside.parent / f"{beside.name}.rejected"
    file = PromptFile(
        prompts,
        rejected=None if dry_run or worker else rejected,
        warn=output.warn,
        format=format,
        system=None if system is None else read_text(system, "--system"),
    )
    if not (dry_run or worker):
        _claim(file, out, rejected)
    if dry_run:
        return anyio.run(_estimate, output, file, model, max_tokens)
    if service and cache is not None:
        raise ConfigurationError(
            "--cache is of single requests, and --service submits all as one; give either"
        )
    if service:
        return anyio.run(run_at_service, output, emulator, model, file, out, of_requests)
    params: BatchParams = {
        "concurrency": concurrency,
        "budget": budget,
        "journal": out,
        "ledger": ledger,
        "dedupe": dedupe,
        "on_change": "redo" if redo_changed else "refuse",
        "retry_failed": retry_failed,
    }
    if rpm is not None or tpm is not None:
        params["rate"] = Rate(rpm=rpm, tpm=tpm)
    params |= cast("BatchParams", of_requests)  # which has all keys of ChatParams
    wanted = None if schema is None else read_schema(schema)
    writes = out is None and not worker
    return anyio.run(run_here, output, emulator, model, file, writes, wanted, params, cache)


def _claim(file: PromptFile, out: Path | None, rejected: Path) -> None:
    """Refuse to overwrite other files of the caller; the content of `out` is checked when it is opened."""
    inputs = [file.path]
    continues = out is not None and (out.exists() or note_beside(out).exists())
    if out is not None:
        claim(out, is_ours=lambda _: True, inputs=inputs)
        inputs.append(out)
    claim(rejected, is_ours=lambda path: continues or file.contains(path), inputs=inputs)


async def _estimate(output: Output, file: PromptFile, model: str | None, max_tokens: int | None) -> int:
    """Add up what the prompts may use; needs no key and no connection."""
    client = AsyncOpenRouter(default_model=model)
    items, tokens = 0, TokenEstimate(0, 0, 0, "exact")
    cost_low = cost_high = Decimal(0)
    is_known = True
    for item in file:
        messages = item.messages if isinstance(item, Item) else item
        name = item.model if isinstance(item, Item) else None
        estimate = client.estimate(messages, model=name, max_tokens=max_tokens or 1_000)
        items += 1
        tokens += estimate.prompt_tokens
        is_known = is_known and estimate.high is not None
        cost_low += estimate.low or 0
        cost_high += estimate.high or 0
    answer = f"answers of {max_tokens or '1,000'} tokens{'' if max_tokens else ' assumed'}"
    facts = {
        "prompts": str(items),
        "prompt tokens": f"{tokens.low:,} to {tokens.high:,}",
        "cost": f"{dollars(cost_low)} for the prompts, up to {dollars(cost_high)} with {answer}"
        if is_known
        else "unknown: a model has no fixed price, or is not known",
    }
    if output.as_json:
        cost = [cost_low, cost_high] if is_known else None
        output.json(
            {"prompts": items, "prompt_tokens": [tokens.low, tokens.high], "cost": cost, "rejected": file.bad}
        )
    else:
        output.facts(facts)
    return FAILED if file.bad else DONE
