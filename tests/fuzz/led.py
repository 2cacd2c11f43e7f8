"""One target under atheris: `python -m tests.fuzz.led TARGET LIBFUZZER-OPTIONS...`. See `tests.fuzz.__main__`."""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["openrouter_async"]):
    from tests.fuzz.targets import TARGETS


def main() -> None:
    """Fuzz until libFuzzer has had enough, which ends the process."""
    program, name, *options = sys.argv
    atheris.Setup([program, *options], TARGETS[name])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
