"""Amounts of money, as callers give them and as messages show them."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from ..errors import ConfigurationError

__all__ = ["format_usd", "parse_usd"]

MOST = 12
"""Digits before the point of the largest amount; chosen: more dollars than anybody has."""
LEAST = 30
"""Digits behind the point up to the first of the smallest amount."""


def parse_usd(name: str, value: object, *, may_be_owed: bool = False) -> Decimal:
    """Return an amount of US dollars; a float means its shortest decimal form.

    Raises:
        ConfigurationError: it is not an amount, or is below 0, unless debts are allowed; `name` is the argument.
    """
    try:
        amount = Decimal("NaN") if isinstance(value, bool) else Decimal(str(value))
    except InvalidOperation:
        amount = Decimal("NaN")
    is_amount = amount.is_finite() and (not amount or -LEAST <= amount.adjusted() < MOST)
    if not is_amount or (amount < 0 and not may_be_owed):
        raise ConfigurationError(f"{name} is {value!r}; expected US dollars, such as '2.50'")
    return amount or Decimal(0)  # rather than one with a thousand places


def format_usd(amount: Decimal) -> str:
    """Return an amount without an exponent and without zeros at its end."""
    return f"{amount.normalize() + 0:f}"
