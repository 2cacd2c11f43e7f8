"""Where the client deliberately says something else than the tables of facts, each with its reason.

A line that no longer holds fails the contract test, so this page never lies.
"""

from __future__ import annotations

from typing import Any

__all__ = ["BEYOND_SPEC", "BOUNDS", "DIFFERENCES", "NOT_WRAPPED"]


def _because(reason: str, names: str) -> dict[str, str]:
    return dict.fromkeys(names.split(), reason)


NOT_WRAPPED: dict[str, str] = {
    **_because(
        "the catalogue of server tools has no resource yet",
        "listTools getTool",
    ),
    **_because(
        "analytics have no resource yet",
        "getAnalyticsMeta queryAnalytics",
    ),
    **_because(
        "the other ways of OAuth have no resource yet",
        "createAuthKeysCode createOauthToken listOauthJwks",
    ),
    **_because("the other two request dialects have no resource yet", "createMessages createResponses"),
    **_because("the same as createSystemone, at another base URL", "createApiAlphaDecisions"),
    **_because(
        "files and containers have no resource yet",
        "listFiles uploadFile getFileMetadata deleteFile downloadFileContent"
        " listContainerFiles getContainerFile downloadContainerFileContent promoteContainerFile",
    ),
    **_because(
        "public data sets have no resource yet",
        "getBenchmarks getTaskClassifications getAppRankings getRankingsDaily getSessionCost",
    ),
    **_because(
        "presets have no resource yet",
        "listPresets getPreset listPresetVersions getPresetVersion"
        " createPresetsChatCompletions createPresetsMessages createPresetsResponses",
    ),
    **_because(
        "guardrails have no resource yet",
        "listGuardrails createGuardrail getGuardrail updateGuardrail deleteGuardrail"
        " listGuardrailKeyAssignments listGuardrailMemberAssignments listKeyAssignments"
        " listMemberAssignments bulkAssignKeysToGuardrail bulkAssignMembersToGuardrail"
        " bulkUnassignKeysFromGuardrail bulkUnassignMembersFromGuardrail",
    ),
    **_because(
        "provider keys of one's own have no resource yet",
        "listBYOKKeys createBYOKKey getBYOKKey updateBYOKKey deleteBYOKKey",
    ),
    **_because(
        "workspaces have no resource yet",
        "listWorkspaces createWorkspace getWorkspace updateWorkspace deleteWorkspace listWorkspaceMembers"
        " bulkAddWorkspaceMembers bulkRemoveWorkspaceMembers listWorkspaceBudgets getWorkspaceBudget"
        " upsertWorkspaceBudget deleteWorkspaceBudget",
    ),
    **_because(
        "organization, its users and its directory have no resource yet",
        "listOrganizationMembers getOrganizationSettings updateOrganizationSettings listScimGroups"
        " listScimGroupMappings createScimGroupMapping getScimGroupMapping updateScimGroupMapping"
        " deleteScimGroupMapping createScimSyncJob getScimSyncJob listExternalUsers createExternalUser"
        " getExternalUser updateExternalUser deleteExternalUser",
    ),
    **_because(
        "observability destinations have no resource yet",
        "listObservabilityDestinations createObservabilityDestination getObservabilityDestination"
        " updateObservabilityDestination deleteObservabilityDestination",
    ),
    **_because(
        "private endpoints are for few; `client.request` reaches them",
        "listPrivateEndpoints createPrivateEndpoint getPrivateEndpoint updatePrivateEndpoint"
        " deletePrivateEndpoint activatePrivateEndpoint disablePrivateEndpoint enablePrivateEndpoint"
        " updatePrivateEndpointPricing validatePrivateEndpoint",
    ),
    **_because(
        "the vault is for few; `client.request` reaches it",
        "listVaultSecrets storeVaultSecret deleteVaultSecret listInternConnections listInternVaultSecrets"
        " listInternEffectiveVaultSecrets storeInternVaultSecret deleteInternVaultSecret"
        " copyVaultSecretsToIntern",
    ),
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
    "ChatFunctionTool<function>.function.name": _NAME,
    "ChatJsonSchemaConfig.name": _NAME,
    "ChatNamedToolChoice.function.name": _NAME,
    "AdvisorServerToolConfig.temperature": {"min": 0, "max": 2},
    "FusionServerToolConfig.temperature": {"min": 0, "max": 2},
    "SubagentServerToolConfig.temperature": {"min": 0, "max": 2},
    "SearchModelsServerToolConfig.max_results": {"min": 1, "max": 20},
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
            "AdvisorServerToolConfig.max_completion_tokens",
            "FusionServerToolConfig.max_completion_tokens",
            "FusionServerToolConfig.reasoning.max_tokens",
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
            "PreferredMaxLatency",
            "PreferredMinThroughput",
            "StopServerToolsWhenMaxCost.max_cost_in_dollars",
            "createKeys.body.limit",
            "updateKeys.body.limit",
        ),
        _AT_LEAST_0,
    ),
    **{
        f"ProviderPreferences.max_price.{what}": _DECIMAL
        for what in ["audio", "completion", "image", "prompt", "request"]
    },
    **{
        f"Chat{role}Message.content": {"min_items": 1}
        for role in ("Assistant", "Developer", "System", "Tool", "User")
    },
    "ChatContentAudio.input_audio.data": {"pattern": "^[A-Za-z0-9+/]+={0,2}$"},
}
"""The service gives none, but less than one token, a negative price or a list of no parts is a slip."""

