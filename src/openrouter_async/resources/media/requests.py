"""The common parts of the bodies of requests for media."""

from __future__ import annotations

from ..._checks import describe_value
from ..._sansio.request import begin_body
from ...errors import ConfigurationError

__all__ = ["begin_media", "checked_prompt"]


def begin_media(model: object) -> dict[str, object]:
    """Return a body that has only the model.

    Raises:
        ConfigurationError: none is given: the client's default model and the account's are for chat.
    """
    if model is None:
        raise ConfigurationError("model is None; expected a slug: the default model is one for chat")
    return begin_body(model)


def checked_prompt(name: str, text: object) -> str:
    """Return a text that is not empty.

    Raises:
        ConfigurationError: it is; the text is not in the message.
    """
    if not isinstance(text, str) or not text:
        raise ConfigurationError(
            f"{name} is {describe_value(text, private=True)}; expected text that is not empty"
        )
    return text
