"""Credits bought and used."""

from __future__ import annotations

from ...operations import GET_CREDITS
from ...options import RequestOptions
from ...types.account.keys import Credits
from ...types.common import Envelope
from .._base import Resource

__all__ = ["CreditsResource"]


class CreditsResource(Resource):
    """`GET /credits`."""

    async def get(self, *, options: RequestOptions | None = None) -> Credits:
        """Return what the account bought and used, in US dollars.

        Needs a management key; for what one inference key may spend, see `client.key.get`.
        Sends one request, which costs nothing.

        Raises:
            ConfigurationError: the client has no management key; nothing was sent.
            OpenRouterError: any other failure of a call.
        """
        return await self._send_data(GET_CREDITS, into=Envelope[Credits], options=options)
