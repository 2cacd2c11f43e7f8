"""Fits what frames a prompt, family by family, to one half of the recorded exchanges. Not a test: run it by hand.

    python -m tests.tokens.fit_overheads

It prints the factor and the `PromptOverhead` of each family, as they stand in `_families.py`; with `--errors` also
how far the estimates with the numbers that stand there are off, on both halves.

The half that is fitted and the one that is held out are settled by a hash of the prompts, so that they share none and
nobody chooses. A number is drawn to what the makers document, or to what is usual, unless the fitted half says
otherwise: with three to twenty prompts a family, most numbers would be free without. The other half is only measured.
"""

from __future__ import annotations

import hashlib
import json
import re
import statistics
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import cache
from typing import Any

from openrouter_async.tokens._families import Family, PromptOverhead, family_of
from openrouter_async.tokens.estimate import TokenEstimate
from openrouter_async.tokens.prompt import _Counting, estimate_body
from tests.support.folders import EXCHANGES
from tests.support.recordings import load_recordings

NOISE = 0.1
"""How far, as a share, a prompt is taken to be off for reasons that are none of these numbers.

This, and how surely the numbers below are known, was chosen by leaving out one prompt of the fitted half after another.
"""


@dataclass(frozen=True)
class Recorded:
    """A recorded prompt, and how many tokens the service says it had."""

    name: str
    body: Mapping[str, Any]
    model: str
    used: int

    @property
    def family(self) -> Family:
        return family_of(self.model)

    @property
    def prompt(self) -> str:
        """Equal for equal prompts."""
        return json.dumps(self.body["messages"], sort_keys=True)

    @property
    def estimate(self) -> TokenEstimate:
        return estimate_body({**self.body, "model": self.model})

    @property
    def error(self) -> float:
        """How far the estimate is off, as a share."""
        return abs(self.estimate.tokens / self.used - 1)


@cache
def recorded() -> tuple[Recorded, ...]:
    """Return what can be compared: whole requests, to which the service added nothing of its own."""
    found = []
    for one in load_recordings("chat", "stream", "chat_stream"):
        exchange = json.loads((EXCHANGES / f"{one.name}.json").read_text("utf-8"))
        body = json.loads(one.request.get("body") or "{}")
        model, used = one.facts.get("model"), (one.facts.get("usage") or {}).get("prompt_tokens")
        if "request_trimmed" in exchange.get("edited", ()) or not body or not used or not model:
            continue
        searched = {"plugins", "web_search_options", "preset", "modalities"} & body.keys()
        if not searched and all(offered["type"] == "function" for offered in body.get("tools", ())):
            found.append(Recorded(one.name, body, model, used))
    return tuple(found)


def halves_of(family: str) -> tuple[list[Recorded], list[Recorded]]:
    """Return the recordings of a family that are fitted, and those that are held out: every second prompt."""
    rows = [row for row in recorded() if row.family.name == family]
    prompts = sorted(
        {row.prompt for row in rows}, key=lambda prompt: hashlib.sha256(prompt.encode()).digest()
    )
    fitted = set(prompts[::2])
    return [row for row in rows if row.prompt in fitted], [row for row in rows if row.prompt not in fitted]


# What is known without recordings


@dataclass(frozen=True)
class Known:
    """What is known of a number without any recording, and how surely."""

    value: float
    give: float


USUAL = {
    "factor": Known(1.0, 0.04),
    "prompt": Known(3, 1.5),
    "message": Known(4, 1),
    "tools": Known(60, 75),
    "tool": Known(8, 4),
    "tool_text": Known(1.0, 0.15),
    "call": Known(10, 7.5),
    "schema": Known(0, 30),
    "schema_text": Known(1.0, 0.25),
    "thinking": Known(0, 7.5),
}
GPT = USUAL | {
    "factor": Known(1.0, 0),  # it is these tokenizers that are imitated
    "prompt": Known(3, 0.5),  # OpenAI, "How to count tokens with tiktoken"
    "message": Known(4, 0.5),
    "tools": Known(0, 10),
    "tool": Known(10, 5),  # told of in TypeScript, which is shorter than JSON
    "tool_text": Known(0.5, 0.15),
    "schema_text": Known(0.5, 0.25),
}
CLAUDE = USUAL | {"tools": Known(346, 75)}  # Anthropic, "Tool use": the system prompt for tools
KNOWN = {"o200k": GPT, "cl100k": GPT, "claude": CLAUDE, "claude-3": CLAUDE}


# The fit


def parts_of(row: Recorded) -> dict[str, float]:
    """Return how often each number counts in a prompt: the estimate is the sum of their products."""
    blank = PromptOverhead(**dict.fromkeys((field.name for field in fields(PromptOverhead)), 0.0))
    base = replace(row.family, factor=1.0, overhead=blank)

    def tokens(**overhead: float) -> float:
        counting = _Counting(replace(base, overhead=replace(blank, **overhead)), row.model)
        for message in row.body["messages"]:
            counting.message(message)
        counting.tools(row.body.get("tools") or ())
        counting.response_format(row.body.get("response_format"))
        if row.body.get("reasoning") or row.model.endswith(":thinking"):
            counting.overhead += counting.family.overhead.thinking
        counting.overhead += counting.family.overhead.prompt
        return counting.text + counting.overhead

    text = tokens()
    return {"factor": text} | {
        field.name: tokens(**{field.name: 1.0}) - text for field in fields(PromptOverhead)
    }


def fit(family: str, *, rounds: int = 300) -> dict[str, float]:
    """Return the numbers of one family: those of least squared relative error, drawn to what is known."""
    rows = [row for row in halves_of(family)[0] if not re.search("image_url|input_audio", row.prompt)]
    known = KNOWN.get(family, USUAL)
    parts = [parts_of(row) for row in rows]
    times = Counter(row.prompt for row in rows)
    numbers = {name: each.value for name, each in known.items()}
    for _ in range(rounds):
        off = [
            sum(part[name] * numbers[name] for name in numbers) - row.used
            for part, row in zip(parts, rows, strict=True)
        ]
        # A prompt that is far off, as where a host counts otherwise, pulls no more than one that is somewhat off.
        weights = [
            1 / times[row.prompt] / max(1.0, abs(gap / row.used) / NOISE)
            for gap, row in zip(off, rows, strict=True)
        ]
        for name, each in known.items():
            if each.give == 0:
                continue
            pull = (each.value - numbers[name]) / each.give**2
            hold = 1 / each.give**2
            for part, row, gap, weight in zip(parts, rows, off, weights, strict=True):
                scale = weight / (row.used * NOISE) ** 2
                pull -= scale * gap * part[name]
                hold += scale * part[name] ** 2
            step = max(pull / hold, -numbers[name])
            numbers[name] += step
            off = [gap + part[name] * step for gap, part in zip(off, parts, strict=True)]
    # The estimate takes the text of tools and schemas times the factor.
    return numbers | {name: numbers[name] / numbers["factor"] for name in ("tool_text", "schema_text")}


def main() -> None:
    for family in sorted({row.family.name for row in recorded()}):
        print(f"{family}: " + ", ".join(f"{name}={number:.3g}" for name, number in fit(family).items()))
        if sys.argv[1:] == ["--errors"]:
            for name, half in zip(("fitted", "held out"), halves_of(family), strict=True):
                if half:
                    print(
                        f"    {name}: median {statistics.median(row.error for row in half):.1%} of {len(half)}"
                    )


if __name__ == "__main__":
    main()
