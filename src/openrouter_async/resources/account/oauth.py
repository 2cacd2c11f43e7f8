"""Keys that users give to an app, by OAuth with PKCE, and keys of a few minutes for machines, by token exchange."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, get_args

from pydantic import JsonValue, SecretStr

from ..._checks import describe_value, one_of
from ..._sansio import pkce
from ..._sansio.request import finish_body
from ...errors import ConfigurationError
from ...operations import CREATE_CODE, EXCHANGE_CODE, EXCHANGE_TOKEN, LIST_SIGNING_KEYS
from ...options import RequestOptions
from ...types.account.keys import AuthorizedKey
from ...types.account.oauth import (
    AccessToken,
    AuthorizationCode,
    NewCode,
    SigningKey,
    SigningKeys,
    TokenScope,
)
from ...types.common import Envelope
from ...types.requests.check import check_params
from .._base import Resource
from .._bodies import name_of, secret_of
from .renewing_key import RenewingKey

if TYPE_CHECKING:
    from typing_extensions import Unpack

__all__ = ["OAuthResource"]


class OAuthResource(Resource):
    """Keys of users who agree in the browser, and keys of some minutes for machines; only `create_code` needs a key.

    ```python
    verifier = client.oauth.new_verifier()  # keep it until the user comes back
    print(client.oauth.authorization_url(verifier, callback_url="http://localhost:3000/done"))
    # the browser comes back to http://localhost:3000/done?code=...
    granted = await client.oauth.exchange(code, verifier)
    theirs = client.with_options(api_key=granted.key)
    ```
    """

    def new_verifier(self) -> str:
        """Return a new secret for one user's visit; keep it where that user's browser cannot see it."""
        return pkce.verifier_from(secrets.token_bytes(32))

    def authorization_url(
        self, verifier: str, *, callback_url: str | None = None, key_label: str | None = None
    ) -> str:
        """Return the address that the user opens; nothing is sent.

        The service returns only `callback_url` to you: to know whose visit ends there, put a nonce
        of your own into its query.

        Args:
            verifier: From `new_verifier`.
            callback_url: Where the browser goes then, with `?code=…`: an https address, or one of localhost or
                127.0.0.1. None: the code is shown to the user, to be copied.
            key_label: The name in the user's list of keys.

        Raises:
            ConfigurationError: an argument is wrong.
        """
        base_url = self._sender.settings.base_url
        return pkce.authorization_url(
            base_url, verifier=verifier, callback_url=callback_url, key_label=key_label
        )

    async def exchange(
        self, code: str, verifier: str, *, options: RequestOptions | None = None
    ) -> AuthorizedKey:
        """Return the key that a user has granted. A code is good once, for ten minutes.

        Raises:
            ConfigurationError: an argument is wrong; nothing was sent.
            PermissionDenied: the code is unknown, used or too old, or the verifier is another.
            OpenRouterError: any other failure of a call.
        """
        if not isinstance(code, str) or not code:
            raise ConfigurationError(
                f"code is {describe_value(code, private=True)}; expected text that is not empty"
            )
        secret = SecretStr(pkce.check_verifier(verifier))
        return await self._send(
            EXCHANGE_CODE,
            into=AuthorizedKey,
            body={"code": code, "code_verifier": verifier, "code_challenge_method": "S256"},
            secrets=[secret],
            options=options,
        )

    async def create_code(
        self,
        verifier: str,
        *,
        callback_url: str,
        extra_body: Mapping[str, JsonValue] | None = None,
        options: RequestOptions | None = None,
        **fields: Unpack[NewCode],
    ) -> AuthorizationCode:
        """Make the code that `exchange` takes, for the owner of the client's key; nobody opens a page.

        The client sends it a second time only if the service refused the first request. Costs nothing.

        Args:
            verifier: From `new_verifier`.
            callback_url: Of the app: an https address, or one of localhost or 127.0.0.1.
            extra_body: Further fields of the body; each replaces the field of its name.
            options: See `RequestOptions`.
            fields: See `NewCode`.

        Raises:
            ConfigurationError: an argument is wrong; nothing was sent.
            OpenRouterError: any other failure of a call.
        """
        body = {
            "callback_url": pkce.check_callback(callback_url),
            "code_challenge": pkce.challenge_of(verifier),
            "code_challenge_method": "S256",
            **check_params(NewCode, fields, elsewhere={}, where="a code"),
        }
        return await self._send_data(
            CREATE_CODE, into=Envelope[AuthorizationCode], body=finish_body(body, extra_body), options=options
        )

    async def exchange_token(
        self,
        token: str | SecretStr,
        *,
        policy: str,
        scope: TokenScope | None = None,
        options: RequestOptions | None = None,
    ) -> AccessToken:
        """Exchange a token of your identity provider for a key of at most 15 minutes (RFC 8693).

        Needs no key, and costs nothing; `key_source` does it whenever that is necessary.

        Args:
            token: A JSON Web Token, such as that of a CI job or a cloud machine; blanks around it are removed.
            policy: The id of the federation policy of the account that trusts it.
            scope: Which kind of key the token replaces. Default: that of the policy.
            options: See `RequestOptions`.

        Raises:
            ConfigurationError: an argument is wrong; nothing was sent.
            BadRequest: the policy does not trust the token, or it has ended.
            OpenRouterError: any other failure of a call.
        """
        secret = secret_of("token", secret_of("token", token).get_secret_value().strip())
        form = {
            "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
            "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
            "requested_token_type": "urn:ietf:params:oauth:token-type:access_token",
            "federation_policy_id": name_of("policy", policy),
        }
        if scope is not None:
            form["scope"] = one_of("scope", scope, get_args(TokenScope))
        return await self._send(
            EXCHANGE_TOKEN,
            into=AccessToken,
            form={**form, "subject_token": secret.get_secret_value()},
            secrets=[secret],
            options=options,
        )

    def key_source(
        self,
        token: Callable[[], Awaitable[str | SecretStr]],
        *,
        policy: str,
        scope: TokenScope | None = None,
        options: RequestOptions | None = None,
    ) -> RenewingKey:
        """Return a key that renews itself, for a client; sends nothing yet.

        ```python
        async def token() -> str:
            return await anyio.Path("/var/run/secrets/token").read_text()

        client = AsyncOpenRouter()
        signed_in = client.with_options(api_key=client.oauth.key_source(token, policy="fp_123"))
        ```

        One exchange serves all calls until a minute before the token ends. For operations that need a management key
        use `scope="management"`, and pass the source as `management_key`.

        Args:
            token: Returns a token of your identity provider; called before each exchange.
            policy: As in `exchange_token`.
            scope: As in `exchange_token`.
            options: Of the exchanges; see `RequestOptions`.

        Raises:
            ConfigurationError: `policy` is empty. All other errors come from the calls that need the key.
        """
        name_of("policy", policy)

        async def exchange() -> AccessToken:
            return await self.exchange_token(await token(), policy=policy, scope=scope, options=options)

        return RenewingKey(exchange)

    async def signing_keys(self, *, options: RequestOptions | None = None) -> list[SigningKey]:
        """Return the public keys with which the service signs its tokens. Needs no key, and costs nothing."""
        found = await self._send(LIST_SIGNING_KEYS, into=SigningKeys, options=options)
        return found.keys
