"""Amounts of money, as callers give them and as messages show them."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from ..errors import ConfigurationError

__all__ = ["format_usd", "parse_usd"]


def parse_usd(name: str, value: object, *, may_be_owed: bool = False) -> Decimal:
    """Return an amount of US dollars; a float means its shortest decimal form.

    Raises:
        ConfigurationError: it is not an amount, or is below 0, unless debts are allowed; `name` is the argument.
    """
    try:
        amount = Decimal("NaN") if isinstance(value, bool) else Decimal(str(value))
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or (amount < 0 and not may_be_owed):
        raise ConfigurationError(f"{name} is {value!r}; expected US dollars, such as '2.50'")
    return amount


def format_usd(amount: Decimal) -> str:
    """Return an amount without an exponent and without zeros at its end."""
    return f"{amount.normalize() + 0:f}"
