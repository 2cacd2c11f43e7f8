"""`Steps`: several models for one call; the next one answers if a reply is not good enough."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from ..._checks import number
from ...errors import ConfigurationError

if TYPE_CHECKING:
    from .completion import ChatCompletion

__all__ = ["Check", "Step", "Steps", "models_in", "then"]

BETWEEN = " > "
"""Between two models in a name of steps; no slug contains it."""

# Any: of the output that the call asks for, which a lambda among arguments cannot be told.
Check: TypeAlias = "Callable[[ChatCompletion[Any]], bool]"
"""Returns whether a reply is not good enough."""


@dataclass(frozen=True, slots=True)
class Step:
    """A further model; made by `then`."""

    model: str
    when: Check | None
    min_confidence: float | None


def then(model: str, *, when: Check | None = None, min_confidence: float | None = None) -> Step:
    """Return a further step of `Steps`.

    Args:
        model: The model to ask.
        when: Called with the previous reply; returns whether to ask this model. A reply without a value of the type of
            `output` always leads on. Default: only such a reply.
        min_confidence: Ask this model if `reply.confidence` of the previous reply is lower, 0 to 1. The previous model
            then gets `logprobs=True`, which costs nothing more; if it sends none, this model always answers.

    Raises:
        ConfigurationError: `min_confidence` is not from 0 to 1.
    """
    if min_confidence is not None and not 0 <= number("min_confidence", min_confidence) <= 1:
        raise ConfigurationError(f"min_confidence is {min_confidence!r}; expected a number from 0 to 1")
    return Step(model, when, min_confidence)


def models_in(name: str) -> list[str]:
    """Return the models of a name of steps; of a slug, that one."""
    return name.split(BETWEEN)


class Steps:
    """A cascade: a cheap model first, and a stronger one if its reply is not good enough; for `create` and batches.

    ```python
    model = Steps("openai/gpt-5-nano", then("openai/gpt-5", when=lambda reply: reply.output.confidence < 0.8))
    reply = await client.chat.create("Is this a complaint? ...", output=Verdict, model=model)
    print(reply.model, reply.cost)
    ```

    The next model answers if the reply has no value of the type of `output`, if `when` returns True, or if its
    confidence is below `min_confidence`. The last reply is returned, or its error raised; `cost` and `billed` add up
    all requests. Other errors are raised: for a model that is unavailable, pass `models` to the call.
    """

    __slots__ = ("first", "others")

    def __init__(self, first: str, *others: Step) -> None:
        """Create one; each of `others` is made by `then`.

        Raises:
            ConfigurationError: a model has the wrong type, a step was not made by `then`, or there is only one model.
        """
        if not isinstance(first, str) or not first:
            raise ConfigurationError(f"the first step is {first!r}; expected the slug of a model")
        for step in others:
            if not isinstance(step, Step) or not isinstance(step.model, str) or not step.model:
                raise ConfigurationError(f"a step is {step!r}; expected then(model, when=...)")
        if not others:
            raise ConfigurationError(
                f"Steps has only {first!r}; expected a further step, then(model, when=...)"
            )
        self.first = first
        self.others = others

    @property
    def name(self) -> str:
        """The models in order, such as `a/cheap > b/strong`; by this a batch knows that the request has changed."""
        return self.name_from(0)

    @property
    def models(self) -> list[str]:
        """The models in order."""
        return [self.first, *(step.model for step in self.others)]

    def name_from(self, place: int) -> str:
        """Return the name of the steps from one on; 0 is the first."""
        return BETWEEN.join(self.models[place:])

    def place_of(self, name: str | None) -> int | None:
        """Return the step from which on the steps have this name; None where it names something else."""
        return next((place for place in range(len(self.models)) if self.name_from(place) == name), None)

    def __repr__(self) -> str:
        return f"<Steps {self.name}>"
