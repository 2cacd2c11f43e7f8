"""`StepsCompleter`: asks the models of `Steps` in order, until a reply does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Generic, NoReturn

from .._sansio.chat_body import ChatCall
from ..errors import ConfigurationError, OpenRouterError, StructuredOutputError
from ..types.chat.completion import OutputT
from ..types.chat.model_reply import with_billed
from ..types.chat.steps import Step, Steps
from ..types.common import usages_of

if TYPE_CHECKING:
    from ..options import RequestOptions
    from ..protocols import ChatCompleter, FeatureSpans
    from ..types.chat.completion import ChatCompletion
    from ..types.common import Usage

__all__ = ["StepsCompleter", "steps_of"]


def steps_of(model: object) -> Steps:
    """Return the `Steps` of a call; raises `ConfigurationError` for any other object."""
    if not isinstance(model, Steps):
        raise ConfigurationError(f"model is {model!r}; expected the slug of a model, or Steps(...)")
    return model


class StepsCompleter(Generic[OutputT]):
    """Asks several models, in the place of a `ChatCompleter`; a call of another model is passed on."""

    def __init__(self, completer: ChatCompleter[OutputT], steps: Steps) -> None:
        self._completer = completer
        self._steps = steps

    def with_options(self, options: RequestOptions | None) -> StepsCompleter[OutputT]:
        """Return the same with these options laid over its settings."""
        return StepsCompleter(self._completer.with_options(options), self._steps)

    @property
    def kind(self) -> type[ChatCall]:
        """The type of a call."""
        return ChatCall

    @property
    def default_model(self) -> str | None:
        """The name of the steps, which stands for them in a call."""
        return self._steps.name

    @property
    def params(self) -> Mapping[str, object]:
        """The parameters of requests that do not give them themselves."""
        return self._completer.params

    @property
    def session_id(self) -> str | None:
        """What groups requests."""
        return self._completer.session_id

    @property
    def spans(self) -> FeatureSpans | None:
        """What begins the spans of features; None without telemetry."""
        return self._completer.spans

    async def create(self, call: ChatCall) -> ChatCompletion[OutputT]:
        """Return the first reply that does, or the last one, with the usage of all.

        A call of the last of these models, by `error.steps_left`, begins with the first of those.

        Raises:
            StructuredOutputError: not even the last has a value.
            OpenRouterError: a request failed otherwise; `error.billed` has those before it too.
        """
        steps = self._steps
        begin = steps.place_of(call.model)
        if begin is None:
            return await self._completer.create(call)
        billed: tuple[Usage | None, ...] = ()
        model = steps.models[begin]
        for place, step in enumerate((*steps.others[begin:], None), begin):
            try:
                reply = await self._completer.create(_asked(call, model, step))
            except OpenRouterError as error:
                billed = error.billed = billed + usages_of(error)
                if step is None or not isinstance(error, StructuredOutputError):
                    error.steps_left = steps.name_from(place) if place else None
                    raise
            else:
                if billed:
                    reply = with_billed(reply, (*billed, *reply.billed))
                if not _is_asked(step, reply):
                    return reply
                billed = tuple(reply.billed)
            if step is not None:
                model = step.model
        raise AssertionError("the last step returns or raises")

    def stream(self, call: ChatCall, *, on_bad_event: object = "raise") -> NoReturn:
        """Raise `ConfigurationError`: a reply that may be replaced is not streamed."""
        raise ConfigurationError("Steps are not streamed; name one model")


def _asked(call: ChatCall, model: str, step: Step | None) -> ChatCall:
    """Return the call of a model, of whose reply the next step may want to know the confidence."""
    if step is None or step.min_confidence is None:
        return replace(call, model=model)
    return replace(call, model=model, params={**call.params, "logprobs": True})


def _is_asked(step: Step | None, reply: ChatCompletion[OutputT]) -> bool:
    """Return whether to ask the next model after a reply with a value."""
    if step is None:
        return False
    if step.min_confidence is not None and (reply.confidence or 0.0) < step.min_confidence:
        return True
    return step.when is not None and bool(step.when(reply))
