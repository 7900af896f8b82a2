"""A streamed text whose lines end between words: nothing is lost, whatever its pieces."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from gloo_openai.cli.wrapping import Wrapping

texts = st.text(st.sampled_from("abcdefgh    \n漢字"), max_size=200)


def wrapped(pieces: list[str], width: int) -> str:
    lines = Wrapping(width)
    return "".join(lines.feed(piece) for piece in pieces) + lines.end()


@given(st.lists(texts), st.integers(4, 60))
def test_only_spaces_become_line_breaks(pieces: list[str], width: int) -> None:
    """Every other character is there, in its order."""
    before, after = "".join(pieces), wrapped(pieces, width)
    assert "".join(after.split()) == "".join(before.split())


@given(texts, st.integers(4, 60))
def test_the_pieces_do_not_matter(text: str, width: int) -> None:
    """One by one or at once."""
    assert wrapped(list(text), width) == wrapped([text], width)


@given(st.lists(st.text("abc", min_size=1, max_size=10), max_size=40), st.integers(10, 60))
def test_no_line_is_too_long_and_no_word_is_broken(words: list[str], width: int) -> None:
    """As long as every word fits a line."""
    lines = wrapped([" ".join(words)], width).split("\n")
    assert all(cell_len(line) <= width for line in lines)
    assert [word for line in lines for word in line.split()] == words


def test_a_word_is_shown_once_it_is_whole() -> None:
    """The next space says so; the last one is shown at the end."""
    lines = Wrapping(20)
    assert lines.feed("Be joy") == "Be"
    assert lines.feed("ful. ") == " joyful."
    assert lines.feed("Always") == ""
    assert lines.end() == " Always"
