"""The list of models that is packaged with the library: facts only, as of the date it names.

It is made by `tests/catalogue/make_snapshot.py`, and names its sources and their licences itself.
"""

from __future__ import annotations

import datetime
from functools import cache
from importlib.resources import files

from pydantic import BaseModel

from ..types.catalogue.models import Model

__all__ = ["Snapshot", "read_snapshot"]


class Snapshot(BaseModel):
    """The content of the file."""

    date: datetime.date
    """There may be models that are newer."""
    date_from: str
    """How that date is known."""
    sources: list[str]
    models: list[Model]


_FILE = files("openrouter_async.catalogue") / "snapshot.json"


@cache
def read_snapshot() -> Snapshot:
    """Return the packaged list; its file is read the first time, in about 10 ms."""
    return Snapshot.model_validate_json(_FILE.read_bytes())
