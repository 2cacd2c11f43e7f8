"""How a batch is run: the keyword arguments of `client.batch` besides those of a chat request."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Literal, TypeAlias, cast

from pydantic import JsonValue
from typing_extensions import TypedDict

from .._checks import flag, number, one_of, whole
from .._sansio.money import parse_usd
from ..errors import ConfigurationError, OpenRouterError, Overloaded, RateLimited
from ..ledger.ledger import Ledger, SharedBudget
from ..options import RequestOptions
from ..special_options import Rate
from ..types.chat.request import ChatParams
from ..types.chat.steps import Steps
from ..types.embeddings.request import EmbeddingParams
from ..types.media.decisions import DecisionsParams
from ..types.media.rerank import RerankParams
from .kept_failures import RetryFailed

__all__ = [
    "BatchParams",
    "BatchSettings",
    "DecisionsBatchParams",
    "EmbeddingsBatchParams",
    "OnChange",
    "RerankBatchParams",
    "RunParams",
]

OnChange: TypeAlias = Literal["refuse", "redo"]


class RunParams(TypedDict, total=False):
    """How a batch is run, whatever it asks for."""

    model: str | Steps | None
    """As for `chat.create`, for items that name none; with `Steps`, the journal and the budget are those of all
    models."""
    extra_body: Mapping[str, JsonValue] | None
    """As for `chat.create`, with every item."""
    options: RequestOptions | None
    """As for `chat.create`; a `Retry-After` of up to an hour is waited for unless they say otherwise."""
    concurrency: int
    """The number of concurrent items. Default 64."""
    rate: Rate | None
    """Requests and tokens a minute, at most. Without it, the client's limiter finds out what is allowed."""
    budget: Decimal | str | int | float | SharedBudget | None
    """US dollars, at most, those of earlier runs with the same journal included; with a ledger, of all processes."""
    settle: float
    """Seconds for which what a request may have cost that broke off is held against the budget, while its billed
    record is looked for. Default 10; 0: not at all."""
    journal: str | os.PathLike[str] | None
    """The file that stores the answers; a run with the same file resumes the last one."""
    ledger: str | os.PathLike[str] | Ledger | None
    """State shared by several processes, in place of a journal: a path or address, or an open `Ledger`.
    One of them sends each item, and all of them return its result; they share the budget and the rate."""
    on_change: OnChange
    """What to do with an item whose request differs from the one in the journal: `refuse` (default) ends the batch
    before it is sent, `redo` sends it again. If the request is the same but the stored reply no longer fits `output`,
    for example after a validator was changed, `refuse` fails the item with that error, and the rest continues."""
    retry_failed: RetryFailed
    """The items, failed in an earlier run with the journal, to send again: `transient` (default), those whose failure
    may go away, such as a limit, an overload, a lost connection, or one of `retry_on`; `all`; or `never`. The others
    fail again with the error of that run, and cost nothing. An item whose request changed is sent again."""
    dedupe: bool
    """Send equal requests once, and give each its answer: the first costs something, the others nothing, each with a
    record in the journal. An item waits while an equal one is in flight. Answers are kept in memory until the batch
    ends; of a failure only those hear that wait for it. Default False."""
    once: bool
    """Have the service's response cache answer a repetition of an item, also in a later run with the same journal, so
    you pay once; see `once` in `RequestOptions`. The cache key derives from the item's key and request, so for a day
    the same item has the same answer in another journal too. Default False."""
    attempts: int
    """The most attempts per item, each with the client's own retries. Default 5."""
    retry_on: tuple[type[OpenRouterError], ...]
    """The errors after which an item is sent again. Default: `RateLimited` and `Overloaded`."""
    fallback: bool
    """Ask the models that the service names instead (`error.availability.fallback_models`). Default False."""
    stop_on_error: bool
    """Ask nothing more after an item failed. Default False."""
    progress: bool
    """Show the progress: drawn over on a terminal (with `rich` installed, as the extra `cli` does) and in a notebook, a
    new line on standard error every ten seconds elsewhere. Default False."""
    finish_on_interrupt: bool
    """Let Ctrl-C (and SIGTERM) finish the calls in flight, and send nothing more: the loop ends, and
    `batch.interrupts` is not 0. A second one raises `KeyboardInterrupt` immediately. Only in the main thread. Default
    False."""


