"""A PDF file becomes a typed invoice.

    python examples/invoice.py             # with an invoice that the example makes
    python examples/invoice.py yours.pdf

The reply is validated: amounts are decimals, dates are dates, and `check` compares the sum with the total, which is
the mistake worth looking for.
"""

from __future__ import annotations

import asyncio
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path

from pydantic import BaseModel, Field

from openrouter_async import AsyncOpenRouter, file, user


class Line(BaseModel):
    description: str
    quantity: Decimal = Field(gt=0)
    unit_price: Decimal


class Invoice(BaseModel):
    number: str
    issued: date
    currency: str = Field(pattern="^[A-Z]{3}$")
    lines: list[Line] = Field(min_length=1)
    total: Decimal

    def check(self) -> str:
        lines = sum((line.quantity * line.unit_price for line in self.lines), Decimal(0))
        return (
            "the lines add up" if lines == self.total else f"the lines add up to {lines}, not to {self.total}"
        )


PRINTED = [
    "Invoice 2026-117",
    "Issued 3 May 2026",
    "2 lamps at 19.50 EUR",
    "1 cable at 4.90 EUR",
    "Total 43.90 EUR",
]


def pdf(lines: list[str]) -> bytes:
    """Return a PDF of one page with these lines, as plain bytes."""
    text = "BT /F1 14 Tf 72 760 Td 20 TL " + " ".join(f"({line}) Tj T*" for line in lines) + " ET"
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        " /Resources << /Font << /F1 5 0 R >> >> >>",
        f"<< /Length {len(text)} >>\nstream\n{text}\nendstream",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    made, places = "%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(made))
        made += f"{number} 0 obj\n{body}\nendobj\n"
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    size = len(objects) + 1
    end = f"trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{len(made)}\n%%EOF\n"
    return f"{made}xref\n0 {size}\n0000000000 65535 f \n{table}{end}".encode("ascii")


async def main(path: Path) -> None:
    async with AsyncOpenRouter(default_model="openai/gpt-4.1-mini") as client:
        question = user("Read this invoice.", file(path))
        reply = await client.chat.create([question], output=Invoice, temperature=0)
    invoice = reply.output
    for line in invoice.lines:
        print(f"{line.quantity:>6} x {line.unit_price:>10}  {line.description}")
    print(f"{invoice.number} of {invoice.issued}: {invoice.total} {invoice.currency}; {invoice.check()}")
    print(f"US$ {reply.total_cost}")


if __name__ == "__main__":
    given = Path(sys.argv[1] if len(sys.argv) > 1 else "invoice.pdf")
    if not given.exists():
        given.write_bytes(pdf(PRINTED))
    asyncio.run(main(given))
