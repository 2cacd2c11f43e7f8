"""A file that is kept at the service, or by a provider, as each of them describes it.

The service answers in three forms: its own, OpenAI's and Anthropic's; `_shape` names the form. They differ in names
alone, so one type reads all of them. Source: `listFiles` and its like in the service's OpenAPI document.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import AliasChoices, Field

from .._base import WireType
from ..common import Lenient, Listing, MaybeBool, MaybeMoment, MaybeStr

__all__ = ["ContainerFile", "ContainerFilePage", "DeletedFile", "File", "FilePage", "FileProvider"]

FileProvider: TypeAlias = Literal["openai", "anthropic"] | str
"""A provider that keeps files."""


class File(WireType):
    """A file that is kept at the service, or by a provider."""

    id: str
    """Prompts name the file by it."""
    filename: MaybeStr = None
    size: Annotated[
        int | None, Lenient(), Field(validation_alias=AliasChoices("size_bytes", "bytes", "size"))
    ] = None
    """Bytes."""
    mime_type: MaybeStr = None
    """Such as `application/pdf`; None where the provider, such as OpenAI, does not say it."""
    created_at: MaybeMoment = None
    downloadable: MaybeBool = None
    """Whether `client.files.content` can read it: False for a file that was uploaded. None: unknown."""
    purpose: MaybeStr = None
    """OpenAI alone: such as `user_data` or `assistants_output`."""
    status: MaybeStr = None
    """OpenAI alone: `processed`."""
    type: MaybeStr = None
    """`file`."""
    object: MaybeStr = None
    """`file`; OpenAI alone."""
    shape: Annotated[str | None, Lenient(), Field(alias="_shape")] = None
    """The form in which it was described: `openrouter`, `openai` or `anthropic`."""


class DeletedFile(WireType):
    """The answer to the deletion of a file."""

    id: str


class FilePage(Listing[File]):
    """A page of files."""

    has_more: MaybeBool = None
    cursor: MaybeStr = None
    """The argument of the next page; only for files that the service itself keeps."""
    last_id: MaybeStr = None
    """The same for files that a provider keeps."""


class ContainerFile(WireType):
    """A file that a tool wrote in its container."""

    id: str
    container_id: MaybeStr = None
    path: MaybeStr = None
    """In the container, such as `/mnt/data/plot.png`."""
    size: Annotated[int | None, Lenient(), Field(alias="bytes")] = None
    """Bytes."""
    created_at: MaybeMoment = None
    source: MaybeStr = None
    """Who wrote it: `assistant`."""
    object: MaybeStr = None
    """`container.file`."""


class ContainerFilePage(Listing[ContainerFile]):
    """A page of files of a container; it may be empty although there are more."""

    has_more: MaybeBool = None
    last_id: MaybeStr = None
    """The argument of the next page."""
