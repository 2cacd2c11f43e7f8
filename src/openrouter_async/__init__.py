"""The asyncio client for OpenRouter.

Importing the package loads nothing else: each public name is loaded from its module on first use. It loads nothing of
the standard library either, so a command hears Ctrl-C soon after the interpreter has started.
"""

from ._lazy import lazy_exports
from ._version import __version__

TYPE_CHECKING = False  # type checkers take it for the one of `typing`

if TYPE_CHECKING:
    from .batch.estimate import BatchEstimate as BatchEstimate
    from .batch.failures import Failures as Failures
    from .batch.failures import read_items as read_items
    from .batch.items import Item as Item
    from .batch.result_rows import Results as Results
    from .batch.results import Done as Done
    from .batch.results import Failed as Failed
    from .batch.run import Batch as Batch
    from .batch.settings import BatchParams as BatchParams
    from .batch.stats import BatchProgress as BatchProgress
    from .batch.stats import BatchSummary as BatchSummary
    from .batch.stats import ModelTotal as ModelTotal
    from .batches.batches import JobResult as JobResult
    from .cascade.compare import Compared as Compared
    from .cascade.compare import Comparison as Comparison
    from .catalogue.catalogue import ModelCatalogue as ModelCatalogue
    from .catalogue.pricing import Estimate as Estimate
    from .client import AsyncOpenRouter as AsyncOpenRouter
    from .conversation.conversation import Conversation as Conversation
    from .conversation.history import History as History
    from .conversation.history import Turn as Turn
    from .conversation.settings import ConversationParams as ConversationParams
    from .conversation.trimming import keep_tokens as keep_tokens
    from .conversation.trimming import keep_turns as keep_turns
    from .errors import APIStatusError as APIStatusError
    from .errors import AuthenticationError as AuthenticationError
    from .errors import Availability as Availability
    from .errors import BadRequest as BadRequest
    from .errors import BudgetExceeded as BudgetExceeded
    from .errors import ConfigurationError as ConfigurationError
    from .errors import Conflict as Conflict
    from .errors import ConnectError as ConnectError
    from .errors import ConnectionLost as ConnectionLost
    from .errors import ContextLengthExceeded as ContextLengthExceeded
    from .errors import DeadlineExceeded as DeadlineExceeded
    from .errors import DownloadInterrupted as DownloadInterrupted
    from .errors import EmptyReply as EmptyReply
    from .errors import GuardrailError as GuardrailError
    from .errors import InsufficientCredits as InsufficientCredits
    from .errors import InvalidResponseError as InvalidResponseError
    from .errors import InvalidWebhook as InvalidWebhook
    from .errors import JobFailed as JobFailed
    from .errors import JournalError as JournalError
    from .errors import LedgerError as LedgerError
    from .errors import ModerationError as ModerationError
    from .errors import NotFound as NotFound
    from .errors import OpenRouterError as OpenRouterError
    from .errors import Overloaded as Overloaded
    from .errors import PayloadTooLarge as PayloadTooLarge
    from .errors import PermissionDenied as PermissionDenied
    from .errors import ProviderError as ProviderError
    from .errors import ProxyError as ProxyError
    from .errors import RateLimited as RateLimited
    from .errors import Refused as Refused
    from .errors import RepeatedToolCall as RepeatedToolCall
    from .errors import ReplyNotParsed as ReplyNotParsed
    from .errors import ReplyTruncated as ReplyTruncated
    from .errors import RequestTimeout as RequestTimeout
    from .errors import ResponseTooLarge as ResponseTooLarge
    from .errors import SchemaMismatch as SchemaMismatch
    from .errors import ServerError as ServerError
    from .errors import SpendingLimitExceeded as SpendingLimitExceeded
    from .errors import StreamDecodeError as StreamDecodeError
    from .errors import StreamError as StreamError
    from .errors import StreamInterrupted as StreamInterrupted
    from .errors import StreamTruncated as StreamTruncated
    from .errors import StructuredOutputError as StructuredOutputError
    from .errors import TLSError as TLSError
    from .errors import ToolError as ToolError
    from .errors import UnprocessableRequest as UnprocessableRequest
    from .hooks import PromptCacheCollapse as PromptCacheCollapse
    from .hooks import RequestEvent as RequestEvent
    from .hooks import RequestHook as RequestHook
    from .ledger.ledger import Ledger as Ledger
    from .ledger.ledger import SharedBudget as SharedBudget
    from .ledger.opening import open_ledger as open_ledger
    from .options import ClientOptions as ClientOptions
    from .options import Limits as Limits
    from .options import RequestOptions as RequestOptions
    from .options import Retries as Retries
    from .options import Timeouts as Timeouts
    from .prompt import Prompt as Prompt
    from .resources.jobs import Job as Job
    from .resources.media.videos import VideoJob as VideoJob
    from .resources.organization.scim import SyncJob as SyncJob
    from .resources.uploads import FileUpload as FileUpload
    from .resources.webhooks import verify_webhook as verify_webhook
    from .special_options import App as App
    from .special_options import LocalCache as LocalCache
    from .special_options import Rate as Rate
    from .special_options import Recover as Recover
    from .special_options import ResponseCache as ResponseCache
    from .spending.cost_log import CostLog as CostLog
    from .spending.cost_log import CostRow as CostRow
    from .spending.spend import Spend as Spend
    from .spending.spend import UnsettledCall as UnsettledCall
    from .streaming.download import Download as Download
    from .streaming.events import AnnotationAdded as AnnotationAdded
    from .streaming.events import AudioDelta as AudioDelta
    from .streaming.events import Finished as Finished
    from .streaming.events import ImageDelta as ImageDelta
    from .streaming.events import ItemFinished as ItemFinished
    from .streaming.events import ItemStarted as ItemStarted
    from .streaming.events import Keepalive as Keepalive
    from .streaming.events import Progress as Progress
    from .streaming.events import ReasoningDelta as ReasoningDelta
    from .streaming.events import RefusalDelta as RefusalDelta
    from .streaming.events import StreamEvent as StreamEvent
    from .streaming.events import TextDelta as TextDelta
    from .streaming.events import ToolCallDelta as ToolCallDelta
    from .streaming.events import UsageReported as UsageReported
    from .streaming.images.events import ImageCompleted as ImageCompleted
    from .streaming.images.events import ImagePartial as ImagePartial
    from .streaming.images.events import ImagesFinished as ImagesFinished
    from .streaming.images.stream import ImageStream as ImageStream
    from .streaming.stream import EventStream as EventStream
    from .streaming.stream import MessageStream as MessageStream
    from .streaming.stream import ResponseStream as ResponseStream
    from .structured.completion import Attempt as Attempt
    from .structured.completion import StructuredCompletion as StructuredCompletion
    from .structured.modes import SchemaModels as SchemaModels
    from .structured.output import Example as Example
    from .structured.output import Output as Output
    from .structured.prompt import schema_prompt as schema_prompt
    from .structured.schema import Schema as Schema
    from .structured.stream import StructuredStream as StructuredStream
    from .structured.strict.result import StrictSchema as StrictSchema
    from .telemetry.settings import Telemetry as Telemetry
    from .tokens.estimate import TokenBasis as TokenBasis
    from .tokens.estimate import TokenEstimate as TokenEstimate
    from .tokens.estimate import estimate_tokens as estimate_tokens
    from .tokens.learning import TokenLearner as TokenLearner
    from .tokens.prompt import estimate_prompt as estimate_prompt
    from .tokens.split import split_tokens as split_tokens
    from .tokens.split import truncate_tokens as truncate_tokens
    from .tools.approval import PausedRun as PausedRun
    from .tools.events import RunEvent as RunEvent
    from .tools.events import StepFinished as StepFinished
    from .tools.events import ToolFinished as ToolFinished
    from .tools.events import ToolProgress as ToolProgress
    from .tools.events import ToolStarted as ToolStarted
    from .tools.mcp import MCPServer as MCPServer
    from .tools.result import Run as Run
    from .tools.result import run_of as run_of
    from .tools.settings import RunParams as RunParams
    from .tools.steps import Step as Step
    from .tools.steps import ToolResult as ToolResult
    from .tools.stop import StopWhen as StopWhen
    from .tools.stop import max_cost as max_cost
    from .tools.stop import max_run_tokens as max_run_tokens
    from .tools.stop import max_steps as max_steps
    from .tools.stop import stop_when as stop_when
    from .tools.stop import tool_called as tool_called
    from .tools.stream import RunStream as RunStream
    from .tools.tool import Tool as Tool
    from .tools.tool import create_tool as create_tool
    from .tools.tool import tool as tool
    from .tools.toolbox import ToolLike as ToolLike
    from .types.account.activity import ActivityItem as ActivityItem
    from .types.account.analytics import AnalyticsTable as AnalyticsTable
    from .types.account.byok import BYOKKey as BYOKKey
    from .types.account.generations import Generation as Generation
    from .types.account.generations import GenerationContent as GenerationContent
    from .types.account.guardrails import Guardrail as Guardrail
    from .types.account.keys import APIKey as APIKey
    from .types.account.keys import AuthorizedKey as AuthorizedKey
    from .types.account.keys import CreatedKey as CreatedKey
    from .types.account.keys import Credits as Credits
    from .types.account.keys import CurrentKey as CurrentKey
    from .types.account.oauth import AccessToken as AccessToken
    from .types.account.oauth import AuthorizationCode as AuthorizationCode
    from .types.account.presets import Preset as Preset
    from .types.account.presets import PresetDetails as PresetDetails
    from .types.account.presets import PresetVersion as PresetVersion
    from .types.account.workspaces import Workspace as Workspace
    from .types.account.workspaces import WorkspaceBudget as WorkspaceBudget
    from .types.batches import BatchJob as BatchJob
    from .types.catalogue.endpoints import Endpoint as Endpoint
    from .types.catalogue.endpoints import ModelEndpoints as ModelEndpoints
    from .types.catalogue.models import Model as Model
    from .types.catalogue.models import Pricing as Pricing
    from .types.catalogue.providers import ProviderInfo as ProviderInfo
    from .types.catalogue.server_tools import ServerTool as ServerTool
    from .types.chat.completion import AssistantMessage as AssistantMessage
    from .types.chat.completion import ChatCompletion as ChatCompletion
    from .types.chat.completion import Choice as Choice
    from .types.chat.completion import Recovery as Recovery
    from .types.chat.content_parts import audio as audio
    from .types.chat.content_parts import file as file
    from .types.chat.content_parts import image as image
    from .types.chat.content_parts import text as text
    from .types.chat.content_parts import video as video
    from .types.chat.messages import MessagesLike as MessagesLike
    from .types.chat.messages import assistant as assistant
    from .types.chat.messages import developer as developer
    from .types.chat.messages import system as system
    from .types.chat.messages import tool_result as tool_result
    from .types.chat.messages import user as user
    from .types.chat.model_reply import ModelReply as ModelReply
    from .types.chat.model_reply import OutputItem as OutputItem
    from .types.chat.presets import PRESETS as PRESETS
    from .types.chat.reasoning import Reasoning as Reasoning
    from .types.chat.request import ChatParams as ChatParams
    from .types.chat.routing import Provider as Provider
    from .types.chat.server_tools import date_time as date_time
    from .types.chat.server_tools import image_generation as image_generation
    from .types.chat.server_tools import web_fetch as web_fetch
    from .types.chat.server_tools import web_search as web_search
    from .types.chat.short_names import FREE_MODELS as FREE_MODELS
    from .types.chat.short_names import MODELS as MODELS
    from .types.chat.steps import Steps as Steps
    from .types.chat.steps import then as then
    from .types.chat.tool_calls import ToolCall as ToolCall
    from .types.chat.tools import FunctionTool as FunctionTool
    from .types.common import Usage as Usage
    from .types.embeddings.nearest import Near as Near
    from .types.embeddings.nearest import nearest as nearest
    from .types.embeddings.reply import Embeddings as Embeddings
    from .types.files.files import ContainerFile as ContainerFile
    from .types.files.files import File as File
    from .types.media.decisions import Decisions as Decisions
    from .types.media.decisions import Question as Question
    from .types.media.image_request import ImageParams as ImageParams
    from .types.media.images import GeneratedImage as GeneratedImage
    from .types.media.images import GeneratedImages as GeneratedImages
    from .types.media.images import ImageEndpoints as ImageEndpoints
    from .types.media.images import ImageModel as ImageModel
    from .types.media.rerank import Ranked as Ranked
    from .types.media.rerank import Ranking as Ranking
    from .types.media.rerank import RerankParams as RerankParams
    from .types.media.speech import Speech as Speech
    from .types.media.speech import SpeechParams as SpeechParams
    from .types.media.speech import SpeechTurn as SpeechTurn
    from .types.media.transcription import Transcription as Transcription
    from .types.media.transcription import TranscriptionParams as TranscriptionParams
    from .types.media.transcription import TranscriptionSegment as TranscriptionSegment
    from .types.media.transcription import TranscriptionWord as TranscriptionWord
    from .types.media.video_request import VideoParams as VideoParams
    from .types.media.videos import Video as Video
    from .types.media.videos import VideoModel as VideoModel
    from .types.messages.blocks import Block as Block
    from .types.messages.blocks import Citation as Citation
    from .types.messages.blocks import CompactionBlock as CompactionBlock
    from .types.messages.blocks import ContainerUploadBlock as ContainerUploadBlock
    from .types.messages.blocks import RedactedThinkingBlock as RedactedThinkingBlock
    from .types.messages.blocks import ServerToolUseBlock as ServerToolUseBlock
    from .types.messages.blocks import TextBlock as TextBlock
    from .types.messages.blocks import ThinkingBlock as ThinkingBlock
    from .types.messages.blocks import ToolResultBlock as ToolResultBlock
    from .types.messages.blocks import ToolUseBlock as ToolUseBlock
    from .types.messages.reply import MessageReply as MessageReply
    from .types.meta import ResponseMeta as ResponseMeta
    from .types.meta import response_meta as response_meta
    from .types.organization.observability import ObservabilityDestination as ObservabilityDestination
    from .types.organization.organization import OrganizationMember as OrganizationMember
    from .types.organization.private_endpoints import PrivateEndpoint as PrivateEndpoint
    from .types.organization.scim import GroupMapping as GroupMapping
    from .types.organization.vault import VaultSecret as VaultSecret
    from .types.reply_cache import ReplyCache as ReplyCache
    from .types.responses.items import CustomToolCallItem as CustomToolCallItem
    from .types.responses.items import FunctionCallItem as FunctionCallItem
    from .types.responses.items import HostToolCallItem as HostToolCallItem
    from .types.responses.items import ImageItem as ImageItem
    from .types.responses.items import MessageItem as MessageItem
    from .types.responses.items import ReasoningItem as ReasoningItem
    from .types.responses.items import ResponseItem as ResponseItem
    from .types.responses.items import ServerToolItem as ServerToolItem
    from .types.responses.items import WebSearchItem as WebSearchItem
    from .types.responses.response import Response as Response
    from .types.webhooks import WebhookEvent as WebhookEvent

