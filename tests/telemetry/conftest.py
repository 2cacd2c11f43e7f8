"""An emulator, and what its clients tell OpenTelemetry, whose SDK comes with the extra `dev`; none is run without."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest

from tests.support.emulated import _emulator, emulator

if TYPE_CHECKING:
    from tests.telemetry.seen import Seen

__all__ = ["_emulator", "emulator"]

if find_spec("opentelemetry") is None or find_spec("opentelemetry.sdk") is None:
    collect_ignore_glob = ["test_*.py"]


@pytest.fixture
def seen() -> Seen:
    """Spans and metrics that stay in memory."""
    from tests.telemetry.seen import Seen

    return Seen()
