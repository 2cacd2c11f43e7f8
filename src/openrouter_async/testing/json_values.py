"""Reads a JSON value without checking its type first."""

from __future__ import annotations

from typing import TypeAlias

from pydantic import JsonValue

__all__ = ["JSON", "as_list", "as_object", "objects_in"]

JSON: TypeAlias = dict[str, JsonValue]


def as_object(value: JsonValue) -> JSON:
    """Return an object as it is, and an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def as_list(value: JsonValue) -> list[JsonValue]:
    """Return an array as it is, and an empty one for anything else."""
    return value if isinstance(value, list) else []


def objects_in(value: JsonValue) -> list[JSON]:
    """Return the objects in an array."""
    return [item for item in as_list(value) if isinstance(item, dict)]
