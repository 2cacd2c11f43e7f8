"""`openrouter-async generation`: the billed record of one call."""

from __future__ import annotations

from typing import Annotated

import anyio
from cyclopts import Parameter

from ..errors import NotFound
from ..types.account.generations import Generation
from .common import Json, connect
from .output import Output, dollars

__all__ = ["generation"]


def generation(
    id: str,
    /,
    *,
    wait: Annotated[
        bool,
        Parameter(negative="", show_default=False, help="Look again for up to 30 s: it takes some time."),
    ] = False,
    json: Json = False,
) -> None:
    """Show what one call cost, and how it went.

    Args:
        id: Such as gen-1234567890-abc; `ask --json` writes it as `generation_id`.
    """
    anyio.run(_generation, Output(as_json=json), id, wait)


async def _generation(output: Output, id: str, wait: bool) -> None:
    async with connect(output, emulated=None) as client:
        try:
            record = await client.generations.get(id, wait=wait)
        except NotFound:
            if not wait:
                output.note("of a call that has just ended there is no record yet; --wait looks again")
            raise
    if output.as_json:
        output.json(record.model_dump(exclude_unset=True))
    else:
        output.facts(_facts(record))


def _facts(record: Generation) -> dict[str, str]:
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
