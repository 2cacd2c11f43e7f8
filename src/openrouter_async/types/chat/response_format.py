"""The form of the reply: free text, JSON, JSON of a schema, a grammar, or Python."""

from __future__ import annotations

from typing import Annotated, Literal, Required, TypeAlias

from typing_extensions import TypedDict

from ..requests.fields import ByKey, NonEmptyText, Text, closed
from ..requests.schema_check import JSONSchemaObject

__all__ = [
    "GrammarFormat",
    "JSONObjectFormat",
    "JSONSchema",
    "JSONSchemaFormat",
    "Name",
    "PythonFormat",
    "ResponseFormat",
    "TextFormat",
]

Name: TypeAlias = Annotated[
    str, Text(least=1, most=64, pattern=r"^[A-Za-z0-9_-]+$", of="letters, digits, _ and -")
]
"""The name of a function or a schema."""


@closed
class TextFormat(TypedDict):
    """Free text; the default."""

    type: Literal["text"]


@closed
class JSONObjectFormat(TypedDict):
    """Some JSON object; the prompt must ask for it too."""

    type: Literal["json_object"]


@closed
class JSONSchema(TypedDict, total=False):
    """A schema and its name. That it is a JSON Schema is checked, not whether a provider knows all of its keywords."""

    name: Required[Name]
    schema: JSONSchemaObject
    strict: bool | None
    """True: follow it to the letter, where the provider can; few keywords are allowed then."""
    description: str
    """Tells the model what it is for."""


@closed
class JSONSchemaFormat(TypedDict):
    """JSON of a schema."""

    type: Literal["json_schema"]
    json_schema: JSONSchema


@closed
class GrammarFormat(TypedDict):
    """Text that a grammar derives."""

    type: Literal["grammar"]
    grammar: NonEmptyText


@closed
class PythonFormat(TypedDict):
    """A Python program."""

    type: Literal["python"]


ResponseFormat: TypeAlias = Annotated[
    TextFormat | JSONObjectFormat | JSONSchemaFormat | GrammarFormat | PythonFormat, ByKey("type")
]
