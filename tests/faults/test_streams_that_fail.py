"""Rows S30 to S40: streams that break off, say what they should not, or never end."""

from __future__ import annotations

from openrouter_async import errors
from tests.faults.calls import STREAMS, Call, client_of, fail, kinds
from tests.faults.scenes.answers import chunk
from tests.faults.scenes.streams import Chunked
from tests.faults.service import FaultServer
from tests.loopback import sse

HEL = sse(chunk("Hel"))


@kinds(STREAMS)
async def test_S34_a_clean_end_without_a_finish(faults: FaultServer, call: Call) -> None:
    with faults.play(Chunked(HEL)) as stage:
        async with client_of(stage) as client:
            error = await fail(call, client, saying="Hel")
        assert len(stage.requests) == 1
    assert type(error) is errors.StreamTruncated
