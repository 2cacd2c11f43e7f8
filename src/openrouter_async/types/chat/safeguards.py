"""The verdicts of plugins that judge a reply: `alignment` and `armor`. Both are in beta; every field may be missing."""

# Without `from __future__ import annotations`, for which pydantic compiles the type of each field again.

from typing import Annotated, Literal

from .._base import WireType
from ..common import Lenient, MaybeBool, MaybeFloat, MaybeInt, MaybeStr

__all__ = [
    "Alignment",
    "AlignmentVerdict",
    "RuleFinding",
    "SafeguardResult",
    "SafeguardStatus",
    "ToolUseVerdict",
]


class RuleFinding(WireType):
    """The verdict on one rule; verdicts have the order of the request's rules."""

    applicable: MaybeBool = None
    broken: MaybeBool = None
    probability: MaybeFloat = None
    """That it is broken, 0 to 1."""


class AlignmentVerdict(WireType):
    """One reply of the model, judged by the rules; one that was written again is judged again."""

    call: MaybeInt = None
    outcome: Annotated[Literal["allowed", "blocked", "unavailable"] | str | None, Lenient()] = None
    rules: Annotated[list[RuleFinding] | None, Lenient()] = None
    reason: MaybeStr = None
    """Why it could not be judged, where `outcome` is `unavailable`."""


class Alignment(WireType):
    """The verdicts of the plugin `alignment`."""

    calls: Annotated[list[AlignmentVerdict] | None, Lenient()] = None


class ToolUseVerdict(WireType):
    """One call of a tool, judged."""

    type: Annotated[Literal["evaluated", "skipped", "unavailable"] | str | None, Lenient()] = None
    outcome: Annotated[Literal["flagged", "not_flagged"] | str | None, Lenient()] = None
    """Where it was evaluated."""
    explanation: MaybeStr = None
    reason: MaybeStr = None
    """Why it could not be judged, where `type` is `unavailable`."""


class SafeguardStatus(WireType):
    """Whether a safeguard ran, and its verdicts."""

    type: MaybeStr = None
    """`available`."""
    tool_uses: Annotated[dict[str, ToolUseVerdict] | None, Lenient()] = None
    """By the id of the call."""


class SafeguardResult(WireType):
    """The verdicts of a safeguard, such as the plugin `armor`."""

    type: MaybeStr = None
    """`dangerous_tool_use`."""
    status: Annotated[SafeguardStatus | None, Lenient()] = None
