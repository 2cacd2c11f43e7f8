"""The settings of a run: `RunParams`, its keyword arguments, and `RunSettings`, those that no request contains."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from typing_extensions import TypedDict

from .._checks import one_of, seconds, whole
from ..errors import ConfigurationError
from ..types.chat.request import TurnParams
from .stop import StopWhen, max_steps
from .toolbox import ToolLike

__all__ = ["OnToolError", "RunParams", "RunSettings", "RunningParams", "split_params"]

DEFAULT_STEPS = 20

OnToolError: TypeAlias = Literal["report", "raise"]


class RunningParams(TypedDict, total=False):
    """The settings of a run, in every dialect.

    A `tool_choice` that forces a call applies to the first request only; otherwise the model could never end.
    """

    tools: Sequence[ToolLike]
    """Functions, tools, MCP servers, and tools of the API as dicts, such as `web_search()`."""
    stop: StopWhen
    """When to stop a run although the model would continue. Default `max_steps(20)`."""
    final_answer: bool | str
    """Whether a run that was stopped asks once more, for an answer without tools; a text is sent to ask for it.
    Default False: the run ends with the results of the last calls."""
    max_repeats: int | None
    """The most turns in a row with the same call and the same arguments. Default 5; None: any number."""
    tool_errors: OnToolError
    """`report` (default): exceptions, time-outs and unknown tools are results for the model. `raise`: `ToolError`."""
    tool_timeout: float | None
    """Seconds a call may take, unless its tool says otherwise. Default None: no limit."""
    tool_concurrency: int
    """The concurrent calls of one turn. Default 16; 1: one after the other."""
    keep_provider: bool
    """Stay with the provider whose encrypted reasoning is sent back, since no other can read it. Default True."""


class RunParams(TurnParams, RunningParams, total=False):
    """Keyword arguments of a run: the parameters of each request, and how the run goes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSettings:
    """How a run goes; see `RunParams`."""

    stop: StopWhen = field(default_factory=lambda: max_steps(DEFAULT_STEPS))
    final_answer: bool | str = False
    max_repeats: int | None = 5
    tool_errors: OnToolError = "report"
    tool_timeout: float | None = None
    tool_concurrency: int = 16
    keep_provider: bool = True

    def __post_init__(self) -> None:
        if not isinstance(self.stop, StopWhen):
            raise ConfigurationError(
                f"stop is a {type(self.stop).__name__}; expected a condition such as max_steps(8)"
                " (a text that ends the output goes into extra_body={'stop': ...})"
            )
        if not isinstance(self.final_answer, bool | str):
            raise ConfigurationError(f"final_answer is {self.final_answer!r}; expected True, False or text")
        one_of("tool_errors", self.tool_errors, ("report", "raise"))
        if self.max_repeats is not None:
            whole("max_repeats", self.max_repeats)
        whole("tool_concurrency", self.tool_concurrency)
        if self.tool_timeout is not None:
            seconds("tool_timeout", self.tool_timeout)


_SETTINGS = frozenset(RunSettings.__dataclass_fields__)


def split_params(
    params: Mapping[str, object],
) -> tuple[Sequence[ToolLike], RunSettings, dict[str, object]]:
    """Return the tools, the settings of the run, and the parameters of its requests.

    Raises:
        ConfigurationError: a setting is wrong. Parameters of requests are checked with the first of them.
    """
    given = dict(params)
    tools = given.pop("tools", ())
    settings = RunSettings(**{name: given.pop(name) for name in _SETTINGS & given.keys()})  # type: ignore[arg-type]  # checked there
    return tools, settings, given  # type: ignore[return-value]  # checked where the tools are put together
