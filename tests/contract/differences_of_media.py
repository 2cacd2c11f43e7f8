"""The part of `differences` about images, speech, videos, ranks and decisions."""

from __future__ import annotations

from typing import Any

__all__ = ["MEDIA_BOUNDS", "MEDIA_DIFFERENCES"]

MEDIA_BOUNDS: dict[str, dict[str, Any]] = {
    "ImageGenerationRequest.n": {"min": 1, "max": 10},
    "ImageGenerationRequest.output_compression": {"min": 0, "max": 100},
    "ImageGenerationRequest.session_id": {"max_length": 256},
    "VideoGenerationRequest.callback_url": {"pattern": "^https://"},
    "VideoGenerationRequest.session_id": {"max_length": 256},
    "CreateRerankRequestBody.session_id": {"max_length": 256},
    "DecisionsRequest.session_id": {"max_length": 256},
    "SpeechRequest.session_id": {"max_length": 256},
    "STTRequest.session_id": {"max_length": 256},
    "STTRequest.temperature": {"min": 0, "max": 1},
}
"""The documentation pages give these bounds in words."""


def _since(reason: str, keys: str) -> dict[str, str]:
    return {key.strip(): reason for key in keys.splitlines() if key.strip()}


MEDIA_DIFFERENCES: dict[str, str] = {
    **_since(
        "an argument of the call itself, not one of its parameters",
        """
        missing ImageGenerationRequest.stream
        missing STTRequest.input_audio
        missing VideoGenerationRequest.frame_images
        """,
    ),
    **_since(
        "free by nature: what single providers are told, and what the caller called the steps of a scale",
        """
        untyped ImageGenerationProviderPreferencesOptions
        untyped VideoGenerationRequestOptions
        untyped DecisionsScoreAnswer.legend{}
        """,
    ),
    **_since(
        "the usage of images is that of chat, where more is counted, and a field goes by two names",
        """
        extra ImageGenerationUsage.server_tool_use_details
        extra ImageGenerationUsageCompletionTokensDetails.accepted_prediction_tokens
        extra ImageGenerationUsageCompletionTokensDetails.rejected_prediction_tokens
        missing ImageGenerationUsage.server_tool_use
        """,
    ),
}
"""Deliberate differences."""
