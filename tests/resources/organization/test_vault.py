"""`client.vault`: a value is sent, and appears nowhere else."""

from __future__ import annotations

import logging
import traceback
from typing import Any

import pytest
from pydantic import SecretStr

from openrouter_async import ConfigurationError, Overloaded

from ..mocked import mocked

VALUE = "ghp_0123456789"
RECORD = {"name": "TOKEN", "hosts": ["api.example.com"], "created_at": "2026-11-01T00:00:00Z"}


@pytest.mark.parametrize("value", [VALUE, SecretStr(VALUE)])
@pytest.mark.parametrize(("intern", "path"), [(None, "/vault"), ("i/1", "/vault/interns/i%2F1")])
async def test_a_secret_is_stored_for_a_workspace_or_an_intern(
    value: str | SecretStr, intern: str | None, path: str
) -> None:
    async with mocked({"data": RECORD}) as service:
        stored = await service.client.vault.store("TOKEN", value, hosts=["api.example.com"], intern=intern)
        assert service.line == f"PUT {path}/secrets/TOKEN"
        assert service.body == {"value": VALUE, "hosts": ["api.example.com"]}
    assert stored.hosts == ["api.example.com"]


async def test_the_value_is_in_no_log_and_in_no_error_that_repeats_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    off = {"error": {"code": 503, "message": f"the vault is off, {VALUE} was not stored"}}
    async with mocked(off, status=503) as service:
        client = service.client.with_options(log_bodies=True)
        with pytest.raises(Overloaded, match="the vault is off") as caught:
            await client.vault.store("TOKEN", SecretStr(VALUE), hosts=["api.example.com"])
    error = caught.value
    frames = traceback.TracebackException.from_exception(error, capture_locals=True)
    shown = "".join(line for line in frames.format(chain=False) if "VALUE" not in line)
    assert "secret = SecretStr" in shown
    for text in (str(error), repr(error), caplog.text, shown):
        assert "0123456789" not in text


async def test_what_is_wrong_is_refused_without_the_value() -> None:
    async with mocked({}) as service:
        vault: Any = service.client.vault
        for call, message in (
            (lambda: vault.store("TOKEN", "", hosts=["a"]), "value is"),
            (lambda: vault.store("TOKEN", 5, hosts=["a"]), "value is"),
            (lambda: vault.store("TOKEN", VALUE, hosts="api.example.com"), "hosts"),
            (lambda: vault.store("TOKEN", VALUE, hosts=[""]), "hosts"),
            (lambda: vault.store("..", VALUE, hosts=["a"]), "name is '..'"),
            (lambda: vault.copy([], intern="i"), "names has 0 ids"),
        ):
            with pytest.raises(ConfigurationError, match=message) as caught:
                await call()
            assert "0123456789" not in str(caught.value)
        assert service.requests == []


async def test_a_list_tells_whether_there_is_more() -> None:
    async with mocked({"data": [RECORD], "has_more": True}, {"data": [RECORD], "has_more": False}) as service:
        assert len(await service.client.vault.list().all()) == 2
        assert [request.url.query for request in service.requests] == [b"", b"offset=1"]
