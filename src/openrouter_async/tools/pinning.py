"""Which provider has to serve the next request, and how it is named without allowing more than the caller does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..errors import BadRequest, NotFound, OpenRouterError
from ..types.chat.model_reply import ModelReply

__all__ = ["ProviderPin", "encrypting_provider"]


class ProviderPin:
    """Keeps a run with the provider whose encrypted reasoning it sends back, as long as that provider is there.

    It uses the name in the replies: the service accepts names and slugs alike, and they cannot be distinguished.
    """

    def __init__(
        self, params: Mapping[str, object], *, earlier: str | None, default: object, is_on: bool
    ) -> None:
        """Start a run with these `params`.

        `earlier` is the provider of the messages before it, `default` the client's provider preferences.
        """
        self._given = params
        self._earlier = earlier
        self._default = default
        self._is_on = is_on
        self._pinned: str | None = None
        self._gone: str | None = None

    def add_to(self, params: dict[str, object], completions: Sequence[ModelReply[object]]) -> None:
        """Add to the parameters of a request the provider that must serve it, if there is one."""
        self._pinned = None
        provider = encrypting_provider(completions) or self._earlier
        if provider is None or provider == self._gone or not self._is_on:
            return
        preferences = self._given.get("provider", self._default)
        known = preferences if isinstance(preferences, Mapping) else {}
        only = _narrowed(known.get("only"), provider)
        if only is not None:
            self._pinned = provider
            params["provider"] = {**known, "only": only}

    def removed_after(self, error: OpenRouterError, params: Mapping[str, object]) -> dict[str, object] | None:
        """Return the same request for any provider, if `error` says that the one it names is not there."""
        is_unknown = isinstance(error, BadRequest) and "provider" in str(error).lower()
        if self._pinned is None or not (isinstance(error, NotFound) or is_unknown):
            return None
        self._gone, self._pinned = self._pinned, None
        given = {"provider": self._given["provider"]} if "provider" in self._given else {}
        return {name: value for name, value in params.items() if name != "provider"} | given


def encrypting_provider(replies: Sequence[ModelReply[object]]) -> str | None:
    """Return the provider of the latest reply whose reasoning only that provider can read; None without one."""
    return next((name for reply in reversed(replies) if (name := reply.encrypted_by)), None)


def _narrowed(only: object, provider: str) -> list[str] | None:
    """Return the providers of a request that is for `provider`; None if only others are allowed.

    A name such as `Amazon Bedrock` allows more than the slug `amazon-bedrock/us-east-1`, so the slug stays.
    """
    if only is None:
        return [provider]
    allowed = only if isinstance(only, list | tuple) else ()
    name = _plain(provider)
    return [each for each in allowed if _plain(str(each).partition("/")[0]) == name] or None


def _plain(provider: str) -> str:
    """Return what name and slug of a provider have in common."""
    return "".join(filter(str.isalnum, provider.lower()))
