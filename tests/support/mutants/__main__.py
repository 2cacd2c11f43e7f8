"""`python -m tests.support.mutants 100 --seed 7`: makes changes in a copy of the project, and runs tests of each."""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.support.folders import ROOT
from tests.support.mutants import __doc__ as description
from tests.support.mutants import drawing, judging, lines, nearest

COPIED = "MUTANTS_ARE_MADE_HERE"
"""Set where this runs in the copy."""


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.support.mutants", description=description)
    parser.add_argument("count", type=int, nargs="?", default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--within", default="", help="only modules whose path contains this")
    parser.add_argument("--only", default="", help="of the changes drawn only those with these numbers: 3,17")
    parser.add_argument("--kept", help="folder to keep the notes in of which tests run which lines")
    return parser.parse_args()


def in_a_copy(kept: Path) -> int:
    """Run this command in a copy of the project, and return its exit code."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "copy"
        left_out = shutil.ignore_patterns(".*", "__pycache__", "node_modules", "site")
        shutil.copytree(ROOT, folder, ignore=left_out)
        noted = noted_lines(folder, kept)
        environment = {**_environment(folder), COPIED: "1", lines.FOLDER: str(noted)}
        command = [sys.executable, "-m", "tests.support.mutants", *sys.argv[1:]]
        return subprocess.run(command, cwd=folder, env=environment, check=False).returncode


def noted_lines(folder: Path, kept: Path) -> Path:
    """Return the folder of notes about this state of the package; the suite runs once to make them."""
    digests = lines.digests(folder / "src")
    noted = kept / hashlib.sha256(json.dumps(digests).encode()).hexdigest()[:16]
    if noted.exists():
        return noted
    print("notes which tests run which lines: runs the suite once", flush=True)
    unfinished = kept / "unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    (unfinished / lines.TESTS).write_text(json.dumps(lines.digests(folder / "tests")), "utf-8")
    command = [sys.executable, "-m", "pytest", "tests", "-q", "-n", "auto", "-p", "no:cacheprovider"]
    plugin = ["-p", "tests.support.mutants.lines", "--hypothesis-profile", "mutants"]
    environment = {**_environment(folder), lines.FOLDER: str(unfinished)}
    subprocess.run([*command, *plugin], cwd=folder, env=environment, stdout=subprocess.DEVNULL, check=False)
    return unfinished.rename(noted)


def judge(count: int, seed: int, within: str, only: set[int]) -> None:
    noted = lines.Lines(Path(os.environ[lines.FOLDER]))
    judging.load()
    survivors = judged = 0
    for number, mutant in enumerate(drawing.draw(count, seed, within), 1):
        if only and number not in only:
            continue
        start = time.perf_counter()
        runs = nearest.runs(mutant, noted)
        failed = next(filter(None, (judging.failure(mutant, run) for run in runs)), None)
        judged += 1
        survivors += failed is None
        took = time.perf_counter() - start
        kept = "SURVIVED" if failed is None else "killed"
        print(f"{number}: {kept} {mutant.path}:{mutant.line} {mutant.operator} ({took:.1f} s)")
        print(mutant.diff if failed is None else f"    {failed}", flush=True)
    print(f"{judged - survivors} of {judged} changes were noticed (seed {seed})")


def _environment(folder: Path) -> dict[str, str]:
    return {**os.environ, "CI": "1", "PYTHONPATH": str(folder / "src")}


def main() -> int:
    given = options()
    if COPIED in os.environ:
        judge(
            given.count, given.seed, given.within, {int(number) for number in given.only.split(",") if number}
        )
        return 0
    if given.kept:
        return in_a_copy(Path(given.kept).resolve())
    with tempfile.TemporaryDirectory() as kept:
        return in_a_copy(Path(kept))


if __name__ == "__main__":
    sys.exit(main())
