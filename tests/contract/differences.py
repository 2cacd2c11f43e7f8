"""Where the client deliberately says something else than the tables of facts, each with its reason.

A line that no longer holds fails the contract test, so this page never lies.
"""

from __future__ import annotations

from typing import Any

from .differences_of_media import MEDIA_BOUNDS, MEDIA_DIFFERENCES
from .differences_of_organization import ORGANIZATION_BOUNDS, ORGANIZATION_DIFFERENCES
from .differences_of_responses import RESPONSES_DIFFERENCES

__all__ = ["BEYOND_SPEC", "BOUNDS", "DIFFERENCES", "NOT_WRAPPED"]


def _because(reason: str, names: str) -> dict[str, str]:
    return dict.fromkeys(names.split(), reason)


NOT_WRAPPED: dict[str, str] = {
    **_because("the same as createSystemone, at another base URL", "createApiAlphaDecisions"),
    "createCoinbaseCharge": "removed by the service: it always answers 410",
}
"""Operations of the tables that have no row in `openrouter_async.operations`, by operation id."""

BEYOND_SPEC: dict[str, str] = {
    "completions.create": "the older prompt form is known from the documentation pages only",
}
"""Rows of `openrouter_async.operations` that neither table has, by our name."""

_NAME = {"max_length": 64, "pattern": "^[A-Za-z0-9_-]+$"}
_AT_LEAST_1, _AT_LEAST_0 = {"min": 1}, {"min": 0}
_DECIMAL = {"pattern": r"^[0-9]+(\.[0-9]+)?$"}

_IN_WORDS: dict[str, dict[str, Any]] = {
    "ChatRequest.frequency_penalty": {"min": -2, "max": 2},
    "ChatRequest.presence_penalty": {"min": -2, "max": 2},
    "ChatRequest.repetition_penalty": {"min": 0, "max": 2},
    "ChatRequest.temperature": {"min": 0, "max": 2},
    "ChatRequest.min_p": {"min": 0, "max": 1},
    "ChatRequest.top_a": {"min": 0, "max": 1},
    "ChatRequest.top_p": {"min": 0, "max": 1},
    "ChatRequest.top_k": _AT_LEAST_0,
    "ChatRequest.top_logprobs": {"min": 0, "max": 20},
    "ChatRequest.logit_bias{}": {"min": -100, "max": 100},
    "ChatRequest.metadata": {"max_fields": 16},
    "ChatRequest.metadata{}": {"max_length": 512},
    "ChatFunctionToolFunctionFunction.name": _NAME,
    "ChatJSONSchemaConfig.name": _NAME,
    "ChatNamedToolChoiceFunction.name": _NAME,
    "AdvisorServerToolConfig.temperature": {"min": 0, "max": 2},
    "FusionServerToolConfig.temperature": {"min": 0, "max": 2},
    "SubagentServerToolConfig.temperature": {"min": 0, "max": 2},
    "SearchModelsServerToolConfig.max_results": {"min": 1, "max": 20},
    "AlignmentPlugin.max_retries": {"min": 0, "max": 3},
    "AlignmentPlugin.rules": {"min_items": 1, "max_items": 128},
    "AlignmentPlugin.threshold": {"above": 0, "max": 1},
    "AlignmentRule.rule": {"max_length": 200},
    "CreateEmbeddingsRequestBody.session_id": {"max_length": 256},
    "External.user": {"max_length": 512},
    **{
        f"JevRouterPlugin.{which}{inner}": bound
        for which in ("models", "allowed_models", "excluded_models")
        for inner, bound in (("", {"max_items": 1024}), ("[]", {"max_length": 1024}))
    },
    **{f"XSearchOptions.{which}_x_handles": {"max_items": 20} for which in ("allowed", "excluded")},
    **{f"XSearchOptions.{day}_date": {"pattern": r"^\d{4}-\d{2}-\d{2}$"} for day in ("from", "to")},
    **{
        f"{change}WorkspaceRequest.io_logging_sampling_rate": {"min": 0.0001, "max": 1}
        for change in ("Create", "Update")
    },
    "WebSearchConfig.max_characters": {"min": 1, "max": 100_000},
    "WebSearchConfig.max_results": {"min": 1, "max": 25},
}
"""The document or the documentation pages give these bounds in words."""

