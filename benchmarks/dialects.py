"""CPU that an event of text costs in each dialect, from its bytes to the typed event: `python -m benchmarks.dialects`.

Nothing is sent; the reader of streams is given the bytes, eight events a read. The best of seven runs is printed.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

from openrouter_async.streaming.chat.accumulator import ChatAccumulator
from openrouter_async.streaming.chunk_reader import ChunkReader
from openrouter_async.streaming.messages.accumulator import MessageAccumulator
from openrouter_async.streaming.responses.accumulator import ResponsesAccumulator

EVENTS, A_READ, RUNS = 20_000, 8, 7

DIALECTS: dict[str, tuple[Callable[[], Any], list[dict[str, Any]], dict[str, Any]]] = {
    "chat": (
        ChatAccumulator,
        [],
        {
            "id": "gen-1",
            "object": "chat.completion.chunk",
            "created": 1,
            "model": "a/b",
            "provider": "P",
            "choices": [
                {
                    "index": 0,
                    "delta": {"role": "assistant", "content": " word"},
                    "finish_reason": None,
                    "native_finish_reason": None,
                    "logprobs": None,
                }
            ],
        },
    ),
    "responses": (
        ResponsesAccumulator,
        [
            {
                "type": "response.output_item.added",
                "output_index": 0,
                "item": {"type": "message", "id": "msg_1", "role": "assistant", "content": []},
            }
        ],
        {
            "type": "response.output_text.delta",
            "output_index": 0,
            "item_id": "msg_1",
            "content_index": 0,
            "delta": " word",
            "logprobs": [],
            "sequence_number": 4,
        },
    ),
    "messages": (
        MessageAccumulator,
        [{"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}],
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": " word"}},
    ),
}


def seconds_an_event(dialect: str) -> float:
    """Return the CPU seconds of one event of text."""
    accumulator, begin, event = DIALECTS[dialect]
    data = json.dumps(event).encode()
    best = float("inf")
    for _ in range(RUNS):
        reader: ChunkReader[Any, Any] = ChunkReader(accumulator, lambda: None, "raise")
        reader.feed([json.dumps(each).encode() for each in begin])
        began = time.process_time()
        for _ in range(EVENTS // A_READ):
            events, failure = reader.feed([data] * A_READ)
            assert failure is None
            assert len(events) == A_READ
        best = min(best, time.process_time() - began)
    return best / EVENTS


def main() -> None:
    """Print the cost in each dialect, and how it compares with chat."""
    costs = {dialect: seconds_an_event(dialect) for dialect in DIALECTS}
    for dialect, cost in costs.items():
        print(f"{dialect:10} {cost * 1e6:5.2f} µs  {cost / costs['chat']:4.2f} x chat")


if __name__ == "__main__":
    main()
