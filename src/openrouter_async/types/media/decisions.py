"""Questions about a state of things, and their answers.

Source: `DecisionsRequest` and `DecisionsResponse` of the service's newest schemas.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Annotated, Literal, Required, TypeAlias, TypeVar

from pydantic import AfterValidator, Discriminator, Tag
from typing_extensions import TypedDict

from ...errors import ConfigurationError
from .._base import WireType
from ..chat.routing import Provider
from ..common import Charged, Lenient, MaybeFloat, MaybeInt, MaybeStr, RawJson
from ..meta import charged_for
from ..requests.fields import ByKey, ByKind, JSONObject, check_json, closed
from .common import GroupedParams

__all__ = [
    "Answer",
    "Box",
    "BoxAnswer",
    "BoxQuestion",
    "ChoiceAnswer",
    "ChoiceQuestion",
    "Decisions",
    "DecisionsParams",
    "DecisionsUsage",
    "NoulAnswer",
    "NoulCriteria",
    "NoulQuestion",
    "Question",
    "ScoreAnswer",
    "ScoreQuestion",
    "Told",
    "UnknownAnswer",
]

_List: TypeAlias = Annotated[Sequence[object], AfterValidator(check_json)]

Told: TypeAlias = Annotated[str | JSONObject | _List, ByKind()]
"""Words, or JSON."""


@closed
class BoxQuestion(TypedDict):
    """Where something is, in a picture of the state."""

    type: Literal["box"]
    instructions: Told
    """The question."""


@closed
class ChoiceQuestion(TypedDict):
    """Which of several it is."""

    type: Literal["choice"]
    instructions: Told
    """The question."""
    criteria: Mapping[str, Told | None]
    """The choices, each with what speaks for it, or None."""


@closed
class NoulCriteria(TypedDict):
    """What speaks for yes, and what for no."""

    true: Told
    false: Told


@closed
class NoulQuestion(TypedDict, total=False):
    """How true something is."""

    type: Required[Literal["noul"]]
    instructions: Required[Told]
    """The question."""
    criteria: NoulCriteria


@closed
class ScoreQuestion(TypedDict):
    """How much something is so."""

    type: Literal["score"]
    instructions: Told
    """The question."""
    criteria: Sequence[Told]
    """The steps of the scale, from the lowest."""


Question: TypeAlias = Annotated[BoxQuestion | ChoiceQuestion | NoulQuestion | ScoreQuestion, ByKey("type")]
"""A question of any kind, told by its `type`."""


class DecisionsParams(GroupedParams, total=False):
    """Keyword arguments of `client.decisions.create`."""

    provider: Provider | None
    """Preferences about the provider."""


class Box(WireType):
    """The sides of a box, as the model counts them."""

    left: float
    top: float
    right: float
    bottom: float


class BoxAnswer(WireType):
    """Where it is."""

    type: Literal["box"] = "box"
    box: Box
    confidence: MaybeFloat = None
    """0 to 1."""


class ChoiceAnswer(WireType):
    """Which one it is."""

    type: Literal["choice"] = "choice"
    choice: str
    """One of the choices of the question."""
    confidence: MaybeFloat = None
    """0 to 1."""
    probabilities: Annotated[dict[str, float] | None, Lenient()] = None
    """Of each choice."""


class NoulAnswer(WireType):
    """How true it is."""

    type: Literal["noul"] = "noul"
    noul: float


class ScoreAnswer(WireType):
    """How much it is so."""

    type: Literal["score"] = "score"
    score: float
    confidence: MaybeFloat = None
    """0 to 1."""
    legend: Annotated[dict[str, RawJson] | None, Lenient()] = None
    """The meaning of each step of the scale."""
    probabilities: Annotated[dict[str, float] | None, Lenient()] = None
    """Of each step."""


class UnknownAnswer(WireType):
    """An answer of a kind that has no class here; its fields are in `model_extra`."""

    type: MaybeStr = None


def _kind(value: object) -> str:
    kind = value.get("type") if isinstance(value, dict) else getattr(value, "type", None)
    return kind if kind in ("box", "choice", "noul", "score") else "unknown"


Answer: TypeAlias = Annotated[
    Annotated[BoxAnswer, Tag("box")]
    | Annotated[ChoiceAnswer, Tag("choice")]
    | Annotated[NoulAnswer, Tag("noul")]
    | Annotated[ScoreAnswer, Tag("score")]
    | Annotated[UnknownAnswer, Tag("unknown")],
    Discriminator(_kind),
]

AnswerT = TypeVar("AnswerT", bound=WireType)


class DecisionsUsage(WireType):
    """Tokens, in the model's own count, and their cost."""

    input_tokens: MaybeInt = None
    output_tokens: MaybeInt = None
    cost: Charged = None
    """US dollars charged to the account; None where the service did not say."""


class Decisions(WireType):
    """The answers to the questions of a request."""

    answers: dict[str, Answer]
    """By the names of the questions."""
    id: MaybeStr = None
    """The generation id."""
    model: MaybeStr = None
    provider: MaybeStr = None
    usage: Annotated[DecisionsUsage | None, Lenient()] = None

    def choice(self, name: str) -> ChoiceAnswer:
        """Return the answer to a `choice` question; raises `ConfigurationError` where it is none."""
        return self._answer(name, ChoiceAnswer)

    def score(self, name: str) -> ScoreAnswer:
        """Return the answer to a `score` question; raises `ConfigurationError` where it is none."""
        return self._answer(name, ScoreAnswer)

    def noul(self, name: str) -> NoulAnswer:
        """Return the answer to a `noul` question; raises `ConfigurationError` where it is none."""
        return self._answer(name, NoulAnswer)

    def box(self, name: str) -> BoxAnswer:
        """Return the answer to a `box` question; raises `ConfigurationError` where it is none."""
        return self._answer(name, BoxAnswer)

    @property
    def cost(self) -> Decimal | None:
        """US dollars charged for it; None where the service did not say."""
        return charged_for(self, None if self.usage is None else self.usage.cost)

    def _answer(self, name: str, kind: type[AnswerT]) -> AnswerT:
        answer = self.answers.get(name)
        if not isinstance(answer, kind):
            found = "none" if answer is None else f"a {type(answer).__name__}"
            raise ConfigurationError(f"the answer to {name!r} is {found}; expected a {kind.__name__}")
        return answer
