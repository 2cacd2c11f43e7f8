"""The errors that the service itself answers with, in its words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pydantic import JsonValue

from ..replies import Answer, Failure

__all__ = ["ServiceError", "bad_request", "no_endpoints", "out_of_credits", "refused", "unknown_model"]

_DOCS = "https://openrouter.ai/docs/api-reference/errors"


class ServiceError(Exception):
    """Ends the handling of a request; the client gets the answer it carries, an error as a rule."""

    def __init__(self, answer: Failure | Answer) -> None:
        super().__init__(f"status {answer.status}")
        self.answer = answer


def refused(
    status: int,
    message: str,
    *,
    error_type: str | None = None,
    availability: Mapping[str, JsonValue] | None = None,
) -> ServiceError:
    """Return an error of any status."""
    return ServiceError(
        Failure(status=status, message=message, error_type=error_type, availability=availability)
    )


def bad_request(message: str, *, metadata: Mapping[str, JsonValue] | None = None) -> ServiceError:
    """Return a 400."""
    return ServiceError(Failure(status=400, message=message, metadata=metadata))


def no_endpoints(message: str, model: str, *, code: str = "constraint_filtered") -> ServiceError:
    """Return the 404 for what no provider of a model can do."""
    return refused(404, message, error_type="not_found", availability=_availability(code, [model]))


def unknown_model(model: str, *, near: Iterable[str] = ()) -> ServiceError:
    """Return the 400 for a model there is not, which names some that are near."""
    availability = _availability("model_not_found", [model])
    if fallbacks := [*near]:
        availability["fallback_models"] = list[JsonValue](fallbacks)
    message = f"{model} is not a valid model ID"
    return refused(400, message, error_type="invalid_request", availability=availability)


def out_of_credits(*, wanted: int | None = None, affordable: int = 0) -> ServiceError:
    """Return the 402 of an account that cannot pay, or not for so many tokens."""
    if wanted is None:
        message = "Insufficient credits. Add more using https://openrouter.ai/settings/credits"
    else:
        message = (
            "This request requires more credits, or fewer max_tokens. You requested up to "
            f"{wanted} tokens, but can only afford {affordable}. To increase, visit "
            "https://openrouter.ai/settings/credits and add more credits"
        )
    return refused(402, message, error_type="payment_required")


def _availability(code: str, models: list[JsonValue]) -> dict[str, JsonValue]:
    return {"code": code, "retryable": False, "requested_models": models, "docs_url": _DOCS}
