"""The namespaces of the client that are methods over the table of operations, and `client.conversation`.

A namespace is loaded, with its types, when it is first used.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeVar, cast, overload

from . import _checks

if TYPE_CHECKING:
    from typing_extensions import TypeForm, Unpack

    from .batches.batches import BatchJobs
    from .catalogue.namespace import Models
    from .chat import Chat
    from .conversation.conversation import Conversation
    from .conversation.settings import ConversationParams, ConversationSettings
    from .messages import Messages
    from .resources.account.activity import ActivityResource
    from .resources.account.analytics import AnalyticsResource
    from .resources.account.byok import BYOKResource
    from .resources.account.generations import GenerationsResource
    from .resources.account.guardrails import GuardrailsResource
    from .resources.account.keys import CreditsResource, KeyResource, KeysResource
    from .resources.account.oauth import OAuthResource
    from .resources.account.presets import PresetsResource
    from .resources.account.workspaces import WorkspacesResource
    from .resources.catalogue.datasets import DatasetsResource
    from .resources.catalogue.providers import EndpointsResource, ProvidersResource
    from .resources.catalogue.server_tools import ServerToolsResource
    from .resources.chat.completions import Completions
    from .resources.embeddings import EmbeddingsResource
    from .resources.files.containers import ContainersResource
    from .resources.files.files import FilesResource
    from .resources.media.audio import AudioResource
    from .resources.media.decisions import DecisionsResource
    from .resources.media.images import ImagesResource
    from .resources.media.rerank import RerankResource
    from .resources.media.videos import VideosResource
    from .resources.organization.external_users import ExternalUsersResource
    from .resources.organization.observability import ObservabilityResource
    from .resources.organization.organization import OrganizationResource
    from .resources.organization.private_endpoints import PrivateEndpointsResource
    from .resources.organization.scim import ScimResource
    from .resources.organization.vault import VaultResource
    from .responses import Responses
    from .structured.output import Output, OutputLike
    from .structured.schema import Schema
    from .tools.settings import RunningParams
    from .types.common import OutputT
    from .types.messages.reply import MessageReply
    from .types.messages.request import MessageTurnParams
    from .types.responses.request import ResponseTurnParams
    from .types.responses.response import Response

    class _HasModels(Protocol):
        @property
        def models(self) -> Models: ...

    class ResponseConversationParams(ResponseTurnParams, RunningParams, ConversationSettings, total=False):
        """What `client.conversation(api="responses")` takes besides the output."""

    class MessageConversationParams(MessageTurnParams, RunningParams, ConversationSettings, total=False):
        """What `client.conversation(api="messages")` takes besides the output."""


__all__ = ["Namespaces"]

T = TypeVar("T")


class _Lazy(cached_property[T]):
    """A resource of the client, told as `module:class`; the module is loaded when it is first used."""

    def __init__(self, where: str) -> None:
        module, _, name = where.partition(":")
        super().__init__(
            lambda client: getattr(import_module(f".{module}", __package__), name)(client._sender)
        )


class Namespaces:
    """The attributes of `AsyncOpenRouter` that stand for a namespace of operations."""

    completions: _Lazy[Completions] = _Lazy("resources.chat.completions:Completions")
    """The older form, which continues a prompt."""
    embeddings: _Lazy[EmbeddingsResource] = _Lazy("resources.embeddings:EmbeddingsResource")
    """Vectors that stand for texts."""
    images: _Lazy[ImagesResource] = _Lazy("resources.media.images:ImagesResource")
    """Images, and who makes them."""
    audio: _Lazy[AudioResource] = _Lazy("resources.media.audio:AudioResource")
    """Speech from text, and text from speech."""
    videos: _Lazy[VideosResource] = _Lazy("resources.media.videos:VideosResource")
    """Videos, which are jobs."""
    rerank: _Lazy[RerankResource] = _Lazy("resources.media.rerank:RerankResource")
    """Documents in the order in which they answer a query."""
    decisions: _Lazy[DecisionsResource] = _Lazy("resources.media.decisions:DecisionsResource")
    """Typed answers to questions about a state of things."""
    files: _Lazy[FilesResource] = _Lazy("resources.files.files:FilesResource")
    """Files that are kept at the service, for prompts and tools."""
    containers: _Lazy[ContainersResource] = _Lazy("resources.files.containers:ContainersResource")
    """Files that tools wrote while they ran at the service."""
    batches: _Lazy[BatchJobs] = _Lazy("batches.batches:BatchJobs")
    """The service's own batches: processed within a day, for about half the price."""
    providers: _Lazy[ProvidersResource] = _Lazy("resources.catalogue.providers:ProvidersResource")
    """The companies that run models."""
    endpoints: _Lazy[EndpointsResource] = _Lazy("resources.catalogue.providers:EndpointsResource")
    """Offers of models by providers, over all models."""
    server_tools: _Lazy[ServerToolsResource] = _Lazy("resources.catalogue.server_tools:ServerToolsResource")
    """Tools that the service runs itself."""
    datasets: _Lazy[DatasetsResource] = _Lazy("resources.catalogue.datasets:DatasetsResource")
    """The service's public statistics, and benchmarks of models."""
    key: _Lazy[KeyResource] = _Lazy("resources.account.keys:KeyResource")
    """The client's own key: its limit and its usage."""
    keys: _Lazy[KeysResource] = _Lazy("resources.account.keys:KeysResource")
    """The inference keys of the account: `list`, `get`, `create`, `update`, `delete`; needs a management key."""
    credits: _Lazy[CreditsResource] = _Lazy("resources.account.keys:CreditsResource")
    """Credits bought and used; needs a management key."""
    activity: _Lazy[ActivityResource] = _Lazy("resources.account.activity:ActivityResource")
    """The usage of the account, day by day; needs a management key."""
    generations: _Lazy[GenerationsResource] = _Lazy("resources.account.generations:GenerationsResource")
    """The billed records of calls."""
    oauth: _Lazy[OAuthResource] = _Lazy("resources.account.oauth:OAuthResource")
    """Keys that users give to an app."""
    analytics: _Lazy[AnalyticsResource] = _Lazy("resources.account.analytics:AnalyticsResource")
    """Queries of the account's usage, by any metric; needs a management key."""
    presets: _Lazy[PresetsResource] = _Lazy("resources.account.presets:PresetsResource")
    """Parameters that are kept at the service under a name."""
    workspaces: _Lazy[WorkspacesResource] = _Lazy("resources.account.workspaces:WorkspacesResource")
    """Parts of the account with keys, members, budgets and defaults of their own; needs a management key."""
    guardrails: _Lazy[GuardrailsResource] = _Lazy("resources.account.guardrails:GuardrailsResource")
    """What keys and members may use and spend; needs a management key."""
    byok: _Lazy[BYOKResource] = _Lazy("resources.account.byok:BYOKResource")
    """Keys of one's own with providers; needs a management key."""
    organization: _Lazy[OrganizationResource] = _Lazy(
        "resources.organization.organization:OrganizationResource"
    )
    """Members and settings of the organization; needs a management key."""
    external_users: _Lazy[ExternalUsersResource] = _Lazy(
        "resources.organization.external_users:ExternalUsersResource"
    )
    """Users of your app, whom keys and requests can name; needs a management key."""
    scim: _Lazy[ScimResource] = _Lazy("resources.organization.scim:ScimResource")
    """Groups of a directory, and the workspaces that they get; needs a management key."""
    observability: _Lazy[ObservabilityResource] = _Lazy(
        "resources.organization.observability:ObservabilityResource"
    )
    """Other services that receive the requests of the account; needs a management key."""
    private_endpoints: _Lazy[PrivateEndpointsResource] = _Lazy(
        "resources.organization.private_endpoints:PrivateEndpointsResource"
    )
    """Models that run for the organization only; needs a management key."""
    vault: _Lazy[VaultResource] = _Lazy("resources.organization.vault:VaultResource")
    """Secrets that agents use, and that nobody reads back."""

    @overload
    def conversation(
        self, *, output: None = None, **settings: Unpack[ConversationParams]
    ) -> Conversation[str]: ...
    @overload
    def conversation(
        self, *, output: Output[OutputT] | Schema[OutputT], **settings: Unpack[ConversationParams]
    ) -> Conversation[OutputT]: ...
    @overload
    def conversation(
        self, *, output: Mapping[str, object], **settings: Unpack[ConversationParams]
    ) -> Conversation[Any]: ...
    @overload
    def conversation(
        self, *, output: TypeForm[OutputT], **settings: Unpack[ConversationParams]
    ) -> Conversation[OutputT]: ...
    @overload
    def conversation(
        self,
        *,
        api: Literal["responses"],
        output: None = None,
        **settings: Unpack[ResponseConversationParams],
    ) -> Conversation[str, Response[str]]: ...
    @overload
    def conversation(
        self,
        *,
        api: Literal["responses"],
        output: Output[OutputT] | Schema[OutputT] | TypeForm[OutputT],
        **settings: Unpack[ResponseConversationParams],
    ) -> Conversation[OutputT, Response[OutputT]]: ...
    @overload
    def conversation(
        self,
        *,
        api: Literal["messages"],
        output: None = None,
        **settings: Unpack[MessageConversationParams],
    ) -> Conversation[str, MessageReply[str]]: ...
    @overload
    def conversation(
        self,
        *,
        api: Literal["messages"],
        output: Output[OutputT] | Schema[OutputT] | TypeForm[OutputT],
        **settings: Unpack[MessageConversationParams],
    ) -> Conversation[OutputT, MessageReply[OutputT]]: ...
    def conversation(
        self,
        *,
        api: Literal["chat", "responses", "messages"] = "chat",
        output: OutputLike[OutputT] | None = None,
        **settings: Any,
    ) -> Conversation[Any, Any]:
        """Return a conversation, which keeps what is said and runs the tools that are called. Sends nothing yet.

        Args:
            api: The dialect of its requests, which have the parameters of `client.responses` or `client.messages`; its
                messages are items with `responses`. A history stays in the dialect that it began in.
            output: As for `chat.create`; each answer has the value, in `run.output`.
            settings: See `ConversationParams`: model, system message, tools, trimming, an earlier conversation.

        Raises:
            ConfigurationError: the history cannot be read, or a setting is wrong.
        """
        from .conversation.conversation import Conversation

        _checks.one_of("api", api, ("chat", "responses", "messages"))
        client = cast("_HasModels", self)  # the client, of which this is a part
        asked: Chat | Responses | Messages = getattr(client, api)
        return Conversation(asked._completer(output), prices=lambda: client.models._for_own_use(), **settings)
