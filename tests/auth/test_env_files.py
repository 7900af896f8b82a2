"""The .env file: which one is read, when, and what of it goes with what."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import openai
import pytest

from gloo_openai import GlooAuth, GlooOpenAI, MissingCredentialsError
from gloo_openai.testing import LocalGloo

from ..conftest import pair_of
from ..traps import ASK
from ..worlds import World
from .places import GLOO, GLOO_AI, KEY, ORIGIN, dotenv, environ, source


def test_a_dotenv_is_found_upwards(
    local_gloo: LocalGloo, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the working directory; and nothing of it gets into `os.environ`."""
    dotenv(tmp_path, **pair_of(local_gloo))
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    monkeypatch.chdir(deep)
    before = dict(os.environ)
    client = world.client()
    assert world.call(client.chat.completions.create, **ASK).choices
    assert dict(os.environ) == before
    assert len(local_gloo.exchanges) == 1


def test_a_dotenv_is_read_as_it_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, local_gloo: LocalGloo
) -> None:
    """A dollar in a secret is a dollar: nothing of the environment is put in its place."""
    environ(monkeypatch, HOST_SECRET="expanded")
    local_gloo.client_secret = "pa${HOST_SECRET}word"
    dotenv(tmp_path, **pair_of(local_gloo))
    assert GlooAuth().token() in local_gloo.tokens


def test_a_dotenv_can_be_switched_off_or_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`env_file=None`, and a path as str or Path, which then is the only one that is read."""
    dotenv(tmp_path, **GLOO)
    with pytest.raises(MissingCredentialsError, match="env_file=None"):
        GlooAuth(env_file=None)
    named = tmp_path / "production.env"
    named.write_text("GLOO_API_KEY=static\nGLOO_BASE=https://production.example\n")
    for path in (named, str(named)):
        auth = GlooAuth(env_file=path)
        assert auth.sources["credentials"] == f"GLOO_API_KEY in {named}"
        assert auth.base_url == "https://production.example/ai/v2"


def test_a_named_file_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    """Missing, a folder, or no text: it was asked for, so nothing else is taken instead."""
    binary = tmp_path / "binary.env"
    binary.write_bytes(b"GLOO_API_KEY=\xff\xfe\n")
    for path in (tmp_path / "missing.env", tmp_path, binary):
        with pytest.raises(openai.OpenAIError, match="env_file="):
            GlooAuth("id", "secret", env_file=path)


def test_a_found_file_that_cannot_be_read_stops_nobody(tmp_path: Path) -> None:
    """It may be somebody else's; only if credentials are missing, the error mentions it."""
    (tmp_path / ".env").write_bytes(b"GLOO_API_KEY=\xff\xfe\n")
    assert GlooAuth("id", "secret").base_url == ORIGIN + "/ai/v2"
    with pytest.raises(MissingCredentialsError, match="cannot be read"):
        GlooAuth()


@pytest.mark.parametrize("name", ["GLOO_BASE_URL", "GLOO_BASE"])
def test_a_url_of_a_file_never_meets_credentials_from_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """A foreign folder must not have the secret sent to its own host."""
    file = dotenv(tmp_path, **{name: "https://foreign.example"}, **GLOO)
    assert GlooAuth().base_url == "https://foreign.example/ai/v2"
    for options in ({"client_id": "id", "client_secret": "secret"}, {"api_key": "key"}):
        for more in ({}, {"env_file": file}):
            auth = GlooAuth(**options, **more)
            assert (auth.base_url, auth.token_url) == (ORIGIN + "/ai/v2", ORIGIN + "/oauth2/token")
    for values in (GLOO, GLOO_AI, KEY):
        with monkeypatch.context() as patch:
            environ(patch, **values)
            auth = GlooAuth()
            assert (auth.base_url, auth.token_url) == (ORIGIN + "/ai/v2", ORIGIN + "/oauth2/token")


