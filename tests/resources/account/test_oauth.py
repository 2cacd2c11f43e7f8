"""`client.oauth`: the address a user opens, and the exchange of the code for a key."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from openrouter_async import ConfigurationError
from openrouter_async._sansio.pkce import challenge_of

from ..mocked import mocked

VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
"""The example of RFC 7636, appendix B."""


async def test_the_address_has_the_challenge_and_not_the_verifier() -> None:
    async with mocked() as service:
        url = service.client.oauth.authorization_url(
            VERIFIER, callback_url="http://localhost:3000/done?visit=7", key_label="my app"
        )
    parts = urlsplit(url)
    assert (parts.scheme, parts.netloc, parts.path) == ("https", "openrouter.ai", "/auth")
    assert parse_qs(parts.query) == {
        "callback_url": ["http://localhost:3000/done?visit=7"],
        "code_challenge": ["E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"],
        "code_challenge_method": ["S256"],
        "key_label": ["my app"],
    }


async def test_without_a_callback_the_code_is_shown_to_the_user() -> None:
    async with mocked() as service:
        url = service.client.oauth.authorization_url(VERIFIER)
    assert set(parse_qs(urlsplit(url).query)) == {"code_challenge", "code_challenge_method"}


async def test_verifiers_are_new_and_well_formed() -> None:
    async with mocked() as service:
        verifiers = {service.client.oauth.new_verifier() for _ in range(100)}
    assert len(verifiers) == 100
    assert all(len(challenge_of(verifier)) == 43 for verifier in verifiers)


@pytest.mark.parametrize(
    "callback",
    [
        "http://example.com/",
        "ftp://example.com",
        "/done",
        "https://",
        "http://localhost.evil.com",
        "http://[::1",
        5,
    ],
)
async def test_a_callback_the_service_would_refuse_is_refused(callback: Any) -> None:
    async with mocked() as service:
        with pytest.raises(ConfigurationError, match="callback_url is"):
            service.client.oauth.authorization_url(VERIFIER, callback_url=callback)


@pytest.mark.parametrize("label", ["", 5], ids=repr)
async def test_a_label_that_says_nothing_is_refused(label: Any) -> None:
    async with mocked() as service:
        with pytest.raises(ConfigurationError, match="key_label is"):
            service.client.oauth.authorization_url(VERIFIER, key_label=label)


@pytest.mark.parametrize(
    "verifier", ["", "short", "x" * 129, "ä" * 43], ids=["none", "short", "long", "alphabet"]
)
async def test_a_verifier_that_is_none_is_refused_and_not_shown(verifier: str) -> None:
    async with mocked() as service:
        with pytest.raises(ConfigurationError) as caught:
            await service.client.oauth.exchange("code", verifier)
        assert service.requests == []
    assert not verifier or verifier not in str(caught.value)


async def test_a_key_that_was_granted_is_not_shown() -> None:
    async with mocked({"key": "sk-or-v1-theirs", "user_id": "user_1"}) as service:
        granted = await service.client.oauth.exchange("the-code", VERIFIER)
    assert granted.key.get_secret_value() == "sk-or-v1-theirs"
    assert "theirs" not in repr(granted)


async def test_an_empty_code_is_refused() -> None:
    async with mocked() as service:
        with pytest.raises(ConfigurationError, match="code is"):
            await service.client.oauth.exchange("", VERIFIER)
