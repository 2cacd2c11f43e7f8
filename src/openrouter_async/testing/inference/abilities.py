"""What a model can do, and the errors of requests that no provider of it could serve."""

from __future__ import annotations

from typing import TypeAlias

from pydantic import JsonValue

from ..exchange.service_errors import bad_request, no_endpoints
from ..prompts import text_of
from ..state.models import ListedModel
from .request_checks import ChatCall

__all__ = ["check_abilities"]

JSON: TypeAlias = dict[str, JsonValue]

_MODALITIES = {"image_url": "image", "input_audio": "audio", "video_url": "video", "input_video": "video"}
"""Type of a content part -> the modality that a model must read."""


def check_abilities(call: ChatCall, model: ListedModel, prompt: int) -> None:
    """Refuse what no provider of the model can do.

    Raises:
        ServiceError: 400 or 404.
    """
    if not any(text_of(message.get("content")) or _has_more(message) for message in call.messages):
        raise bad_request("Input must have at least 1 token.", metadata={"provider_name": None})
    if call.tools and call.tool_choice != "none" and not model.takes("tools"):
        raise no_endpoints("No endpoints found that support tool use", model.id)
    for kind, modality in _MODALITIES.items():
        if _has_part(call.messages, kind) and not model.reads(modality):
            raise no_endpoints(f"No endpoints found that support {modality} input", model.id)
    length = model.context_length
    if length is not None and prompt > length:
        raise bad_request(
            f"This endpoint's maximum context length is {length} tokens. However, you requested about "
            f"{prompt} tokens ({prompt} of text input). Please reduce the length of either one, or use the "
            "context-compression plugin to compress your prompt automatically.",
            metadata={"provider_name": None},
        )


def _has_more(message: JSON) -> bool:
    content = message.get("content")
    return bool(message.get("tool_calls")) or (
        isinstance(content, list)
        and any(isinstance(part, dict) and part.get("type") != "text" for part in content)
    )


def _has_part(messages: list[JSON], kind: str) -> bool:
    contents = [content for message in messages if isinstance(content := message.get("content"), list)]
    return any(
        isinstance(part, dict) and part.get("type") == kind for content in contents for part in content
    )
