"""The emulated account, through the client: keys that work, are limited and refused; activity, content, OAuth."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

import anyio
import anyio.to_thread
import pytest

from openrouter_async import (
    AsyncOpenRouter,
    AuthenticationError,
    BadRequest,
    NotFound,
    PermissionDenied,
    Retries,
)
from openrouter_async.testing import Emulator

pytestmark = pytest.mark.loopback

MODEL = "openai/gpt-4o"


@asynccontextmanager
async def account(**settings: Any) -> AsyncIterator[tuple[Emulator, AsyncOpenRouter]]:
    with Emulator(**settings) as emulator:
        async with AsyncOpenRouter(
            emulator.key,
            management_key=emulator.management_key,
            base_url=emulator.base_url,
            retries=Retries(attempts=1),
        ) as client:
            yield emulator, client


# keys


async def test_a_key_that_was_made_works_and_is_listed() -> None:
    async with account() as (emulator, client):
        created = await client.keys.create("ci", limit=5, limit_reset="monthly")
        theirs = client.with_options(api_key=created.key)
        reply = await theirs.chat.create("hello", model=MODEL)
        assert reply.usage.is_reported
        assert (await theirs.key.get()).usage == reply.usage.cost
        record = await client.keys.get(created.data.hash)
        assert (record.name, record.limit, record.limit_reset) == ("ci", Decimal(5), "monthly")
        assert record.usage == reply.usage.cost
        assert created.data.hash in {key.hash async for key in client.keys.list()}
        assert emulator.spent == reply.usage.cost


async def test_a_disabled_key_is_refused_until_it_is_enabled_again() -> None:
    async with account() as (_, client):
        created = await client.keys.create("ci")
        theirs = client.with_options(api_key=created.key)
        hash = created.data.hash
        await client.keys.update(hash, disabled=True)
        with pytest.raises(AuthenticationError):
            await theirs.key.get()
        assert hash not in {key.hash async for key in client.keys.list()}
        assert hash in {key.hash async for key in client.keys.list(include_disabled=True)}
        assert (await client.keys.update(hash, disabled=False)).updated_at is not None
        await theirs.key.get()


async def test_a_deleted_key_is_gone() -> None:
    async with account() as (_, client):
        created = await client.keys.create("ci")
        await client.keys.delete(created.data.hash)
        with pytest.raises(AuthenticationError):
            await client.with_options(api_key=created.key).key.get()
        with pytest.raises(NotFound):
            await client.keys.delete(created.data.hash)


async def test_what_is_left_out_of_a_change_stays_and_null_takes_away() -> None:
    async with account() as (_, client):
        hash = (await client.keys.create("ci", limit=5)).data.hash
        assert (await client.keys.update(hash, name="other")).limit == Decimal(5)
        changed = await client.keys.update(hash, limit=None)
        assert (changed.name, changed.limit) == ("other", None)


async def test_a_key_may_spend_no_more_than_its_limit() -> None:
    async with account() as (_, client):
        created = await client.keys.create("ci", limit=0)
        with pytest.raises(PermissionDenied):
            await client.with_options(api_key=created.key).chat.create("hello", model=MODEL)


async def test_a_key_whose_time_is_over_is_refused() -> None:
    async with account() as (_, client):
        later, earlier = (datetime.now(UTC) + timedelta(hours=hours) for hours in (1, -1))
        good = await client.keys.create("good", expires_at=later)
        await client.with_options(api_key=good.key).key.get()
        over = await client.keys.create("over", expires_at=earlier)
        with pytest.raises(AuthenticationError):
            await client.with_options(api_key=over.key).key.get()
        assert over.data.hash not in {key.hash async for key in client.keys.list()}
        assert over.data.hash in {key.hash async for key in client.keys.list(include_expired=True)}


async def test_a_list_of_keys_comes_in_pages() -> None:
    async with account() as (emulator, client):
        for _ in range(150):
            emulator.add_key()
        page = await client.keys.list()
        assert len(page) == 100
        hashes = [key.hash async for key in client.keys.list()]
        assert len(hashes) == len(set(hashes)) == 151
        assert [request.query for request in emulator.requests[-3:]] == [
            {},
            {"offset": "100"},
            {"offset": "151"},
        ]


async def test_management_keys_are_not_administered_and_inference_keys_do_not_administer() -> None:
    async with account() as (emulator, client):
        wrong = client.with_options(management_key=emulator.key)
        with pytest.raises(PermissionDenied):
            await wrong.keys.list()
        assert all(key.label != "" for key in await client.keys.list())
        assert len(await client.keys.list()) == 1


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"limit_reset": "yearly"}, "limit_reset"),
        ({"expires_at": "tomorrow"}, "expires_at"),
        ({"expires_at": "2030-01-01T00:00:00+02:00"}, "must be UTC"),
        ({"name": ""}, "name"),
    ],
    ids=["reset", "moment", "zone", "name"],
)
async def test_what_the_service_refuses_is_refused(body: dict[str, Any], told: str) -> None:
    async with account() as (_, client):
        with pytest.raises(BadRequest, match=told):
            await client.keys.create("ci", extra_body=body)


# what was used


async def test_activity_sums_what_was_used_by_model() -> None:
    async with account() as (emulator, client):
        first = await client.chat.create("one", model=MODEL)
        second = await client.chat.create("two", model=MODEL)
        await client.chat.create("three", model="openai/gpt-4o-mini")
        rows = {row.model: row for row in await client.activity.list()}
        assert rows[MODEL].requests == 2
        assert first.usage.is_reported
        assert second.usage.is_reported
        assert rows[MODEL].prompt_tokens == first.usage.prompt_tokens + second.usage.prompt_tokens  # type: ignore[operator]  # both are said
        assert float(sum(row.usage or 0 for row in rows.values())) == pytest.approx(float(emulator.spent))
        assert rows[MODEL].workspace_id is None
        (row, *_) = await client.activity.list(by_workspace=True)
        assert row.workspace_id is not None
        assert len(await client.activity.list(api_key_hash="0" * 64)) == 0
        assert len(await client.activity.list(date="2020-01-01")) == 0


async def test_the_content_of_a_generation_is_kept() -> None:
    async with account() as (emulator, client):
        emulator.reply("blue", reasoning="the sky")
        reply = await client.chat.create("a colour?", model=MODEL)
        record = await client.generations.get(reply.id, wait=True)
        content = await client.generations.content(reply.id)
        assert content.input is not None
        assert content.output is not None
        assert content.input.messages == [{"role": "user", "content": "a colour?"}]
        assert (content.output.completion, content.output.reasoning) == ("blue", "the sky")
        assert reply.usage.is_reported
        assert record.total_cost == reply.usage.cost


async def test_a_record_that_is_not_there_yet_is_waited_for() -> None:
    async with account(generation_misses=3) as (emulator, client):
        reply = await client.chat.create("hello", model=MODEL)
        with pytest.raises(NotFound):
            await client.generations.get(reply.id)
        assert (await client.generations.get(reply.id, wait=True)).id == reply.id
        assert len([request for request in emulator.requests if request.path == "/generation"]) == 4


async def test_feedback_needs_a_generation_that_is_known() -> None:
    async with account(generation_misses=0) as (_, client):
        reply = await client.chat.create("hello", model=MODEL)
        await client.generations.feedback(reply.id, "latency", comment="slow")
        with pytest.raises(NotFound):
            await client.generations.feedback("gen-none", "latency")
        with pytest.raises(BadRequest):
            await client.generations.feedback(reply.id, "boredom")


async def test_endpoints_and_providers_are_told() -> None:
    async with account() as (_, client):
        assert (await client.models.endpoints(MODEL)).endpoints[0].provider_name == "OpenAI"
        assert await client.models.count() == len(await client.models.list())
        assert {provider.slug for provider in await client.providers.list()} >= {"openai", "anthropic"}
        assert len(await client.endpoints.zdr()) > 0
        assert len(await client.models.user(limit=3)) == 3


# OAuth


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_args: Any, **_kwargs: Any) -> None:
        return None


def visit(url: str) -> tuple[str | None, str]:
    """Open an address as a browser would; return where it leads, and what it shows."""
    opener = urllib.request.build_opener(_Stay, urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=10) as answer:
            return None, answer.read().decode()
    except urllib.error.HTTPError as answer:
        with answer:
            return answer.headers["location"], ""


async def code_from(url: str) -> str:
    location, shown = await anyio.to_thread.run_sync(visit, url)
    return shown if location is None else parse_qs(urlsplit(location).query)["code"][0]


async def test_a_user_who_agrees_gives_a_key_that_works() -> None:
    async with account() as (_, client):
        verifier = client.oauth.new_verifier()
        url = client.oauth.authorization_url(
            verifier, callback_url="http://localhost:3000/done?visit=7", key_label="my app"
        )
        location, _ = await anyio.to_thread.run_sync(visit, url)
        assert location is not None
        assert location.startswith("http://localhost:3000/done?visit=7&code=")
        code = parse_qs(urlsplit(location).query)["code"][0]
        granted = await client.oauth.exchange(code, verifier)
        await client.with_options(api_key=granted.key).chat.create("hello", model=MODEL)
        assert "my app" in {key.name async for key in client.keys.list()}


async def test_a_code_is_good_once_and_for_its_verifier_only() -> None:
    async with account() as (_, client):
        verifier = client.oauth.new_verifier()
        url = client.oauth.authorization_url(verifier)
        code = await code_from(url)
        with pytest.raises(PermissionDenied, match="verifier"):
            await client.oauth.exchange(code, client.oauth.new_verifier())
        with pytest.raises(PermissionDenied, match="code"):
            await client.oauth.exchange(code, verifier)
        fresh = await code_from(url)
        assert (await client.oauth.exchange(fresh, verifier)).user_id is not None
        with pytest.raises(PermissionDenied):
            await client.oauth.exchange(fresh, verifier)


async def test_a_reset_forgets_the_keys_that_were_made() -> None:
    async with account() as (emulator, client):
        created = await client.keys.create("ci")
        emulator.reset()
        with pytest.raises(AuthenticationError):
            await client.with_options(api_key=created.key).key.get()


async def test_a_code_without_a_page_is_exchanged_for_a_key() -> None:
    async with account() as (_, client):
        verifier = client.oauth.new_verifier()
        made = await client.oauth.create_code(
            verifier, callback_url="http://localhost:3000/done", key_label="mine"
        )
        granted = await client.oauth.exchange(made.id, verifier)
        await client.with_options(api_key=granted.key).chat.create("hello", model=MODEL)
        assert "mine" in {key.name async for key in client.keys.list()}


async def test_an_identity_token_is_exchanged_for_a_key_that_ends() -> None:
    async with account() as (_, client):
        token = await client.oauth.exchange_token("e.y.J", policy="fp_1")
        await client.with_options(api_key=token.access_token).chat.create("hello", model=MODEL)
        manages = await client.oauth.exchange_token("e.y.J", policy="fp_1", scope="management")
        signed_in = client.with_options(management_key=manages.access_token)
        ends = [key.expires_at async for key in signed_in.keys.list()]
        assert any(ends)
