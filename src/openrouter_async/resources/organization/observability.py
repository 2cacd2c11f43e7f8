"""Observability destinations, to which the service sends requests."""

from __future__ import annotations

import builtins
from collections.abc import Mapping
from typing import TYPE_CHECKING

from pydantic import JsonValue, SecretStr

from ... import operations
from ..._sansio.request import QueryValue, finish_body
from ..._sentinels import OMIT, Omit
from ...errors import ConfigurationError
from ...options import RequestOptions
from ...types._base import WireType
from ...types.common import Counted, Envelope
from ...types.organization.observability import (
    DestinationChanges,
    DestinationConfig,
    DestinationType,
    NewDestination,
    ObservabilityDestination,
)
from ...types.requests.check import check_params
from .._base import Resource
from .._bodies import name_of, opened
from .._pagination import Paginator

if TYPE_CHECKING:
    from typing_extensions import Unpack

__all__ = ["ObservabilityResource"]


class ObservabilityResource(Resource):
    """`/observability/destinations`; every operation needs a management key, and costs nothing.

    ```python
    config = {"publicKey": "pk-lf-1", "secretKey": SecretStr(key)}
    destination = await client.observability.create("langfuse", "Production", config)
    ```

    The service shows secrets with their middle left out. This library keeps them out of reprs, errors and logs: each
    `SecretStr`, each text whose name is that of a secret (`apiKey`, `token`, `password`, ...), and each header.
    """

    def list(
        self,
        *,
        workspace_id: str | None = None,
        offset: int = 0,
        limit: int | None = None,
        options: RequestOptions | None = None,
    ) -> Paginator[ObservabilityDestination]:
        """Return the destinations of a workspace.

        Args:
            workspace_id: Default: the default workspace.
            offset: Destinations to pass over.
            limit: How many a page has, 1 to 100. Default: 50.
            options: See `RequestOptions`.

        Raises:
            ConfigurationError: an argument is wrong; nothing was sent. Everything else is raised while reading.
        """
        query: dict[str, QueryValue] = {"workspace_id": workspace_id, "offset": offset, "limit": limit}
        return self._pages(
            operations.LIST_DESTINATIONS,
            into=Counted[ObservabilityDestination],
            query=query,
            options=options,
        )

    async def get(self, id: str, *, options: RequestOptions | None = None) -> ObservabilityDestination:
        """Return one destination, with the middle of each secret left out.

        Raises:
            NotFound: the account has no such destination.
            OpenRouterError: any other failure of a call.
        """
        return await self._send_data(
            operations.GET_DESTINATION,
            into=Envelope[ObservabilityDestination],
            path={"id": id},
            options=options,
        )

    async def create(
        self,
        type: DestinationType,
        name: str,
        config: DestinationConfig,
        *,
        extra_body: Mapping[str, JsonValue] | None = None,
        options: RequestOptions | None = None,
        **fields: Unpack[NewDestination],
    ) -> ObservabilityDestination:
        """Make a destination, to which the service sends requests from now on unless `enabled` is False.

        Prompts and replies are sent there too, unless `privacy_mode` is True. The client sends the request a second
        time only if the service refused the first.

        Args:
            type: Such as `langfuse` or `otel-collector`; a workspace has at most five of a type.
            name: For people.
            config: The settings of that type.
            extra_body: Further fields of the body; each replaces the field of its name.
            options: See `RequestOptions`.
            fields: See `NewDestination`.

        Raises:
            ConfigurationError: an argument is wrong; nothing was sent.
            BadRequest: the settings are not those of the type.
            Conflict: the workspace has too many of the type.
            OpenRouterError: any other failure of a call.
        """
        named: dict[str, object] = {"type": name_of("type", type), "name": name_of("name", name)}
        secrets: builtins.list[SecretStr] = []
        checked = check_params(NewDestination, fields, elsewhere={}, where="a new destination")
        return await self._send_data(
            operations.CREATE_DESTINATION,
            into=Envelope[ObservabilityDestination],
            body=finish_body({**named, "config": opened("config", config, secrets), **checked}, extra_body),
            secrets=secrets,
            options=options,
        )

    async def update(
        self,
        id: str,
        *,
        config: DestinationConfig | Omit = OMIT,
        extra_body: Mapping[str, JsonValue] | None = None,
        options: RequestOptions | None = None,
        **changes: Unpack[DestinationChanges],
    ) -> ObservabilityDestination:
        """Change a destination, and return it; fields that are not named keep their value.

        Args:
            id: Which destination.
            config: The settings to change; others keep their value. The service ignores a secret whose middle is left
                out, so a `config` that was read can be sent back.
            extra_body: Further fields of the body; each replaces the field of its name.
            options: See `RequestOptions`.
            changes: See `DestinationChanges`.

        Raises:
            ConfigurationError: an argument is wrong, or there is nothing to change; nothing was sent.
            NotFound: the account has no such destination.
            OpenRouterError: any other failure of a call.
        """
        checked = check_params(DestinationChanges, changes, elsewhere={}, where="a change of a destination")
        if config is OMIT and not checked and not extra_body:
            raise ConfigurationError("nothing is to be changed; give at least one field")
        secrets: builtins.list[SecretStr] = []
        return await self._send_data(
            operations.UPDATE_DESTINATION,
            into=Envelope[ObservabilityDestination],
            path={"id": id},
            body=finish_body({**_config(config, secrets), **checked}, extra_body),
            secrets=secrets,
            options=options,
        )

    async def delete(self, id: str, *, options: RequestOptions | None = None) -> None:
        """Delete a destination for good; the service sends it nothing more.

        Raises:
            NotFound: the account has no such destination.
            OpenRouterError: any other failure of a call.
        """
        await self._send(operations.DELETE_DESTINATION, into=WireType, path={"id": id}, options=options)


def _config(config: DestinationConfig | Omit, secrets: builtins.list[SecretStr]) -> dict[str, object]:
    return {} if config is OMIT else {"config": opened("config", config, secrets)}
