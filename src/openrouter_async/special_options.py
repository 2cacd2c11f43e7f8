"""Options that most programs leave as they are; loaded where one is given.

Times are seconds, sizes bytes. `None` means "no limit".
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import _checks
from .errors import ConfigurationError

if TYPE_CHECKING:
    from .types.chat.routing import Provider

__all__ = ["App", "LocalCache", "Rate", "Recover", "ResponseCache"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recover:
    """How a streamed answer that is cut off resumes in another request.

    It is off unless you ask for it, because it costs: the text before the cut is billed, then sent again as input and
    billed again, and the rest is billed as output. `max_tokens` limits each request, not their sum.
    """

    attempts: int = 1
    """The most resuming requests for one answer; each may be retried until its first piece."""
    models: Sequence[str] = ()
    """The models that resume, tried in this order by the service. Default: the model of the call. It must continue
    the beginning of an answer, which newer models of OpenAI and Anthropic do not."""
    provider: Provider | None = None
    """Provider preferences of the resuming requests, in place of those of the call: `{"ignore":
    ["some-provider"]}`."""

    def __post_init__(self) -> None:
        _checks.whole("Recover.attempts", self.attempts)
        if not all(_checks.names("Recover.models", self.models, "models")):
            raise ConfigurationError(f"Recover.models is {self.models!r}; expected a list of models")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """How much is sent to a model in a minute, at most; `None` means as much as the service takes.

    Requests are spaced evenly. Calls of a client that are given an equal rate share it, model by model.
    """

    rpm: float | None = None
    """Requests a minute, retries included."""
    tpm: float | None = None
    """Tokens a minute, input and output; estimated when a request is sent, and corrected when it is answered."""

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if value is not None:
                _checks.number(f"Rate.{field.name}", value, above=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """The name of your application, for OpenRouter's rankings; the service needs `referer` to attribute requests."""

    title: str | None = None
    """Any text of one line; it is sent in UTF-8."""
    referer: str | None = None
    """The URL of the application; it is its identity."""
    categories: Sequence[str] = ()
    """At most two a request, lower case with hyphens, e.g. `cli-agent`; unknown ones are dropped."""

    def __post_init__(self) -> None:
        _checks.names("App.categories", self.categories)
        if len(self.categories) > 2:
            raise ConfigurationError(
                f"App.categories has {len(self.categories)} names; at most 2 are accepted"
            )
        for name in self.categories:
            plain = name.replace("-", "")
            if len(name) > 30 or not (plain.isascii() and plain.isalnum()) or name != name.lower():
                raise ConfigurationError(
                    f"App.categories has {name!r}; expected lower case with hyphens, at most 30 characters"
                )


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseCache:
    """OpenRouter's own cache of whole answers: a hit is free, and has usage of zero."""

    enabled: bool = True
    ttl: int | None = None
    """Seconds, 1 to 86,400; the service's default is 300."""
    clear: bool = False
    """Drop the entry of this request and fill it anew."""

    def __post_init__(self) -> None:
        if self.ttl is not None and _checks.whole("ResponseCache.ttl", self.ttl) > 86_400:
            raise ConfigurationError(f"ResponseCache.ttl is {self.ttl!r}; expected 1 to 86400 seconds")


@dataclass(frozen=True, slots=True)
class LocalCache:
    """A file of whole, good answers: an equal call costs nothing and sends nothing.

    ```python
    client = AsyncOpenRouter(local_cache=LocalCache("answers.sqlite", ttl=7 * 86_400))
    reply = await client.chat.create("Name a colour.", options={"local_cache": None})  # this one is sent
    ```

    It contains the answers of models, and a hash of each request, for the owner of the file alone. Several processes
    may share it. Only whole answers are kept: never one that was cut off, refused or empty. Two calls are equal if
    their operation, body, base URL, headers and query are, whatever key they are sent with: use one file per account.
    """

    path: str | os.PathLike[str]
    """A SQLite file, made when it is first used."""
    _: dataclasses.KW_ONLY
    ttl: float | None = None
    """Seconds after which an answer is too old. Default: never."""
    max_bytes: int = 2**30
    """About how large the answers may be together; those unused for longest are removed."""
    variant: str = ""
    """Answers of one variant are not those of another: a second opinion, or a header of a proxy that matters."""
    refresh: bool = False
    """Send the request, and keep its answer in place of the one that is there."""

    def __post_init__(self) -> None:
        if not isinstance(self.path, str | os.PathLike) or not os.fspath(self.path):
            raise ConfigurationError(f"LocalCache.path is {self.path!r}; expected the path of a file")
        if self.ttl is not None:
            _checks.number("LocalCache.ttl", self.ttl, above=0)
        _checks.whole("LocalCache.max_bytes", self.max_bytes)
        if not isinstance(self.variant, str):
            raise ConfigurationError(f"LocalCache.variant is {self.variant!r}; expected text")
        _checks.flag("LocalCache.refresh", self.refresh)
