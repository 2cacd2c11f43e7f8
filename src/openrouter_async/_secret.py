"""`Secret`: a key that does not show itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NoReturn

__all__ = ["LEAST_LENGTH", "Secret", "Secrets"]

LEAST_LENGTH = 8
"""Of a key that is looked for in texts; see `Secrets`."""


class Secret:
    """Holds a key. `str` and `repr` show its kind and last four characters only; it cannot be pickled."""

    __slots__ = ("__weakref__", "_value")

    def __init__(self, value: str) -> None:
        self._value = value

    def get(self) -> str:
        """Return the key itself; only for the line that writes it into a header."""
        return self._value

    def __str__(self) -> str:
        value = self._value
        kind = "sk-or-" if value.startswith("sk-or-") else ""
        return f"{kind}…{value[-4:]}" if len(value) >= 16 else f"{kind}…"

    def __repr__(self) -> str:
        return f"Secret({str(self)!r})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a key is never pickled; make the client again where it is needed")


class Secrets:
    """Texts that must not appear in an error: iterating yields them, showing this object does not.

    A key of less than eight characters is a placeholder, such as `test`. It is left out, since taking it out of texts
    would spoil words and the names of fields.
    """

    __slots__ = ("_secrets",)

    def __init__(self, *secrets: Secret | None) -> None:
        self._secrets = [secret for secret in secrets if secret is not None]

    def __iter__(self) -> Iterator[str]:
        return iter([text for secret in self._secrets if len(text := secret.get()) >= LEAST_LENGTH])

    def __repr__(self) -> str:
        return f"Secrets({', '.join(map(str, self._secrets))})"
