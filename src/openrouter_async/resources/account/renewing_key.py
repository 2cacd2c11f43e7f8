"""`RenewingKey`: a key of a few minutes, which is exchanged for a new one before it ends."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

import anyio

from ...errors import OpenRouterError
from ...types.account.oauth import AccessToken

__all__ = ["RenewingKey"]

LOGGER = logging.getLogger("openrouter_async")

EARLY_S = 60.0
"""Seconds before its end from which a token is renewed; of one that lasts less than two minutes, half its time. Chosen:
an exchange with its retries takes no longer."""

AGAIN_S = 5.0
"""Seconds for which a token that could not be renewed is used before the next try; chosen: some tries in a minute."""


class RenewingKey:
    """An async function for `api_key=` or `management_key=`, which returns a token that has not ended.

    Calls that need a new one at the same moment wait for one exchange, and fail with it. A token that cannot be renewed
    is used until it ends.
    """

    def __init__(self, exchange: Callable[[], Awaitable[AccessToken]]) -> None:
        self._exchange = exchange
        self._lock = anyio.Lock()
        self._token: AccessToken | None = None
        self._failure: OpenRouterError | None = None
        self._renew_at = self._ends_at = 0.0
        self._tries = 0

    async def __call__(self) -> str:
        """Return the token.

        Raises:
            OpenRouterError: it has ended, and the exchange for a new one failed.
        """
        if self._token is None or anyio.current_time() >= min(self._renew_at, self._ends_at):
            tries = self._tries
            async with self._lock:
                if self._tries == tries:  # else somebody tried while this call waited
                    await self._renew()
        if self._failure is not None and (self._token is None or anyio.current_time() >= self._ends_at):
            raise self._failure
        assert self._token is not None
        return self._token.access_token.get_secret_value()

    async def _renew(self) -> None:
        asked = anyio.current_time()
        try:
            token = await self._exchange()
        except OpenRouterError as error:
            self._failure = error
            self._renew_at = anyio.current_time() + AGAIN_S
            LOGGER.warning("the token was not renewed: %s", error)
        else:
            self._token, self._failure = token, None
            lasts = token.expires_in or 0  # one of unknown length is used once
            self._ends_at = asked + lasts
            self._renew_at = self._ends_at - min(EARLY_S, lasts / 2)
        self._tries += 1

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {'with' if self._token else 'without'} a token>"
