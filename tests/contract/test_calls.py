"""Each operation, as it is called with every argument and answered in full, agrees with the facts.

The rows are in `calls/`; a failure names the operation and the place of the request or of the answer. Mend the
resource or the type; where the facts are wrong or the client does better on purpose, say so in the row.
"""

from __future__ import annotations

import pytest

from .call import Call
from .calls import every_call
from .checks import CHECKS, ROWS, argument_faults

CALLS = every_call()


@pytest.mark.parametrize("call", [pytest.param(call, id=call.name) for call in CALLS])
async def test_a_call_agrees_with_the_facts(call: Call) -> None:
    _none([f"{name}: {fault}" for name, check in CHECKS.items() for fault in await check(call)])


@pytest.mark.parametrize("name", sorted({call.name for call in CALLS}))
async def test_every_argument_that_the_facts_know_is_given(name: str) -> None:
    _none(await argument_faults([call for call in CALLS if call.name == name]))


def test_every_operation_of_the_facts_has_an_example_call() -> None:
    wrapped = {row.name for row in ROWS.values() if row.spec_id is not None}
    assert wrapped == {call.name for call in CALLS}


def _none(faults: list[str]) -> None:
    """Fail with every fault on a line of its own."""
    if faults:
        pytest.fail("\n".join(sorted(faults)), pytrace=False)
