"""Webhooks: whether one comes from the service, and its content."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from pydantic import SecretStr

from .. import _checks
from .._sansio.parse import ParseFailure, parse
from .._sansio.webhook_signature import signature_fault
from ..errors import ConfigurationError, InvalidWebhook
from ..types.webhooks import WebhookEvent

__all__ = ["verify_webhook"]

SIGNATURE = "x-openrouter-signature"
IDEMPOTENCY_KEY = "x-openrouter-idempotency-key"


def verify_webhook(
    headers: Mapping[str, str],
    raw: bytes,
    secret: str | SecretStr,
    *,
    tolerance: float = 300.0,
    clock: Callable[[], float] = time.time,
) -> WebhookEvent:
    """Return what a webhook says, once it is certain that it comes from the service. Sends nothing.

    ```python
    event = verify_webhook(request.headers, await request.body(), secret)
    if event.type == "video.generation.completed":
        ...
    ```

    The service may send one several times: `event.key` is the same then.

    Args:
        headers: Of the request; names in any case.
        raw: The body, byte for byte as it came: JSON that was read and written again has another signature.
        secret: The signing secret of the workspace.
        tolerance: Seconds by which it may be older than now, or newer.
        clock: Returns the time in seconds since 1970.

    Raises:
        InvalidWebhook: it is not signed with this secret, was changed, is too old, or cannot be read.
        ConfigurationError: an argument is wrong.
    """
    value = secret.get_secret_value() if isinstance(secret, SecretStr) else secret
    if not isinstance(value, str) or not value:
        raise ConfigurationError("the secret is empty; expected the signing secret of the workspace")
    if not isinstance(raw, bytes | bytearray | memoryview):
        raise ConfigurationError(
            f"raw is a {type(raw).__name__}; expected the bytes of the body as they came"
        )
    _checks.number("tolerance", tolerance, unit="seconds")
    body = bytes(raw)
    names = {name.lower(): text for name, text in headers.items()}
    fault = signature_fault(names.get(SIGNATURE), body, value.encode(), now=clock(), tolerance=tolerance)
    if fault is not None:
        raise InvalidWebhook(f"the webhook is refused: {fault}")
    try:
        event = parse(WebhookEvent, body)
    except ParseFailure as failure:
        raise InvalidWebhook(f"the webhook is signed, but is none: {failure.reason}") from None
    return event.model_copy(update={"key": names.get(IDEMPOTENCY_KEY)})
