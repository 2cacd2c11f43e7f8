"""The vault: secrets that agents use, and that nobody reads back."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from types import NoneType

from pydantic import SecretStr

from ... import operations
from ..._sansio.request import finish_body
from ...options import RequestOptions
from ...types.common import Envelope, Listing
from ...types.organization.vault import (
    Connection,
    EffectiveSecret,
    EffectiveSecretPage,
    SecretFields,
    SecretPage,
    VaultSecret,
)
from ...types.requests.check import check_params
from .._base import Resource
from .._bodies import names_body, secret_of
from .._pagination import Paginator

__all__ = ["VaultResource"]


class VaultResource(Resource):
    """`/vault`; any key will do, and the operations cost nothing.

    ```python
    await client.vault.store("GITHUB_TOKEN", SecretStr(token), hosts=["api.github.com"])
    ```

    Without `intern=`, secrets are those of the workspace of the key; with the id of an intern, those of that intern.
    The service never shows a value; this library keeps it out of reprs, errors and logs.

    Where the vault is turned off, what changes something raises `Overloaded`; accounts that have no vault or
    no such intern get `NotFound`.
    """

    def list(
        self,
        *,
        intern: str | None = None,
        offset: int = 0,
        limit: int | None = None,
        options: RequestOptions | None = None,
    ) -> Paginator[VaultSecret]:
        """Return the secrets, without their values.

        Args:
            intern: Those of this one. Default: those of the workspace.
            offset: Secrets to pass over.
            limit: How many a page has, 1 to 100. Default: 100.
            options: See `RequestOptions`.

        Raises:
            ConfigurationError: an argument is wrong; nothing was sent. Everything else is raised while reading.
        """
        return self._pages(
            operations.LIST_SECRETS if intern is None else operations.LIST_INTERN_SECRETS,
            into=SecretPage,
            path=_path(intern),
            query={"offset": offset, "limit": limit},
            options=options,
        )

    async def store(
        self,
        name: str,
        value: str | SecretStr,
        *,
        hosts: Sequence[str],
        intern: str | None = None,
        options: RequestOptions | None = None,
    ) -> VaultSecret:
        """Store a secret, and return what the service shows of it; replaces the one that has this name.

        The client sends it a second time only if the service refused the first request.

        Args:
            name: Such as `GITHUB_TOKEN`.
            value: The secret itself.
            hosts: Where it may be sent, such as `["api.github.com"]`.
            intern: Only for this one. Default: for the workspace.
            options: See `RequestOptions`.

        Raises:
            ConfigurationError: an argument is wrong; nothing was sent.
            Overloaded: the vault is turned off.
            PayloadTooLarge: the value is too long.
            OpenRouterError: any other failure of a call.
        """
        secret = secret_of("value", value)
        checked = check_params(SecretFields, {"hosts": hosts}, elsewhere={}, where="a secret", way_out=None)
        return await self._send_data(
            operations.STORE_SECRET if intern is None else operations.STORE_INTERN_SECRET,
            into=Envelope[VaultSecret],
            path={"name": name, **_path(intern)},
            body=finish_body({"value": secret.get_secret_value(), **checked}, None),
            secrets=[secret],
            options=options,
        )

    async def delete(
        self, name: str, *, intern: str | None = None, options: RequestOptions | None = None
    ) -> None:
        """Delete a secret for good; what uses it fails from then on.

        Args:
            name: Which secret.
            intern: Of this one. Default: of the workspace.
            options: See `RequestOptions`.

        Raises:
            NotFound: the account has no such secret.
            Overloaded: the vault is turned off.
            OpenRouterError: any other failure of a call.
        """
        await self._send(
            operations.DELETE_SECRET if intern is None else operations.DELETE_INTERN_SECRET,
            into=NoneType,
            path={"name": name, **_path(intern)},
            options=options,
        )

    async def copy(
        self, names: Sequence[str], *, intern: str, options: RequestOptions | None = None
    ) -> builtins.list[VaultSecret]:
        """Copy secrets of the workspace to an intern, and return the copies.

        Args:
            names: At least one.
            intern: To whom.
            options: See `RequestOptions`.

        Raises:
            ConfigurationError: `names` is empty; nothing was sent.
            NotFound: the account has no such secret, or no such intern.
            Conflict: the intern has one of that name.
            OpenRouterError: any other failure of a call.
        """
        copies = await self._send(
            operations.COPY_SECRETS,
            into=Listing[VaultSecret],
            path=_path(intern),
            body=names_body("names", names),
            options=options,
        )
        return copies.data

    def effective(
        self,
        intern: str,
        *,
        offset: int = 0,
        limit: int | None = None,
        options: RequestOptions | None = None,
    ) -> Paginator[EffectiveSecret]:
        """Return all secrets that an intern can use, each with where it comes from.

        Args:
            intern: Who.
            offset: Secrets to pass over.
            limit: How many a page has, 1 to 100. Default: 100.
            options: See `RequestOptions`.

        Raises:
            ConfigurationError: an argument is wrong; nothing was sent. Everything else is raised while reading.
        """
        return self._pages(
            operations.LIST_EFFECTIVE_SECRETS,
            into=EffectiveSecretPage,
            path=_path(intern),
            query={"offset": offset, "limit": limit},
            options=options,
        )

    async def connections(
        self, intern: str, *, options: RequestOptions | None = None
    ) -> builtins.list[Connection]:
        """Return which other services an intern is connected to.

        Raises:
            NotFound: the account has no such intern.
            OpenRouterError: any other failure of a call.
        """
        connections = await self._send(
            operations.LIST_CONNECTIONS, into=Listing[Connection], path=_path(intern), options=options
        )
        return connections.data


def _path(intern: str | None) -> dict[str, str]:
    return {} if intern is None else {"internId": intern}
