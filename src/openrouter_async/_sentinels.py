"""`OMIT`: the value that means "not given", where `None` has a meaning of its own."""

from __future__ import annotations

import enum
from typing import Final, Literal, TypeAlias

__all__ = ["OMIT", "Omit"]


class _Omit(enum.Enum):
    """An enum of one member, with which type checkers narrow `value is OMIT`."""

    OMIT = "OMIT"

    def __repr__(self) -> str:
        return "OMIT"

    def __bool__(self) -> bool:
        return False


OMIT: Final = _Omit.OMIT
"""Not given: do not send it, or take it from the client, or from the library's default."""

Omit: TypeAlias = Literal[_Omit.OMIT]
