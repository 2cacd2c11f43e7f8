"""`client.observability`: secrets are sent, and appear nowhere else."""

from __future__ import annotations

import json
import logging
import traceback
from typing import Any

import pytest
from pydantic import SecretStr

from openrouter_async import BadRequest, ConfigurationError

from ..mocked import mocked

CONFIG: dict[str, Any] = {
    "baseUrl": "https://langfuse.example",
    "publicKey": "pk-lf-0123456789",
    "secretKey": SecretStr("sk-lf-0123456789"),
    "headers": {"Authorization": "Basic 0123456789"},
    "shouldIncludeCacheWriteTokens": True,
}
READ = {"id": "d1", "type": "langfuse", "config": {"secretKey": "sk-l...6789"}, "regions": ["europe"]}


async def test_the_settings_are_sent_as_they_are() -> None:
    async with mocked({"data": READ}) as service:
        made = await service.client.observability.create("langfuse", "Prod", CONFIG, regions=["eu"])
        assert service.body == {
            "type": "langfuse",
            "name": "Prod",
            "config": {**CONFIG, "secretKey": "sk-lf-0123456789"},
            "regions": ["eu"],
        }
    assert made.regions == ["europe"]
    assert made.config == {"secretKey": "sk-l...6789"}
    assert "sk-l" not in repr(made)


async def test_a_secret_is_in_no_log_and_in_no_error_that_repeats_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    told = "bad: pk-lf-0123456789 sk-lf-0123456789 Basic 0123456789 at https://langfuse.example"
    async with mocked({"error": {"code": 400, "message": told}}, status=400) as service:
        client = service.client.with_options(log_bodies=True)
        with pytest.raises(BadRequest) as caught:
            await client.observability.create("langfuse", "Prod", CONFIG)
        with pytest.raises(BadRequest) as again:
            await client.observability.update("d1", config=CONFIG)
    for error in (caught.value, again.value):
        assert "0123456789" not in str(error) + repr(error)
        assert "https://langfuse.example" in str(error)
    assert "0123456789" not in caplog.text


async def test_a_secret_is_in_no_variable_of_ours_that_a_report_of_the_error_shows() -> None:
    config = {"secretKey": CONFIG["secretKey"], "headers": {"a": CONFIG["secretKey"]}}
    async with mocked({"error": {"code": 400, "message": "no"}}, status=400) as service:
        for make in (
            lambda: service.client.observability.create("langfuse", "Prod", config),
            lambda: service.client.observability.update("d1", config=config),
            lambda: service.client.observability.create("langfuse", "Prod", {**config, "url": object()}),
        ):
            with pytest.raises((BadRequest, ConfigurationError)) as caught:
                await make()
            frames = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
            shown = "".join(frames.format(chain=False))
            assert "config = " in shown
            assert "0123456789" not in shown


async def test_a_change_sends_only_what_is_named_and_null_removes() -> None:
    async with mocked({"data": READ}) as service:
        await service.client.observability.update("d1", filter_rules=None)
        await service.client.observability.update("d1", config={})
        bodies = [json.loads(request.content) for request in service.requests]
        assert bodies == [{"filter_rules": None}, {"config": {}}]
        with pytest.raises(ConfigurationError, match="nothing is to be changed"):
            await service.client.observability.update("d1")


@pytest.mark.parametrize("config", [None, "https://x", [1], {"apiKey": object()}, {"apiKey": float("nan")}])
async def test_settings_that_cannot_be_sent_are_refused_without_being_shown(config: Any) -> None:
    async with mocked({}) as service:
        with pytest.raises(ConfigurationError, match=r"config (is|cannot be sent)"):
            await service.client.observability.create("webhook", "Prod", config)
        assert service.requests == []


async def test_fields_out_of_range_are_refused() -> None:
    async with mocked({}) as service:
        destinations: Any = service.client.observability
        for wrong in (
            {"sampling_rate": 0},
            {"api_key_hashes": []},
            {"filter_rules": {"groups": [{"rules": [{"field": "model"}]}]}},
        ):
            with pytest.raises(ConfigurationError, match=next(iter(wrong))):
                await destinations.create("webhook", "Prod", {"url": "https://x"}, **wrong)
        assert service.requests == []