_BY_MODULE = {
    ".batch.estimate": "BatchEstimate",
    ".batch.failures": "Failures read_items",
    ".batch.items": "Item",
    ".batch.result_rows": "Results",
    ".batch.results": "Done Failed",
    ".batch.run": "Batch",
    ".batch.settings": "BatchParams",
    ".batch.stats": "BatchProgress BatchSummary ModelTotal",
    ".batches.batches": "JobResult",
    ".cascade.compare": "Compared Comparison",
    ".catalogue.catalogue": "ModelCatalogue",
    ".catalogue.pricing": "Estimate",
    ".client": "AsyncOpenRouter",
    ".conversation.conversation": "Conversation",
    ".conversation.settings": "ConversationParams",
    ".conversation.history": "History Turn",
    ".conversation.trimming": "keep_tokens keep_turns",
    ".errors": (
        "APIStatusError AuthenticationError Availability BadRequest BudgetExceeded ConfigurationError "
        "Conflict ConnectError ConnectionLost ContextLengthExceeded DeadlineExceeded DownloadInterrupted "
        "EmptyReply GuardrailError InsufficientCredits InvalidResponseError InvalidWebhook JobFailed "
        "JournalError LedgerError ModerationError NotFound OpenRouterError Overloaded PayloadTooLarge "
        "PermissionDenied ProviderError ProxyError RateLimited Refused RepeatedToolCall ReplyNotParsed "
        "ReplyTruncated RequestTimeout ResponseTooLarge SchemaMismatch ServerError SpendingLimitExceeded "
        "StreamDecodeError StreamError StreamInterrupted StreamTruncated StructuredOutputError TLSError "
        "ToolError UnprocessableRequest"
    ),
    ".hooks": "PromptCacheCollapse RequestEvent RequestHook",
    ".ledger.ledger": "Ledger SharedBudget",
    ".ledger.opening": "open_ledger",
    ".options": "ClientOptions Limits RequestOptions Retries Timeouts",
    ".prompt": "Prompt",
    ".resources.jobs": "Job",
    ".resources.media.videos": "VideoJob",
    ".resources.organization.scim": "SyncJob",
    ".resources.uploads": "FileUpload",
    ".resources.webhooks": "verify_webhook",
    ".special_options": "App LocalCache Rate Recover ResponseCache",
    ".spending.cost_log": "CostLog CostRow",
    ".spending.spend": "Spend UnsettledCall",
    ".streaming.download": "Download",
    ".streaming.events": (
        "AnnotationAdded AudioDelta Finished ImageDelta ItemFinished ItemStarted Keepalive Progress "
        "ReasoningDelta RefusalDelta StreamEvent TextDelta ToolCallDelta UsageReported"
    ),
    ".streaming.images.events": "ImageCompleted ImagePartial ImagesFinished",
    ".streaming.images.stream": "ImageStream",
    ".streaming.stream": "EventStream MessageStream ResponseStream",
    ".structured.completion": "Attempt StructuredCompletion",
    ".structured.modes": "SchemaModels",
    ".structured.output": "Example Output",
    ".structured.prompt": "schema_prompt",
    ".structured.schema": "Schema",
    ".structured.stream": "StructuredStream",
    ".structured.strict.result": "StrictSchema",
    ".telemetry.settings": "Telemetry",
    ".tokens.estimate": "TokenBasis TokenEstimate estimate_tokens",
    ".tokens.split": "split_tokens truncate_tokens",
    ".tokens.learning": "TokenLearner",
    ".tokens.prompt": "estimate_prompt",
    ".tools.approval": "PausedRun",
    ".tools.events": "RunEvent StepFinished ToolFinished ToolProgress ToolStarted",
    ".tools.mcp": "MCPServer",
    ".tools.result": "Run run_of",
    ".tools.settings": "RunParams",
    ".tools.steps": "Step ToolResult",
    ".tools.stop": "StopWhen max_cost max_run_tokens max_steps stop_when tool_called",
    ".tools.stream": "RunStream",
    ".tools.tool": "Tool create_tool tool",
    ".tools.toolbox": "ToolLike",
    ".types.account.activity": "ActivityItem",
    ".types.account.analytics": "AnalyticsTable",
    ".types.account.byok": "BYOKKey",
    ".types.account.generations": "Generation GenerationContent",
    ".types.account.guardrails": "Guardrail",
    ".types.account.keys": "APIKey AuthorizedKey CreatedKey Credits CurrentKey",
    ".types.account.oauth": "AccessToken AuthorizationCode",
    ".types.account.presets": "Preset PresetDetails PresetVersion",
    ".types.account.workspaces": "Workspace WorkspaceBudget",
    ".types.batches": "BatchJob",
    ".types.catalogue.endpoints": "Endpoint ModelEndpoints",
    ".types.catalogue.models": "Model Pricing",
    ".types.catalogue.providers": "ProviderInfo",
    ".types.catalogue.server_tools": "ServerTool",
    ".types.chat.completion": "AssistantMessage ChatCompletion Choice Recovery",
    ".types.chat.content_parts": "audio file image text video",
    ".types.chat.messages": "MessagesLike assistant developer system tool_result user",
    ".types.chat.model_reply": "ModelReply OutputItem",
    ".types.chat.presets": "PRESETS",
    ".types.chat.reasoning": "Reasoning",
    ".types.reply_cache": "ReplyCache",
    ".types.chat.request": "ChatParams",
    ".types.chat.routing": "Provider",
    ".types.chat.server_tools": "date_time image_generation web_fetch web_search",
    ".types.chat.short_names": "FREE_MODELS MODELS",
    ".types.chat.steps": "Steps then",
    ".types.chat.tool_calls": "ToolCall",
    ".types.chat.tools": "FunctionTool",
    ".types.common": "Usage",
    ".types.embeddings.nearest": "Near nearest",
    ".types.embeddings.reply": "Embeddings",
    ".types.files.files": "ContainerFile File",
    ".types.media.decisions": "Decisions Question",
    ".types.media.image_request": "ImageParams",
    ".types.media.images": "GeneratedImage GeneratedImages ImageEndpoints ImageModel",
    ".types.media.rerank": "Ranked Ranking RerankParams",
    ".types.media.speech": "Speech SpeechParams SpeechTurn",
    ".types.media.transcription": "Transcription TranscriptionParams TranscriptionSegment TranscriptionWord",
    ".types.media.video_request": "VideoParams",
    ".types.media.videos": "Video VideoModel",
    ".types.messages.blocks": (
        "Block Citation CompactionBlock ContainerUploadBlock RedactedThinkingBlock ServerToolUseBlock "
        "TextBlock ThinkingBlock ToolResultBlock ToolUseBlock"
    ),
    ".types.messages.reply": "MessageReply",
    ".types.meta": "ResponseMeta response_meta",
    ".types.organization.observability": "ObservabilityDestination",
    ".types.organization.organization": "OrganizationMember",
    ".types.organization.private_endpoints": "PrivateEndpoint",
    ".types.organization.scim": "GroupMapping",
    ".types.organization.vault": "VaultSecret",
    ".types.responses.items": (
        "CustomToolCallItem FunctionCallItem HostToolCallItem ImageItem MessageItem ReasoningItem "
        "ResponseItem ServerToolItem WebSearchItem"
    ),
    ".types.responses.response": "Response",
    ".types.webhooks": "WebhookEvent",
}
"""Public names by the module they live in."""

_EXPORTS = {name: module for module, names in _BY_MODULE.items() for name in names.split()}
"""Public name -> the module it lives in."""

# pyright: reportUnsupportedDunderAll=false
# The table is the list; type checkers see the imports above.
__all__ = ["__version__", *_EXPORTS]
__getattr__, __dir__ = lazy_exports(__name__, _EXPORTS)
