"""A missing extra says what to install."""

from __future__ import annotations

import pytest

from openrouter_async import ConfigurationError
from openrouter_async._extras import needs_extra


def test_a_missing_package_names_the_extra() -> None:
    message = r"drawing needs the package no_such_package; pip install 'openrouter-async\[cli\]'"
    with pytest.raises(ConfigurationError, match=message), needs_extra("cli", "drawing"):
        import no_such_package.part  # noqa: F401


def test_other_failures_pass() -> None:
    with pytest.raises(LookupError), needs_extra("cli", "drawing"):
        raise LookupError
