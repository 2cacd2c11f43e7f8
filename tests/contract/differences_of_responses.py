"""Where the types of Responses differ from the schemas, by the key that `agreement` gives the difference."""

from __future__ import annotations

__all__ = ["RESPONSES_DIFFERENCES"]

_BY_REASON: dict[str, str] = {
    "null reads as a usage without anything reported": """
        null OpenResponsesResult.usage
    """,
    "the service keeps nothing between requests; refused with what to do": """
        missing ResponsesRequest.background
        missing ResponsesRequest.previous_response_id
        missing ResponsesRequest.prompt
        missing ResponsesRequest.store
    """,
    "as in chat, whose parameters these are": """
        null ResponsesRequest.top_k
        null WebSearchServerToolConfig.user_location
        range FormatJSONSchemaConfig.name
        range OpenAIResponsesToolChoiceFunction.name
        range ReasoningConfig.max_tokens
        range ResponsesRequest.frequency_penalty
        range ResponsesRequest.max_output_tokens
        range ResponsesRequest.max_tool_calls
        range ResponsesRequest.metadata
        range ResponsesRequest.presence_penalty
        range ResponsesRequest.stop
        range ResponsesRequest.temperature
        range ResponsesRequest.top_k
        range ResponsesRequest.top_logprobs
        range ResponsesRequest.top_p
        range ResponsesRequest.user
        range ResponsesRequestToolFunction.name
        range WebSearchServerToolConfig.max_characters
        range WebSearchServerToolConfig.max_results
        range WebSearchServerToolConfig.max_total_results
        range WebSearchServerToolConfig.max_uses
        required FormatJSONSchemaConfig.schema
    """,
    "another argument of the method, or the method itself": """
        missing ResponsesRequest.input
        missing ResponsesRequest.model
        missing ResponsesRequest.stream
    """,
    "sent as it is: a tool of OpenAI's own, or one without parameters worth a type": """
        untyped ApplyPatchServerTool
        untyped ApplyPatchServerToolOpenRouter
        untyped CodeInterpreterServerTool
        untyped CodexLocalShellTool
        untyped ComputerUseServerTool
        untyped CustomTool
        untyped FileSearchServerTool
        untyped ImageGenerationServerTool
        untyped LegacyWebSearchServerTool
        untyped McpServerTool
        untyped NamespaceTool
        untyped Preview20250311WebSearchServerTool
        untyped PreviewWebSearchServerTool
        untyped ShellServerTool
        untyped ShellServerToolOpenRouter
        untyped ToolSearchServerTool
        untyped WebSearchServerTool
    """,
    "another dialect has it, and the service may": """
        extra OpenResponsesResult.provider
    """,
    "what was asked, once more; kept in `model_extra`": """
        missing OpenResponsesResult.background
        missing OpenResponsesResult.frequency_penalty
        missing OpenResponsesResult.instructions
        missing OpenResponsesResult.max_output_tokens
        missing OpenResponsesResult.max_tool_calls
        missing OpenResponsesResult.parallel_tool_calls
        missing OpenResponsesResult.presence_penalty
        missing OpenResponsesResult.previous_response_id
        missing OpenResponsesResult.prompt
        missing OpenResponsesResult.prompt_cache_key
        missing OpenResponsesResult.prompt_cache_options
        missing OpenResponsesResult.reasoning
        missing OpenResponsesResult.safety_identifier
        missing OpenResponsesResult.store
        missing OpenResponsesResult.temperature
        missing OpenResponsesResult.text
        missing OpenResponsesResult.tool_choice
        missing OpenResponsesResult.tools
        missing OpenResponsesResult.top_logprobs
        missing OpenResponsesResult.top_p
        missing OpenResponsesResult.truncation
        missing OpenResponsesResult.user
    """,
    "read by the reader of errors, which takes any form of them": """
        untyped OpenResponsesErrorField
    """,
    "kept as it came, to be sent back; `items` has it typed": """
        untyped OutputAdvisorServerToolItem
        untyped OutputApplyPatchCallItem
        untyped OutputApplyPatchServerToolItem
        untyped OutputArmorBlockedItem
        untyped OutputBashServerToolItem
        untyped OutputBrowserUseServerToolItem
        untyped OutputCodeInterpreterCallItem
        untyped OutputCodeInterpreterServerToolItem
        untyped OutputComputerCallItem
        untyped OutputCustomToolCallItem
        untyped OutputDatetimeItem
        untyped OutputFileSearchCallItem
        untyped OutputFileSearchServerToolItem
        untyped OutputFilesServerToolItem
        untyped OutputFunctionCallItem
        untyped OutputFusionServerToolItem
        untyped OutputImageGenerationCallItem
        untyped OutputImageGenerationServerToolItem
        untyped OutputMcpServerToolItem
        untyped OutputMemoryServerToolItem
        untyped OutputMessageItem
        untyped OutputReasoningItem
        untyped OutputSearchModelsServerToolItem
        untyped OutputShellCallItem
        untyped OutputShellCallOutputItem
        untyped OutputShellServerToolItem
        untyped OutputSubagentServerToolItem
        untyped OutputTextEditorServerToolItem
        untyped OutputToolSearchCallItem
        untyped OutputToolSearchServerToolItem
        untyped OutputWebFetchServerToolItem
        untyped OutputWebSearchCallItem
        untyped OutputWebSearchServerToolItem
    """,
    "the names of chat, in every dialect; those of the wire are read too": """
        extra Usage.completion_tokens
        extra Usage.completion_tokens_details
        extra Usage.prompt_tokens
        extra Usage.prompt_tokens_details
        extra UsageCostDetails.upstream_inference_completions_cost
        extra UsageCostDetails.upstream_inference_prompt_cost
        missing Usage.input_tokens
        missing Usage.input_tokens_details
        missing Usage.output_tokens
        missing Usage.output_tokens_details
        missing UsageCostDetails.upstream_inference_input_cost
        missing UsageCostDetails.upstream_inference_output_cost
    """,
}

RESPONSES_DIFFERENCES: dict[str, str] = {
    key.strip(): reason for reason, keys in _BY_REASON.items() for key in keys.strip().splitlines()
}
