"""`openrouter-async key`, `credits` and `generation`: limits of the key and the account, and the cost of a call."""

from __future__ import annotations

import os
from typing import Annotated

from cyclopts import Parameter

from ..errors import NotFound
from ..types.account.generations import Generation
from ..types.account.keys import CurrentKey
from .common import Emulated, Json, connect
from .output import Output, dollars

__all__ = ["credits", "generation", "key"]


async def key(*, json: Json = False, emulator: Emulated = False) -> None:
    """Show what the key in OPENROUTER_API_KEY may spend, and has spent."""
    output = Output(as_json=json)
    has_other = bool(os.environ.get("OPENROUTER_MANAGEMENT_KEY"))
    async with connect(output, emulated=emulator, key=None if has_other else "OPENROUTER_API_KEY") as client:
        found = await client.key.get()
    if output.as_json:
        output.json(found.model_dump(exclude_unset=True))
    else:
        output.facts(_facts_of_key(found))


def _facts_of_key(key: CurrentKey) -> dict[str, str]:
    facts = {
        "key": key.label or "without a label",
        "kind": "management" if key.is_management_key else "inference",
        "limit": "none" if key.limit is None else dollars(key.limit),
    }
    if key.limit is not None:
        facts["remaining"] = dollars(key.limit_remaining)
    if key.limit_reset:
        facts["resets"] = key.limit_reset
    facts["used"] = dollars(key.usage)
    spans = {"today": key.usage_daily, "this week": key.usage_weekly, "this month": key.usage_monthly}
    facts |= {f"used {span}": dollars(amount) for span, amount in spans.items() if amount is not None}
    if key.expires_at is not None:
        facts["expires"] = f"{key.expires_at:%Y-%m-%d %H:%M %Z}"
    return facts


async def credits(*, json: Json = False, emulator: Emulated = False) -> None:
    """Show the credits of the account: bought, used, left. Needs a key in OPENROUTER_MANAGEMENT_KEY."""
    output = Output(as_json=json)
    async with connect(output, emulated=emulator, key="OPENROUTER_MANAGEMENT_KEY") as client:
        found = await client.credits.get()
    amounts = {"bought": found.total_credits, "used": found.total_usage, "remaining": found.remaining}
    if output.as_json:
        output.json(amounts)
    else:
        output.facts({name: dollars(amount) for name, amount in amounts.items()})


async def generation(
    id: str,
    /,
    *,
    wait: Annotated[
        bool,
        Parameter(
            negative="",
            show_default=False,
            help="Wait up to 30 s for the record: it takes a while to appear.",
        ),
    ] = False,
    json: Json = False,
) -> None:
    """Show the cost and the outcome of one call.

    Args:
        id: The call's id, such as gen-1234567890-abc; `ask --json` writes it as `generation_id`.
    """
    output = Output(as_json=json)
    async with connect(output, emulated=None) as client:
        try:
            record = await client.generations.get(id, wait=wait)
        except NotFound:
            if not wait:
                output.note("a call that has just ended has no record yet; --wait waits for it")
            raise
    if output.as_json:
        output.json(record.model_dump(exclude_unset=True))
    else:
        output.facts(_facts_of_call(record))


def _facts_of_call(record: Generation) -> dict[str, str]:
    tokens = {
        "prompt": record.native_tokens_prompt,
        "cached": record.native_tokens_cached,
        "completion": record.native_tokens_completion,
        "reasoning": record.native_tokens_reasoning,
    }
    facts = {
        "id": record.id,
        "model": record.model,
        "provider": record.provider_name,
        "cost": dollars(record.total_cost),
        "tokens": ", ".join(f"{count} {name}" for name, count in tokens.items() if count) or None,
        "finished": "cancelled" if record.cancelled else record.finish_reason,
        "first token": _seconds(record.latency),
        "generation": _seconds(record.generation_time),
        "created": None if record.created_at is None else f"{record.created_at:%Y-%m-%d %H:%M:%S %Z}",
    }
    return {name: value for name, value in facts.items() if value is not None}


def _seconds(milliseconds: float | None) -> str | None:
    return None if milliseconds is None else f"{milliseconds / 1000:.2f} s"
