"""Rows C: connections that are not made, and heads of answers that are none."""

from __future__ import annotations

from openrouter_async import errors
from tests.faults.calls import ALL, Call, client_of, fail, kinds, succeed
from tests.faults.scenes.answers import good, reset
from tests.faults.service import FaultServer


@kinds(ALL)
async def test_C06_reset_before_headers(faults: FaultServer, call: Call) -> None:
    with faults.play(reset) as stage:
        async with client_of(stage) as client:
            error = await fail(call, client)
        assert len(stage.requests) == error.attempts == 3
    assert type(error) is errors.ConnectionLost
    with faults.play(reset, good) as stage:
        async with client_of(stage) as client:
            await succeed(call, client)
        assert len(stage.requests) == 2
