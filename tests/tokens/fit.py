"""Fits the weights of `openrouter_async.tokens`, and prints them as JSON. Not a test: run it by hand.

    python tests/tokens/fit.py > src/openrouter_async/tokens/weights.json

Needs numpy and rs-bpe, and a Debian system: the texts are its translated messages (/usr/share/locale) and tutors, the
standard library's sources, and made-up identifiers and numbers; the texts of the tests are not among them. The packaged
weights also saw what `--pages FOLDER` adds: web pages in some 20 languages, which are the test data of the package
chardet, descriptions of Debian packages, READMEs, and sources in JavaScript, C and shell. Without those the languages
are met as well, and code less so.

The weights are a ridge regression of the counts of real tokenizers on the features of `_text`.
"""

from __future__ import annotations

import argparse
import base64
import gettext
import json
import random
import sysconfig
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
from rs_bpe.bpe import openai

from openrouter_async.tokens import _text
from openrouter_async.tokens._text import BLOCKS

SIZE = _text._PAIRS + _text._SINGLES
CHARACTERS_A_LANGUAGE, CHARACTERS_A_TEXT = 120_000, 150
PAIR_PENALTY, BLOCK_PENALTY = 0.3, 3.0
TOKENS_A_BYTE = {"o200k": 0.45, "cl100k": 0.62}
"""What a character counts that is in no text."""


def texts(pages: Path | None) -> Iterator[tuple[str, float]]:
    """Yield texts with their weights."""
    chance = random.Random(0)
    for language in sorted(Path("/usr/share/locale").iterdir()):
        yield from _joined(_messages(language, chance), 1.0)
    for path in sorted(Path("/usr/share/vim").glob("*/tutor/tutor.*.utf-8")):
        yield from _joined(path.read_text("utf-8").split("\n\n"), 1.0)
    sources = sorted(Path(sysconfig.get_paths()["stdlib"]).glob("*.py"))
    chance.shuffle(sources)
    yield from _joined([path.read_text("utf-8", "replace")[:6000] for path in sources], 3.0)
    yield from ((chance.randbytes(90).hex(), 1.0) for _ in range(100))
    yield from ((base64.b64encode(chance.randbytes(90)).decode(), 1.0) for _ in range(100))
    yield from ((", ".join(str(chance.randrange(10**6)) for _ in range(20)), 1.0) for _ in range(100))
    if pages is not None:
        for path in sorted(pages.rglob("*.txt")):
            yield from _joined(path.read_text("utf-8", "replace").splitlines(), 4.0)


def _messages(language: Path, chance: random.Random) -> list[str]:
    found = set()
    for path in sorted(language.glob("LC_MESSAGES/*.mo")):
        if not path.name.startswith("iso_"):  # names of places alone
            with path.open("rb") as file:
                try:
                    catalogue = gettext.GNUTranslations(file)._catalog  # type: ignore[attr-defined]  # no public way
                except (UnicodeDecodeError, LookupError):  # it is not what its head says
                    continue
            found |= {text for text in catalogue.values() if isinstance(text, str) and len(text) >= 25}
    ordered = sorted(found)
    chance.shuffle(ordered)
    return ordered


def _joined(pieces: list[str], weight: float) -> Iterator[tuple[str, float]]:
    whole, taken = "", 0
    for piece in pieces:
        whole += piece + "\n"
        if len(whole) >= CHARACTERS_A_TEXT:
            yield whole, weight
            taken += len(whole)
            whole = ""
        if taken > CHARACTERS_A_LANGUAGE:
            return


def features(text: str) -> Counter[int]:
    found: Counter[int] = Counter()
    for (left, right), times in Counter(pairwise("\n" + _text.normalise(text))).items():
        found[_text.place_of(left, right)] += times
        found[SIZE + _text.block_of(right)] += times
    return found


def fit(pages: Path | None) -> dict[str, np.ndarray]:
    tokenizers = {"o200k": openai.o200k_base(), "cl100k": openai.cl100k_base()}
    width = SIZE + len(BLOCKS)
    squares = np.zeros((width, width))
    sums = {name: np.zeros(width) for name in tokenizers}
    penalty = np.r_[np.full(SIZE, PAIR_PENALTY), np.full(len(BLOCKS), BLOCK_PENALTY)]
    rows: list[tuple[Counter[int], dict[str, int], float]] = []

    def add() -> None:
        matrix = np.zeros((len(rows), width), dtype=np.float32)
        for row, (counted, _, _) in enumerate(rows):
            matrix[row, list(counted)] = list(counted.values())
        weights = np.array([row[2] for row in rows], dtype=np.float32)[:, None]
        nonlocal squares
        squares += (matrix * weights).T @ matrix
        for name in tokenizers:
            counts = np.array([row[1][name] for row in rows], dtype=np.float32)
            sums[name] += (matrix * weights).T @ counts
        rows.clear()

    for text, weight in texts(pages):
        counts = {name: tokenizer.count(text) for name, tokenizer in tokenizers.items()}
        rows.append((features(text), counts, weight / max(counts["o200k"], 5)))
        if len(rows) == 2000:
            add()
    if rows:
        add()
    squares[np.diag_indices(width)] += penalty
    sizes = np.array([len(chr(first).encode()) for first in BLOCKS])
    for name, total in sums.items():
        total[SIZE:] += BLOCK_PENALTY * TOKENS_A_BYTE[name] * sizes
    return {name: np.linalg.solve(squares, total) for name, total in sums.items()}


def as_json(found: dict[str, np.ndarray]) -> str:
    fitted: dict[str, object] = {"blocks": BLOCKS}
    for name, weights in found.items():
        packed = np.clip(np.round(weights[:SIZE] * 40), -127, 127).astype(np.int8).tobytes()
        blocks = [round(weight * 100) for weight in weights[SIZE:]]
        fitted[name] = {"blocks": blocks, "pairs": base64.b85encode(packed).decode()}
    return json.dumps(fitted)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=Path, help="a folder of .txt files in UTF-8")
    print(as_json(fit(parser.parse_args().pages)))
