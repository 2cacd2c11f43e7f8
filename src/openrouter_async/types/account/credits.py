"""What an account bought and used. Source: the reply of `getCredits` in the service's OpenAPI document."""

from __future__ import annotations

from decimal import Decimal

from .._base import WireType

__all__ = ["Credits", "CreditsReply"]


class Credits(WireType):
    """The credits of an account, in US dollars."""

    total_credits: Decimal
    """Bought so far."""
    total_usage: Decimal
    """Used so far."""

    @property
    def remaining(self) -> Decimal:
        """What is left; below zero where more was used."""
        return self.total_credits - self.total_usage


class CreditsReply(WireType):
    """Credits, in their envelope."""

    data: Credits
