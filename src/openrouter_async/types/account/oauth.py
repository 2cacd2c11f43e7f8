"""A key that a user gave to an app. Source: the reply of `exchangeAuthCodeForAPIKey` in the OpenAPI document."""

from __future__ import annotations

from pydantic import SecretStr

from .._base import WireType
from ..common import MaybeStr

__all__ = ["AuthorizedKey"]


class AuthorizedKey(WireType):
    """An inference key of the user who agreed; it spends the credits of that user."""

    key: SecretStr
    """Can be given to a client as it is; `get_secret_value()` is its text."""
    user_id: MaybeStr = None
    """Who agreed."""
