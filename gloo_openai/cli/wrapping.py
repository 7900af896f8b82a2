"""Lines that end between words, in a text that arrives piece by piece."""

from __future__ import annotations

from rich.cells import get_character_cell_size as cells_of

TAB = 8


class Wrapping:
    """Breaks the lines of a streamed text at a width; a word that fits no line is left as it is.

    Args:
        width: of the terminal, in cells.
    """

    def __init__(self, width: int) -> None:
        self._width = width
        self._column = 0
        self._space = ""
        self._word = ""
        self._word_width = 0

    def feed(self, text: str) -> str:
        """What can be shown once this has arrived; the last word may go on."""
        return "".join(map(self._take, text))

    def end(self) -> str:
        """What is left to show."""
        return self._end_word() + self._space

    def _take(self, char: str) -> str:
        if char == "\n":
            shown = self._end_word() + char
            self._column, self._space = 0, ""
            return shown
        if char in " \t":
            shown = self._end_word()
            self._space += char
            return shown
        cells = cells_of(char)
        if cells > 1:  # scripts without spaces break anywhere
            shown = self._end_word()
            self._word, self._word_width = char, cells
            return shown + self._end_word()
        self._word += char
        self._word_width += cells
        return ""

    def _end_word(self) -> str:
        if not self._word:
            return ""
        word, space = self._word, self._space
        start = self._column + sum(TAB if char == "\t" else 1 for char in space)
        if self._column and start + self._word_width > self._width >= self._word_width:
            space, start = "\n", 0
        self._column = start + self._word_width
        self._word, self._space, self._word_width = "", "", 0
        return space + word
