"""`TokenLearner`: estimates, corrected by the usage that calls returned. Pure; the caller says what came."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import JsonValue, TypeAdapter

from .estimate import SLACK, TokenEstimate
from .prompt import estimate_body

__all__ = ["TokenLearner"]

FORGETTING = 0.95
"""The remaining weight of earlier usage after each new one: the last 20 or so count."""
PRIOR_TOKENS = 100.0
"""How many tokens the estimate itself is worth, against what was learnt."""
ENOUGH = 3
"""Usages before a band is narrowed."""
LEAST_BAND, SPREADS = 0.03, 2.0

_ADDING = frozenset({"plugins", "web_search_options", "preset", "modalities"})
"""Parameters by which the service adds to a prompt what the request does not show."""

_read_body = TypeAdapter(dict[str, JsonValue]).validate_json


@dataclass(slots=True)
class _Learnt:
    estimated: float = 0.0
    used: float = 0.0
    spread: float = 0.0
    """How far corrected estimates were off, on average, as a share."""
    count: int = 0

    @property
    def ratio(self) -> float:
        return (PRIOR_TOKENS + self.used) / (PRIOR_TOKENS + self.estimated)


class TokenLearner:
    """Learns, for each model, how its counts differ from the estimates.

    ```python
    learner = TokenLearner()
    estimate = estimate_prompt(messages, model=model)
    learner.learn(model, estimate, reply.usage.prompt_tokens)
    print(learner.correct(model, estimate_prompt(others, model=model)))
    ```
    """

    def __init__(self) -> None:
        self._models: dict[str, _Learnt] = {}

    def learn(self, model: str, estimate: TokenEstimate, used: int | None) -> None:
        """Take in how many tokens were used where so many had been estimated, before correction; None is left out."""
        if not used or used < 0 or estimate.tokens <= 0:
            return
        known = self._models.setdefault(model, _Learnt())
        off = abs(math.log(used / (estimate.tokens * known.ratio)))
        known.estimated = known.estimated * FORGETTING + estimate.tokens
        known.used = known.used * FORGETTING + used
        # The first is off by what is then corrected, so it says nothing about what comes after.
        weight = max(1 - FORGETTING, 1 / max(1, known.count))
        known.spread = off if known.count <= 1 else known.spread + weight * (off - known.spread)
        known.count += 1

    def learn_request(self, body: bytes, model: str, used: int) -> None:
        """Take in how many tokens the prompt of a chat request was counted to have.

        One that the service adds to says nothing, and one with images or the like little, so those are left out.
        """
        request = _read_body(body)
        if _is_plain(request):
            self.learn(model, estimate_body({**request, "model": model}), used)

    def correct(self, model: str | None, estimate: TokenEstimate) -> TokenEstimate:
        """Return an estimate corrected by what was learnt of the model; as it is, where nothing was."""
        known = None if model is None else self._models.get(model)
        if known is None or estimate.basis == "exact":
            return estimate
        tokens = estimate.tokens * known.ratio
        if known.count < ENOUGH:
            low, high = estimate.low * known.ratio, estimate.high * known.ratio
        else:
            off = tokens * max(LEAST_BAND, SPREADS * known.spread) + SLACK
            low, high = tokens - off, tokens + off
        return TokenEstimate(round(tokens), max(0, int(low)), int(high) + 1, "learned")


def _is_plain(request: Mapping[str, JsonValue]) -> bool:
    """Return whether a prompt is all in the request, and all text."""
    model, messages, tools = request.get("model"), request.get("messages"), request.get("tools") or []
    if _ADDING & request.keys() or (isinstance(model, str) and ("@preset/" in model or ":online" in model)):
        return False
    contents = [each.get("content") for each in _dicts(messages)]
    parts = [part for content in contents for part in _dicts(content)]
    return all(part.get("type") == "text" for part in parts) and all(
        tool.get("type") == "function" for tool in _dicts(tools)
    )


def _dicts(value: JsonValue) -> list[dict[str, JsonValue]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
