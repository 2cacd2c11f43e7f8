"""How many examples hypothesis draws where a test says a number of its own.

`OPENROUTER_ASYNC_EXAMPLES=10` multiplies them; `nox -s properties` runs all such tests so.
"""

from __future__ import annotations

import os

__all__ = ["TIMES"]

TIMES = int(os.environ.get("OPENROUTER_ASYNC_EXAMPLES", "1"))
