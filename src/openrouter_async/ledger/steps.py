"""The steps that a ledger applies, and their answers: the whole interface between a process and a `Holder`.

Every step may arrive twice, since a connection can break after a step was applied and before its answer came. It names
what it is about by an id that the process has made (a lease, a call), so the second time changes nothing.

Money is in whole picodollars (10^-12 US dollars), which every engine adds up exactly. Times are seconds since 1970 by
the holder's clock.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from typing import Literal, TypeAlias

__all__ = [
    "Admit",
    "Answer",
    "Beat",
    "Broke",
    "BudgetTerms",
    "Busy",
    "Changed",
    "Claim",
    "Done",
    "Every",
    "Finish",
    "Free",
    "GiveUp",
    "GivenUp",
    "Go",
    "Gone",
    "Lease",
    "Look",
    "LookAtPace",
    "Looked",
    "Read",
    "Report",
    "Settle",
    "Step",
    "Unbooked",
    "Wait",
    "to_pico",
    "to_usd",
]

Every: TypeAlias = Literal["day", "week", "month"]
"""After which time a budget begins again, by the calendar in UTC; weeks begin on Monday."""

_PICO = Decimal(10) ** 12


def to_pico(usd: Decimal) -> int:
    """Return US dollars in picodollars; a part of one counts as a whole one."""
    return int((usd * _PICO).to_integral_value(ROUND_CEILING))


def to_usd(pico: int) -> Decimal:
    """Return picodollars in US dollars."""
    return Decimal(pico) / _PICO


# The steps


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A worker wants to ask an item. Answers: `Done`, `Lease`, `Busy`, `Changed` or `GivenUp`."""

    worker: str
    lease: str
    """The id of the lease if it is granted."""
    key: str
    hash: str
    """Of the request; see `request_hash`."""
    since: float = math.inf
    """A failure noted since then is an answer, `GivenUp`; an older one is not, and the worker gets the item."""
    replaces: int = 0
    """The number of a record that does not serve: the worker gets the item if it still has that one."""


