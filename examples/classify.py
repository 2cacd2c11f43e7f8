"""Classify 10,000 support tickets: a CSV file in, a CSV file out.

    python examples/classify.py                  # makes tickets.csv, and labels its 10,000 rows
    python examples/classify.py my.csv 2.50      # your file, which has a column `text`, and a budget in US dollars

Run it again after a crash, Ctrl-C or an empty budget: the journal has each answer that was paid for, and only the rest
is sent. Rows that failed are listed in a file, with the reason.
"""

from __future__ import annotations

import asyncio
import csv
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from pydantic import BaseModel

from openrouter_async import AsyncOpenRouter, Done, Item, OpenRouterError


class Ticket(BaseModel):
    """The label of a ticket."""

    topic: Literal["delivery", "damage", "payment", "other"]
    is_angry: bool


def rows(path: Path) -> Iterator[Item]:
    """Read the file while the batch runs; it may be larger than the memory."""
    with path.open(encoding="utf-8", newline="") as file:
        for number, row in enumerate(csv.DictReader(file), 1):
            yield Item(f"row-{number}", f"Classify this support ticket:\n\n{row['text']}")


def make_tickets(path: Path, count: int = 10_000) -> None:
    """Write a file to try it with."""
    kinds = ("arrived {} days late", "was broken after {} days", "was charged {} times", "is {} cm long")
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["text"])
        writer.writerows([f"Order {n}: the lamp {kinds[n % 4].format(n % 9 + 2)}."] for n in range(count))


async def main(path: Path, budget: str) -> None:
    async with (
        AsyncOpenRouter(default_model="openai/gpt-4o-mini") as client,
        client.batch(
            rows(path),
            output=Ticket,
            max_tokens=100,
            concurrency=100,
            budget=budget,
            journal=path.with_suffix(".journal.jsonl"),
            progress=True,
            finish_on_interrupt=True,
        ) as batch,
    ):
        with path.with_suffix(".labels.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["row", *Ticket.model_fields])
            async for item in batch.ordered():
                if isinstance(item, Done):
                    writer.writerow([item.key, *item.output.model_dump().values()])
    batch.failures.write_jsonl(path.with_suffix(".failed.jsonl"))
    print(batch.report())


if __name__ == "__main__":
    tickets = Path(sys.argv[1] if len(sys.argv) > 1 else "tickets.csv")
    if not tickets.exists():
        make_tickets(tickets)
    try:
        asyncio.run(main(tickets, sys.argv[2] if len(sys.argv) > 2 else "5.00"))
    except OpenRouterError as error:  # the budget or the credits are spent, the key is wrong
        sys.exit(f"{error}")
