"""Plays the scenes with each client against the emulator, and writes docs/data/comparison.json.

    python benchmarks/comparison --python=openai=PATH --python=litellm=PATH ...

`nox -s compare` makes the interpreters. The table of README.md is drawn from that file (`--draw` alone does so), so no
figure in it is written by hand.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from openrouter_async.testing import Emulator, Fault, ReceivedRequest, Reply

sys.path.insert(0, str(HERE := Path(__file__).parent))

import scenes

ROOT = HERE.parent.parent
FIGURES = ROOT / "docs" / "data" / "comparison.json"
README = ROOT / "README.md"
BEGIN, END = "<!-- comparison: made by `nox -s compare` -->\n", "<!-- end of comparison -->\n"

CLIENTS = {
    "ours": "this",
    "openai": "openai + base URL",
    "openrouter": "official SDK",
    "pydantic_ai": "pydantic-ai",
    "litellm": "litellm",
}
SCENES = ["cut", "error_inside", "left", "budget", "resumed", "values"]
STORY = " ".join(f"Sentence {n} of the story is here." for n in range(300))


def answer(request: ReceivedRequest) -> Reply | str:
    """Say what the service answers to the question of a scene."""
    asked = [str(message.get("content")) for message in request.messages]
    if any(scenes.CUT in text for text in asked):
        return Reply.of(STORY, fault=Fault.truncate(after=20))
    if any(scenes.ERROR_INSIDE in text for text in asked):
        return Reply.of("lost", fault=Fault.error_event(502, "Provider disconnected"))
    for text in asked:
        if found := re.search(rf"{re.escape(scenes.CITY)}(\d+)", text):
            return scenes.CITY_REPLIES[int(found[1])]
    if any(scenes.LEFT in text for text in asked):
        return STORY
    return "word " * 300


def play(python: str, client: str, scene: str) -> dict[str, Any]:
    """Return the outcome of a scene, with the service's bill and its number of requests."""
    speed = 2_000 if scene == "left" else None
    first_token_s = 0.1 if scene == "budget" else 0.0  # time for a client to count in the background
    with Emulator(credits="1000", speed=speed, first_token_s=first_token_s) as emulator:
        emulator.reply_with(answer)
        ran = subprocess.run(
            [python, str(HERE / "clients" / f"{client}_client.py"), emulator.base_url, emulator.key, scene],
            env={
                **{name: value for name, value in os.environ.items() if not name.startswith("OPENROUTER_")},
                "PYTHONPATH": str(HERE),
                "LITELLM_LOCAL_MODEL_COST_MAP": "True",  # else it downloads its list of prices
                "NO_PROXY": "*",
            },
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        if ran.returncode:
            raise SystemExit(f"{client}, {scene}: {ran.stderr}")
        asked = sum(request.path == "/chat/completions" for request in emulator.requests)
        outcome: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
        return (
            outcome
            if outcome.get("absent")
            else {**outcome, "billed": float(emulator.spent), "requests": asked}
        )


def version_of(python: str, client: str) -> str:
    """Return the version of a client's package, as its interpreter has it."""
    package = re.search(r'^PACKAGE = "(.+)"$', (HERE / "clients" / f"{client}_client.py").read_text(), re.M)
    assert package is not None
    if client == "ours":
        return importlib.metadata.version(package[1])
    code = f"import importlib.metadata as found; print(found.version({package[1]!r}))"
    return subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def _stream(found: dict[str, Any]) -> str:
    if "seen" in found:
        return "looks complete"
    return "error, with the text so far" if found["kept"] else "error"


def _cost(found: dict[str, Any]) -> str:
    return f"US$ {found['seen']:.6f} of {found['billed']:.6f}"


def _budget(found: dict[str, Any]) -> str:
    return f"spends US$ {found['billed']:.4f}"


def _resumed(found: dict[str, Any]) -> str:
    return f"{found['requests'] - found['seen']} asked again"


ROWS = {
    "cut": ("A stream that ends half-way", _stream),
    "error_inside": (
        "A reply of status 200 with an error in it",
        lambda found: "looks complete" if "seen" in found else "error",
    ),
    "left": ("The cost of a stream its reader leaves", _cost),
    "budget": (
        f"A budget of US$ {scenes.BUDGET}, {scenes.CONCURRENCY} concurrent calls",
        _budget,
    ),
    "resumed": ("A batch of 40 stopped half-way, and run again", _resumed),
    "values": (
        f"Typed values from {len(scenes.CITY_REPLIES)} replies of a model without schemas",
        lambda found: f"{found['seen']}",
    ),
}


def drawn(figures: dict[str, Any]) -> str:
    """Return the table of README.md."""
    lines = [
        f"| | {' | '.join(CLIENTS.values())} |",
        f"|---|{'---|' * len(CLIENTS)}",
    ]
    for scene, (title, word) in ROWS.items():
        cells = (figures["scenes"][scene][client] for client in CLIENTS)
        worded = ("–" if found.get("absent") else word(found) for found in cells)
        lines.append(f"| {title} | {' | '.join(worded)} |")
    versions = ", ".join(f"{CLIENTS[name]} {version}" for name, version in figures["versions"].items())
    return "\n".join(lines) + f"\n\n–: not available. Versions: {versions}.\n"


def with_table(page: str, figures: dict[str, Any]) -> str:
    """Return README.md with the table of the figures in it."""
    before, rest = page.split(BEGIN)
    return f"{before}{BEGIN}{drawn(figures)}{END}{rest.split(END)[1]}"


def main() -> None:
    """Measure where interpreters are named; draw the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--python", action="append", default=[], metavar="NAME=PATH")
    parser.add_argument("--draw", action="store_true", help="only draw the table of the figures there are")
    given = parser.parse_args()
    if not given.draw:
        pythons = {"ours": sys.executable, **dict(pair.split("=", 1) for pair in given.python)}
        figures = {
            "versions": {name: version_of(pythons[name], name) for name in CLIENTS},
            "scenes": {
                scene: {name: play(pythons[name], name, scene) for name in CLIENTS} for scene in SCENES
            },
        }
        FIGURES.parent.mkdir(exist_ok=True)
        FIGURES.write_text(json.dumps(figures, indent=1) + "\n")
    page = README.read_text("utf-8")
    README.write_text(with_table(page, json.loads(FIGURES.read_text())), "utf-8")


if __name__ == "__main__":
    main()
