"""What is measured, what is to be reached, and the rows of the table that say so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

__all__ = ["CLIENTS", "COLUMNS", "FLOORS", "PEERS", "ROWS", "Row", "Source"]

OURS, FAST, SEEN, RELAYS = "ours", "ours_fast", "ours_seen", "ours_relays"
TRACED, BY_HAND, UNSAMPLED = "ours_telemetry", "ours_by_hand", "ours_unsampled"
FLOORS = {"httpx_json": "F", "httpx_typed": "F typed", "aiohttp_json": "A", "sockets": "sockets"}
"""Programs without a library, by the column they are."""
PEERS = {
    "openai": "openai",
    "pydantic_ai": "pydantic-ai",
    "litellm": "litellm",
    "openrouter": "openrouter",
    "langchain": "langchain-openrouter",
}
COLUMNS = {FAST: "with `fast`", **FLOORS, **PEERS}
"""Who stands beside this library as it is by default."""
CLIENTS = (OURS, "ours_events", "ours_alone", RELAYS, SEEN, TRACED, BY_HAND, UNSAMPLED, *COLUMNS)


class Source(NamedTuple):
    """Where a figure comes from."""

    work: str
    client: str
    figure: str = "cpu"


@dataclass(frozen=True)
class Row:
    """A row of the table: a figure of ours, over a floor if it has one, and what it is to be at most."""

    title: str
    ours: Source
    floor: Source | None
    at_most: float
    stretch: float | None = None
    unit: float = 1.0
    """What a figure without a floor is divided by for the table."""
    below_peers: bool = False

    @property
    def compares(self) -> bool:
        """Whether other clients do the same work over the same floor."""
        return self.ours.client == OURS and (self.floor is None or self.floor.work == self.ours.work)


F, A = "httpx_json", "aiohttp_json"


def _over(floor: str, title: str, work: str, at_most: float, stretch: float, figure: str = "cpu") -> Row:
    return Row(
        f"{title}, {FLOORS[floor]}", Source(work, OURS, figure), Source(work, floor, figure), at_most, stretch
    )


def _fast(title: str, work: str) -> Row:
    """The extra is worth its code as long as calls cost a tenth more without it."""
    return Row(f"{title}: with `fast` over without", Source(work, FAST), Source(work, OURS), 0.9)


def _fast_over(floor: str, title: str, work: str, at_most: float, stretch: float) -> Row:
    return Row(
        f"{title}: with `fast`, {FLOORS[floor]}", Source(work, FAST), Source(work, floor), at_most, stretch
    )


ROWS = (
    _over(F, "one stream of 20,000 chunks, `.text()`", "stream", 0.75, 0.65),
    Row("the same by typed events, F", Source("stream", "ours_events"), Source("stream", F), 0.75, 0.65),
    _over(F, "one stream of 20,000 chunks of reasoning", "reasoning", 0.7, 0.5),
    _over(F, "a tool call in 5,000 fragments, parsed", "tool_call", 0.95, 0.85),
    _over(F, "200 streams × 200 chunks", "streams", 0.23, 0.17),
    _over(F, "200 streams × 100 chunks, 40 ms apart", "paced", 0.42, 0.35),
    _over(F, "calls, one at a time", "calls_1", 0.55, 0.4),
    _over(F, "calls, 32 at once", "calls_32", 0.2, 0.12),
    _over(A, "calls of 300 ms, 256 at once", "calls_256", 2.8, 1.6),
    _over(A, "calls of 300 ms, 1,000 at once", "calls_1000", 2.8, 1.6),
    _fast_over(F, "calls, one at a time", "calls_1", 0.38, 0.3),
    _fast_over(F, "calls, 32 at once", "calls_32", 0.14, 0.08),
    _fast_over(A, "calls of 300 ms, 256 at once", "calls_256", 1.7, 1.3),
    _fast_over(A, "calls of 300 ms, 1,000 at once", "calls_1000", 1.7, 1.2),
    Row(
        "CPU of a call at 1,000 over one at 256",
        Source("calls_1000", OURS),
        Source("calls_256", OURS),
        1.5,
    ),
    _over(A, "wall time, 256 at once", "calls_256", 2.0, 2.0, "wall"),
    _over(A, "wall time, 1,000 at once", "calls_1000", 2.0, 2.0, "wall"),
    _over(A, "1,000 at once after 10,000 cancelled", "cancelled", 2.8, 1.6),
    _over(F, "wall time to the first delta", "first_delta", 1.1, 0.6, "wall"),
    _fast("calls, one at a time", "calls_1"),
    _fast("calls, 32 at once", "calls_32"),
    _fast("calls of 300 ms, 256 at once", "calls_256"),
    _fast("calls of 300 ms, 1,000 at once", "calls_1000"),
    Row("calls, one at a time: seen by a tool, F", Source("calls_1", SEEN), Source("calls_1", F), 0.9, 0.6),
    Row(
        "calls, one at a time: traced over the same spans and metrics by hand",
        Source("calls_1", TRACED),
        Source("calls_1", BY_HAND),
        1.15,
        1.05,
    ),
    Row(
        "the same spans and metrics by hand over none: what the SDK takes",
        Source("calls_1", BY_HAND),
        Source("calls_1", OURS),
        2.0,
        1.05,
    ),
    Row(
        "calls, one at a time: traced over not",
        Source("calls_1", TRACED),
        Source("calls_1", OURS),
        2.1,
        1.05,
    ),
    Row(
        "calls, one at a time: traced but not sampled over not traced",
        Source("calls_1", UNSAMPLED),
        Source("calls_1", OURS),
        1.5,
        1.05,
    ),
    Row(
        "one stream of 20,000 chunks: traced over not",
        Source("stream", TRACED),
        Source("stream", OURS),
        1.05,
        1.02,
    ),
    Row("memory an open stream, of 1,000, KB", Source("open_streams", OURS, "memory"), None, 35, 22, 1_000),
    Row(
        "import + client + first call, F; below every peer",
        Source("cold", OURS),
        Source("cold", F),
        1.9,
        1.5,
        below_peers=True,
    ),
    Row("memory after it, MB", Source("cold", OURS, "memory"), None, 46, 42, 1_000_000),
    Row(
        "relay of text, 100 streams × 200 chunks, over a bare `StreamingResponse` on the same stream",
        Source("relay_at_once", RELAYS, "text"),
        None,
        0.9,
        0.8,
    ),
    Row("the same by `ai-sdk`", Source("relay_at_once", RELAYS, "ai_sdk"), None, 0.9, 0.8),
    Row("relay of text, 40 ms apart", Source("relay_paced", RELAYS, "text"), None, 1.15, 1.05),
    Row("the same by `ai-sdk`", Source("relay_paced", RELAYS, "ai_sdk"), None, 1.15, 1.05),
    Row("a value of a type over a plain call", Source("structured", "ours_alone", "ratio"), None, 1.15, 1.08),
    Row(
        "an item of a batch of 10,000 over a plain call, 256 at once, with journal",
        Source("batch", "ours_alone", "ratio"),
        None,
        1.2,
        1.1,
    ),
    Row(
        "a call of 300 ms, 256 at once, through an HTTP proxy over a direct one",
        Source("proxied", "ours_alone", "ratio"),
        None,
        1.5,
        1.1,
    ),
    Row("the same through SOCKS5", Source("proxied_socks5", "ours_alone", "ratio"), None, 1.5, 1.1),
    Row(
        "256 first calls to a name that takes 200 ms to look up, over those to an address, wall time",
        Source("slow_name", "ours_alone", "ratio"),
        None,
        2.0,
        1.7,
    ),
    Row("decoder of streams over `bytes.split`", Source("decoder", "ours_alone", "ratio"), None, 3.0, 2.0),
    Row("decoder, for a byte of 8 times as many", Source("decoder", "ours_alone", "growth"), None, 1.3, 1.1),
)
