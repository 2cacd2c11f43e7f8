"""`openrouter-async models`: the models, their inputs, and their prices."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, get_args

from cyclopts import Parameter
from cyclopts.validators import Number

from ..catalogue.query import select
from ..types.catalogue.model_query import ModelFilters, ModelSort
from ..types.catalogue.models import Model
from .common import Emulated, Json, connect
from .known_models import remember
from .near_models import known_or_error, why_none
from .output import Output

__all__ = ["models"]

_MILLION = 1_000_000
SORTS: tuple[str, ...] = get_args(get_args(get_args(ModelSort)[0])[0])
"""The orders that the service has."""


async def models(
    *words: str,
    free: Annotated[
        bool, Parameter(negative="", show_default=False, help="Only models that cost nothing.")
    ] = False,
    supports: Annotated[
        list[str] | None, Parameter(help="A parameter that it must support, such as tools.")
    ] = None,
    takes: Annotated[
        list[str] | None, Parameter(help="Inputs it must accept besides text, such as image.")
    ] = None,
    gives: Annotated[
        list[str] | None, Parameter(help="Outputs it must produce, such as image; or all.")
    ] = None,
    author: Annotated[
        list[str] | None, Parameter(help="The first part of its id, such as anthropic.")
    ] = None,
    context: Annotated[
        int | None, Parameter(help="The least context, in tokens.", validator=Number(gte=1))
    ] = None,
    max_price: Annotated[
        float | None,
        Parameter(
            help="The highest price, in US dollars per million tokens of input.", validator=Number(gte=0)
        ),
    ] = None,
    sort: Annotated[ModelSort | None, Parameter(help="The order, such as newest.")] = None,
    limit: Annotated[
        int | None,
        Parameter(name=["--limit", "-n"], help="How many to show at most.", validator=Number(gte=1)),
    ] = None,
    json: Json = False,
    emulator: Emulated = False,
) -> None:
    """List models; needs no key.

    In a pipe each model is a line of cells separated by tabs: id, context, US dollars per million tokens of input and
    of output, name.

    Args:
        words: Words that id or name must all contain.
    """
    given: dict[str, object] = {
        "supported_parameters": supports,
        "input_modalities": takes,
        "output_modalities": gives,
        "model_authors": author,
        "context": context,
        "max_price": 0 if free and max_price is None else max_price,
        "sort": sort,
    }
    filters = ModelFilters(**{name: value for name, value in given.items() if value})  # type: ignore[typeddict-item]
    if sort is not None:
        known_or_error("--sort", sort, SORTS)
    output = Output(as_json=json)
    async with connect(output, emulated=emulator, key=None) as client:
        found = (await client.models.list(**filters)).items
        chosen = select(found, " ".join(words), {"free": True} if free else {})
        if not chosen:
            every = (await client.models.list(output_modalities="all")).items
            for hint in why_none(every, words, supports=supports, takes=takes, gives=gives, author=author):
                output.warn(hint)
    if not (filters or emulator):
        remember(model.id for model in found)
    shown = chosen if limit is None else chosen[:limit]
    if output.as_json:
        output.json([model.model_dump(exclude_unset=True) for model in shown])
        return
    columns = ("model", "context", "in $/M", "out $/M", "name")
    rows = [_row(model, for_people=output.is_terminal) for model in shown]
    if rows or not output.is_terminal:
        output.table(columns, rows, right=columns[1:4], dim=columns[4:])
    left = len(chosen) - len(shown)
    count = "1 model" if len(shown) == 1 else f"{len(shown)} models"
    output.note(count + (f", and {left} more" if left else ""))


def _row(model: Model, *, for_people: bool) -> tuple[str, ...]:
    pricing, context = model.pricing, model.context_length
    price = _shown_price if for_people else _price
    return (
        model.id,
        "" if context is None else f"{context:,}" if for_people else str(context),
        "varies" if pricing.is_variable else price(pricing.prompt),
        "varies" if pricing.is_variable else price(pricing.completion),
        model.name or "",
    )


def _price(token: Decimal | None) -> str:
    """Return the price of a million tokens."""
    return "" if token is None else f"{(token * _MILLION).normalize():f}"


def _shown_price(token: Decimal | None) -> str:
    """Return the same for people: at least two digits behind the point, none where it costs nothing."""
    if not token:
        return "" if token is None else "free"
    whole, _, cents = _price(token).partition(".")
    return f"{whole}.{cents:0<2}"
