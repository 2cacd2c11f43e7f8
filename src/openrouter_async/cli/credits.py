"""`openrouter-async credits`: what the account bought, used, and has left."""

from __future__ import annotations

import anyio

from .common import Emulated, Json, connect
from .output import Output, dollars

__all__ = ["credits"]


def credits(*, json: Json = False, emulator: Emulated = False) -> None:
    """Show what the account bought, used, and has left; needs a key in OPENROUTER_MANAGEMENT_KEY."""
    anyio.run(_credits, Output(as_json=json), emulator)


async def _credits(output: Output, emulator: bool) -> None:
    async with connect(output, emulated=emulator, key="OPENROUTER_MANAGEMENT_KEY") as client:
        found = await client.credits.get()
    amounts = {"bought": found.total_credits, "used": found.total_usage, "remaining": found.remaining}
    if output.as_json:
        output.json(amounts)
    else:
        output.facts({name: dollars(amount) for name, amount in amounts.items()})
