"""The parameters of the older prompt form, `POST /completions`, which continues a text.

The service mentions the operation without describing it; `GenerationParams` declares the parameters it shares with
chat.
"""

from __future__ import annotations

from collections.abc import Mapping

from ...errors import ConfigurationError
from ..requests.check import check_params, join_problems
from .generation_params import GenerationParams, StopTexts
from .request import REPLACED_PARAMS, reasoning_misfits

__all__ = ["CompletionParams", "check_completion_params", "completion_params"]


class CompletionParams(GenerationParams, StopTexts, total=False):
    """Keyword arguments of `client.completions.create` and `client.completions.stream`."""


def completion_params(params: Mapping[str, object]) -> dict[str, object]:
    """Return those of the parameters of chats that requests of the older form have too."""
    return {name: value for name, value in params.items() if name in CompletionParams.__annotations__}


_ELSEWHERE = {
    **{name: reason for name, reason in REPLACED_PARAMS.items() if name != "prompt"},
    "stream": "use client.completions.stream(...)",
    "structured_outputs": "use client.chat.create(...)",
    "messages": "use client.chat.create(...)",
    "tools": "use client.chat.create(...)",
    "response_format": "use client.chat.create(...)",
}


def check_completion_params(params: Mapping[str, object]) -> dict[str, object]:
    """Return `params` validated, in the order in which they are declared and sent.

    Raises:
        ConfigurationError: a parameter is unknown, its value is not allowed, or it does not fit another one.
    """
    checked = check_params(CompletionParams, params, elsewhere=_ELSEWHERE, where="a completion request")
    if problems := reasoning_misfits(checked):
        raise ConfigurationError(join_problems(problems))
    return checked
