"""Rows F: little on the wire that is a lot of work, or a lot of memory.

That no step of any of them blocks the loop is looked at by `checked`, as in every row.
"""

from __future__ import annotations

import time
from functools import partial

import pytest

from openrouter_async import Timeouts, errors
from tests.faults.calls import ALL, STREAMS, Call, Ended, client_of, kinds
from tests.faults.evidence import check_error
from tests.faults.scenes.answers import STREAM_HEADERS
from tests.faults.scenes.bodies import endless
from tests.faults.scenes.floods import COMMENTS, EVENTS, MEMBERS, inflating, one_byte_chunks_for_ever
from tests.faults.service import FaultServer
from tests.loopback import Answer


async def refused(
    faults: FaultServer, call: Call, answer: Answer, **settings: object
) -> tuple[errors.OpenRouterError, Ended]:
    """Return the error in which a call ends after one request, and what was handed out before."""
    ended = Ended()
    with faults.play(answer) as stage:
        async with client_of(stage, **settings) as client:
            with pytest.raises(errors.OpenRouterError) as caught:
                await call.run(client, ended, {"messages": "Hello"})
            assert client._sender.transport.limiter.in_use == 0
        assert len(stage.requests) == 1
    check_error(caught.value, with_locals=False)  # there are megabytes of them
    return caught.value, ended


@kinds(ALL)
@pytest.mark.parametrize(
    ("block", "layers"),
    [
        pytest.param(COMMENTS, 1, id="comments"),
        pytest.param(COMMENTS, 2, id="comments packed twice"),
        pytest.param(EVENTS, 1, id="events"),
        pytest.param(MEMBERS, 2, id="empty members"),
    ],
)
async def test_F01_it_grows_when_it_is_unpacked(
    faults: FaultServer, call: Call, block: bytes, layers: int
) -> None:
    error, ended = await refused(faults, call, partial(inflating, block=block, layers=layers))
    assert isinstance(error, errors.ResponseTooLarge)
    assert "100 times its size" in error.message
    if ended.text:
        assert error.partial is not None
        assert error.partial.text == ended.text


@kinds(STREAMS)
@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(partial(endless, first=b"", block=COMMENTS, headers=STREAM_HEADERS), id="comments"),
        pytest.param(partial(endless, first=b"", block=b"\r", headers=STREAM_HEADERS), id="line ends"),
        pytest.param(partial(endless, first=b"", block=b"data:\n\n", headers=STREAM_HEADERS), id="no data"),
        pytest.param(partial(endless, first=b"", block=EVENTS, headers=STREAM_HEADERS), id="events"),
        pytest.param(one_byte_chunks_for_ever, id="chunks of one byte"),
    ],
)
async def test_F02_it_comes_faster_than_it_is_read(faults: FaultServer, call: Call, answer: Answer) -> None:
    began = time.monotonic()
    error, _ = await refused(faults, call, answer, timeouts=Timeouts(total=1))
    assert isinstance(error, errors.DeadlineExceeded)
    assert time.monotonic() - began < 1 + 3  # what a busy machine adds included
