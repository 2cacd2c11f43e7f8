"""Presets: parameters that are kept at the service under a name. Source: `getPreset` and its like."""

from __future__ import annotations

from typing import Annotated, Literal

from .._base import WireType
from ..common import JsonObject, Lenient, MaybeInt, MaybeMoment, MaybeStr

__all__ = ["Preset", "PresetDetails", "PresetVersion"]


class Preset(WireType):
    """A preset, without its parameters."""

    id: str
    slug: MaybeStr = None
    """Requests name it: `preset="slug"`, or `model="@preset/slug"`."""
    name: MaybeStr = None
    description: MaybeStr = None
    status: Annotated[Literal["active", "disabled", "archived"] | str | None, Lenient()] = None
    status_updated_at: MaybeMoment = None
    designated_version_id: MaybeStr = None
    """The version that requests use."""
    workspace_id: MaybeStr = None
    creator_user_id: MaybeStr = None
    created_at: MaybeMoment = None
    updated_at: MaybeMoment = None


class PresetVersion(WireType):
    """The parameters of a preset at one time."""

    id: str
    preset_id: MaybeStr = None
    version: MaybeInt = None
    """From 1."""
    system_prompt: MaybeStr = None
    config: Annotated[JsonObject | None, Lenient()] = None
    """Model, parameters, provider preferences, as they came."""
    creator_id: MaybeStr = None
    created_at: MaybeMoment = None
    updated_at: MaybeMoment = None


class PresetDetails(Preset):
    """A preset, with its parameters."""

    designated_version: Annotated[PresetVersion | None, Lenient()] = None
    """The version that requests use."""
