"""Keys that users give to an app, by OAuth with PKCE."""

from __future__ import annotations

import secrets

from ..._checks import describe_value
from ..._sansio import pkce
from ...errors import ConfigurationError
from ...operations import EXCHANGE_CODE
from ...options import RequestOptions
from ...types.account.keys import AuthorizedKey
from .._base import Resource

__all__ = ["OAuthResource"]


class OAuthResource(Resource):
    """Lets a user agree in the browser, and gets a key of that user; needs no key.

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

        The service gives nothing of yours back but `callback_url` itself: to know whose visit ends there, put a nonce
        of your own into its query.

        Args:
            verifier: From `new_verifier`.
            callback_url: Where the browser goes then, with `?code=…`: an https address, or one of localhost or
                127.0.0.1. None: the code is shown to the user, to be copied.
            key_label: What the user's list of keys shows.

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
        body = {
            "code": code,
            "code_verifier": pkce.check_verifier(verifier),
            "code_challenge_method": "S256",
        }
        return await self._send(EXCHANGE_CODE, into=AuthorizedKey, body=body, options=options)
