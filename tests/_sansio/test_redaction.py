from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from openrouter_async._sansio.redaction import MOST_CHARACTERS, redact, redact_json

KEY = "sk-or-v1-" + "0123456789abcdef" * 4
PICTURE = "iVBORw0KGgo/AAAA+NSUhEUg=="


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param(f"no such key: {KEY}.", "no such key: sk-or-….", id="key"),
        pytest.param(f'{{"key":"{KEY}"}}', '{"key":"sk-or-…"}', id="key in JSON"),
        pytest.param(f"key_{KEY}", "key_sk-or-…", id="key after a word"),
        pytest.param("sk-or-v1-01", "sk-or-…", id="key that was cut"),
        pytest.param(f"{KEY},{KEY}", "sk-or-…,sk-or-…", id="two keys"),
        pytest.param("bad key sk-proj-abcdefghijklmnop", "bad key sk-…", id="key of a provider"),
        pytest.param(f"Authorization: Bearer {KEY}", "Authorization: Bearer …", id="bearer key"),
        pytest.param(
            "'authorization': 'bearer abc.DEF-1_2~3+/=='", "'authorization': 'bearer …'", id="bearer"
        ),
        pytest.param("Bearer " + "a" * 20, "Bearer …", id="token of letters"),
        pytest.param(f"data:image/png;base64,{PICTURE}", "data:image/png;base64,…", id="data URL"),
        pytest.param(
            f'"url":"data:image/png;base64,{PICTURE}"', '"url":"data:image/png;base64,…"', id="in JSON"
        ),
        pytest.param(
            rf"data:image\/png;base64,{PICTURE}", r"data:image\/png;base64,…", id="with escaped slash"
        ),
        pytest.param(
            "DATA:text/plain;charset=utf-8,my%20words x", "DATA:text/plain;charset=utf-8,… x", id="text"
        ),
        pytest.param("(data:;base64,AAAA)", "(data:;base64,…", id="data URL without a type"),
        pytest.param("data:image/svg+xml,<svg>", "data:image/svg+xml,<svg>", id="data that is no URL"),
        pytest.param(
            "at https://me:pass@proxy:8080/x", "at https://…@proxy:8080/x", id="password of a proxy"
        ),
        pytest.param("file_data=" + "A1+/" * 50 + "==.", "file_data=….", id="base64"),
    ],
)
def test_secrets_and_contents_are_not_shown(text: str, shown: str) -> None:
    assert redact(text) == shown
    assert redact(shown) == shown


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Provider returned error",
        "missing bearer authentication in header",
        "Bearer token is required",
        'data: {"id":"gen-1767765600-AbCdEfGhIjKlMnOpQrSt"}',
        "no data:, sorry",
        "metadata:a,b",
        "risk-assessment-of-this-kind-of-text",
        "sk-",
        "https://openrouter.ai/docs/a:b@c",
        "sha256 " + "0123456789abcdef" * 4,
        "sk-or-…cdef",
    ],
)
def test_other_text_is_left_alone(text: str) -> None:
    assert redact(text) == text


@pytest.mark.parametrize(
    ("secrets", "shown"),
    [
        pytest.param(
            ["a-long-token-of-mine"], "token …mine for …mine", id="long secrets keep four characters"
        ),
        pytest.param(
            ["mine"], "token a-long-token-of-… for a-long-token-of-…", id="short secrets keep nothing"
        ),
        pytest.param(
            ["mine", "a-long-token-of-mine"], "token …mine for …mine".replace("mine", "…"), id="both"
        ),
        pytest.param([""], "token a-long-token-of-mine for a-long-token-of-mine", id="an empty one is none"),
    ],
)
def test_given_secrets_are_replaced_wherever_they_stand(secrets: list[str], shown: str) -> None:
    assert redact("token a-long-token-of-mine for a-long-token-of-mine", secrets) == shown


def test_a_given_key_keeps_its_kind_and_last_four_characters() -> None:
    assert redact(f"key {KEY} is disabled", [KEY]) == "key sk-or-…cdef is disabled"


def test_secrets_may_be_any_iterable() -> None:
    assert redact_json(["one", "two", "one"], iter(["one", "two"])) == ["…", "…", "…"]


@given(st.text(max_size=50), st.text(max_size=50))
def test_a_key_is_found_in_any_surroundings(before: str, after: str) -> None:
    assert KEY not in redact(before + KEY + after)
    assert KEY not in redact(before + KEY + after, [KEY])


MEGABYTE = 1_000_000


@pytest.mark.parametrize(
    "piece",
    [
        *(
            "data:",
            "data:a/",
            "data:a/b;",
            "data:;data:;",
            "sk-",
            "sk-or-",
            "bearer ",
            "://a:",
            "a:",
            "-",
            "A",
        ),
        *("bearer " + "a" * 19 + ".", "A" * 199 + " ", "://" + "a" * 50 + ":" + "b" * 50, "data:" + "w" * 99),
    ],
)
@pytest.mark.parametrize("start", ["", "://", "bearer", "data:a", "data:a/b"])
@pytest.mark.timeout(20)
def test_a_hostile_megabyte_takes_linear_time(start: str, piece: str) -> None:
    """A second look at every character of it would take hours."""
    text = redact(start + piece * (MEGABYTE // len(piece)) + "\0")
    assert text.endswith("\0")
    assert len(text) <= 2 * MEGABYTE


def test_json_is_redacted_at_every_depth_in_values_and_names() -> None:
    value: JsonValue = {
        "headers": {"authorization": f"Bearer {KEY}"},
        "parts": [{"image_url": {"url": f"data:image/png;base64,{PICTURE}"}}, 1, 2.5, None, True],
        KEY: "x",
    }
    shown: JsonValue = {
        "headers": {"authorization": "Bearer …"},
        "parts": [{"image_url": {"url": "data:image/png;base64,…"}}, 1, 2.5, None, True],
        "sk-or-…": "x",
    }
    assert redact_json(value) == shown
    assert list(shown) == ["headers", "parts", "sk-or-…"], "in the order they came"


def test_the_given_json_is_not_changed() -> None:
    value: JsonValue = {"a": [KEY]}
    redact_json(value)
    assert value == {"a": [KEY]}


def test_json_may_be_nested_deeper_than_the_stack() -> None:
    value: JsonValue = KEY
    for _ in range(4_000):
        value = [value]
    result = redact_json(value)
    for _ in range(4_000):
        assert isinstance(result, list)
        (result,) = result
    assert result == "sk-or-…"


def test_of_very_much_json_the_rest_is_left_out() -> None:
    result = redact_json({"code": 400, "message": KEY, "more": list[JsonValue](range(1_000_000))})
    assert isinstance(result, dict)
    assert (result["code"], result["message"]) == (400, "sk-or-…")
    assert isinstance(result["more"], list)
    assert len(result["more"]) < 5_000


def test_a_secret_is_not_shown_in_part_where_a_text_is_cut() -> None:
    secret = "not-like-a-key-0123456789"
    for before in range(MOST_CHARACTERS - len(secret), MOST_CHARACTERS, 5):
        assert "not-like" not in str(redact_json(["a " * (before // 2) + secret], [secret]))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text("abc", max_size=5),
    lambda values: (
        st.lists(values, max_size=4) | st.dictionaries(st.text("abc", max_size=5), values, max_size=4)
    ),
    max_leaves=20,
)


@given(json_values)
def test_json_without_secrets_comes_back_equal(value: JsonValue) -> None:
    result = redact_json(value)
    assert result == value
    assert str(result) == str(value), "and in the same order"
