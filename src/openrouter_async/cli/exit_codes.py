"""The meaning of the commands' exit codes; docs/howto/command-line.md lists them for users."""

from __future__ import annotations

from ..errors import (
    AuthenticationError,
    BudgetExceeded,
    ConfigurationError,
    ConnectError,
    ConnectionLost,
    DeadlineExceeded,
    InsufficientCredits,
    InvalidResponseError,
    OpenRouterError,
    PermissionDenied,
    RateLimited,
    RequestTimeout,
    ServerError,
    SpendingLimitExceeded,
    StreamInterrupted,
    StructuredOutputError,
)
from .ending import ended_by

__all__ = [
    "ACCESS",
    "BUSY",
    "DONE",
    "FAILED",
    "INTERRUPTED",
    "MISTAKE",
    "MONEY",
    "NETWORK",
    "PIPE_CLOSED",
    "UNUSABLE",
    "exit_code_of",
    "interrupted",
]

DONE = 0
FAILED = 1
"""The service refused the request for a reason without a code of its own."""
MISTAKE = 2
"""The command was called wrongly, or lacks a key or a package; nothing was sent."""
ACCESS = 3
"""The key is wrong, or may not do this; or the input was flagged."""
MONEY = 4
"""No credits are left, or a budget or what the key may spend is spent."""
BUSY = 5
"""The service or a provider failed or had no room, also when asked again: try later."""
NETWORK = 6
"""No connection, or it broke, or an answer did not come in time."""
UNUSABLE = 7
"""A reply came, but not one that can be used: it does not fit the schema, was cut off, or refuses."""
INTERRUPTED = 130
PIPE_CLOSED = 141
"""Who read the output went away, as `head` does."""

_CODES: tuple[tuple[type[OpenRouterError], int], ...] = (
    (ConfigurationError, MISTAKE),
    (AuthenticationError, ACCESS),
    (SpendingLimitExceeded, MONEY),
    (PermissionDenied, ACCESS),
    (InsufficientCredits, MONEY),
    (BudgetExceeded, MONEY),
    (RateLimited, BUSY),
    (ServerError, BUSY),
    (ConnectError, NETWORK),
    (ConnectionLost, NETWORK),
    (RequestTimeout, NETWORK),
    (DeadlineExceeded, NETWORK),
    (StreamInterrupted, NETWORK),
    (InvalidResponseError, UNUSABLE),
    (StructuredOutputError, UNUSABLE),
)


def interrupted() -> int:
    """Return the exit code of a command that a signal has ended, as a shell would call it."""
    number = ended_by()
    return INTERRUPTED if number is None else 128 + number


def exit_code_of(error: OpenRouterError) -> int:
    """Return the exit code of a command that ends with this error."""
    return next((code for kind, code in _CODES if isinstance(error, kind)), FAILED)
