"""Answers the operations that administer the account: keys, activity, kept content, feedback, OAuth.

Unlike the service it keeps all content, and counts the present day as activity, since an emulator seldom lives
longer. Anyone who opens the page of OAuth agrees immediately.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TypeAlias
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from pydantic import JsonValue

from ..._sansio.pkce import challenge_of
from ...errors import ConfigurationError
from ..exchange.field_checks import (
    Check,
    boolean,
    json_object,
    nullable,
    number,
    one_of,
    text,
    whole_query,
)
from ..exchange.responses import EmulatedResponse, Part, plain
from ..exchange.service_errors import bad_request, refused
from ..json_values import JSON
from ..state.generations import Generation
from ..state.keys import EmulatedKey, iso_now, new_key
from ..state.state import State

__all__ = ["Account"]

Query: TypeAlias = Mapping[str, str]

KEYS_A_PAGE = 100
CODE_S = 600.0
"""How long a code can be exchanged."""
TOKEN_S = 900
"""How long a key lasts that a token was exchanged for."""
WORKSPACE = "00000000-0000-4000-8000-000000000000"

_CATEGORIES = ("latency", "incoherence", "incorrect_response", "formatting", "billing", "api_error", "other")


_word = text(least=1)

_LIMITS: Mapping[str, Check] = {
    "limit": nullable(number(0)),
    "limit_reset": nullable(one_of("daily", "weekly", "monthly")),
    "include_byok_in_limit": boolean,
    "workspace_id": _word,
}
_NEW: Mapping[str, Check] = {
    **_LIMITS,
    "name": _word,
    "expires_at": nullable(text()),
    "creator_user_id": nullable(_word),
    "external": json_object,
}
_CHANGED: Mapping[str, Check] = {**_LIMITS, "name": _word, "disabled": boolean}
_FEEDBACK: Mapping[str, Check] = {
    "generation_id": _word,
    "category": one_of(*_CATEGORIES),
    "comment": text(1_000),
}
_EXCHANGE: Mapping[str, Check] = {
    "code": _word,
    "code_verifier": text(),
    "code_challenge_method": nullable(text()),
}
_CODE: Mapping[str, Check] = {
    "callback_url": _word,
    "code_challenge": _word,
    "code_challenge_method": one_of("S256", "plain"),
    "key_label": text(100),
}
_TOKEN = {
    "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
    "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
    "subject_token": None,
    "federation_policy_id": None,
}
"""The fields that a token exchange must have, with their only value where they have one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _OAuthCode:
    """The consent of a user, until it is exchanged for a key."""

    challenge: str | None
    method: str
    label: str
    given_at: float


