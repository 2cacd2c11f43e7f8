"""Rows B: whole answers that are not what was promised, or only just."""

from __future__ import annotations

import pytest

from openrouter_async import errors
from tests.faults.calls import WHOLE, Call, client_of, fail, kinds, succeed
from tests.faults.scenes.answers import good
from tests.faults.service import FaultServer
from tests.loopback import Reply


@kinds(WHOLE)
@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(Reply(body=b""), id="empty"),
        pytest.param(Reply(body=b"\n \r\n\t\n"), id="blank"),
        pytest.param(b"HTTP/1.1 204 No Content\r\n\r\n", id="204"),
    ],
)
async def test_B01_nothing(faults: FaultServer, call: Call, answer: Reply | bytes) -> None:
    with faults.play(answer) as stage:
        async with client_of(stage) as client:
            error = await fail(call, client)
        assert len(stage.requests) == error.attempts == 2
    assert type(error) is errors.InvalidResponseError
    with faults.play(answer, good) as stage:
        async with client_of(stage) as client:
            await succeed(call, client)
