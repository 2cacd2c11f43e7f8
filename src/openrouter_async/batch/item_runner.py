"""`Asker`: asks one item until it is answered or given up, and says what else there is to it."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias

import anyio

from .._sansio.chat_body import chat_body
from .._sansio.retry import resolve
from ..errors import ConfigurationError, OpenRouterError
from ..options import RequestOptions, Retries
from ..resources._attachments import has_attachments
from ..types.chat import ChatCompletion, with_billed
from ..types.common import Usage
from ..types.usage_total import usages_of
from .after_failure import Ask, Stop, after_failure
from .items import Request
from .results import Done, Failed, OutputT, Result
from .settings import BatchSettings

__all__ = ["Asker", "Create", "Stopped"]

Create: TypeAlias = Callable[..., Awaitable[ChatCompletion[Any]]]
"""`client.chat.create`, or what stands for it."""

MAX_RETRY_AFTER = 3_600.0
"""The longest wait, in seconds, that the service may ask a batch for; a longer one ends it."""


@dataclass(frozen=True, slots=True)
class Stopped:
    """The item is undone, and so will all others be."""

    error: OpenRouterError


class Asker(Generic[OutputT]):
    """Asks items as a batch is to."""

    def __init__(
        self,
        create: Create,
        settings: BatchSettings,
        *,
        options: RequestOptions | None,
        output: object,
        once_key: Callable[[Request], str],
    ) -> None:
        self._create = create
        self._settings = settings
        self._fixed: dict[str, object] = {} if output is None else {"output": output}
        patient = Retries(max_retry_after=MAX_RETRY_AFTER)
        merged = RequestOptions(**(options or {}))
        given = merged.get("retries")
        retries = merged["retries"] = patient if given is None else given.with_defaults(patient)
        if settings.rate is not None:
            merged["rate"] = settings.rate
        self._options = merged
        self._once_key = once_key if settings.once or merged.get("once") is True else None
        self._longest_wait = resolve(retries).max_retry_after

    async def ask(self, request: Request, *, stopped: anyio.Event) -> Result[OutputT] | Stopped | None:
        """Return what came of an item; None where the batch was stopped before it was asked again."""
        model, attempt, tried = request.model, 1, {request.model}
        billed: tuple[Usage | None, ...] = ()
        options = self._options
        if self._once_key is not None:
            options = RequestOptions(**{**options, "once": self._once_key(request)})
        while True:
            try:
                completion = await self._create(
                    request.messages,
                    model=model,
                    extra_body=request.extra_body,
                    options=options,
                    **self._fixed,
                    **request.params,
                )
                if billed:
                    completion = with_billed(completion, (*billed, *completion.billed))
                return Done(key=request.key, index=request.index, completion=completion)
            except ConfigurationError as error:
                if not _is_at_fault(request):
                    return Stopped(error)  # a closed client, no key: the same for every item
                return Failed(key=request.key, index=request.index, error=error)
            except OpenRouterError as error:
                billed = error.billed = billed + usages_of(error)
                decision = after_failure(
                    error,
                    attempt=attempt,
                    tried=tried,
                    settings=self._settings,
                    longest_wait=self._longest_wait,
                    random=random.random(),
                )
                if isinstance(decision, Stop):
                    return Stopped(error)
                if not isinstance(decision, Ask):
                    return Failed(key=request.key, index=request.index, error=error)
            if decision.model is None:
                attempt += 1
                with anyio.move_on_after(decision.wait):
                    await stopped.wait()
                    return None
            else:
                model = decision.model
                tried.add(model)


def _is_at_fault(request: Request) -> bool:
    """Whether a refused call was refused for its request, rather than for the client's state."""
    if has_attachments(request.messages):
        return True
    try:
        chat_body(request.messages, model=request.model, params=request.params, extra_body=request.extra_body)
    except ConfigurationError:
        return True
    return False
