"""Retrieval: search a folder of Markdown by embeddings, rank what was found, and answer from it.

    python examples/search.py docs "How do I resume a batch after a crash?"

Embeddings find twenty passages quickly, rerank sorts them by how well they answer, and the model sees the best five.
Vectors and answers are cached in a file, so the second question pays only for itself.
"""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass
from pathlib import Path

from openrouter_async import AsyncOpenRouter, LocalCache, nearest, split_tokens, system, user

EMBEDDER, RANKER, MODEL = "openai/text-embedding-3-small", "cohere/rerank-v3.5", "openai/gpt-4.1-mini"


@dataclass(frozen=True)
class Passage:
    """A part of a page."""

    page: str
    text: str


def passages(folder: Path) -> list[Passage]:
    """Split the pages of a folder into passages of at most 300 tokens."""
    return [
        Passage(str(path.relative_to(folder)), part)
        for path in sorted(folder.rglob("*.md"))
        for part in split_tokens(path.read_text("utf-8"), 300, MODEL)
    ]


async def search(client: AsyncOpenRouter, question: str, found: list[Passage]) -> list[Passage]:
    """Return the five passages that answer best."""
    texts = await client.embeddings.many([each.text for each in found], model=EMBEDDER)
    asked = await client.embeddings.create(question, model=EMBEDDER)
    close = [found[place] for place, _ in nearest(asked.vectors[0], texts.vectors, k=20)]
    ranking = await client.rerank.create(
        question, close, model=RANKER, text=lambda passage: passage.text, top_n=5
    )
    return [ranked.document for ranked in ranking]


async def main(folder: Path, question: str) -> None:
    async with AsyncOpenRouter(default_model=MODEL, local_cache=LocalCache(".search.sqlite")) as client:
        best = await search(client, question, passages(folder))
        shown = "\n\n".join(f"[{number}] {each.page}\n{each.text}" for number, each in enumerate(best, 1))
        rule = system(
            "Answer only from these passages, and name their numbers. If they do not say it, say so."
        )
        async with client.chat.stream([rule, user(f"{shown}\n\nQuestion: {question}")]) as stream:
            async for text in stream.text():
                print(text, end="", flush=True)
        print("\n")
        for number, each in enumerate(best, 1):
            print(f"[{number}] {each.page}")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: python examples/search.py FOLDER QUESTION")
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
