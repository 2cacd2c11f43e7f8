"""The abilities of a model, and the errors of requests that none of its providers could serve."""

from __future__ import annotations

from ..exchange.service_errors import bad_request, no_endpoints
from ..json_values import objects_in
from ..prompts import text_of
from ..state.models import ListedModel
from .request_checks import ChatCall

__all__ = ["check_abilities"]

_MODALITIES = {"image_url": "image", "input_audio": "audio", "video_url": "video", "input_video": "video"}
"""Type of a content part -> the modality that a model must read."""


def check_abilities(call: ChatCall, model: ListedModel, prompt: int) -> None:
    """Refuse what no provider of the model can do.

    Raises:
        ServiceError: 400 or 404.
    """
    parts = [part for message in call.messages for part in objects_in(message.get("content"))]
    kinds = [part.get("type") for part in parts]
    says = any(text_of(message.get("content")) or message.get("tool_calls") for message in call.messages)
    if not says and all(kind == "text" for kind in kinds):
        raise bad_request("Input must have at least 1 token.", metadata={"provider_name": None})
    if call.tools and call.tool_choice != "none" and not model.takes("tools"):
        raise no_endpoints("No endpoints found that support tool use", model.id)
    for kind, modality in _MODALITIES.items():
        if kind in kinds and not model.reads(modality):
            raise no_endpoints(f"No endpoints found that support {modality} input", model.id)
    length = model.context_length
    if length is not None and prompt > length:
        raise bad_request(
            f"This endpoint's maximum context length is {length} tokens. However, you requested about "
            f"{prompt} tokens ({prompt} of text input). Please reduce the length of either one, or use the "
            "context-compression plugin to compress your prompt automatically.",
            metadata={"provider_name": None},
        )
