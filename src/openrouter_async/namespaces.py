"""`Namespaces`: the parts of the client that are one resource each, made on first use."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ._http.sender import HTTPSender
    from .resources.account.activity import ActivityResource
    from .resources.account.credits import CreditsResource
    from .resources.account.generations import GenerationsResource
    from .resources.account.key import KeyResource
    from .resources.account.keys import KeysResource
    from .resources.account.oauth import OAuthResource
    from .resources.catalogue.endpoints import EndpointsResource
    from .resources.catalogue.providers import ProvidersResource
    from .resources.embeddings import EmbeddingsResource

__all__ = ["Namespaces"]


class Namespaces:
    """The resources of a client; each loads its module when it is first used."""

    _sender: HTTPSender

    @property
    def base_url(self) -> str:
        """Where requests go, without a slash at the end."""
        return self._sender.settings.base_url

    @cached_property
    def embeddings(self) -> EmbeddingsResource:
        """Vectors that stand for texts."""
        from .resources.embeddings import EmbeddingsResource

        return EmbeddingsResource(self._sender)

    @cached_property
    def credits(self) -> CreditsResource:
        """Credits bought and used; needs a management key."""
        from .resources.account.credits import CreditsResource

        return CreditsResource(self._sender)

    @cached_property
    def key(self) -> KeyResource:
        """The client's own key: what it may spend, and has spent."""
        from .resources.account.key import KeyResource

        return KeyResource(self._sender)

    @cached_property
    def keys(self) -> KeysResource:
        """The inference keys of the account: `list`, `get`, `create`, `update`, `delete`; needs a management key."""
        from .resources.account.keys import KeysResource

        return KeysResource(self._sender)

    @cached_property
    def activity(self) -> ActivityResource:
        """What the account used, day by day; needs a management key."""
        from .resources.account.activity import ActivityResource

        return ActivityResource(self._sender)

    @cached_property
    def generations(self) -> GenerationsResource:
        """The billed records of calls."""
        from .resources.account.generations import GenerationsResource

        return GenerationsResource(self._sender)

    @cached_property
    def providers(self) -> ProvidersResource:
        """Who runs models."""
        from .resources.catalogue.providers import ProvidersResource

        return ProvidersResource(self._sender)

    @cached_property
    def endpoints(self) -> EndpointsResource:
        """Offers of models by providers, over all models."""
        from .resources.catalogue.endpoints import EndpointsResource

        return EndpointsResource(self._sender)

    @cached_property
    def oauth(self) -> OAuthResource:
        """Keys that users give to an app."""
        from .resources.account.oauth import OAuthResource

        return OAuthResource(self._sender, self.base_url)