def test_a_url_of_a_file_never_meets_credentials_of_a_derived_client(tmp_path: Path) -> None:
    """Nor a key that is assigned; with a base URL of their own they go there."""
    dotenv(tmp_path, GLOO_BASE_URL="https://foreign.example", **GLOO)
    client = GlooOpenAI()
    others: list[dict[str, Any]] = [{"client_id": "id", "client_secret": "s"}, {"api_key": "key"}]
    for options in others:
        with pytest.raises(openai.OpenAIError, match=r"pass base_url=") as caught:
            client.with_options(**options)
        assert ".env" in str(caught.value)
        assert str(client.with_options(base_url=ORIGIN, **options).base_url).startswith(ORIGIN)
    with pytest.raises(openai.OpenAIError, match=r"pass base_url="):
        client.api_key = "key"
    assert client.with_options(timeout=1).auth is client.auth


@pytest.mark.parametrize("name", ["token_url", "env_file"])
def test_a_derived_client_takes_settings_of_credentials_with_credentials_only(name: str) -> None:
    """They would change nothing."""
    client = GlooOpenAI(client_id="id", client_secret="secret")
    options: Any = {name: f"{ORIGIN}/token"}
    with pytest.raises(openai.OpenAIError, match=f"{name}= goes with credentials"):
        client.with_options(**options)


def test_a_found_file_is_opened_only_for_credentials(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, world: World, opened: list[str]
) -> None:
    """Not by who has them already, whatever else the file holds; and then once."""
    file = dotenv(tmp_path, **GLOO, GLOO_MODEL="gloo-auto", GLOO_BASE_URL="https://a.example")
    given: list[dict[str, Any]] = [{"api_key": "key"}, {"client_id": "a", "client_secret": "b"}]
    for options in given:
        assert world.client(**options).auth.base_url == ORIGIN + "/ai/v2"
    with monkeypatch.context() as patch:
        environ(patch, **KEY)
        world.client()
    assert opened == []
    world.client().with_options(timeout=9).copy()
    assert opened == [str(file)]
    named = {"api_key": "key", "env_file": file}
    opened.clear()
    world.client(**named).with_options(timeout=9)
    assert opened == [str(file)]


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The .env files that are opened from here on."""
    import builtins

    seen: list[str] = []
    real = builtins.open

    def noted(file: Any, *args: Any, **options: Any) -> Any:
        if str(file).endswith(".env"):
            seen.append(str(file))
        return real(file, *args, **options)

    monkeypatch.setattr(builtins, "open", noted)
    return seen


@contextmanager
def in_time(seconds: float = 10.0) -> Iterator[None]:
    """What is done here ends, or the test fails; a hang would take the whole run with it."""
    overdue = threading.Timer(seconds, lambda: os._exit(70))
    overdue.start()
    yield
    overdue.cancel()


def test_a_pipe_in_a_parent_folder_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, world: World
) -> None:
    """Reading one waits for a writer, for ever; a file further up is found all the same."""
    dotenv(tmp_path, **KEY)
    (tmp_path / "a" / "b").mkdir(parents=True)
    os.mkfifo(tmp_path / "a" / ".env")
    (tmp_path / "a" / "b" / ".env").mkdir()  # as some call their virtualenvs
    monkeypatch.chdir(tmp_path / "a" / "b")
    with in_time():
        assert world.client(api_key="key").auth.sources["credentials"] == "the api_key argument"
        assert world.client().auth.sources["credentials"] == f"GLOO_API_KEY in {tmp_path / '.env'}"
        monkeypatch.setattr("os.getcwd", lambda: str(tmp_path / "a"))
        (tmp_path / ".env").unlink()
        with pytest.raises(MissingCredentialsError):
            world.client()


def test_a_named_file_may_be_a_pipe(tmp_path: Path, local_gloo: LocalGloo, world: World) -> None:
    """As a shell's `<(vault read …)` gives one, or a vault a named one; it is read once."""
    text = "".join(f"{name}={value}\n" for name, value in local_gloo.environ.items())
    reading, writing = os.pipe()
    os.write(writing, f"{text}GLOO_MODEL=gloo-auto-google\n".encode())
    os.close(writing)
    with in_time():
        client = world.client(env_file=f"/dev/fd/{reading}")
        os.close(reading)
        world.call(client.chat.completions.create, messages=ASK["messages"])
        assert local_gloo.completions[0].json["model_family"] == "google"
        named = tmp_path / "credentials"
        os.mkfifo(named)
        threading.Thread(target=named.write_text, args=(text,), daemon=True).start()
        client = world.client(env_file=named)
        assert world.call(client.chat.completions.create, **ASK).choices
        client.with_options(timeout=9)


