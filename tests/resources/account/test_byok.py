"""`client.byok`: the provider's key is sent, and stands nowhere else."""

from __future__ import annotations

import json
import logging
import traceback
from typing import Any

import pytest
from pydantic import SecretStr

from openrouter_async import BadRequest, ConfigurationError

from ..mocked import MANAGEMENT_KEY, mocked

SECRET = 'projekt\n"key" 0123456789 with blanks'
"""As the credentials of some providers are: JSON of several lines."""
RECORD: dict[str, Any] = {"id": "11111111", "provider": "openai", "label": "sk-...AbCd"}


@pytest.mark.parametrize("key", [SECRET, SecretStr(SECRET)])
async def test_the_key_is_sent_as_it_is(key: str | SecretStr) -> None:
    async with mocked({"data": RECORD}) as service:
        stored = await service.client.byok.create("openai", key, name=None)
        assert (service.line, service.key) == ("POST /byok", MANAGEMENT_KEY)
        assert service.body == {"provider": "openai", "key": SECRET, "name": None}
        assert stored.label == "sk-...AbCd"


async def test_a_change_sends_only_what_is_named() -> None:
    async with mocked({"data": RECORD}) as service:
        await service.client.byok.update("11111111", allowed_models=None)
        await service.client.byok.update("11111111", key=SECRET)
        bodies = [json.loads(request.content) for request in service.requests]
        assert bodies == [{"allowed_models": None}, {"key": SECRET}]
        with pytest.raises(ConfigurationError, match="nothing is to be changed"):
            await service.client.byok.update("11111111")


async def test_the_key_is_in_no_log_and_in_no_error_that_repeats_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    echo = {"error": {"code": 400, "message": f"unusable: {SECRET}", "metadata": {"given": [SECRET]}}}
    async with mocked(echo, status=400) as service:
        client = service.client.with_options(log_bodies=True)
        with pytest.raises(BadRequest) as caught:
            await client.byok.create("openai", SecretStr(SECRET))
    error = caught.value
    assert error.__traceback__ is not None
    ours = error.__traceback__.tb_next  # the first frame is this test
    shown = "".join(
        traceback.TracebackException(BadRequest, error, ours, capture_locals=True).format(chain=False)
    )
    assert "client.byok" not in shown
    assert "secret = SecretStr" in shown
    for text in (str(error), repr(error), repr(error.metadata), caplog.text, shown):
        assert "0123456789" not in text
    assert "bytes, which contain secrets" in caplog.text


@pytest.mark.parametrize("key", ["", SecretStr(""), 5, None])
async def test_what_is_no_key_is_refused_without_being_shown(key: Any) -> None:
    async with mocked({}) as service:
        with pytest.raises(ConfigurationError, match=r"key is .*; expected text or a SecretStr"):
            await service.client.byok.create("openai", key)
        assert service.requests == []


async def test_wrong_fields_are_told_without_the_key() -> None:
    async with mocked({}) as service:
        with pytest.raises(ConfigurationError, match="allowed_api_key_hashes") as caught:
            await service.client.byok.create("openai", SECRET, allowed_api_key_hashes=[])
        assert "0123456789" not in str(caught.value)
        assert service.requests == []
