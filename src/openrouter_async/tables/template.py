"""`Template`: the text of a prompt, with the names of columns in braces.

Only `str.format`'s braces are taken over: a field is the name of a column and nothing else. So neither a template nor
a cell can reach an attribute, and the text of a cell is never parsed as a template.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from string import Formatter

from ..errors import ConfigurationError

__all__ = ["Template"]


class Template:
    """A text with `{column}` for the cells of a row; `{{` and `}}` are single braces."""

    def __init__(self, name: str, text: str) -> None:
        """Read a template; `name` is what errors call it.

        Raises:
            ConfigurationError: it is not text, or has something else than the name of a column in braces.
        """
        if not isinstance(text, str):
            raise ConfigurationError(
                f"{name} is a {type(text).__name__}; expected text with columns in braces"
            )
        self._name = name
        self._parts: list[tuple[str, str | None]] = []
        try:
            for literal, field, spec, conversion in Formatter().parse(text):
                if field == "" or spec or conversion:
                    shown = f"{{{field}{f'!{conversion}' if conversion else ''}{f':{spec}' if spec else ''}}}"
                    raise ConfigurationError(
                        f"{name} contains {shown[:80]!r}; expected the name of a column alone in braces,"
                        " and {{ and }} for braces that are text"
                    )
                self._parts.append((literal, field))
        except ValueError as error:
            raise ConfigurationError(
                f"{name} is not a template: {error}; write {{{{ and }}}} for braces that are text"
            ) from None
        self.columns = tuple(dict.fromkeys(field for _, field in self._parts if field is not None))
        """The columns it names, each once."""

    def check(self, columns: Collection[str]) -> None:
        """Raise `ConfigurationError` if it names a column that is not one of these, or there more than once."""
        names = list(columns)
        for column in self.columns:
            if names.count(column) != 1:
                found = "has more than one column" if column in names else "has no column"
                raise ConfigurationError(
                    f"{self._name} names {column[:80]!r}, but the frame {found} of that name;"
                    f" expected one of {', '.join(map(repr, names[:50]))}; {{{{ and }}}} are braces that are text"
                )

    def fill(self, cells: Mapping[str, str]) -> str:
        """Return the text for a row, of which `cells` are the columns as text."""
        return "".join(literal if field is None else literal + cells[field] for literal, field in self._parts)