_OF_SENSE: dict[str, dict[str, Any]] = {
    **dict.fromkeys(
        (
            "ChatRequest.max_completion_tokens",
            "ChatRequest.max_tokens",
            "AdvisorReasoning.max_tokens",
            "QueryAnalyticsRequestBody.group_limit",
            "QueryAnalyticsRequestBody.limit",
            "DeferredBm25Search.max_results",
            "DeferredCustomSearch.max_results",
            "DeferredRegexSearch.max_results",
            "AdvisorServerToolConfig.max_completion_tokens",
            "FusionServerToolConfig.max_completion_tokens",
            "FusionServerToolConfigReasoning.max_tokens",
            "SubagentReasoning.max_tokens",
            "SubagentServerToolConfig.max_completion_tokens",
            "StopServerToolsWhenMaxTokensUsed.max_tokens",
            "StopServerToolsWhenStepCountIs.step_count",
            "WebFetchPlugin.max_content_tokens",
            "WebFetchPlugin.max_uses",
            "WebFetchServerToolConfig.max_content_tokens",
            "WebFetchServerToolConfig.max_uses",
            "WebSearchConfig.max_total_results",
            "WebSearchConfig.max_uses",
            "WebSearchPlugin.max_results",
            "WebSearchPlugin.max_uses",
        ),
        _AT_LEAST_1,
    ),
    **dict.fromkeys(
        (
            *(f"PercentileLatencyCutoffs.p{n}" for n in (50, 75, 90, 99)),
            *(f"PercentileThroughputCutoffs.p{n}" for n in (50, 75, 90, 99)),
            "ProviderPreferences.preferred_max_latency",
            "ProviderPreferences.preferred_min_throughput",
            "StopServerToolsWhenMaxCost.max_cost_in_dollars",
            "CreateAuthKeysCodeRequestBody.limit",
            "CreateGuardrailRequest.limit_usd",
            "CreateKeysRequestBody.limit",
            "UpdateGuardrailRequest.limit_usd",
            "UpdateKeysRequestBody.limit",
        ),
        _AT_LEAST_0,
    ),
    **{f"MaxPrice.{what}": _DECIMAL for what in ["audio", "completion", "image", "prompt", "request"]},
    **{
        f"Chat{role}Message.content": {"min_items": 1}
        for role in ("Assistant", "Developer", "System", "Tool", "User")
    },
    "AlignmentRule.watch": {"min_items": 1},
    "Input.content": {"min_items": 1},
    "ChatContentAudioInputAudio.data": {"pattern": "^[A-Za-z0-9+/]+={0,2}$"},
}
"""The service gives none, but less than one token, a negative price or a list of no parts is a slip."""

BOUNDS: dict[str, dict[str, Any]] = _IN_WORDS | _OF_SENSE | MEDIA_BOUNDS | ORGANIZATION_BOUNDS
"""Bounds of what is sent that the shapes of the document lack, by schema and field."""


def _since(reason: str, keys: str) -> dict[str, str]:
    """Return the reason for each key; keys stand one a line."""
    return {key.strip(): reason for key in keys.splitlines() if key.strip()}


