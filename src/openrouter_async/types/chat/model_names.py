"""The listings that a model's name may mean, the closest first: variants and presets are taken off. Pure.

```
openai/gpt-4o:free:online@preset/polite  ->  openai/gpt-4o:free:online, openai/gpt-4o:free, openai/gpt-4o
```

Variants such as `:free` have listings of their own; `:nitro` and `:floor` only say how to route, so they share that
of the model. Source: <https://openrouter.ai/docs/guides/routing/model-variants>.
"""

from __future__ import annotations

from collections.abc import Iterator

from .short_names import MODELS

__all__ = ["listings_of"]


def listings_of(name: str) -> Iterator[str]:
    """Yield the ids under which the model that a request names `name` may be listed; none for a preset alone."""
    name = MODELS.get(name, name)
    base = name.partition("@preset/")[0]
    while base:
        yield base
        base = base.rpartition(":")[0]
