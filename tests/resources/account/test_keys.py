"""`client.keys`: what is sent, with what is left out told apart from null, and what comes back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from pydantic import JsonValue

from openrouter_async import ConfigurationError, InvalidResponseError

from ..mocked import MANAGEMENT_KEY, mocked

HASH = "f01d52606dc8f0a8303a7b5cc3fa07109c2e346cec7c0a16b40de462992ce943"
RECORD: dict[str, JsonValue] = {
    "hash": HASH,
    "name": "ci",
    "label": "sk-or-v1-0e6...1c9",
    "disabled": False,
    "limit": 5,
    "limit_remaining": 4.5,
    "limit_reset": "monthly",
    "include_byok_in_limit": False,
    "usage": 0.5,
    "usage_daily": 0.1,
    "usage_weekly": 0.2,
    "usage_monthly": 0.5,
    "byok_usage": 0,
    "byok_usage_daily": 0,
    "byok_usage_weekly": 0,
    "byok_usage_monthly": 0,
    "created_at": "2026-08-24T10:30:00.000Z",
    "updated_at": None,
    "creator_user_id": None,
    "workspace_id": "0df9e665-d932-5740-b2c7-b52af166bc11",
}


async def test_a_list_is_read_to_its_first_empty_page() -> None:
    pages: list[JsonValue] = [{"data": [RECORD, RECORD]}, {"data": [RECORD]}, {"data": []}]
    async with mocked(*pages) as service:
        keys = await service.client.keys.list(include_disabled=True, workspace_id="w").all()
        assert [key.hash for key in keys] == [HASH] * 3
        assert [request.url.query for request in service.requests] == [
            b"include_disabled=true&workspace_id=w",
            b"include_disabled=true&workspace_id=w&offset=2",
            b"include_disabled=true&workspace_id=w&offset=3",
        ]
        assert service.key == MANAGEMENT_KEY


async def test_a_new_key_comes_as_a_secret_that_a_client_takes() -> None:
    async with mocked({"key": "sk-or-v1-new", "data": RECORD}, status=201) as service:
        created = await service.client.keys.create("ci", limit=Decimal("2.5"), limit_reset="monthly")
        assert (service.request.method, service.request.url.path) == ("POST", "/api/v1/keys")
        assert service.body == {"name": "ci", "limit": 2.5, "limit_reset": "monthly"}
        assert "sk-or-v1-new" not in repr(created) + str(created)
        assert created.key.get_secret_value() == "sk-or-v1-new"
        assert created.data.hash == HASH
        service.router.reset()
        service.answer({"data": {"usage": 0}})
        await service.client.with_options(api_key=created.key).key.get()
        assert service.key == "sk-or-v1-new"


@pytest.mark.parametrize(
    ("moment", "sent"),
    [
        pytest.param(datetime(2027, 1, 2, 3, 4, tzinfo=UTC), "2027-01-02T03:04:00Z", id="UTC"),
        pytest.param(
            datetime(2027, 1, 2, 3, 4, tzinfo=timezone(timedelta(hours=2))),
            "2027-01-02T01:04:00Z",
            id="offset",
        ),
        pytest.param("2027-01-02T03:04:00Z", "2027-01-02T03:04:00Z", id="text"),
        pytest.param(None, None, id="never"),
    ],
)
async def test_the_end_of_a_key_is_sent_in_utc(moment: datetime | str | None, sent: str | None) -> None:
    async with mocked({"key": "sk-or-v1-new", "data": RECORD}, status=201) as service:
        await service.client.keys.create("ci", expires_at=moment)
        assert service.body == {"name": "ci", "expires_at": sent}


@pytest.mark.parametrize(
    ("changes", "sent"),
    [
        pytest.param({"disabled": True}, {"disabled": True}, id="one field"),
        pytest.param({"limit": None}, {"limit": None}, id="a limit taken away"),
        pytest.param({"limit": 0}, {"limit": 0}, id="a limit of nothing"),
        pytest.param(
            {"limit_reset": None, "limit": 3}, {"limit": 3, "limit_reset": None}, id="null and value"
        ),
        pytest.param({"name": "x", "extra_body": {"new": 1}}, {"name": "x", "new": 1}, id="unknown field"),
    ],
)
async def test_what_is_left_out_of_a_change_is_not_sent_and_none_is_null(
    changes: dict[str, Any], sent: dict[str, Any]
) -> None:
    async with mocked({"data": RECORD}) as service:
        key = await service.client.keys.update(HASH, **changes)
        assert service.line == f"PATCH /keys/{HASH}"
        assert service.body == sent
        assert key.hash == HASH


async def test_a_new_key_without_its_text_is_no_answer() -> None:
    async with mocked({"data": RECORD}, status=201) as service:
        with pytest.raises(InvalidResponseError):
            await service.client.keys.create("ci")


async def test_the_operations_need_a_management_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENROUTER_MANAGEMENT_KEY", raising=False)
    async with mocked({"data": []}, management_key=None) as service:
        with pytest.raises(ConfigurationError, match="management"):
            await service.client.keys.list()
        assert service.requests == []


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        pytest.param({}, "nothing is to be changed", id="nothing"),
        pytest.param({"limit": -1}, "limit is -1; expected a number of at least 0", id="negative"),
        pytest.param({"limit": Decimal("NaN")}, "limit is", id="not a number"),
        pytest.param({"limit": "5"}, "limit is '5'; expected", id="text"),
        pytest.param({"expires_at": None}, "fixes it when a key is made", id="elsewhere"),
        pytest.param({"disable": True}, "did you mean 'disabled'", id="misspelt"),
        pytest.param({"disabled": None}, "disabled is None; expected True or False", id="null not allowed"),
    ],
)
async def test_a_wrong_change_is_refused_before_it_is_sent(wrong: dict[str, Any], told: str) -> None:
    async with mocked({"data": RECORD}) as service:
        with pytest.raises(ConfigurationError, match=told):
            await service.client.keys.update(HASH, **wrong)
        assert service.requests == []


@pytest.mark.parametrize("name", ["", None, 3], ids=repr)
async def test_a_key_needs_a_name(name: Any) -> None:
    async with mocked({}) as service:
        with pytest.raises(ConfigurationError, match="name is"):
            await service.client.keys.create(name)


async def test_a_moment_without_its_zone_is_refused() -> None:
    async with mocked({}) as service:
        with pytest.raises(ConfigurationError, match="time zone"):
            await service.client.keys.create("ci", expires_at=datetime(2027, 1, 1))


async def test_a_moment_that_is_no_date_is_refused() -> None:
    async with mocked({}) as service:
        with pytest.raises(
            ConfigurationError, match="expires_at is 'tomorrow'; expected a moment in ISO 8601"
        ):
            await service.client.keys.create("ci", expires_at="tomorrow")
        assert service.requests == []


@pytest.mark.parametrize("offset", [-1, "x", 1.5, True], ids=repr)
async def test_an_offset_is_a_number_of_keys(offset: Any) -> None:
    async with mocked({"data": []}) as service:
        with pytest.raises(ConfigurationError, match=r"offset is .*; expected a whole number"):
            service.client.keys.list(offset=offset)


async def test_a_key_in_place_of_its_hash_is_refused_and_not_shown() -> None:
    async with mocked({}) as service:
        with pytest.raises(ConfigurationError) as caught:
            await service.client.keys.delete("sk-or-v1-0123456789")
        assert "0123456789" not in str(caught.value)
        assert service.requests == []
