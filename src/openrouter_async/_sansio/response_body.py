"""`ResponseCall`, a caller's Responses request, and its JSON bytes: always the same for the same call.

Order of keys: `model`, `input`, the parameters as `ResponseParams` declares them, `stream`, then the rest of
`extra_body`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from ..types.requests.prevalidated import Prevalidated
from ..types.responses.input import fit_items, wire_input, wire_items
from ..types.responses.request import check_response_params, response_params
from .request import ModelCall, begin_body, finish_body

if TYPE_CHECKING:
    from typing import Self

    from ..types.common import JsonObject
    from ..types.responses.input import InputLike

__all__ = ["ResponseCall"]


class ResponseCall(ModelCall):
    """One request of a model, in the dialect of Responses."""

    __slots__ = ()

    api: ClassVar[str] = "responses"

    messages: InputLike  # pyright: ignore[reportIncompatibleVariableOverride]  # nobody sets one

    @staticmethod
    def known(params: Mapping[str, object]) -> Mapping[str, object]:
        """Return those of a client's parameters, which are those of chat, that Responses has too."""
        return response_params(params)

    @property
    def sent(self) -> dict[str, object]:
        """The fields of the request before they are validated, with `extra_body` laid over them."""
        fields = {**self.params, "model": self.model, "input": wire_input(self.messages)}
        return {**fields, **(self.extra_body or {})}

    def body(self, *, stream: bool = False) -> bytes:
        """Return the body of the request; without a model the account's default answers.

        Raises:
            ConfigurationError: an argument is wrong; the message names the field, the value and the allowed ones.
        """
        body = begin_body(self.model)
        body["input"] = wire_input(self.messages)
        if self.params:
            body |= check_response_params(self.params)
        if stream:
            body["stream"] = True
        return finish_body(body, self.extra_body)

    @staticmethod
    def wire(messages: object) -> list[JsonObject]:
        """Return items, replies and results as they are sent and kept."""
        return wire_items(messages)

    @staticmethod
    def fit(messages: Sequence[JsonObject]) -> list[JsonObject]:
        """Return items with a result for each call, and without results of calls that are not there."""
        return fit_items(messages)

    @property
    def names_a_form(self) -> str | None:
        """`text.format`, where the call has one."""
        for given in (self.params.get("text"), (self.extra_body or {}).get("text")):
            if isinstance(given, Mapping) and given.get("format") is not None:
                return "text.format"
        return None

    def in_form(self, form: Mapping[str, object]) -> dict[str, object]:
        """Return the parameters with those for an answer in a form; a schema is one level higher here."""
        schema = form.get("json_schema")
        flat = {"type": form.get("type"), **(schema if isinstance(schema, Mapping) else {})}
        options = self.params.get("text")
        text: Mapping[str, object] = {"format": flat}
        text = {**options, **text} if isinstance(options, Mapping) else Prevalidated(text)
        return {**self.params, "text": text}

    def instructed(self, words: str) -> Self:
        """Return the call with words at the end of its instructions, wherever they are."""
        said = self.params.get("instructions")
        if not isinstance(said, str) or "instructions" in (self.extra_body or {}):
            return super().instructed(words)
        return replace(self, params={**self.params, "instructions": f"{said}\n\n{words}"})
