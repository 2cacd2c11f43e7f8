"""`needs_extra`: a feature whose packages are not installed says what to install, and does nothing else instead."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from .errors import ConfigurationError

__all__ = ["needs_extra"]


@contextmanager
def needs_extra(extra: str, feature: str) -> Iterator[None]:
    """Turn a failed import within the block into advice.

    ```python
    with needs_extra("schema", "validating against a raw JSON schema"):
        import jsonschema_rs
    ```

    Raises:
        ConfigurationError: a package is missing; it names the feature and the `pip install` line.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f"{feature} needs the package {(error.name or 'of an extra').partition('.')[0]};"
            f" pip install 'openrouter-async[{extra}]'"
        ) from error