DIFFERENCES: dict[str, str] = {
    **{
        f"untyped {name}": "the results of server tools have one type, with the content as it came"
        for name in [
            "AnthropicBashCodeExecutionResult",
            "AnthropicBashCodeExecutionToolResultError",
            "AnthropicCodeExecutionResult",
            "AnthropicCodeExecutionToolResultError",
            "AnthropicEncryptedCodeExecutionResult",
            "AnthropicTextEditorCodeExecutionCreateResult",
            "AnthropicTextEditorCodeExecutionStrReplaceResult",
            "AnthropicTextEditorCodeExecutionToolResultError",
            "AnthropicTextEditorCodeExecutionViewResult",
            "AnthropicToolSearchResult",
            "AnthropicToolSearchResultError",
            "AnthropicWebFetchBlock",
            "AnthropicWebFetchToolResultError",
            "AnthropicWebSearchToolResult.content",
            "AnthropicWebSearchToolResultError",
        ]
    },
    **{
        f"untyped {name}": "few need it, and it is kept as it came"
        for name in [
            "AnthropicAdvisorMessageUsageIteration",
            "AnthropicCompactionUsageIteration",
            "AnthropicMessageUsageIteration",
            "AnthropicUnknownUsageIteration",
            "AnthropicCodeExecution20250825Caller",
            "AnthropicCodeExecution20260120Caller",
            "AnthropicDirectCaller",
            "MessagesResult.context_management",
            "AnthropicContainerSkill",
            "ORAnthropicBashToolResultFile",
            "ORAnthropicShellToolResultFile",
        ]
    },
    **{
        f"extra MessagesResult.usage.{name}": "the same in the words of chat, so that usages of all dialects add up"
        for name in [
            "completion_tokens",
            "completion_tokens_details",
            "prompt_tokens",
            "prompt_tokens_details",
            "total_tokens",
            "server_tool_use_details",
        ]
    },
    "missing MessagesResult.usage.server_tool_use": "read under its other name as well, which chat has",
    "extra MessagesResult.input_transformations": "in the messages of batches, which are newer",
    **_since(
        "one type reads the three forms in which files are described, and moments given in seconds",
        """
        extra AnthropicFile.object
        extra AnthropicFile.purpose
        extra AnthropicFile.status
        missing OpenAIFile.bytes
        type ContainerFile.created_at
        type OpenAIFile.created_at
        """,
    ),
    **MEDIA_DIFFERENCES,
    **ORGANIZATION_DIFFERENCES,
    **RESPONSES_DIFFERENCES,
    # What is sent
    **_since(
        "an argument of the call itself, not one of its parameters",
        """
        missing ChatRequest.messages
        missing ChatRequest.model
        missing ChatRequest.stream
        """,
    ),
    **_since(
        "deprecated or without effect",
        """
        missing ContentFilterBuiltinEntryInput.label
        missing ChatRequest.stream_options
        """,
    ),
    **_since(
        "arguments of the call by other names: a verifier of which the challenge is made, and a first and a last day",
        """
        missing CreateAuthKeysCodeRequestBody.code_challenge
        missing QueryAnalyticsRequestBody.time_range
        missing CreateAuthKeysCodeRequestBody.code_challenge_method
        missing getRankingsDaily.query.end_date
        missing getRankingsDaily.query.start_date
        """,
    ),
    **_since(
        "known from the documentation pages only",
        """
        extra ChatFunctionToolFunction.eager_input_streaming
        extra ChatRequest.audio
        extra ChatRequest.max_tool_calls
        extra ChatRequest.preset
        extra ChatRequestReasoning.context
        extra ChatRequestReasoning.enabled
        extra ChatRequestReasoning.exclude
        extra ChatRequestReasoning.max_tokens
        extra ChatRequestReasoning.mode
        extra ChatRequest.speed
        extra ChatRequest.verbosity
        extra ChatRequest.web_search_options
        extra ChatRequest.x_search_filter
        """,
    ),
    **_since(
        "several words may be given as a list, and are sent with commas between them",
        """
        extra getModels.query.input_modalities<array>
        extra getModels.query.model_authors<array>
        extra getModels.query.output_modalities<array>
        extra getModels.query.providers<array>
        extra getModels.query.supported_parameters<array>
        extra listModelsUser.query.output_modalities<array>
        """,
    ),
    **_since(
        "only the Responses dialect has it",
        """
        missing SubagentServerToolConfig.inherit_functions
        missing SubagentServerToolConfig.inherited_function_names
        """,
    ),
    **_since(
        "a reply is sent back as it came, with what a provider put there",
        """
        extra ChatAssistantMessage.annotations
        extra ChatAssistantMessage.reasoning_content
        null ChatAssistantMessage.images
        null ChatAssistantMessage.reasoning_details
        null ChatAssistantMessage.tool_calls
        untyped ChatAssistantImages
        untyped ChatAudioOutput
        untyped ReasoningDetailEncrypted
        untyped ReasoningDetailServerToolCall
        untyped ReasoningDetailSummary
        untyped ReasoningDetailText
        """,
    ),
    **_since(
        "the place of the user is one type in the tool and in the plugin, where null and no type are allowed",
        """
        null WebSearchConfig.user_location
        required WebSearchUserLocationServerTool.type
        """,
    ),
    **_since(
        "refused by the service in chat requests, or another spelling of a tool we have, or too new; sent as it is",
        """
        untyped ChatDynamicServerTool
        untyped BashServerTool
        untyped ChatWebSearchShorthand
        """,
    ),
    **_since(
        "free by nature: the options of an image model or of a provider, and what observability wants",
        """
        untyped ImageGenerationServerToolConfig
        untyped ProviderOptions
        untyped TraceConfig
        """,
    ),
    # What is received
    **_since(
        "a version of which the service has nothing is left out of the list, and is None by itself",
        """
        null getPresetVersion.data
        null listPresetVersions.item
        """,
    ),
    **_since(
        "known from the documentation pages and from real replies",
        """
        extra ChatAssistantImages.index
        extra ChatAssistantImages.type
        extra ChatChoice.error
        extra ChatChoice.native_finish_reason
        extra ChatResult.provider
        extra ChatStreamChoice.error
        extra ChatStreamChoice.native_finish_reason
        extra ChatStreamChunk.provider
        extra ChatStreamDelta.annotations
        extra ChatStreamDelta.images
        extra ChatStreamDelta.reasoning_content
        extra ChatToolCall.index
        extra ChatUsageCompletionTokensDetails.image_tokens
        extra CreateEmbeddingsResponseBody.provider
        """,
    ),
    **_since(
        "deprecated; `is_management_key` and the errors tell the same",
        """
        missing GetCurrentKeyData.is_provisioning_key
        missing GetCurrentKeyData.rate_limit
        """,
    ),
    **_since(
        "numbers of tokens, which some lists have as text, and times of day written HHMM, are whole",
        """
        type AppRankingsItem.total_tokens
        type RankingsDailyItem.total_tokens
        type PricingOverride.min_prompt_tokens
        type PricingOverride.utc_end
        type PricingOverride.utc_start
        """,
    ),
    **_since(
        "the answer to a request of the older prompt form, which the document lacks",
        """
        extra ChatChoice.text
        extra ChatStreamChoice.text
        """,
    ),
    **_since(
        "what some providers send in place of a delta",
        """
        extra ChatStreamChoice.message
        """,
    ),
    **_since(
        "replies hold parts only as text; other parts keep their fields as unknown ones",
        """
        missing ChatContentAudio.input_audio
        missing ChatContentFile.file
        missing ChatContentImage.image_url
        missing ChatContentText.cache_control
        missing ChatContentText.prompt_cache_breakpoint
        missing ChatContentVideo.video_url
        missing LegacyChatContentVideo.video_url
        """,
    ),
    **_since(
        "the usage of a reply and of a batch is one type, in which the tools of the service go by either name",
        """
        extra BatchListItemCompletionTokensDetails.accepted_prediction_tokens
        extra BatchListItemCompletionTokensDetails.rejected_prediction_tokens
        extra BatchListItemUsage.server_tool_use_details
        extra BatchObjectCompletionTokensDetails.accepted_prediction_tokens
        extra BatchObjectCompletionTokensDetails.rejected_prediction_tokens
        extra BatchObjectUsage.server_tool_use_details
        extra ChatUsagePromptTokensDetails.file_tokens
        missing BatchListItemUsage.server_tool_use
        missing BatchObjectUsage.server_tool_use
        """,
    ),
    **_since(
        "a batch in a list and by itself is one type; its error has a code where credits are lacking",
        """
        extra BatchListItemError.code
        extra BatchObjectError.code
        type BatchListItem.results
        """,
    ),
    **_since(
        "read by `client.batches.results`, each as its operation wants",
        "untyped Result",
    ),
    **_since(
        "a server tool in a list and by itself is one type",
        "extra ServerToolNativeSupport.models",
    ),
    **_since(
        "by name, of which new ones come",
        "untyped PerfLast30mByWorkload",
    ),
    **_since(
        "a token and its alternatives are one type",
        "extra ChatTokenLogprobTopLogprob.top_logprobs",
    ),
    **_since(
        "read by the reader of errors, which takes any form of them",
        """
        untyped ChatStreamChunkError
        untyped ImageGenStreamErrorEventError
        """,
    ),
    **_since(
        "open objects of the routing trace, for people to read",
        """
        untyped PipelineStage
        untyped RouterParams
        """,
    ),
}
"""Where our types differ from the schemas, by the key that `agreement` gives the difference."""
