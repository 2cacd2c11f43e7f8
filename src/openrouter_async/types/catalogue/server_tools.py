"""Server tools, which the service runs when a model calls them. Source: `listTools` and `getTool`."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from .._base import WireType
from ..common import JsonObject, Lenient, Listing, MaybeDecimal, MaybeInt, MaybeStr, MaybeWords
from .models import PageLinks

__all__ = [
    "APIFormat",
    "NativeModel",
    "NativeSupport",
    "ServerTool",
    "ServerToolAlias",
    "ServerToolEngine",
    "ServerToolOutput",
    "ServerToolPage",
    "ServerToolPrice",
]

APIFormat: TypeAlias = Literal["responses", "chat-completions", "anthropic-messages"] | str
"""A dialect of requests."""

_Formats: TypeAlias = Annotated[list[APIFormat] | None, Lenient()]


class ServerToolOutput(WireType):
    """The names of a tool's calls in the answers of a dialect."""

    api_format: Annotated[APIFormat | None, Lenient()] = None
    type: MaybeStr = None
    name: MaybeStr = None


class ServerToolAlias(WireType):
    """Another `type` by which a request may ask for a tool."""

    type: str
    api_formats: _Formats = None
    """In which dialects."""
    output_names: Annotated[list[ServerToolOutput] | None, Lenient()] = None


class ServerToolPrice(WireType):
    """The price of an engine."""

    price: MaybeDecimal = None
    """US dollars a `unit`."""
    unit: MaybeStr = None
    max_units_per_call: MaybeInt = None
    mode: MaybeStr = None
    """For which mode of the engine; None: for all."""


class ServerToolEngine(WireType):
    """A backend of a tool."""

    id: MaybeStr = None
    """As in the `engine` of the tool's parameters."""
    name: MaybeStr = None
    executed_by: Annotated[Literal["provider", "openrouter", "client"] | str | None, Lenient()] = None
    default_mode: MaybeStr = None
    data_regions: MaybeWords = None
    """Where it works: `global`, `europe`, `us`."""
    byok: Annotated[Literal["required", "optional", "none"] | str | None, Lenient()] = None
    """Whether it takes a key of one's own."""
    pricing: Annotated[list[ServerToolPrice] | None, Lenient()] = None
    pricing_source: Annotated[Literal["openrouter", "provider", "byok", "none"] | str | None, Lenient()] = (
        None
    )
    """The party that charges for it."""
    pricing_doc_url: MaybeStr = None


class NativeModel(WireType):
    """A model with a tool of its own that does the same."""

    slug: MaybeStr = None
    providers: MaybeWords = None


class NativeSupport(WireType):
    """How many models and endpoints have a tool of their own that does the same."""

    model_count: MaybeInt = None
    endpoint_count: MaybeInt = None
    models: Annotated[list[NativeModel] | None, Lenient()] = None
    """Which; None in lists."""


class ServerTool(WireType):
    """A tool that the service runs itself."""

    id: str
    """The `type` in a request, such as `openrouter:web_search`."""
    name: MaybeStr = None
    """For people."""
    summary: MaybeStr = None
    tool_description: MaybeStr = None
    """The description that the model reads."""
    status: Annotated[Literal["active", "deprecated"] | str | None, Lenient()] = None
    aliases: Annotated[list[ServerToolAlias] | None, Lenient()] = None
    supported_api_formats: _Formats = None
    """In which dialects it can be asked for."""
    parameters_schema: Annotated[JsonObject | None, Lenient()] = None
    """JSON Schema of the `parameters` a request may give."""
    input_schema: Annotated[JsonObject | None, Lenient()] = None
    """JSON Schema of the arguments that the model writes."""
    output_schema: Annotated[JsonObject | None, Lenient()] = None
    """JSON Schema of the result."""
    engines: Annotated[list[ServerToolEngine] | None, Lenient()] = None
    default_engine: MaybeStr = None
    fallback_engine: MaybeStr = None
    native_support: Annotated[NativeSupport | None, Lenient()] = None
    docs_url: MaybeStr = None


class ServerToolPage(Listing[ServerTool]):
    """A page of server tools."""

    total_count: MaybeInt = None
    links: Annotated[PageLinks | None, Lenient()] = None