BOUNDS: dict[str, dict[str, Any]] = _IN_WORDS | _OF_SENSE
"""Bounds of what is sent that the shapes of the document lack, by schema and field."""


def _since(reason: str, keys: str) -> dict[str, str]:
    """Return the reason for each key; keys stand one a line."""
    return {key.strip(): reason for key in keys.splitlines() if key.strip()}


DIFFERENCES: dict[str, str] = {
    # What is sent
    **_since(
        "an argument of the call itself, not one of its parameters",
        """
        missing ChatRequest.messages
        missing ChatRequest.model
        missing ChatRequest.stream
        missing createEmbeddings.body.input
        missing createEmbeddings.body.model
        missing createKeys.body.name
        """,
    ),
    **_since(
        "deprecated or without effect; refused with the name of its successor",
        """
        missing ChatRequest.route
        missing ChatRequest.stream_options
        """,
    ),
    **_since(
        "known from the documentation pages only",
        """
        extra ChatFunctionTool<function>.eager_input_streaming
        extra ChatRequest.audio
        extra ChatRequest.max_tool_calls
        extra ChatRequest.preset
        extra ChatRequest.reasoning.context
        extra ChatRequest.reasoning.enabled
        extra ChatRequest.reasoning.exclude
        extra ChatRequest.reasoning.max_tokens
        extra ChatRequest.reasoning.mode
        extra ChatRequest.speed
        extra ChatRequest.verbosity
        extra ChatRequest.web_search_options
        extra ChatRequest.x_search_filter
        """,
    ),
    **_since(
        "newer than the document",
        """
        extra ChatContentVideoInput.processing
        extra ChatDeveloperMessage.configuration_update
        extra ChatFunctionTool<function>.defer_loading
        extra ChatFunctionTool<function>.function.defer_loading
        extra ChatRequest.deferred_tools
        extra ChatRequest.plugins[]<alignment>
        extra ChatRequest.plugins[]<armor>
        extra ChatRequest.plugins[]<jev-router>
        extra ChatRequest.plugins[]<switchyard-router>
        extra ChatRequest.service_tier=ultrafast
        extra ChatSystemMessage.configuration_update
        extra Legacy_ChatContentVideoInput.processing
        extra PromptCacheBreakpoint.ttl
        extra ProviderPreferences.options
        extra WebSearchConfig.x_search
        extra WebSearchPlugin.x_search
        extra createEmbeddings.body.session_id
        extra createEmbeddings.body.trace
        extra createKeys.body.external
        extra listModelsUser.query.output_modalities
        extra listModelsUser.query.sort
        extra updateKeys.body.workspace_id
        """,
    ),
    **_since(
        "gone: the list is read as JSON only",
        """
        missing getModels.query.use_rss
        missing getModels.query.use_rss_chat_links
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
        """,
    ),
    **_since(
        "the documentation's examples send numbers; the service takes both",
        """
        extra ProviderPreferences.max_price.audio<number>
        extra ProviderPreferences.max_price.completion<number>
        extra ProviderPreferences.max_price.image<number>
        extra ProviderPreferences.max_price.prompt<number>
        extra ProviderPreferences.max_price.request<number>
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
        untyped ChatAssistantImages[]
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
        null WebSearchPlugin.user_location
        required WebSearchUserLocationServerTool.type
        """,
    ),
    **_since(
        "refused by the service in chat requests, or another spelling of a tool we have; sent as it is",
        """
        untyped BashServerTool
        untyped ChatWebSearchShorthand
        """,
    ),
    **_since(
        "free by nature: the options of an image model, and what observability wants",
        """
        untyped ImageGenerationServerToolConfig
        untyped TraceConfig
        """,
    ),
    # What is received
    **_since(
        "known from the documentation pages and from real replies",
        """
        extra ChatAssistantImages[].index
        extra ChatAssistantImages[].type
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
        extra ChatUsage.completion_tokens_details.image_tokens
        extra createEmbeddings.reply.provider
        """,
    ),
    **_since(
        "newer than the document",
        """
        extra CostDetails.server_tool_cost
        extra OpenRouterMetadata.generation_time
        extra ActivityItem.cached_tokens
        extra PricingOverride.utc_days
        extra PublicEndpoint.native_tools
        extra PublicEndpoint.perf_last_30m_by_workload
        extra PublicEndpoint.service_tier
        extra PublicEndpoint.supports_diarization
        extra PublicEndpoint.supports_image_reference
        extra PublicEndpoint.supports_multiple_audio_references
        extra PublicEndpoint.supports_tool_choice
        extra createKeys.reply.data.external_user
        extra createKeys.reply.data.last_used_at
        extra getCurrentKey.reply.data.allowed_data_regions
        extra getCurrentKey.reply.data.budgets
        extra getCurrentKey.reply.data.effective_budget
        extra getCurrentKey.reply.data.free_model_daily_requests
        extra getCurrentKey.reply.data.organization_id
        extra getCurrentKey.reply.data.workspace_id
        extra getKey.reply.data.external_user
        extra getKey.reply.data.last_used_at
        extra list.reply.data[].external_user
        extra list.reply.data[].last_used_at
        extra updateKeys.reply.data.external_user
        extra updateKeys.reply.data.last_used_at
        """,
    ),
    **_since(
        "either of two is set; both are fields of one type",
        """
        extra GenerationContentData.input.messages
        extra GenerationContentData.input.prompt
        """,
    ),
    **_since(
        "deprecated; `is_management_key` and the errors tell the same",
        """
        missing getCurrentKey.reply.data.is_provisioning_key
        missing getCurrentKey.reply.data.rate_limit
        """,
    ),
    **_since(
        "numbers of tokens, and times of day written HHMM, are whole",
        """
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
        extra ChatContentAudio.text
        extra ChatContentFile.text
        extra ChatContentImage.text
        extra ChatContentVideo.text
        extra Legacy_ChatContentVideo.text
        missing ChatContentAudio.input_audio
        missing ChatContentFile.file
        missing ChatContentImage.image_url
        missing ChatContentText.cache_control
        missing ChatContentText.prompt_cache_breakpoint
        missing ChatContentVideo.video_url
        missing Legacy_ChatContentVideo.video_url
        """,
    ),
    **_since(
        "a token and its alternatives are one type",
        "extra ChatTokenLogprob.top_logprobs[].top_logprobs",
    ),
    **_since(
        "read by the reader of errors, which takes any form of them",
        "untyped ChatStreamChunk.error",
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
