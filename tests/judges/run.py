"""Runs the checks of one judge and prints as JSON how many there were and which failed.

`python -m tests.judges.run NAME BASE_URL KEY`, from the root of the repository, by the judge's own interpreter: that
has neither this package nor its tools.
"""

from __future__ import annotations

import importlib
import json
import sys

from tests.support.network_guard import only_loopback


def main(name: str, base_url: str, key: str) -> None:
    """Print one line: the number of checks, the failed ones with their errors, and attempts to leave this machine."""
    failed = {}
    with only_loopback() as attempts:
        checks = importlib.import_module(f"tests.judges.{name}_judge").checks(base_url, key)
        for title, check in checks.items():
            try:
                check()
            except Exception as error:  # noqa: BLE001 - whatever a judge does not like is what the tests ask
                failed[title] = f"{type(error).__name__}: {error}"[:600]
    print(json.dumps({"tried": len(checks), "failed": failed, "attempts": attempts}))


if __name__ == "__main__":
    main(*sys.argv[1:])