class Account:
    """The part of the service that its management keys reach, and that creates keys."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._codes: dict[str, _OAuthCode] = {}

    # keys

    def keys(self, query: Query) -> JSON:
        offset = whole_query(query, "offset", 0, least=0)
        listed = [
            key
            for key in list(self._state.ledger.keys.values())
            if not key.is_management
            and (not key.is_disabled or query.get("include_disabled") == "true")
            and (not key.is_expired or query.get("include_expired") == "true")
        ]
        return {"data": [_record(key) for key in listed[offset : offset + KEYS_A_PAGE]]}

    def key(self, hash: str) -> JSON:
        return {"data": _record(self._key(hash))}

    def create_key(self, body: JsonValue) -> EmulatedResponse:
        fields = _checked(body, _NEW, "name")
        secret = f"sk-or-v1-{secrets.token_hex(32)}"
        key = new_key(secret, "inference")
        _change(key, fields)
        if fields.get("expires_at") is not None:
            key.expires_at = _moment(str(fields["expires_at"]))
        self._state.ledger.add_key(key)
        return plain({"key": secret, "data": _record(key)}, status=201)

    def update_key(self, hash: str, body: JsonValue) -> JSON:
        key = self._key(hash)
        _change(key, _checked(body, _CHANGED))
        key.updated = iso_now()
        return {"data": _record(key)}

    def delete_key(self, hash: str) -> JSON:
        del self._state.ledger.keys[self._key(hash).digest]
        return {"deleted": True}

    def _key(self, hash: str) -> EmulatedKey:
        key = self._state.ledger.keys.get(hash)
        if key is None or key.is_management:
            raise refused(404, "API key not found")
        return key

    # what was used

    def activity(self, query: Query) -> JSON:
        rows: dict[tuple[str, str, str], list[Generation]] = {}
        for made in self._state.generations.all:
            if query.get("date", made.created[:10]) != made.created[:10]:
                continue
            if query.get("api_key_hash", made.key_digest) != made.key_digest:
                continue
            rows.setdefault((made.created[:10], made.model, made.provider), []).append(made)
        return {"data": [_row(*group, made, query) for group, made in rows.items()]}

    def content(self, id: str | None) -> JSON:
        found = self._state.generations.find(id)
        return {"data": {"input": found.input, "output": found.output, "error": None}}

    def feedback(self, body: JsonValue) -> JSON:
        fields = _checked(body, _FEEDBACK, "generation_id", "category")
        self._state.generations.find(str(fields["generation_id"]))
        return {"data": {"success": True}}

    # OAuth

    def authorize(self, query: Query) -> EmulatedResponse:
        """The page of `/auth`: agrees, and sends the browser back, or shows the code."""
        method = query.get("code_challenge_method", "S256")
        challenge = query.get("code_challenge")
        if method not in ("S256", "plain"):
            raise bad_request("Invalid code_challenge_method")
        callback = query.get("callback_url")
        if callback is None and challenge is None:
            raise bad_request("code_challenge is required without callback_url")
        code = secrets.token_urlsafe(24)
        label = query.get("key_label", "OAuth")
        self._codes[code] = _OAuthCode(
            challenge=challenge, method=method, label=label, given_at=time.monotonic()
        )
        if callback is None:
            headers = {"content-type": "text/plain; charset=utf-8"}
            return EmulatedResponse(headers=headers, parts=(Part(code.encode()),))
        parts = urlsplit(callback)
        back = urlencode([*parse_qsl(parts.query, keep_blank_values=True), ("code", code)])
        return EmulatedResponse(
            status=302, headers={"location": urlunsplit(parts._replace(query=back))}, parts=()
        )

    def create_code(self, body: JsonValue) -> JSON:
        """The code that the page of `/auth` would give, without the page."""
        fields = _checked(body, _CODE, "callback_url")
        code = secrets.token_urlsafe(24)
        self._codes[code] = _OAuthCode(
            challenge=None if fields.get("code_challenge") is None else str(fields["code_challenge"]),
            method=str(fields.get("code_challenge_method") or "S256"),
            label=str(fields.get("key_label") or "OAuth"),
            given_at=time.monotonic(),
        )
        return {"data": {"id": code, "app_id": 1, "created_at": iso_now()}}

    def exchange_token(self, body: JsonValue) -> EmulatedResponse:
        """A key that lasts for a while, for any identity token: nothing is verified here."""
        fields = body if isinstance(body, dict) else {}
        for name, expected in _TOKEN.items():
            if not fields.get(name) or fields[name] != (expected or fields[name]):
                error: JSON = {"error": "invalid_request", "error_description": f"{name}: missing or wrong"}
                return plain(error, status=400)
        scope = "management" if fields.get("scope") == "management" else "inference"
        secret = f"sk-or-v1-{secrets.token_hex(32)}"
        key = new_key(secret, "management" if scope == "management" else "inference")
        key.expires_at = datetime.now(UTC) + timedelta(seconds=TOKEN_S)
        self._state.ledger.add_key(key)
        return plain(
            {
                "access_token": secret,
                "expires_in": TOKEN_S,
                "issued_token_type": "urn:ietf:params:oauth:token-type:access_token",
                "token_type": "Bearer",
                "scope": scope,
            }
        )

    def exchange(self, body: JsonValue) -> JSON:
        fields = _checked(body, _EXCHANGE, "code")
        if fields.get("code_challenge_method") not in (None, "S256", "plain"):
            raise bad_request("Invalid code_challenge_method")
        code = self._codes.pop(str(fields["code"]), None)
        if code is None or time.monotonic() - code.given_at > CODE_S:
            raise refused(403, "Invalid code")
        if code.challenge is not None and not _proves(str(fields.get("code_verifier", "")), code):
            raise refused(403, "Invalid code_verifier")
        secret = f"sk-or-v1-{secrets.token_hex(32)}"
        key = new_key(secret, "inference")
        key.name = code.label
        self._state.ledger.add_key(key)
        return {"key": secret, "user_id": "user_emulated"}


def _proves(verifier: str, code: _OAuthCode) -> bool:
    if code.method == "plain":
        return verifier == code.challenge
    try:
        return challenge_of(verifier) == code.challenge
    except ConfigurationError:
        return False


def _checked(body: JsonValue, checks: Mapping[str, Check], *required: str) -> JSON:
    """Return the fields of a body; unknown ones are passed over, as the service does."""
    given = json_object("body", body)
    for name, check in checks.items():
        if name in given:
            check(name, given[name])
        elif name in required:
            raise bad_request(f"{name}: Required")
    return {name: given[name] for name in checks if name in given}


_ATTRIBUTES = {
    "name": "name",
    "disabled": "is_disabled",
    "limit_reset": "limit_reset",
    "include_byok_in_limit": "counts_byok",
}
"""Name in a request -> attribute of the key."""


def _change(key: EmulatedKey, fields: JSON) -> None:
    for name, value in fields.items():
        if name == "limit":
            key.limit = None if value is None else Decimal(str(value))
        elif name in _ATTRIBUTES:
            setattr(key, _ATTRIBUTES[name], value)


def _moment(given: str) -> datetime:
    try:
        moment = datetime.fromisoformat(given)
    except ValueError:
        raise bad_request("expires_at: Invalid ISO datetime") from None
    if moment.utcoffset() is None or moment.utcoffset() != UTC.utcoffset(None):
        raise bad_request("expires_at: must be UTC")
    return moment


def _record(key: EmulatedKey) -> JSON:
    facts = key.to_json()
    shared = (
        "label", "limit", "limit_remaining", "limit_reset", "include_byok_in_limit", "usage", "usage_daily",
        "usage_weekly", "usage_monthly", "byok_usage", "byok_usage_daily", "byok_usage_weekly",
        "byok_usage_monthly", "expires_at", "creator_user_id",
    )  # fmt: skip
    return {
        "hash": key.digest,
        "name": key.name,
        "disabled": key.is_disabled,
        **{name: facts[name] for name in shared},
        "created_at": key.created,
        "updated_at": key.updated,
        "workspace_id": WORKSPACE,
        "external_user": None,
        "last_used_at": None,
    }


def _row(date: str, model: str, provider: str, made: list[Generation], query: Query) -> JSON:
    row: JSON = {
        "date": date,
        "model": model,
        "model_permaslug": model,
        "endpoint_id": f"{provider}/{model}",
        "provider_name": provider,
        "usage": float(sum((one.cost for one in made), Decimal(0))),
        "byok_usage_inference": 0,
        "requests": len(made),
        "prompt_tokens": sum(one.usage.prompt for one in made),
        "completion_tokens": sum(one.usage.completion for one in made),
        "reasoning_tokens": sum(one.usage.reasoning for one in made),
        "cached_tokens": sum(one.usage.cached for one in made),
    }
    return {**row, "workspace_id": WORKSPACE} if query.get("group_by") == "workspace" else row
