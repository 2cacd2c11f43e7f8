"""The key that asks, the credits of its account, and the inference keys of that account."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pydantic import JsonValue

from ...errors import ConfigurationError
from ...operations import CREATE_KEY, DELETE_KEY, GET_ACCOUNT_KEY, GET_CREDITS, GET_KEY, LIST_KEYS, UPDATE_KEY
from ...options import RequestOptions
from ...types._base import WireType
from ...types.account.key_request import KeyChanges, NewKey
from ...types.account.keys import APIKey, CreatedKey, Credits, CurrentKey
from ...types.common import Envelope, Listing
from .._base import Resource
from .._bodies import change_body, named_body
from .._pagination import Paginator

if TYPE_CHECKING:
    from typing_extensions import Unpack


__all__ = ["CreditsResource", "KeyResource", "KeysResource"]


_NOT_YET = {"disabled": "make it, then update it"}
_NO_LONGER = {"expires_at": "the service fixes it when a key is made"}


class KeyResource(Resource):
    """`GET /key`."""

    async def get(self, *, options: RequestOptions | None = None) -> CurrentKey:
        """Return what the client's key may spend and has spent, in US dollars.

        Asks with the inference key, else with the management key. Sends one request, which costs nothing.

        Raises:
            OpenRouterError: any failure of a call; `AuthenticationError` where the service does not know the key.
        """
        return await self._send_data(GET_KEY, into=Envelope[CurrentKey], options=options)


class CreditsResource(Resource):
    """`GET /credits`."""

    async def get(self, *, options: RequestOptions | None = None) -> Credits:
        """Return what the account bought and used, in US dollars.

        Needs a management key; for what one inference key may spend, see `KeyResource.get`.
        Sends one request, which costs nothing.

        Raises:
            ConfigurationError: the client has no management key; nothing was sent.
            OpenRouterError: any other failure of a call.
        """
        return await self._send_data(GET_CREDITS, into=Envelope[Credits], options=options)


class KeysResource(Resource):
    """`/keys`; every operation needs a management key, and costs nothing.

    Keys are named by their hash, the SHA-256 of the key in hex, never by the key itself.
    """

    def list(
        self,
        *,
        include_disabled: bool = False,
        include_expired: bool = False,
        workspace_id: str | None = None,
        offset: int = 0,
        options: RequestOptions | None = None,
    ) -> Paginator[APIKey]:
        """Return the keys of a workspace.

        ```python
        async for key in client.keys.list(include_disabled=True):
            print(key.name, key.usage, key.limit_remaining)
        ```

        The service decides the number of keys per page, and does not count them; the first empty page is the end.

        Args:
            include_disabled: Whether to include disabled keys.
            include_expired: Whether to include expired keys.
            workspace_id: Default: the default workspace.
            offset: The number of keys to skip.
            options: See `RequestOptions`.

        Raises:
            ConfigurationError: `offset` is wrong; nothing was sent. Everything else is raised while reading.
        """
        query = {
            "include_disabled": True if include_disabled else None,
            "include_expired": True if include_expired else None,
            "workspace_id": workspace_id,
            "offset": offset,
        }
        return self._pages(LIST_KEYS, into=Listing[APIKey], query=query, options=options)

    async def get(self, hash: str, *, options: RequestOptions | None = None) -> APIKey:
        """Return the facts about a key.

        Raises:
            NotFound: the account has no such key.
            OpenRouterError: any other failure of a call.
        """
        return await self._send_data(
            GET_ACCOUNT_KEY, into=Envelope[APIKey], path=_path(hash), options=options
        )

    async def create(
        self,
        name: str,
        *,
        extra_body: Mapping[str, JsonValue] | None = None,
        options: RequestOptions | None = None,
        **fields: Unpack[NewKey],
    ) -> CreatedKey:
        """Create a key, and return it; the service never shows it again.

        ```python
        created = await client.keys.create("ci", limit=5, limit_reset="monthly")
        limited = client.with_options(api_key=created.key)
        ```

        It is not sent again if the service may have performed the first request.

        Args:
            name: For people.
            extra_body: Further fields; they override the others.
            options: See `RequestOptions`.
            fields: See `NewKey`.

        Raises:
            ConfigurationError: an argument is wrong; nothing was sent.
            OpenRouterError: any other failure of a call.
        """
        body = named_body(NewKey, name, fields, extra_body, elsewhere=_NOT_YET, where="a new key")
        return await self._send(CREATE_KEY, into=CreatedKey, body=body, options=options)

    async def update(
        self,
        hash: str,
        *,
        extra_body: Mapping[str, JsonValue] | None = None,
        options: RequestOptions | None = None,
        **changes: Unpack[KeyChanges],
    ) -> APIKey:
        """Change a key, and return its facts.

        ```python
        await client.keys.update(key.hash, disabled=True)
        await client.keys.update(key.hash, limit=None)  # removes the limit; omitted fields do not change
        ```

        Args:
            hash: Which key.
            extra_body: Further fields; they override the others.
            options: See `RequestOptions`.
            changes: See `KeyChanges`.

        Raises:
            ConfigurationError: an argument is wrong, or there is nothing to change; nothing was sent.
            NotFound: the account has no such key.
            OpenRouterError: any other failure of a call.
        """
        body = change_body(KeyChanges, changes, extra_body, elsewhere=_NO_LONGER, where="a change of a key")
        return await self._send_data(
            UPDATE_KEY, into=Envelope[APIKey], path=_path(hash), body=body, options=options
        )

    async def delete(self, hash: str, *, options: RequestOptions | None = None) -> None:
        """Delete a key permanently; its usage stays in the account's activity.

        Raises:
            NotFound: the account has no such key.
            OpenRouterError: any other failure of a call.
        """
        await self._send(DELETE_KEY, into=WireType, path=_path(hash), options=options)


def _path(hash: str) -> dict[str, str]:
    """Return the path parameters; a key given by mistake must not be sent in an address."""
    if isinstance(hash, str) and hash.startswith("sk-"):
        raise ConfigurationError("hash is a key; expected its SHA-256 in hex, the `hash` of an APIKey")
    return {"hash": hash}
