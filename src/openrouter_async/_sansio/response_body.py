"""`ResponseCall`, a caller's Responses request, and its JSON bytes: always the same for the same call.

Order of keys: `model`, `input`, the parameters as `ResponseParams` declares them, `stream`, then the rest of
`extra_body`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..types.responses.input import wire_input
from ..types.responses.request import check_response_params, response_params
from .request import ModelCall, begin_body, finish_body

if TYPE_CHECKING:
    from ..types.responses.input import InputLike

__all__ = ["ResponseCall"]


@dataclass(frozen=True, slots=True)
class ResponseCall(ModelCall):
    """One request of a model, in the dialect of Responses."""

    messages: InputLike

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
