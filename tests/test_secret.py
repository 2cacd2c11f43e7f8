from __future__ import annotations

import copy
import pickle
import traceback

import pytest

from openrouter_async._secret import Secret, Secrets

KEY = "sk-or-v1-0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        pytest.param(KEY, "sk-or-…cdef", id="key of the service"),
        pytest.param("another-kind-of-key-0123", "…0123", id="another key"),
        pytest.param("sk-or-short", "sk-or-…", id="short key"),
        pytest.param("0123456789abcde", "…", id="15 characters"),
        pytest.param("", "…", id="empty"),
    ],
)
def test_only_the_kind_and_the_last_four_characters_are_shown(value: str, shown: str) -> None:
    """Of a short key, four characters would be too much."""
    secret = Secret(value)
    assert (str(secret), repr(secret), f"{secret}", f"{secret!r:}") == (
        shown,
        f"Secret({shown!r})",
        shown,
        f"Secret({shown!r})",
    )


def test_the_key_itself_is_there_for_the_header() -> None:
    assert Secret(KEY).get() == KEY


def test_a_key_cannot_be_pickled_or_copied() -> None:
    with pytest.raises(TypeError, match="never pickled"):
        pickle.dumps(Secret(KEY))
    with pytest.raises(TypeError, match="never pickled"):
        copy.deepcopy({"key": Secret(KEY)})


def test_a_key_has_no_dict_to_look_into() -> None:
    assert not hasattr(Secret(KEY), "__dict__")


def test_a_traceback_with_locals_shows_no_key() -> None:
    def fail(secret: Secret) -> None:
        raise ValueError(f"no {secret}")

    with pytest.raises(ValueError, match="no sk-or-…cdef") as caught:
        fail(Secret(KEY))
    told = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
    assert "Secret('sk-or-…cdef')" in told
    assert KEY not in told


def test_a_placeholder_is_no_secret_that_text_must_not_hold() -> None:
    """A key such as `test` stands in many words, and in the names of fields."""
    assert list(Secrets(Secret("test"), None, Secret(KEY), Secret("12345678"))) == [KEY, "12345678"]
