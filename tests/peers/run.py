"""Runs the scenes of one peer and prints as JSON what it saw.

`python -m tests.peers.run NAME BASE_URL KEY MANAGEMENT_KEY`, from the root of the repository, by the peer's own
interpreter, which has neither this package nor its tools.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import json
import sys
from collections.abc import Callable
from typing import Any

from tests.support.network_guard import only_loopback


def main(peer: str, base_url: str, key: str, management_key: str) -> None:
    """Print one line of JSON: the version of the peer, its attempts to leave this machine, and each scene's report."""
    with only_loopback() as attempts:
        scenes = importlib.import_module(f"tests.peers.{peer}_scenes").scenes(base_url, key, management_key)
        seen = {name: attempt(scene) for name, scene in scenes.items()}
    print(
        json.dumps(
            {
                "version": importlib.metadata.version(peer.partition("_")[0]),
                "attempts": attempts,
                "seen": seen,
            }
        )
    )


def attempt(scene: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Return what a scene reports, or else the error it ends with."""
    try:
        return scene()
    except Exception as error:  # noqa: BLE001 - which class it is, is what the tests ask
        return {
            "error": type(error).__name__,
            "status": getattr(error, "status_code", None),
            "message": str(error),
        }


if __name__ == "__main__":
    main(*sys.argv[1:])
