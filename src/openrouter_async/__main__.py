"""`python -m openrouter_async`, and the command `openrouter-async`."""

from __future__ import annotations

import sys

from ._extras import needs_extra
from .errors import ConfigurationError

__all__ = ["main"]


def main() -> None:
    """Run the command line; a mistake of the user is one line on standard error, and exit code 2."""
    if sys.argv[1:2] == ["complete-models"]:  # asked by a shell at each press of a key, so it loads little
        from .cli.known_models import complete

        print(*complete("".join(sys.argv[2:3])), sep="\n")
        return
    try:
        with needs_extra("cli", "the command line"):
            from .cli.app import run
        sys.exit(run(sys.argv[1:]))
    except ConfigurationError as error:
        print(f"openrouter-async: {error}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
