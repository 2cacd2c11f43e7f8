"""An emulator, and what its clients tell OpenTelemetry."""

from __future__ import annotations

import pytest

pytest.importorskip("opentelemetry.sdk", reason="comes with the extra `dev`")

from tests.support.emulated import _emulator, emulator
from tests.telemetry.seen import Seen

__all__ = ["_emulator", "emulator"]


@pytest.fixture
def seen() -> Seen:
    """Spans and metrics that stay in memory."""
    return Seen()
