"""An OpenRouter on this machine: the emulator, its replies and faults, and the recorder. Needs the extra `testing`.

Importing this package loads nothing else: each name is loaded from its module on first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._lazy import lazy_exports

if TYPE_CHECKING:
    from .emulator import Emulator as Emulator
    from .faults import Fault as Fault
    from .received import ReceivedRequest as ReceivedRequest
    from .recorder import Recorder as Recorder
    from .replies import Answer as Answer
    from .replies import Failure as Failure
    from .replies import Reply as Reply
    from .replies import ToolCall as ToolCall
    from .replies import tool_call as tool_call
    from .state.rate_limit import RateLimit as RateLimit

_EXPORTS = {
    "Answer": ".replies",
    "Emulator": ".emulator",
    "Failure": ".replies",
    "Fault": ".faults",
    "RateLimit": ".state.rate_limit",
    "ReceivedRequest": ".received",
    "Recorder": ".recorder",
    "Reply": ".replies",
    "ToolCall": ".replies",
    "tool_call": ".replies",
}
"""Public name -> the module it lives in."""

# pyright: reportUnsupportedDunderAll=false
__all__ = [*_EXPORTS]  # the table is the list
__getattr__, __dir__ = lazy_exports(__name__, _EXPORTS)
