"""The parameters of a Responses request: `ResponseParams`, over those that it has in common with chat.

Source: `ResponsesRequest` of the service's OpenAPI document.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, Required, TypeAlias

from typing_extensions import TypedDict

from ...errors import ConfigurationError
from ..chat.generation_params import PenaltyParams, RoutedParams, StopTexts
from ..chat.reasoning import ResponseReasoning
from ..chat.request import ToolTurnParams, reasoning_misfits
from ..chat.response_format import JSONObjectFormat, JSONSchema, TextFormat
from ..requests.check import check_params, join_problems
from ..requests.fields import Between, ByKey, OneOfOrText, closed
from .tools import ResponseTool, ResponseToolChoice

__all__ = [
    "FlatSchemaFormat",
    "ResponseParams",
    "ResponseTurnParams",
    "TextOptions",
    "check_response_params",
    "response_params",
]


class FlatSchemaFormat(JSONSchema, total=False):
    """JSON of a schema."""

    type: Required[Literal["json_schema"]]


@closed
class TextOptions(TypedDict, total=False):
    """The form and the length of the text."""

    format: Annotated[TextFormat | JSONObjectFormat | FlatSchemaFormat, ByKey("type")]
    """`output=` of the call is the easier way to JSON of a type."""
    verbosity: Annotated[Literal["low", "medium", "high", "xhigh", "max"] | str, OneOfOrText()] | None
    """How wordy the answer is; usually `medium`."""


Included: TypeAlias = Annotated[
    Literal[
        "reasoning.encrypted_content",
        "file_search_call.results",
        "message.input_image.image_url",
        "computer_call_output.output.image_url",
        "code_interpreter_call.outputs",
    ]
    | str,
    OneOfOrText(),
]


class ResponseTurnParams(RoutedParams, PenaltyParams, ToolTurnParams, total=False):
    """Parameters of a single Responses request and of a run of tools."""

    instructions: str | None
    """Instructions for the model, before the input."""
    max_output_tokens: Annotated[int, Between(1)] | None
    """Tokens of output, reasoning included; at least 1. A reply that is cut there has `finish_reason` `length`."""
    reasoning: ResponseReasoning | None
    """How much the model may think."""
    text: TextOptions
    """The form and the length of the text."""
    include: Sequence[Included] | None
    """Additional content of the reply. Encrypted reasoning is required if a model that reasons calls tools, and
    refused by models without it, so it is sent only on request."""
    tool_choice: ResponseToolChoice
    """`auto` (default with tools), `none`, `required`, or what to call."""
    top_logprobs: Annotated[int, Between(0, 20)] | None
    """How many alternatives of each token, 0 to 20."""
    modalities: Sequence[Annotated[Literal["text", "image"] | str, OneOfOrText()]]
    """The modalities of the answer."""
    safety_identifier: str | None
    """A stable id of the end user, for the provider's own policies."""
    truncation: Annotated[Literal["auto", "disabled"] | str, OneOfOrText()] | None
    """`auto` drops input in the middle that is too long for the model."""


class ResponseParams(ResponseTurnParams, StopTexts, total=False):
    """Keyword arguments of `client.responses.create` and `client.responses.stream`."""

    tools: Sequence[ResponseTool]
    """Functions and server tools the model may call."""


_STATELESS = "the service keeps nothing between requests"

_ELSEWHERE = {
    "store": f"{_STATELESS}; client.conversation(api='responses') keeps the messages, and sends them again",
    "previous_response_id": (
        f"{_STATELESS}; give earlier items in the input, [*reply.items, ...],"
        " or use client.conversation(api='responses')"
    ),
    "conversation": f"{_STATELESS}; use client.conversation(api='responses')",
    "background": (
        "the service answers while the connection is open; use client.responses.stream(...), client.batch(...)"
        " or client.batches.submit(...)"
    ),
    "prompt": "stored prompts are OpenAI's own; give the text as input, or a preset as model='@preset/name'",
    "preset": "name it as the model: model='@preset/name'",
    "route": 'use provider={"sort": {"by": ..., "partition": "model" or "none"}}',
    "stream": "use client.responses.stream(...)",
    "stream_options": "usage is always reported",
    "input": "give it as the first argument",
    "messages": "give them as the first argument",
    "max_tokens": "use max_output_tokens",
    "max_completion_tokens": "use max_output_tokens",
    "response_format": 'use output= or text={"format": ...}',
    "reasoning_effort": 'use reasoning={"effort": ...}',
    "verbosity": 'use text={"verbosity": ...}',
}
"""Parameters of other dialects, and of OpenAI's own service, and their replacements here."""


def response_params(params: Mapping[str, object]) -> dict[str, object]:
    """Return those of the parameters of chats that Responses requests have too, under the names they have here."""
    most = params.get("max_completion_tokens", params.get("max_tokens"))
    known = {name: value for name, value in params.items() if name in ResponseParams.__annotations__}
    if most is not None:
        known.setdefault("max_output_tokens", most)
    if isinstance(reasoning := known.get("reasoning"), Mapping):
        known["reasoning"] = {name: value for name, value in reasoning.items() if name != "exclude"}
    if "reasoning_effort" in params and "reasoning" not in known:
        known["reasoning"] = {"effort": params["reasoning_effort"]}
    return known


def check_response_params(params: Mapping[str, object]) -> dict[str, object]:
    """Return `params` validated, in the order in which they are declared and sent.

    Raises:
        ConfigurationError: a parameter is unknown, its value is not allowed, or it does not fit another one.
    """
    checked = check_params(ResponseParams, params, elsewhere=_ELSEWHERE, where="a Responses request")
    if problems := reasoning_misfits(checked):
        raise ConfigurationError(join_problems(problems))
    return checked