@dataclass(frozen=True, slots=True)
class BudgetTerms:
    """A budget that a request counts in."""

    name: str
    limit: int | None
    """Picodollars; None: it only counts."""
    every: Every | None = None
    """None: it never begins again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Admit:
    """A worker wants to send a request. Answers: `Go`, `Wait` or `Broke`."""

    worker: str
    call: str
    """The id of the request; a retry has another."""
    model: str | None = None
    hold: int = 0
    """Picodollars that it may cost."""
    is_bounded: bool = True
    """False where nothing bounds its cost; then it waits for others like it."""
    is_free: bool = False
    """Whether it can cost nothing, so that it goes out whatever is left of the budgets; if it costs, they count it."""
    budgets: tuple[BudgetTerms, ...] = ()
    rpm: float | None = None
    """Requests a minute to the model, at most, of all processes that say the same."""
    tpm: float | None = None
    """Tokens a minute to the model, at most, of all processes that say the same."""
    tokens: float = 0.0
    """Those that it is expected to need."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A request is over, or will never be sent. Answer: None."""

    call: str
    cost: int | None = None
    """Picodollars; None where it cost nothing, or where `doubt_s` says that it is unknown."""
    doubt_s: float = 0.0
    """Seconds for which what it may have cost stays held; 0: it cost nothing, unless `is_answered`."""
    is_answered: bool = False
    """Whether it was answered whole, so it is billed: what is held is counted if its cost stays unknown."""
    generation: str | None = None
    """The id of its billed record; the cost of one is counted once."""
    item: tuple[str, str] | None = None
    """Key and hash of the item it was for, if its cost is unknown; any process may count that by the billed record."""
    outcome: Literal["accepted", "refused", "away", "none"] = "none"
    """How the service took it: `refused` for there being too many, `away`: the model is; `none`: nothing is learned."""
    retry_after: float | None = None
    """Seconds that the service asked to wait."""
    tokens: int | None = None
    """Those that it needed; None: unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settle:
    """The cost of a request came to be known later. Answer: None."""

    call: str
    """Its id; of a request that no process of the ledger has made, an id derived from its generation."""
    cost: int
    generation: str | None = None
    budgets: tuple[BudgetTerms, ...] = ()
    """Where it counts, if the ledger does not know the request."""
    record: bytes = b""
    """A line to keep with it, once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finish:
    """An item is answered. Answer: `kept`, or `known` where another record was first."""

    lease: str
    record: bytes
    """A line of a journal."""
    source: str | None = None
    """The generation that the service's cache returned, whose cost is still to be counted, by a `Settle`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveUp:
    """An item failed, or was not asked after all; its lease ends. Answer: `kept` or `known`, as for `Finish`."""

    lease: str
    record: bytes = b""
    """A line of a journal; empty where there is nothing to say, and then the item is as if never claimed."""
    was_paid: bool = False
    """Whether it cost something."""
    is_left: bool = False
    """Whether a request for it was left in flight, and may have been billed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat:
    """A worker lives. Answer: the time of the holder. The leases of one that does not beat for `lease_s` end."""

    worker: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """A worker has left. Answer: None. Its leases end, and the cost of its requests is in doubt."""

    worker: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Free:
    """Which of these items would a claim not find busy? Answer: a tuple of keys."""

    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How much of a budget is spent? Answer: `Looked`."""

    budget: BudgetTerms


@dataclass(frozen=True, slots=True, kw_only=True)
class LookAtPace:
    """Which rate was learned for a model? Answer: requests a second; None before it has refused any."""

    model: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """Read the lines after this number. Answer: a tuple of numbers and lines, at most `limit`."""

    after: int = 0
    limit: int = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Unbooked:
    """List the generations that were billed and are not counted yet. Answer: key and hash of the item of each."""


Step: TypeAlias = (
    Claim
    | Admit
    | Report
    | Settle
    | Finish
    | GiveUp
    | Beat
    | Gone
    | Free
    | Look
    | LookAtPace
    | Read
    | Unbooked
)


# Their answers


@dataclass(frozen=True, slots=True)
class Done:
    """The item has an answer."""

    number: int
    """Of the record, from 1; see `Claim.replaces`."""
    record: bytes


@dataclass(frozen=True, slots=True)
class Lease:
    """The item is the worker's."""

    id: str
    until: float
    """When it ends unless the worker beats."""
    asked_before: int = 0
    """Requests for the item that ended with their workers, and may have been billed."""
    failures: int = 0
    """How often it failed and cost something."""


@dataclass(frozen=True, slots=True)
class Busy:
    """Another worker asks the item."""

    until: float
    """When its lease ends unless it beats."""


@dataclass(frozen=True, slots=True)
class Changed:
    """The item has an answer to another request."""

    number: int
    record: bytes


@dataclass(frozen=True, slots=True)
class GivenUp:
    """The item failed, for another worker."""

    record: bytes


@dataclass(frozen=True, slots=True)
class Go:
    """The request may be sent, in so many seconds."""

    seconds: float = 0.0
    is_paced: bool = False
    """Whether the ledger keeps a rate for the model."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Not now; ask again in so many seconds."""

    seconds: float
    reason: Literal["pace", "budget"]
    """`budget`: others are running whose end may make room."""
    budget: Broke | None = None
    """The one without room."""


@dataclass(frozen=True, slots=True)
class Broke:
    """A budget has no room, and nothing runs that could make some. Amounts are picodollars."""

    name: str
    limit: int
    spent: int
    held: int


@dataclass(frozen=True, slots=True)
class Looked:
    """A budget, as it is now. Amounts are picodollars."""

    spent: int
    held: int
    running: int
    """Requests for which something is held, or that nothing bounds."""


Answer: TypeAlias = (
    Done
    | Lease
    | Busy
    | Changed
    | GivenUp
    | Go
    | Wait
    | Broke
    | Looked
    | Literal["kept", "known"]
    | float
    | tuple[str, ...]
    | tuple[tuple[int, bytes], ...]
    | Mapping[str, tuple[str, str]]
    | None
)
