"""The suite's own way to run the examples of the documentation."""

from __future__ import annotations

from pathlib import Path

import pytest
from sybil import Sybil

from tests.support.doc_examples import PythonFences, close_loop, open_loop

PAGE = """
```python
import asyncio
async def one(): return 1
first = await one()
loop = asyncio.get_running_loop()
```

Text between.

```python
assert first + 1 == 2
async with asyncio.timeout(5):
    assert asyncio.get_running_loop() is loop
```

<!-- not run: there is no such thing -->
```python
there_is_no_such_thing()
```

```sh
not python
```
"""


def run(page: str, folder: Path) -> int:
    """Run the examples of a page, and return how many there were."""
    path = folder / "page.md"
    path.write_text(page)
    document = Sybil(parsers=[PythonFences()], pattern="*.md").parse(path)
    open_loop(document.namespace)
    try:
        examples = list(document.examples())
        for example in examples:
            example.evaluate()
    finally:
        close_loop(document.namespace)
    return len(examples)


def test_a_pages_examples_share_names_and_an_event_loop(tmp_path: Path) -> None:
    assert run(PAGE, tmp_path) == 2


def test_a_failing_example_is_found_at_its_line(tmp_path: Path) -> None:
    page = "Title\n\n```python\nnone = 0\n1 / none\n```\n"
    with pytest.raises(ZeroDivisionError) as caught:
        run(page, tmp_path)
    assert caught.traceback[-1].lineno + 1 == 5