class BatchParams(ChatParams, RunParams, total=False):
    """Keyword arguments of `client.batch`: how it is run, and those of a chat request for every item."""


class EmbeddingsBatchParams(EmbeddingParams, RunParams, total=False):
    """Keyword arguments of `client.batch` with `kind="embeddings"`."""


class RerankBatchParams(RerankParams, RunParams, total=False):
    """Keyword arguments of `client.batch` with `kind="rerank"`."""


class DecisionsBatchParams(DecisionsParams, RunParams, total=False):
    """Keyword arguments of `client.batch` with `kind="decisions"`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchSettings:
    """`BatchParams` checked and complete, without the parameters of chat requests."""

    concurrency: int
    rate: Rate | None
    budget: Decimal | SharedBudget | None
    settle: float
    journal: Path | None
    ledger: str | os.PathLike[str] | Ledger | None = field(repr=False)  # an address may have a password
    is_redoing: bool
    """Whether an item whose request changed is sent again."""
    retry_failed: RetryFailed
    dedupe: bool
    once: bool
    attempts: int
    retry_on: tuple[type[OpenRouterError], ...]
    fallback: bool
    stop_on_error: bool
    progress: bool
    finish_on_interrupt: bool

    @classmethod
    def split(cls, params: Mapping[str, object]) -> tuple[BatchSettings, dict[str, object]]:
        """Return the settings among `params`, and the remaining arguments of the requests.

        Raises:
            ConfigurationError: a setting has a wrong value.
        """
        rest = dict(params)
        journal, retry_on = rest.pop("journal", None), rest.pop("retry_on", (RateLimited, Overloaded))
        budget, rate = rest.pop("budget", None), rest.pop("rate", None)
        if journal is not None and not isinstance(journal, str | os.PathLike):
            raise ConfigurationError(f"journal is {journal!r}; expected the path of a file")
        if rate is not None and not isinstance(rate, Rate):
            raise ConfigurationError(f"rate is {rate!r}; expected Rate(rpm=..., tpm=...)")
        if not isinstance(retry_on, tuple) or not all(map(_is_error_class, retry_on)):
            raise ConfigurationError(f"retry_on is {retry_on!r}; expected a tuple of classes of errors")
        ledger = rest.pop("ledger", None)
        if ledger is not None and not isinstance(ledger, str | os.PathLike | Ledger):
            raise ConfigurationError(
                f"ledger is {ledger!r}; expected a path, an address, or open_ledger(...)"
            )
        if ledger is not None and journal is not None:
            raise ConfigurationError("a ledger keeps the answers, and so does a journal; give one of the two")
        on_change: object = rest.pop("on_change", "refuse")
        retry_failed: RetryFailed = cast("RetryFailed", rest.pop("retry_failed", "transient"))
        finishes = flag("finish_on_interrupt", rest.pop("finish_on_interrupt", False))
        if finishes and threading.current_thread() is not threading.main_thread():
            raise ConfigurationError("finish_on_interrupt works in the main thread, which alone gets Ctrl-C")
        settings = cls(
            concurrency=whole("concurrency", rest.pop("concurrency", 64)),
            rate=rate,
            budget=budget
            if budget is None or isinstance(budget, SharedBudget)
            else parse_usd("budget", budget),
            settle=number("settle", rest.pop("settle", 10.0), unit="seconds"),
            journal=None if journal is None else Path(journal),
            ledger=ledger,
            is_redoing=one_of("on_change", on_change, ("refuse", "redo")) == "redo",
            retry_failed=one_of("retry_failed", retry_failed, ("never", "transient", "all")),
            dedupe=flag("dedupe", rest.pop("dedupe", False)),
            once=flag("once", rest.pop("once", False)),
            attempts=whole("attempts", rest.pop("attempts", 5)),
            retry_on=retry_on,
            fallback=flag("fallback", rest.pop("fallback", False)),
            stop_on_error=flag("stop_on_error", rest.pop("stop_on_error", False)),
            progress=flag("progress", rest.pop("progress", False)),
            finish_on_interrupt=finishes,
        )
        return settings, rest


def _is_error_class(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, OpenRouterError)
