"""Data stored outside of the process: its version is checked before anything else. No I/O here."""

from __future__ import annotations

from typing import TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import from_json

from ..errors import ConfigurationError

__all__ = ["read_stored"]

T = TypeVar("T", bound=BaseModel)


def read_stored(text: str | bytes, kind: type[T], *, newest: int) -> T:
    """Return the data that `model_dump_json()` of a class wrote, if its version is known.

    Raises:
        ConfigurationError: the text is not such data, or has a newer version.
    """
    what = kind.__name__
    try:
        data = from_json(text)
    except ValueError as error:
        raise ConfigurationError(f"the text contains no {what}: {error}") from None
    version = data.get("version") if isinstance(data, dict) else None
    if not isinstance(version, int) or isinstance(version, bool):
        raise ConfigurationError(f"the text contains no {what}; expected the output of its model_dump_json()")
    if not 1 <= version <= newest:
        raise ConfigurationError(
            f"the {what} is of version {version}, this library reads up to {newest}; install a newer one"
        )
    try:
        return kind.model_validate_json(text)
    except ValidationError as error:  # its text would show what was said
        problems = error.errors(include_url=False, include_input=False)
        places = sorted({".".join(map(str, item["loc"])) for item in problems})
        raise ConfigurationError(
            f"the text contains no whole {what}; wrong or missing: {places[:5]!r}"
        ) from None
