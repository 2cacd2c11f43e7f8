"""A data team's job: reviews are labelled by two models and embedded, the labels compared, and all summarised.

    python examples/reviews.py 10000    # needs OPENROUTER_API_KEY; or run `openrouter-async emulate` first

It resumes when it is run again, stops at its budget, and Ctrl-C finishes what is in flight.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import anyio
from pydantic import BaseModel

from openrouter_async import AsyncOpenRouter, Done, Item, Results, Steps, nearest, split_tokens, then

CHEAP, STRONG, OTHER = "openai/gpt-4o-mini", "openai/gpt-4o", "anthropic/claude-sonnet-4"
EMBEDDER = "openai/text-embedding-3-small"
FOLDER = Path("reviews")


class Label(BaseModel):
    """The content of a review."""

    is_complaint: bool
    topics: list[str]
    confidence: float


async def label(
    client: AsyncOpenRouter, reviews: Sequence[str], model: str | Steps, folder: Path, name: str
) -> Results[Label]:
    """Label all reviews with a model, or with a stronger one where that is unsure."""
    items = [Item(f"{number}", f"Label this review:\n{review}") for number, review in enumerate(reviews)]
    batch = client.batch(
        items,
        model=model,
        output=Label,
        journal=folder / f"{name}.jsonl",
        budget="5.00",
        dedupe=True,
        finish_on_interrupt=True,
    )
    results = await batch
    print(batch.report())
    results.to_csv(folder / f"{name}.csv")
    batch.failures.write_jsonl(folder / f"{name}.failed.jsonl")
    return results


def disagreements(first: Results[Label], second: Results[Label]) -> list[int]:
    """Return the reviews of which the two say something else."""
    return [
        one.index
        for one, other in zip(first, second, strict=False)
        if isinstance(one, Done)
        and isinstance(other, Done)
        and one.output.is_complaint != other.output.is_complaint
    ]


async def summarise(client: AsyncOpenRouter, texts: Sequence[str]) -> str:
    """Summarise the parts, then the summaries."""
    text = "\n\n".join(texts)
    for _ in range(5):  # levels
        parts = split_tokens(text, 2_000, CHEAP)
        asked = [f"Summarise in three sentences:\n{part}" for part in parts]
        results = await client.batch(asked, model=CHEAP, max_tokens=150)
        text = "\n\n".join(result.output for result in results)
        if len(results) == 1:
            break
    return text


async def main(client: AsyncOpenRouter, reviews: Sequence[str], folder: Path) -> None:
    """Do all of it."""
    steps = Steps(CHEAP, then(STRONG, when=lambda reply: reply.output.confidence < 0.7))
    first = await label(client, reviews, steps, folder, "first")
    second = await label(client, reviews, OTHER, folder, "second")
    print(len(disagreements(first, second)), "of", len(reviews), "are labelled differently")
    vectors = (await client.embeddings.many(reviews, model=EMBEDDER, dimensions=256)).vectors
    for place, score in nearest(vectors[0], vectors, k=3):
        print(f"{score:.2f} {reviews[place]}")
    print(await summarise(client, reviews))


async def run(count: int) -> None:
    """Make reviews, and work on them."""
    reviews = [
        f"Order {number % (count - 1)}: the lamp broke on day {number % 7}." for number in range(count)
    ]
    async with AsyncOpenRouter() as client:
        await main(client, reviews, FOLDER)


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    anyio.run(run, int(sys.argv[1]) if len(sys.argv) > 1 else 100)