def test_a_pipe_that_nobody_writes_to_is_an_error_in_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every wait is bounded; and it is not opened at all where nothing of it is needed."""
    monkeypatch.setattr("gloo_openai.auth.env_files.PATIENCE", 0.2)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with in_time():
        assert GlooAuth("id", "secret", env_file=pipe).sources["base_url"] == "the default"
        with pytest.raises(openai.OpenAIError, match=r"cannot be read: nothing was written to it"):
            GlooAuth(env_file=pipe)


def test_the_home_folder_is_expanded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a shell would, in text and in a Path."""
    monkeypatch.setenv("HOME", str(tmp_path))
    file = dotenv(tmp_path, **KEY)
    for path in ("~/.env", Path("~/.env")):
        assert source(env_file=path) == f"GLOO_API_KEY in {file}"


ENCODED = {
    "utf-8 with a mark": ("utf-8-sig", ""),
    "utf-16 of PowerShell": ("utf-16", ""),
    "a comment first": ("utf-8-sig", "# Gloo\n"),
    "an empty line first": ("utf-8-sig", "\r\n"),
    "plain": ("utf-8", ""),
}


@pytest.mark.parametrize("how", ENCODED)
def test_a_byte_order_mark_is_no_part_of_a_name(tmp_path: Path, how: str) -> None:
    """Editors of Windows write one; the first line counts as much as the others."""
    encoding, before = ENCODED[how]
    file = tmp_path / ".env"
    text = f"{before}GLOO_CLIENT_ID=an-id\r\nGLOO_CLIENT_SECRET=ünd\r\n"
    file.write_bytes(text.encode(encoding))
    assert source() == f"GLOO_CLIENT_ID and GLOO_CLIENT_SECRET in {file}"


@pytest.mark.parametrize(
    "line",
    [
        "GLOO_API_KEY=   # paste your key here",
        "GLOO_API_KEY=# paste your key here",
        "GLOO_API_KEY=\t# from studio.ai.gloo.com",
        "GLOO_API_KEY='' # paste your key here",
        'GLOO_API_KEY="# paste your key here"',
        "GLOO_API_KEY=your_api_key  # from Gloo AI Studio",
        'GLOO_API_KEY="<your key>"',
        "GLOO_API_KEY=sk_...",
        "GLOO_API_KEY",
    ],
)
def test_what_an_example_file_leaves_counts_as_absent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    """In a file and in the environment: the next that is there is taken, or all are missing."""
    file = dotenv(tmp_path, **GLOO)
    file.write_text(f"{line}\n{file.read_text()}GLOO_BASE_URL=<your url>\nGLOO_MODEL=your_model\n")
    client = GlooOpenAI()
    assert client.auth.sources == {
        "credentials": f"GLOO_CLIENT_ID and GLOO_CLIENT_SECRET in {file}",
        "base_url": "the default",
        "token_url": "the default",
    }
    assert client.auth.default_model is None
    value = line.partition("=")[2]
    environ(monkeypatch, GLOO_API_KEY=value.strip().partition("  #")[0], GLOO_BASE_URL="...")
    assert GlooAuth().sources == client.auth.sources
    file.unlink()
    with pytest.raises(MissingCredentialsError) as caught:
        GlooAuth()
    said = "GLOO_API_KEY in the environment is a placeholder or a comment" in str(caught.value)
    assert said == bool(value.strip())


def test_a_value_may_have_a_comment_behind_it(tmp_path: Path, local_gloo: LocalGloo) -> None:
    """Python-dotenv takes it off; a `#` inside of a secret stays."""
    local_gloo.client_secret = "with#hash"
    values = {name: f"{value} # {name}" for name, value in pair_of(local_gloo).items()}
    dotenv(tmp_path, **values)
    assert GlooAuth().token() in local_gloo.tokens
