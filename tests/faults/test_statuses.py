"""Rows H: answers with an error status."""

from __future__ import annotations

import pytest

from openrouter_async import errors
from tests.faults.calls import ALL, Call, client_of, fail, kinds, succeed
from tests.faults.scenes.answers import failure, good
from tests.faults.service import FaultServer


@kinds(ALL)
@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (408, errors.ServerError),
        (429, errors.RateLimited),
        (500, errors.ServerError),
        (502, errors.ProviderError),
        (503, errors.Overloaded),
        (504, errors.ProviderError),
        (520, errors.ServerError),
        (524, errors.ProviderError),
        (529, errors.Overloaded),
    ],
)
async def test_H06_passing_failures(
    faults: FaultServer, call: Call, status: int, kind: type[errors.APIStatusError]
) -> None:
    with faults.play(failure(status)) as stage:
        async with client_of(stage) as client:
            error = await fail(call, client)
        assert len(stage.requests) == error.attempts == 3
    assert type(error) is kind
    with faults.play(failure(status), failure(status), good) as stage:
        async with client_of(stage) as client:
            await succeed(call, client)
        assert len(stage.requests) == 3
