"""`client.presets`: the parameters of a chat request are kept, and versions that are null are passed over once."""

from __future__ import annotations

import json
from typing import Any

import pytest

from openrouter_async import PRESETS, ConfigurationError

from ..mocked import KEY, MANAGEMENT_KEY, mocked

VERSION: dict[str, Any] = {"id": "v", "version": 2, "config": {"temperature": 0.2}, "system_prompt": None}
RECORD: dict[str, Any] = {"id": "p", "slug": "brief", "designated_version": VERSION}


async def test_the_parameters_of_a_chat_request_are_kept() -> None:
    async with mocked({"data": RECORD}) as service:
        saved = await service.client.presets.save("brief", model="openai/gpt-5-mini", **PRESETS["precise"])
        assert (service.line, service.key) == ("POST /presets/brief/chat/completions", KEY)
        assert service.body == {
            "model": "openai/gpt-5-mini",
            "messages": [{"role": "user", "content": "-"}],
            "temperature": 0.2,
            "top_p": 0.9,
        }
        assert saved.designated_version is not None
        assert saved.designated_version.config == {"temperature": 0.2}


async def test_a_wrong_parameter_is_refused_as_in_chat() -> None:
    async with mocked({"data": RECORD}) as service:
        presets: Any = service.client.presets
        with pytest.raises(ConfigurationError, match="temperature is 3"):
            await presets.save("brief", temperature=3)
        with pytest.raises(ConfigurationError, match="max_tokens is 0"):
            await presets.save_messages("brief", model="a/b", max_tokens=0)
        with pytest.raises(ConfigurationError, match="'store'"):
            await presets.save_responses("brief", store=True)
        assert service.requests == []


async def test_a_management_key_does_too() -> None:
    async with mocked({"data": RECORD}, api_key=None) as service:
        await service.client.presets.save_responses("brief", model="a/b", temperature=0.2)
        assert service.key == MANAGEMENT_KEY


async def test_the_parameters_of_the_other_dialects_are_kept_too() -> None:
    async with mocked({"data": RECORD}) as service:
        presets = service.client.presets
        await presets.save_responses("brief", model="a/b", instructions="Be brief.")
        await presets.save_messages("brief", model="a/b", system="Be brief.", max_tokens=100)
        bodies = [json.loads(request.content) for request in service.requests]
        assert bodies == [
            {"model": "a/b", "input": "-", "instructions": "Be brief."},
            {
                "model": "a/b",
                "messages": [{"role": "user", "content": "-"}],
                "max_tokens": 100,
                "system": "Be brief.",
            },
        ]


async def test_versions_that_are_null_are_passed_over_and_no_other_comes_twice() -> None:
    pages = [
        {"data": [{"id": "a"}, None, {"id": "b"}], "total_count": 4},
        {"data": [{"id": "c"}], "total_count": 4},
    ]
    async with mocked(*pages) as service:
        found = await service.client.presets.versions("brief").all()
        assert [version.id for version in found] == ["a", "b", "c"]
        assert [request.url.query for request in service.requests] == [b"", b"offset=3"]


async def test_a_version_of_which_there_is_nothing_is_none() -> None:
    async with mocked({"data": None}) as service:
        assert await service.client.presets.version("brief", 3) is None
        assert service.line == "GET /presets/brief/versions/3"
