"""The key that asks."""

from __future__ import annotations

from ...operations import GET_KEY
from ...options import RequestOptions
from ...types.account.keys import CurrentKey
from ...types.common import Envelope
from .._base import Resource

__all__ = ["KeyResource"]


class KeyResource(Resource):
    """`GET /key`."""

    async def get(self, *, options: RequestOptions | None = None) -> CurrentKey:
        """Return what the client's key may spend and has spent, in US dollars.

        Asks with the inference key, else with the management key. Sends one request, which costs nothing.

        Raises:
            OpenRouterError: any failure of a call; `AuthenticationError` where the service does not know the key.
        """
        return await self._send_data(GET_KEY, into=Envelope[CurrentKey], options=options)
