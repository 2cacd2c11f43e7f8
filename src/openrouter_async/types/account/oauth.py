"""Codes, tokens and signing keys of OAuth.

Source: `createAuthKeysCode`, `createOauthToken` and `listOauthJwks` in the service's descriptions. Token exchange is
that of RFC 8693, keys are those of RFC 7517.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import SecretStr
from typing_extensions import TypedDict

from .._base import WireType
from ..common import MaybeInt, MaybeMoment, MaybeStr, WithoutNulls
from ..requests.fields import NonEmptyText, Text, closed
from .key_request import Dollars, LimitReset, Moment

__all__ = ["AccessToken", "AuthorizationCode", "NewCode", "SigningKey", "SigningKeys", "TokenScope"]

TokenScope: TypeAlias = Literal["inference", "management"]
"""The kind of key that a token replaces."""


@closed
class NewCode(TypedDict, total=False):
    """Keyword arguments of `client.oauth.create_code`: the fields of the later key."""

    key_label: Annotated[str, Text(most=100)]
    """The name in the list of keys. Default: that of the app."""
    limit: Dollars
    """US dollars the key may spend."""
    usage_limit_type: LimitReset
    """When `limit` begins anew. Default: never."""
    expires_at: Moment | None
    """When the key ends; None: never."""
    workspace_id: NonEmptyText
    """Default: the default workspace."""


class AuthorizationCode(WireType):
    """A code that an app exchanges for a key, with the verifier."""

    id: str
    """The code."""
    app_id: MaybeInt = None
    created_at: MaybeMoment = None


class AccessToken(WireType):
    """A key of a few minutes."""

    access_token: SecretStr
    """Can be given to a client as it is; `get_secret_value()` is its text."""
    expires_in: MaybeInt = None
    """Seconds; None where the service does not say."""
    scope: MaybeStr = None
    """`inference` or `management`."""
    token_type: MaybeStr = None
    """`Bearer`."""
    issued_token_type: MaybeStr = None


class SigningKey(WireType):
    """A public key with which the service signs, as a JSON Web Key."""

    kid: str
    """Its id, as in the header of a signed token."""
    kty: MaybeStr = None
    """`EC`."""
    crv: MaybeStr = None
    """`P-256`."""
    alg: MaybeStr = None
    """`ES256`."""
    use: MaybeStr = None
    """`sig`."""
    x: MaybeStr = None
    """The x coordinate of its point, in base64url."""
    y: MaybeStr = None


class SigningKeys(WireType):
    """All of them."""

    keys: Annotated[list[SigningKey], WithoutNulls()]
