"""Private endpoints: models that run for one organization only."""

from __future__ import annotations

import builtins
from collections.abc import Mapping
from typing import TYPE_CHECKING

from pydantic import JsonValue

from ... import operations
from ..._checks import flag
from ..._sansio.request import finish_body
from ...operations import Operation
from ...options import RequestOptions
from ...types._base import WireType
from ...types.common import Envelope, Listing
from ...types.organization.private_endpoints import (
    EndpointPricing,
    EndpointValidation,
    NewPrivateEndpoint,
    PrivateEndpoint,
    PrivateEndpointFields,
    PrivateEndpointReply,
)
from ...types.requests.check import check_params
from .._base import Resource
from .._bodies import name_of

if TYPE_CHECKING:
    from typing_extensions import Unpack

__all__ = ["PrivateEndpointsResource"]


class PrivateEndpointsResource(Resource):
    """`/private-endpoints`; every operation needs a management key. They cost nothing but the checks' own tokens.

    ```python
    endpoint = await client.private_endpoints.create(
        model_permaslug="openai/gpt-4o", provider_slug="azure", upstream_model_id="my-deployment"
    )
    result = await client.private_endpoints.validate(endpoint.id, "WORKSPACE-ID")
    if result.passed:
        await client.private_endpoints.activate(endpoint.id)
    ```

    A new endpoint is a draft; only an active one takes requests.
    """

    async def list(self, *, options: RequestOptions | None = None) -> builtins.list[PrivateEndpoint]:
        """Return all private endpoints, in one request, without their prices and addresses.

        Raises:
            OpenRouterError: any failure of a call.
        """
        listing = await self._send(
            operations.LIST_PRIVATE_ENDPOINTS, into=Listing[PrivateEndpoint], options=options
        )
        return listing.data

    async def get(self, id: str, *, options: RequestOptions | None = None) -> PrivateEndpoint:
        """Return one endpoint.

        Raises:
            NotFound: the account has no such endpoint.
            OpenRouterError: any other failure of a call.
        """
        return await self._one(operations.GET_PRIVATE_ENDPOINT, id, None, options)

    async def create(
        self,
        *,
        model_permaslug: str,
        provider_slug: str,
        upstream_model_id: str,
        idempotency_key: str | None = None,
        extra_body: Mapping[str, JsonValue] | None = None,
        options: RequestOptions | None = None,
        **fields: Unpack[NewPrivateEndpoint],
    ) -> PrivateEndpoint:
        """Make an endpoint, and return it.

        With `activate` the service also checks it and activates it. If that fails, it keeps the draft: then this
        returns the draft, whose `status` is not `active`, with the failed checks in `validation` and the reason in
        `error`. Where the service failed (`ServerError`), look in `list` for a draft.

        The client may send it again after any failure: all requests of one call have the same `Idempotency-Key`, so
        the service makes one endpoint.

        Args:
            model_permaslug: The permanent name of the model, such as `openai/gpt-4o-2024-08-06`.
            provider_slug: Who runs it, such as `azure`.
            upstream_model_id: The provider's name for it.
            idempotency_key: Your own key, to repeat a call in another process. Default: a random one for each call.
            extra_body: Further fields of the body; each replaces the field of its name.
            options: See `RequestOptions`.
            fields: See `NewPrivateEndpoint`.

        Raises:
            ConfigurationError: an argument is wrong; nothing was sent.
            NotFound: the service does not know the model, the provider or the workspace.
            UnprocessableRequest: the service cannot make such an endpoint.
            OpenRouterError: any other failure of a call.
        """
        checked = check_params(NewPrivateEndpoint, fields, elsewhere={}, where="a new private endpoint")
        named = {
            "model_permaslug": name_of("model_permaslug", model_permaslug),
            "provider_slug": name_of("provider_slug", provider_slug),
            "upstream_model_id": name_of("upstream_model_id", upstream_model_id),
        }
        headers = {} if idempotency_key is None else {"idempotency-key": idempotency_key}
        return await self._send_data(
            operations.CREATE_PRIVATE_ENDPOINT,
            into=PrivateEndpointReply,
            body=finish_body({**named, **checked}, extra_body),
            headers=headers,
            options=options,
        )

    async def update(
        self,
        id: str,
        *,
        upstream_model_id: str,
        extra_body: Mapping[str, JsonValue] | None = None,
        options: RequestOptions | None = None,
        **changes: Unpack[PrivateEndpointFields],
    ) -> PrivateEndpoint:
        """Change an endpoint, and return it; fields that are not named keep their value.

        Args:
            id: Which endpoint.
            upstream_model_id: The provider's name for the model; the service wants it with each change.
            extra_body: Further fields of the body; each replaces the field of its name.
            options: See `RequestOptions`.
            changes: See `PrivateEndpointFields`.

        Raises:
            ConfigurationError: an argument is wrong; nothing was sent.
            NotFound: the account has no such endpoint.
            OpenRouterError: any other failure of a call.
        """
        named = {"upstream_model_id": name_of("upstream_model_id", upstream_model_id)}
        checked = check_params(
            PrivateEndpointFields, changes, elsewhere={}, where="a change of a private endpoint"
        )
        body = finish_body({**named, **checked}, extra_body)
        return await self._one(operations.UPDATE_PRIVATE_ENDPOINT, id, body, options)

    async def delete(
        self, id: str, *, draft_only: bool = False, options: RequestOptions | None = None
    ) -> None:
        """Delete an endpoint for good; requests for it fail from then on.

        Args:
            id: Which endpoint.
            draft_only: Whether the service must refuse to delete one that is no longer a draft.
            options: See `RequestOptions`.

        Raises:
            ConfigurationError: `draft_only` is neither True nor False; nothing was sent.
            NotFound: the account has no such endpoint.
            Conflict: it is not a draft, and `draft_only` is True.
            OpenRouterError: any other failure of a call.
        """
        await self._send(
            operations.DELETE_PRIVATE_ENDPOINT,
            into=WireType,
            path={"id": id},
            query={"draft_only": flag("draft_only", draft_only) or None},
            options=options,
        )

    async def validate(
        self, id: str, workspace_id: str, *, options: RequestOptions | None = None
    ) -> EndpointValidation:
        """Have the service check an endpoint with the provider key of a workspace, and return the result.

        A check that fails is not an error: `passed` is False, and `checks` say why. The service asks the endpoint
        for a few tokens, which the provider bills.

        Raises:
            NotFound: the account has no such endpoint.
            OpenRouterError: any other failure of a call.
        """
        return await self._send_data(
            operations.VALIDATE_PRIVATE_ENDPOINT,
            into=Envelope[EndpointValidation],
            path={"id": id},
            body={"workspace_id": name_of("workspace_id", workspace_id)},
            options=options,
        )

    async def activate(self, id: str, *, options: RequestOptions | None = None) -> PrivateEndpoint:
        """Activate a draft that has passed its checks, and return it; it takes requests from then on.

        Raises:
            NotFound: the account has no such endpoint.
            UnprocessableRequest: it was not checked, or not lately.
            OpenRouterError: any other failure of a call.
        """
        return await self._one(operations.ACTIVATE_PRIVATE_ENDPOINT, id, None, options)

    async def enable(self, id: str, *, options: RequestOptions | None = None) -> PrivateEndpoint:
        """Have a disabled endpoint take requests again, and return it. Raises what `activate` raises."""
        return await self._one(operations.ENABLE_PRIVATE_ENDPOINT, id, None, options)

    async def disable(self, id: str, *, options: RequestOptions | None = None) -> PrivateEndpoint:
        """Disable an endpoint, and return it; requests for it fail until it is enabled again.

        Raises:
            NotFound: the account has no such endpoint.
            OpenRouterError: any other failure of a call.
        """
        return await self._one(operations.DISABLE_PRIVATE_ENDPOINT, id, None, options)

    async def set_pricing(
        self, id: str, pricing: EndpointPricing, *, options: RequestOptions | None = None
    ) -> PrivateEndpoint:
        """Replace all prices of an endpoint, and return it.

        Args:
            id: Which endpoint.
            pricing: A price that is not given is removed.
            options: See `RequestOptions`.

        Raises:
            ConfigurationError: a price is wrong, or one of the first two is missing; nothing was sent.
            NotFound: the account has no such endpoint.
            OpenRouterError: any other failure of a call.
        """
        checked = check_params(
            NewPrivateEndpoint, {"pricing": pricing}, elsewhere={}, where="prices", way_out=None
        )
        body = finish_body(checked, None)
        return await self._one(operations.SET_PRIVATE_ENDPOINT_PRICING, id, body, options)

    async def _one(
        self, operation: Operation, id: str, body: bytes | None, options: RequestOptions | None
    ) -> PrivateEndpoint:
        return await self._send_data(
            operation, into=Envelope[PrivateEndpoint], path={"id": id}, body=body, options=options
        )
