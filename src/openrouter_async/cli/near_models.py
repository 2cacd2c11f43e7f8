"""Why no model was found: a word that none has, with what is near it, or a filter that does not exist. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from difflib import get_close_matches

from ..errors import ConfigurationError
from ..types.catalogue.models import Model

__all__ = ["known_or_error", "why_none"]

_PARTS = re.compile(r"[a-z0-9.]+")
SHOWN = 5


def known_or_error(option: str, value: str, known: Collection[str]) -> None:
    """Check a value that has to be one of those known.

    Raises:
        ConfigurationError: it is none of them; the error names the nearest.
    """
    if value not in known:
        near = get_close_matches(value, known, 1)
        hint = f"did you mean {near[0]!r}?" if near else f"expected one of {', '.join(sorted(known))}"
        raise ConfigurationError(f"{option} is {value!r}, which does not exist; {hint}")


def why_none(
    models: Sequence[Model],
    words: Sequence[str],
    *,
    supports: Sequence[str] | None,
    takes: Sequence[str] | None,
    gives: Sequence[str] | None,
    author: Sequence[str] | None,
) -> Iterator[str]:
    """Yield a line for each word and filter that no model has."""
    filters = (
        ("--supports", supports, (name for model in models for name in model.supported_parameters or ())),
        ("--takes", takes, (name for model in models for name in model.architecture.input_modalities or ())),
        (
            "--gives",
            gives,
            ("all", *(name for model in models for name in model.architecture.output_modalities or ())),
        ),
        ("--author", author, (model.id.partition("/")[0] for model in models)),
    )
    for option, given, known in filters:
        for value in given or ():
            yield from _unknown(option, value, known)
    described = [f"{model.id} {model.name or ''}".casefold() for model in models]
    for word in words:
        if not any(word.casefold() in text for text in described):
            near = _near(word.casefold(), models)
            yield f"no model has {word!r} in its id or name" + (
                f"; near it: {', '.join(near)}" if near else ""
            )


def _unknown(option: str, value: str, known: Iterable[str]) -> Iterator[str]:
    names = sorted(set(known))
    if value not in names:
        near = get_close_matches(value, names, 1)
        hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(names)}"
        yield f"{option} {value!r} is nothing that a model has; {hint}"


def _near(word: str, models: Sequence[Model]) -> list[str]:
    """Return models that are named nearly so: without their punctuation, by their whole id, or by a part of it."""
    ids = [model.id for model in models]
    bare = _bare(word)
    alike = sorted((id for id in ids if bare and bare in _bare(id)), key=len)
    whole = get_close_matches(word, ids, SHOWN)
    parts = {part for id in ids for part in _PARTS.findall(id.lower())}
    likely = get_close_matches(word, parts, 1, cutoff=0.7)
    by_part = [id for id in ids if likely and likely[0] in _PARTS.findall(id.lower())]
    return list(dict.fromkeys([*alike, *whole, *by_part]))[:SHOWN]


def _bare(name: str) -> str:
    return "".join(filter(str.isalnum, name.lower()))
