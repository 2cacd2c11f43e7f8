"""The account: its keys, its money, and its spending."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from ..exchange.service_errors import out_of_credits, refused
from .accounting import Usage
from .keys import EmulatedKey
from .models import ListedModel

__all__ = ["Ledger"]


class Ledger:
    """The money of one emulator's account, in US dollars."""

    def __init__(self, keys: Iterable[EmulatedKey], credits: Decimal) -> None:
        self.keys = {key.digest: key for key in keys}
        """By their digests."""
        self.credits = credits
        """The amount paid into the account."""
        self.usage = Decimal(0)

    def add_key(self, key: EmulatedKey) -> None:
        self.keys[key.digest] = key

    @property
    def remaining(self) -> Decimal:
        """The amount left; below 0 after more was spent than paid in."""
        return self.credits - self.usage

    def check_credit(
        self, key: EmulatedKey, model: ListedModel, *, prompt: int, max_tokens: int | None
    ) -> None:
        """Raise the service's 402 or 403 where the account or the key cannot pay."""
        if key.is_spent:
            raise refused(
                403, "Key limit exceeded (total limit). Manage it using https://openrouter.ai/settings/keys"
            )
        remaining = self.remaining
        if remaining < 0 or (remaining == 0 and not model.is_free):
            raise out_of_credits()
        price = model.price("completion")
        if price and max_tokens is not None:
            left = remaining - Usage(prompt=prompt, completion=0).input_cost(model)
            affordable = max(0, int(left / price))
            if max_tokens > affordable:
                raise out_of_credits(wanted=max_tokens, affordable=affordable)

    def spend(self, key: EmulatedKey, cost: Decimal) -> None:
        """Charge the account, and count it for the key."""
        self.usage += cost
        key.usage += cost
