"""The part of `client.chat` that compares models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, overload

from ._sansio.chat_body import ChatCall

if TYPE_CHECKING:
    from pydantic import JsonValue
    from typing_extensions import TypeForm, Unpack

    from .cascade.compare import Comparison
    from .options import RequestOptions
    from .protocols import ChatCompleter
    from .structured.output import Output, OutputLike
    from .structured.schema import Schema
    from .types.chat.completion import OutputT
    from .types.chat.messages import MessagesLike
    from .types.chat.request import ChatParams

    class CompareParams(ChatParams, total=False):
        """What `compare` takes besides the messages, the models and the output."""

        extra_body: Mapping[str, JsonValue] | None
        options: RequestOptions | None


__all__ = ["Comparing"]


class Comparing:
    """What `client.chat` has besides the calls of one model."""

    if TYPE_CHECKING:  # what the façade has

        def _completer(
            self, output: OutputLike[OutputT] | None, options: RequestOptions | None = None
        ) -> ChatCompleter[OutputT]: ...

    @overload
    async def compare(
        self,
        messages: MessagesLike,
        *,
        output: None = None,
        **params: Unpack[CompareParams],
    ) -> Comparison[str]: ...
    @overload
    async def compare(
        self,
        messages: MessagesLike,
        *,
        output: Output[OutputT] | Schema[OutputT],
        **params: Unpack[CompareParams],
    ) -> Comparison[OutputT]: ...
    @overload
    async def compare(
        self,
        messages: MessagesLike,
        *,
        output: Mapping[str, object],
        **params: Unpack[CompareParams],
    ) -> Comparison[object]: ...
    @overload
    async def compare(
        self,
        messages: MessagesLike,
        *,
        output: TypeForm[OutputT],
        **params: Unpack[CompareParams],
    ) -> Comparison[OutputT]: ...
    async def compare(
        self,
        messages: MessagesLike,
        *,
        output: OutputLike[OutputT] | None = None,
        extra_body: Mapping[str, JsonValue] | None = None,
        options: RequestOptions | None = None,
        **params: Unpack[ChatParams],
    ) -> Comparison[OutputT] | Comparison[str]:
        """Ask several models the same, concurrently, and return their replies side by side, with cost and time.

        ```python
        print(await client.chat.compare("Name a colour.", models=["openai/gpt-5-mini", "openai/gpt-5-nano"]))
        ```

        Each model costs as in `create`. One that fails has its error in place of a reply.

        Args:
            messages: As for `create`.
            output: As for `create`.
            extra_body: As for `create`.
            options: As for `create`.
            params: See `ChatParams`; `models` are those to compare.

        Raises:
            ConfigurationError: an argument is wrong.
        """
        from .cascade.compare import compare

        if "tools" in params:
            from .tools.toolbox import defined

            params["tools"] = defined(params["tools"])
        models = params.pop("models", None) or ()
        completer = self._completer(output, options)
        return await compare(
            models, lambda model: completer.create(ChatCall(messages, model, params, extra_body))
        )
