"""Webhooks are believed only if they are signed, unchanged and new."""

from __future__ import annotations

import hashlib
import hmac
import json

import pytest
from pydantic import SecretStr

from openrouter_async import ConfigurationError
from openrouter_async.errors import InvalidWebhook
from openrouter_async.resources.webhooks import verify_webhook

SECRET = "whsec_0123456789"
NOW = 1_786_406_418
EVENT = {
    "type": "video.generation.completed",
    "created_at": "2026-08-11T00:00:18Z",
    "data": {"id": "2kJA", "status": "completed", "usage": {"cost": 0.4}},
}
BODY = json.dumps(EVENT).encode()


def signature(body: bytes = BODY, at: int = NOW, secret: str = SECRET) -> str:
    # By the service's guide: the time and the body, joined by a comma.
    digest = hmac.new(secret.encode(), f"{at},".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


def headers(value: str | None = None) -> dict[str, str]:
    return {
        "Content-Type": "application/json",
        "X-OpenRouter-Signature": signature() if value is None else value,
        "X-OpenRouter-Idempotency-Key": "2kJA-completed",
    }


def test_what_the_service_signed_is_read() -> None:
    event = verify_webhook(headers(), BODY, SECRET, clock=lambda: NOW)
    assert (event.type, event.job_id, event.key) == (EVENT["type"], "2kJA", "2kJA-completed")
    assert event.data == EVENT["data"]
    assert event.created_at == EVENT["created_at"]


@pytest.mark.parametrize("seconds", [-300, 0, 300])
def test_a_clock_may_differ_by_five_minutes(seconds: int) -> None:
    secret = SecretStr(SECRET)
    assert verify_webhook(headers(), BODY, secret, clock=lambda: NOW + seconds).job_id == "2kJA"


def test_one_of_several_signatures_is_enough() -> None:
    old, new = signature(secret="old"), signature().partition(",")[2]
    assert verify_webhook(headers(f"{old}, {new}"), BODY, SECRET, clock=lambda: NOW)


@pytest.mark.parametrize(
    ("value", "body", "reason"),
    [
        (signature(secret="another"), BODY, "is not that of the secret"),
        (signature(), BODY + b" ", "is not that of the secret"),
        (signature(b'{"type": "x"}'), BODY, "is not that of the secret"),
        (signature(at=NOW - 301), BODY, "signed 301 s away from now; expected at most 300"),
        (signature(at=NOW + 301), BODY, "signed 301 s away"),
        (signature().replace(f"t={NOW}", f"t={NOW + 1}"), BODY, "is not that of the secret"),
        ("", BODY, "cannot be read"),
        ("t=1", BODY, "cannot be read"),
        (signature().partition(",")[2], BODY, "cannot be read"),
        (f"t={NOW},{signature()}", BODY, "cannot be read"),
        ("t=²,v1=00", BODY, "cannot be read"),
        (f"t={NOW},v1=é", BODY, "is not that of the secret"),
        (signature(b"[]"), b"[]", "is none"),
    ],
)
def test_what_is_not_the_services_is_refused(value: str, body: bytes, reason: str) -> None:
    with pytest.raises(InvalidWebhook, match=reason) as caught:
        verify_webhook(headers(value), body, SECRET, clock=lambda: NOW)
    assert SECRET not in str(caught.value)


def test_a_webhook_without_a_signature_is_refused() -> None:
    with pytest.raises(InvalidWebhook, match="has no signature"):
        verify_webhook({}, BODY, SECRET)


@pytest.mark.parametrize(
    ("raw", "secret", "reason"),
    [
        (BODY, "", "secret is empty"),
        (BODY.decode(), SECRET, "raw is a str"),
        (EVENT, SECRET, "raw is a dict"),
    ],
)
def test_wrong_arguments(raw: bytes, secret: str, reason: str) -> None:
    with pytest.raises(ConfigurationError, match=reason):
        verify_webhook(headers(), raw, secret, clock=lambda: NOW)
