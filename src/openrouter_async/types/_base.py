"""`WireType`: the base of everything received.

New fields and values never break a type: unknown fields are kept (`model_extra`), enums are open
(`Literal[...] | str`), and almost nothing is required.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

__all__ = ["WireType"]


class WireType(BaseModel):
    """An object the service sent; unknown fields are kept in `model_extra`."""

    # Without `use_attribute_docstrings`: to read the source of every class took a tenth of the first import.
    # With `defer_build`: only a type that is read by itself needs a validator of its own.
    model_config = ConfigDict(
        extra="allow",
        frozen=True,
        protected_namespaces=(),
        val_json_bytes="utf8",
        coerce_numbers_to_str=True,
        defer_build=True,
    )

    def _amend(self, **fields: object) -> None:
        """Set fields, for a validator of the class itself, which is still making the object; later it is frozen."""
        vars(self).update(fields)
        self.__pydantic_fields_set__.update(fields)


# The first validator loads modules of pydantic, which must not wait for an answer: no file may be free by then.
WireType.model_rebuild()
