"""A key of a few minutes is exchanged once for all calls, in time, and used until it ends where that fails."""

from __future__ import annotations

from collections.abc import Iterator

import anyio
import pytest
from pydantic import SecretStr

from openrouter_async import AsyncOpenRouter, BadRequest, Overloaded, Retries
from openrouter_async.resources.account import renewing_key
from openrouter_async.resources.account.renewing_key import RenewingKey
from openrouter_async.types.account.oauth import AccessToken
from tests.support.loopback import LoopbackServer, Reply, serve_responses

from ..mocked import mocked

JWT = "eyJhbGciOiJIUzI1NiJ9.e30.0123456789"
MODELS = Reply(200, json={"data": []})


class Clock:
    """What anyio's clock shows."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        monkeypatch.setattr(renewing_key.anyio, "current_time", lambda: self.now)


def token(number: int, seconds: int | None) -> AccessToken:
    return AccessToken(access_token=SecretStr(f"token-{number}"), expires_in=seconds)


class Issuer:
    """Exchanges, or fails, in turn."""

    def __init__(self, *answers: AccessToken | Exception) -> None:
        self._answers: Iterator[AccessToken | Exception] = iter(answers)
        self.asked = 0

    async def __call__(self) -> AccessToken:
        self.asked += 1
        await anyio.lowlevel.checkpoint()
        answer = next(self._answers)
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.mark.parametrize(("lasts", "renewed_after"), [(600, 540), (60, 30), (1, 0.5)])
async def test_a_token_is_used_until_shortly_before_it_ends(
    monkeypatch: pytest.MonkeyPatch, lasts: int, renewed_after: float
) -> None:
    clock, issuer = Clock(monkeypatch), Issuer(token(1, lasts), token(2, lasts))
    key = RenewingKey(issuer)
    assert repr(key) == "<RenewingKey without a token>"
    assert await key() == "token-1"
    clock.now += renewed_after - 0.01
    assert (await key(), issuer.asked) == ("token-1", 1)
    clock.now += 0.02
    assert (await key(), issuer.asked) == ("token-2", 2)
    assert "token-2" not in repr(key)


async def test_a_token_of_unknown_length_is_used_once() -> None:
    issuer = Issuer(token(1, None), token(2, None))
    key = RenewingKey(issuer)
    assert (await key(), await key(), issuer.asked) == ("token-1", "token-2", 2)


async def test_calls_at_the_same_moment_wait_for_one_exchange() -> None:
    issuer, got = Issuer(token(1, 600)), list[str]()
    key = RenewingKey(issuer)

    async def call() -> None:
        got.append(await key())

    async with anyio.create_task_group() as tasks:
        for _ in range(50):
            tasks.start_soon(call)
    assert (got, issuer.asked) == (["token-1"] * 50, 1)


async def test_calls_at_the_same_moment_fail_with_one_exchange_and_the_next_tries_again() -> None:
    issuer, failed = Issuer(Overloaded("down", status=503), token(1, 600)), list[Exception]()
    key = RenewingKey(issuer)

    async def call() -> None:
        try:
            await key()
        except Overloaded as error:
            failed.append(error)

    async with anyio.create_task_group() as tasks:
        for _ in range(50):
            tasks.start_soon(call)
    assert (len(failed), issuer.asked) == (50, 1)
    assert (await key(), issuer.asked) == ("token-1", 2)


async def test_a_token_that_cannot_be_renewed_is_used_until_it_ends(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    down = Overloaded("down", status=503)
    clock, issuer = Clock(monkeypatch), Issuer(token(1, 100), down, down, down, token(2, 100))
    key = RenewingKey(issuer)
    await key()
    clock.now += 51
    assert (await key(), await key(), issuer.asked) == ("token-1", "token-1", 2)
    assert "the token was not renewed" in caplog.text
    clock.now += 6
    assert (await key(), issuer.asked) == ("token-1", 3)
    clock.now += 50
    with pytest.raises(Overloaded):
        await key()
    assert await key() == "token-2"


async def test_a_call_that_is_cancelled_in_its_exchange_leaves_it_to_the_next() -> None:
    began = anyio.Event()

    async def exchange() -> AccessToken:
        if not began.is_set():
            began.set()
            await anyio.sleep_forever()
        return token(1, 600)

    key = RenewingKey(exchange)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(key)
        await began.wait()
        tasks.cancel_scope.cancel()
    assert await key() == "token-1"


@pytest.mark.loopback
async def test_a_client_signs_in_by_itself_and_again_when_the_token_has_ended() -> None:
    def granted(number: int) -> Reply:
        answer = {
            "access_token": f"at-{number}",
            "expires_in": 0,
            "scope": "inference",
            "token_type": "Bearer",
        }
        return Reply(
            200, json={**answer, "issued_token_type": "urn:ietf:params:oauth:token-type:access_token"}
        )

    async def jwt() -> str:
        return JWT

    answers = [granted(1), MODELS, Reply(503), granted(2), MODELS]
    with LoopbackServer(serve_responses(answers)) as server:
        async with AsyncOpenRouter(base_url=server.url, retries=Retries(base=0.001)) as client:
            signed_in = client.with_options(api_key=client.oauth.key_source(jwt, policy="fp_1"))
            await signed_in.models.user()
            await signed_in.models.user()
        keys = [request.headers.get("authorization") for request in server.requests]
    assert keys == [None, "Bearer at-1", None, None, "Bearer at-2"]


@pytest.mark.loopback
async def test_a_call_whose_token_was_refused_was_not_sent_and_does_not_say_that_it_may_have_been() -> None:
    async def jwt() -> SecretStr:
        return SecretStr(JWT)

    refusal = {"error": "invalid_grant", "error_description": f"subject_token {JWT} has expired"}
    with LoopbackServer(serve_responses([Reply(400, json=refusal)])) as server:
        async with AsyncOpenRouter(base_url=server.url, retries=Retries(base=0.001)) as client:
            source = client.oauth.key_source(jwt, policy="fp_1", scope="management")
            with pytest.raises(BadRequest, match="has expired") as caught:
                await client.with_options(management_key=source).keys.create("ci")
        assert len(server.requests) == 1
    assert "may have been" not in str(caught.value)
    assert "0123456789" not in str(caught.value)


async def test_tokens_are_in_no_log_and_no_repr(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    async with mocked({"access_token": "at-0123456789", "expires_in": 300}) as service:
        client = service.client.with_options(log_bodies=True)
        granted = await client.oauth.exchange_token(f"{JWT}\n", policy="fp_1")
        assert f"subject_token={JWT}" in service.request.content.decode().split("&")
        assert granted.access_token.get_secret_value() == "at-0123456789"
        assert "0123456789" not in caplog.text + repr(granted)
        assert "authorization" not in service.request.headers


@pytest.mark.loopback
async def test_an_exchange_that_fails_is_retried_by_its_own_rules_only() -> None:
    async def jwt() -> str:
        return JWT

    with LoopbackServer(serve_responses([Reply(503, json={"error": "down"})] * 20)) as server:
        async with AsyncOpenRouter(base_url=server.url, retries=Retries(attempts=3, base=0.001)) as client:
            signed_in = client.with_options(api_key=client.oauth.key_source(jwt, policy="fp_1"))
            with pytest.raises(Overloaded) as caught:
                await signed_in.chat.create("Hi", model="a/b")
        assert [request.path.rpartition("/")[2] for request in server.requests] == ["token"] * 3
    assert caught.value.attempts == 3
