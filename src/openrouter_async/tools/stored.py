"""What is kept outside of the process: its version is looked at before anything else of it. No I/O here."""

from __future__ import annotations

from pydantic import ValidationError
from pydantic_core import from_json

from ..errors import ConfigurationError

__all__ = ["check_version", "corrupt_error"]


def check_version(text: str | bytes, what: str, *, newest: int) -> None:
    """Return if `text` is a JSON object of a version that is known.

    Raises:
        ConfigurationError: it is not.
    """
    try:
        data = from_json(text)
    except ValueError as error:
        raise corrupt_error(what, error) from None
    version = data.get("version") if isinstance(data, dict) else None
    if not isinstance(version, int) or isinstance(version, bool):
        raise ConfigurationError(f"the text holds no {what}; expected what its model_dump_json() wrote")
    if not 1 <= version <= newest:
        raise ConfigurationError(
            f"the {what} is of version {version}, this library reads up to {newest}; install a newer one"
        )


def corrupt_error(what: str, error: ValueError) -> ConfigurationError:
    """Return the error for a text that holds no whole `what`; it names places, and shows nothing of the text."""
    if isinstance(error, ValidationError):  # its text would show what was said
        places = {
            ".".join(map(str, item["loc"])) for item in error.errors(include_url=False, include_input=False)
        }
        return ConfigurationError(f"the text holds no whole {what}; wrong or missing: {sorted(places)[:5]!r}")
    return ConfigurationError(f"the text holds no {what}: {error}")
