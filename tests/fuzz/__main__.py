"""Fuzz for longer: `python -m tests.fuzz SECONDS [TARGET ...] [--inputs N] [--with atheris|hypothesis]`.

Each target is fuzzed for so many seconds, or until it has had N inputs: by atheris, which is led by the code that is
reached, where it is installed; else by hypothesis. An input that breaks a promise is added to the corpus. Exit code 1
where there was one, or where fewer inputs were tried than asked for.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

from tests.fuzz.inputs import TOKENS, inputs
from tests.fuzz.targets import CORPUS, TARGETS

LONGEST = {"decoder": 256}
"""Bytes of an input; 4,096 where nothing is said. What is held against the decoder is slow, and its states few."""


def main() -> int:
    """Fuzz what is asked for, and print what came of it."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.fuzz", description="Fuzz what reads bytes of others."
    )
    parser.add_argument("seconds", type=int, help="for each target")
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"of {', '.join(TARGETS)}; default: all")
    parser.add_argument("--inputs", type=int, default=0, metavar="N", help="stop a target after so many")
    engines = ("atheris", "hypothesis")
    default = engines[0] if find_spec("atheris") else engines[1]
    parser.add_argument("--with", dest="engine", choices=engines, default=default)
    options = parser.parse_args()
    unknown = set(options.targets) - set(TARGETS)
    if unknown:
        parser.error(f"no target {', '.join(sorted(unknown))}; expected some of {', '.join(TARGETS)}")
    fuzz = _by_atheris if options.engine == "atheris" else _by_hypothesis
    is_good = True
    for name in options.targets or TARGETS:
        began = time.monotonic()
        tried, broken = fuzz(name, options.seconds, options.inputs)
        took = time.monotonic() - began
        print(f"{name:14} {tried:>9,} inputs in {took:5.0f} s by {options.engine}: ", end="")
        print("0 broken promises" if broken is None else f"a broken promise, kept as {broken}", flush=True)
        is_good = is_good and broken is None and tried >= options.inputs
    return not is_good


def _by_hypothesis(name: str, seconds: int, most: int) -> tuple[int, Path | None]:
    from hypothesis import HealthCheck, given, settings

    target, until, tried = TARGETS[name], time.monotonic() + seconds, 0
    smallest: list[bytes] = []

    @settings(max_examples=2_000, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(inputs(name))
    def holds(data: bytes) -> None:
        nonlocal tried
        tried += 1
        try:
            target(data)
        except Exception:
            smallest[:] = [data]
            raise

    while time.monotonic() < until and not (most and tried >= most):
        try:
            holds()
        except Exception as error:  # noqa: BLE001 - whatever it is, it is what was looked for
            print(f"{name}: {error!r}", file=sys.stderr)
            return tried, _keep(name, smallest[0])
    return tried, None


def _by_atheris(name: str, seconds: int, most: int) -> tuple[int, Path | None]:
    """Fuzz in a process of its own, since libFuzzer ends the process it runs in."""
    with tempfile.TemporaryDirectory() as folder:
        found = Path(folder) / "found"
        found.mkdir()
        words = Path(folder) / "tokens.dict"
        words.write_text("".join(f'"{_escaped(token)}"\n' for token in TOKENS))
        longest = LONGEST.get(name, 4_096)
        limits = [f"-max_total_time={seconds}", f"-runs={most or -1}", f"-max_len={longest}", "-timeout=30"]
        places = [f"-artifact_prefix={folder}/", f"-dict={words}", str(found), str(CORPUS / name)]
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "tests.fuzz.led",
                name,
                *limits,
                "-print_final_stats=1",
                "-verbosity=1",
                *places,
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        said = done.stdout + done.stderr
        counted = re.search(r"number_of_executed_units:\s*(\d+)", said) or re.search(r"Done (\d+) runs", said)
        tried = int(counted[1]) if counted else 0
        if done.returncode == 0:
            return tried, None
        print("\n".join(line for line in said.splitlines() if line[:1] not in "#I"), file=sys.stderr)
        broken = [
            path for path in Path(folder).iterdir() if path.name.startswith(("crash-", "timeout-", "oom-"))
        ]
        return tried, _keep(name, broken[0].read_bytes() if broken else b"")


def _escaped(token: bytes) -> str:
    return "".join(f"\\x{byte:02x}" for byte in token)


def _keep(name: str, data: bytes) -> Path:
    """Add an input to the corpus."""
    path = CORPUS / name / f"broke-{hashlib.sha256(data).hexdigest()[:12]}"
    path.write_bytes(data)
    return path


if __name__ == "__main__":
    sys.exit(main())
