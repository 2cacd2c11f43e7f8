"""`openrouter-async key`: what the key may spend, and has spent."""

from __future__ import annotations

import os

import anyio

from ..types.account.keys import CurrentKey
from .common import Emulated, Json, connect
from .output import Output, dollars

__all__ = ["key"]


def key(*, json: Json = False, emulator: Emulated = False) -> None:
    """Show what the key in OPENROUTER_API_KEY may spend, and has spent."""
    anyio.run(_key, Output(as_json=json), emulator)


async def _key(output: Output, emulator: bool) -> None:
    has_other = bool(os.environ.get("OPENROUTER_MANAGEMENT_KEY"))
    async with connect(output, emulated=emulator, key=None if has_other else "OPENROUTER_API_KEY") as client:
        found = await client.key.get()
    if output.as_json:
        output.json(found.model_dump(exclude_unset=True))
    else:
        output.facts(_facts(found))


def _facts(key: CurrentKey) -> dict[str, str]:
    facts = {
        "key": key.label or "without a label",
        "kind": "management" if key.is_management_key else "inference",
        "limit": "none" if key.limit is None else dollars(key.limit),
    }
    if key.limit is not None:
        facts["remaining"] = dollars(key.limit_remaining)
    if key.limit_reset:
        facts["begins anew"] = key.limit_reset
    facts["used"] = dollars(key.usage)
    spans = {"today": key.usage_daily, "this week": key.usage_weekly, "this month": key.usage_monthly}
    facts |= {f"used {span}": dollars(amount) for span, amount in spans.items() if amount is not None}
    if key.expires_at is not None:
        facts["expires"] = f"{key.expires_at:%Y-%m-%d %H:%M %Z}"
    return facts
