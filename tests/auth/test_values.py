"""Which values are meant, and which stand in an example file: one pure rule."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gloo_openai.auth.values import meant

PLACEHOLDERS = [
    *("", " ", "\t\n", '""', "''", '"', '" "', "“”"),
    *("# paste your key here", "#", "# optional", "#paste it here", "## TODO ##"),
    *("your_api_key", "your-api-key", "your api key", "YOUR_CLIENT_ID", "yourApiKey", "YOUR_KEY"),
    *("your_client_id_here", "your_actual_client_secret_here", "your_gloo_api_key", "yourapikey"),
    *("<your key>", "<GLOO_API_KEY>", "[api key]", "{api_key}", "{{ api_key }}", "%GLOO_API_KEY%"),
    *("${GLOO_API_KEY}", "${{ secrets.GLOO_API_KEY }}", "${GLOO_API_KEY:-}"),
    *("...", "…", "sk_...", "sk-...", "sk_live_…", "sk_", "sk_abc..."),
    *("xxx", "sk_xxxxxxxxxxxx", "XXXX-XXXX-XXXX", "****", "sk_live_xxxx", "___", "--------"),
    *("changeme", "CHANGE_ME", "change-me", "ChangeMe", "replace_me", "replace_with_your_key"),
    *("insert-your-key-here", "PASTE_KEY_HERE", "enter your client secret", "put the key here"),
    *("todo", "TBD", "fixme", "none", "null", "None", "undefined", "placeholder", "key_here"),
    *("sk_your_key", "sk-your-api-key-here", "your_model_here", "https://..."),
    *('"your_api_key"', "'<your key>'", "`sk_...`"),
]
VALUES = [
    *("sk_live_4eC39HqLyjWDarjtT1zdp7dc", "sk_local", "sk_test", "sk_x", '"sk_x"', "a", "id"),
    *("secret", "client-id", "static", "not-the-secret", "local-client", "some-key", "the-secret"),
    *("7q8r9stu0vwxyz1abcdefghijk", "pa${HOST}word", 'very"secret<é&\\words', "#secret", "$ecret"),
    *("yourself", "hereafter", "none-of-your-business", "sk_your4key", "xxl", "...9", "a b"),
    *("https://platform.ai.gloo.com", "https://foreign.example", "http://127.0.0.1:8788"),
    *("https://url.example", "https://base.example/ai/v2", "https://your-gateway.acme.org"),
    *("gloo-auto", "gloo-openai-gpt-5-mini", "us.meta.llama3-3-70b-instruct-v1:0"),
    "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln",
]
ALNUM = string.ascii_letters + string.digits


@pytest.mark.parametrize("value", PLACEHOLDERS)
def test_what_example_files_have_is_none(value: str) -> None:
    """However it is written, and with whatever around it."""
    for written in (value, f" {value}\n", value.upper(), value.lower()):
        assert meant(written) is None, written


@pytest.mark.parametrize("value", VALUES)
def test_what_is_a_value_is_that_value(value: str) -> None:
    """But for blanks around it."""
    assert meant(value) == value
    assert meant(f"\t{value} \r\n") == value


def test_absent_is_none() -> None:
    """As a `.env` has it for a name without a value, or for one that nobody has expanded."""
    assert meant(None) is None
    assert meant("$GLOO_API_KEY") is None


KEYS = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(["", "sk_", "sk-", "sk_live_", "sk_your_", "your_", "gloo_"]),
    st.text(ALNUM + "-_.", max_size=40),
    st.sampled_from("0123456789"),
    st.text(ALNUM, min_size=12, max_size=40),
)


@given(KEYS)
def test_a_real_key_is_never_a_placeholder(key: str) -> None:
    """Whatever letters chance has put into it: a digit is enough."""
    assert meant(key) == key


@given(st.text(string.ascii_lowercase, min_size=26, max_size=52))
def test_an_id_of_letters_alone_is_none_either(value: str) -> None:
    """Cognito's ids and secrets are one long word."""
    assert meant(value) == value or set(value) == {"x"}


@given(st.text())
def test_any_text_is_judged_once_and_for_all(text: str) -> None:
    """The result is the text without blanks, or nothing; and judging it again changes nothing."""
    result = meant(text)
    assert result in (None, text.strip())
    assert meant(result) == result
