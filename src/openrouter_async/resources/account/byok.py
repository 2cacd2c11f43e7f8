"""Keys of one's own with providers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from pydantic import JsonValue, SecretStr

from ... import operations
from ..._sansio.request import QueryValue, finish_body
from ..._sentinels import OMIT, Omit
from ...errors import ConfigurationError
from ...options import RequestOptions
from ...types._base import WireType
from ...types.account.byok import BYOKKey, BYOKKeyChanges, NewBYOKKey
from ...types.common import Counted, Envelope
from ...types.requests.check import check_params
from .._base import Resource
from .._bodies import name_of, secret_of
from .._pagination import Paginator

if TYPE_CHECKING:
    from typing_extensions import Unpack

__all__ = ["BYOKResource"]


class BYOKResource(Resource):
    """`/byok`, bring your own key; every operation needs a management key, and costs nothing.

    ```python
    mine = await client.byok.create("openai", SecretStr(key), name="production")
    ```

    The service encrypts a key and never shows it again; this library keeps it out of reprs, errors and logs.
    """

    def list(
        self,
        *,
        provider: str | None = None,
        workspace_id: str | None = None,
        offset: int = 0,
        limit: int | None = None,
        options: RequestOptions | None = None,
    ) -> Paginator[BYOKKey]:
        """Return the providers' keys of a workspace, without the keys themselves.

        Args:
            provider: Only those for this one; a slug such as `amazon-bedrock`.
            workspace_id: Default: the default workspace.
            offset: Keys to pass over.
            limit: How many a page has, 1 to 100. Default: 50.
            options: See `RequestOptions`.

        Raises:
            ConfigurationError: an argument is wrong; nothing was sent. Everything else is raised while reading.
        """
        query: dict[str, QueryValue] = {
            "provider": provider,
            "workspace_id": workspace_id,
            "offset": offset,
            "limit": limit,
        }
        return self._pages(operations.LIST_BYOK_KEYS, into=Counted[BYOKKey], query=query, options=options)

    async def get(self, id: str, *, options: RequestOptions | None = None) -> BYOKKey:
        """Return the settings of one key.

        Raises:
            NotFound: the account has no such key.
            OpenRouterError: any other failure of a call.
        """
        return await self._send_data(
            operations.GET_BYOK_KEY, into=Envelope[BYOKKey], path={"id": id}, options=options
        )

    async def create(
        self,
        provider: str,
        key: str | SecretStr,
        *,
        extra_body: Mapping[str, JsonValue] | None = None,
        options: RequestOptions | None = None,
        **fields: Unpack[NewBYOKKey],
    ) -> BYOKKey:
        """Store a key of yours with a provider, which then bills you for requests with it.

        The client sends it a second time only if the service refused the first request.

        Args:
            provider: A slug such as `openai`.
            key: The provider's key, or its credentials as the provider's page in the service's documentation says.
            extra_body: Further fields of the body; each replaces the field of its name.
            options: See `RequestOptions`.
            fields: See `NewBYOKKey`.

        Raises:
            ConfigurationError: an argument is wrong; nothing was sent.
            BadRequest: a hash is of no key of the account.
            OpenRouterError: any other failure of a call.
        """
        secret = secret_of("key", key)
        named = {"provider": name_of("provider", provider)}
        checked = check_params(NewBYOKKey, fields, elsewhere={}, where="a provider's key")
        return await self._send_data(
            operations.CREATE_BYOK_KEY,
            into=Envelope[BYOKKey],
            body=finish_body({**named, "key": secret.get_secret_value(), **checked}, extra_body),
            secrets=[secret],
            options=options,
        )

    async def update(
        self,
        id: str,
        *,
        key: str | SecretStr | Omit = OMIT,
        extra_body: Mapping[str, JsonValue] | None = None,
        options: RequestOptions | None = None,
        **changes: Unpack[BYOKKeyChanges],
    ) -> BYOKKey:
        """Change the settings of a key, or replace the key itself, and return the settings.

        Args:
            id: Which key.
            key: The provider's new key; the old one is overwritten.
            extra_body: Further fields of the body; each replaces the field of its name.
            options: See `RequestOptions`.
            changes: See `BYOKKeyChanges`.

        Raises:
            ConfigurationError: an argument is wrong, or there is nothing to change; nothing was sent.
            NotFound: the account has no such key.
            OpenRouterError: any other failure of a call.
        """
        secrets = [] if key is OMIT else [secret_of("key", key)]
        checked = check_params(BYOKKeyChanges, changes, elsewhere={}, where="a change of a provider's key")
        if not checked and not secrets and not extra_body:
            raise ConfigurationError("nothing is to be changed; give at least one field")
        return await self._send_data(
            operations.UPDATE_BYOK_KEY,
            into=Envelope[BYOKKey],
            path={"id": id},
            body=finish_body(_with_keys(checked, secrets), extra_body),
            secrets=secrets,
            options=options,
        )

    async def delete(self, id: str, *, options: RequestOptions | None = None) -> None:
        """Delete a key for good; the service wipes it, and pays that provider with credits again.

        Raises:
            NotFound: the account has no such key.
            OpenRouterError: any other failure of a call.
        """
        await self._send(operations.DELETE_BYOK_KEY, into=WireType, path={"id": id}, options=options)


def _with_keys(fields: dict[str, object], secrets: Sequence[SecretStr]) -> dict[str, object]:
    for secret in secrets:
        fields = {**fields, "key": secret.get_secret_value()}
    return fields
