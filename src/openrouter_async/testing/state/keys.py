"""The keys of the emulated account, and whether a request came with one that may do what it asks."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Literal

from pydantic import JsonValue

from ...operations import KeyKind
from ..exchange.service_errors import refused

__all__ = ["EmulatedKey", "authenticate", "iso_now", "new_key"]


@dataclass(slots=True, kw_only=True)
class EmulatedKey:
    """One key; its spending grows with use."""

    digest: str
    label: str
    kind: Literal["inference", "management"] = "inference"
    limit: Decimal | None = None
    """US dollars it may spend; None: as much as the account has."""
    is_disabled: bool = False
    usage: Decimal = Decimal(0)
    """US dollars."""
    name: str = ""
    limit_reset: str | None = None
    """When `limit` begins anew; kept, but nothing begins anew here."""
    counts_byok: bool = False
    created: str = field(default_factory=lambda: iso_now())
    updated: str | None = None
    expires_at: datetime | None = None

    @staticmethod
    def digest_of(secret: str) -> str:
        """Return what of a key is kept."""
        return hashlib.sha256(secret.encode(errors="replace")).hexdigest()

    @property
    def is_management(self) -> bool:
        return self.kind == "management"

    @property
    def is_expired(self) -> bool:
        """Whether its time is over."""
        return self.expires_at is not None and self.expires_at <= datetime.now(UTC)

    @property
    def is_spent(self) -> bool:
        """Whether its own limit is reached."""
        return self.limit is not None and self.usage >= self.limit

    def to_json(self) -> dict[str, JsonValue]:
        """Return the record that `/key` shows."""
        usage = float(self.usage)
        remaining = None if self.limit is None else float(self.limit - self.usage)
        return {
            "label": self.label,
            "limit": None if self.limit is None else float(self.limit),
            "limit_remaining": remaining,
            "limit_reset": self.limit_reset,
            "include_byok_in_limit": self.counts_byok,
            "usage": usage,
            "usage_daily": usage,
            "usage_weekly": usage,
            "usage_monthly": usage,
            "byok_usage": 0,
            "byok_usage_daily": 0,
            "byok_usage_weekly": 0,
            "byok_usage_monthly": 0,
            "is_free_tier": False,
            "is_management_key": self.is_management,
            "is_provisioning_key": self.is_management,
            "expires_at": None if self.expires_at is None else self.expires_at.isoformat(),
            "creator_user_id": "user_emulated",
            "organization_id": None,
            "workspace_id": None,
            "allowed_data_regions": ["global"],
            "budgets": [],
            "effective_budget": None,
            "free_model_daily_requests": {"limit": 1000, "remaining": 1000, "used": 0},
            "rate_limit": {"requests": -1, "interval": "10s", "note": "deprecated"},
        }


def new_key(secret: str, kind: Literal["inference", "management"], **fields: Decimal | None) -> EmulatedKey:
    """Return a key whose label shows no more of it than the service does."""
    label = f"{secret[:12]}...{secret[-3:]}" if len(secret) > 20 else "sk-or-...emulated"
    return EmulatedKey(
        digest=EmulatedKey.digest_of(secret), label=label, kind=kind, limit=fields.get("limit")
    )


def authenticate(
    keys: Mapping[str, EmulatedKey], authorization: str | None, needed: KeyKind
) -> EmulatedKey | None:
    """Return the key of a request; None for one that needs none and brought none.

    Raises:
        ServiceError: 401 without a key that is known and enabled, 403 with one of the wrong kind.
    """
    scheme, _, secret = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        if needed in ("optional", "none"):
            return None
        raise refused(
            401, "Missing Authentication header" if authorization is None else "No auth credentials found"
        )
    key = keys.get(EmulatedKey.digest_of(secret.strip()))
    if key is None:
        if needed in ("optional", "none"):
            return None
        raise refused(401, "User not found.")
    if key.is_disabled:
        raise refused(401, "API key is disabled")
    if key.is_expired:
        raise refused(401, "API key has expired")
    if needed == "management" and not key.is_management:
        raise refused(403, "Only management keys can perform this operation")
    if needed == "inference" and key.is_management:
        raise refused(403, "Management keys cannot be used for completion requests")
    return key


def iso_now() -> str:
    """Return the time as the service writes it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
