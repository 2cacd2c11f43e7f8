"""The emulator takes each example call of the contract: it answers, or says that what is named does not exist."""

from __future__ import annotations

import pytest

from openrouter_async import APIStatusError, AsyncOpenRouter, Retries
from openrouter_async.testing import Emulator
from tests.contract.call import Call
from tests.contract.calls import every_call

pytestmark = pytest.mark.loopback

REFUSALS = (" not found", "Invalid code", ": no such batch", ": no such entry")
"""Ends of the messages about things that a call names and that do not exist."""


@pytest.mark.parametrize("call", [pytest.param(call, id=call.name) for call in every_call()])
async def test_a_call_is_taken(call: Call) -> None:
    async with (
        Emulator() as emulator,
        AsyncOpenRouter(
            emulator.key,
            management_key=emulator.management_key,
            base_url=emulator.base_url,
            retries=Retries(attempts=1),
        ) as client,
    ):
        refusal = ""
        try:
            await call.make(client)
        except APIStatusError as error:
            refusal = error.message
        assert len(emulator.requests) == 1
    assert not refusal or refusal.endswith(REFUSALS)
