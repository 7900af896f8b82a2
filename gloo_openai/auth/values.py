"""What a setting's value is: text that was meant, a placeholder, or a secret; pure rules."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

QUOTES = "\"'`\u2018\u2019\u201c\u201d"

BRACKETED = re.compile(
    r"<.*>|\[.*\]|\{[\w\s-]*\}|\{\{.*\}\}|\$\{.*\}|\$[A-Z][A-Z0-9_]*|%\w+%", re.DOTALL
)
"""`<your key>`, and names in whose place nobody has put a value: `${{ secrets.KEY }}`."""
ELIDED = re.compile(r".*(\.{3}|…)|(sk[_-])?[x*•._-]{3,}|sk[_-]", re.DOTALL | re.IGNORECASE)
"""`sk_...`, `xxxxxxxx`, `****`, and a prefix alone."""
COMMENT = re.compile(r"#+|#.*\s.*", re.DOTALL)
"""What is left of `KEY=# paste it here`; a secret may begin with `#`, but has no blank in it."""


def words_of(text: str) -> frozenset[str]:
    """The words of a name in any notation: `your_api_key`, `YOUR-API-KEY`, `yourApiKey`."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text)
    return frozenset(re.findall(r"[^\W_]+", re.sub(r"x{3,}", "xxx", spaced.lower())))


MARKERS = words_of(
    "your yours change changeme replace replaceme insert paste enter put add fill here todo tbd "
    "fixme placeholder none null nil undefined yourkey yourapikey yourclientid yourclientsecret "
    "yoursecret yourtoken xxx"
)
"""Words of which a placeholder has at least one."""
FILLERS = words_of(
    "a access account actual ai an and api apikey app application at base bearer client com "
    "console credential credentials dashboard e env file for from g gloo goes host http https "
    "id in is it key keys live me model my name new of on or org organization origin our own "
    "platform prod production project real secret secrets settings sk staging studio test the "
    "this to token url valid value with"
)
"""Words that a placeholder may have beside them. None has a digit in it, as real keys have."""


def meant(value: str | None) -> str | None:
    """A setting as it was meant: without blanks around it, and None where it is none.

    None are what is blank, quotes around nothing, and what example files have in the place of a
    value: a comment, `<your key>`, `your_api_key`, `changeme`, `sk_...`. A real key or secret is
    none of these: each word of a placeholder is a known one, and one of them says that it is one.
    """
    text = (value or "").strip()
    return None if COMMENT.fullmatch(text) or _is_placeholder(text) else text


def _is_placeholder(text: str) -> bool:
    bare = text.strip(QUOTES + " \t\r\n")
    if not bare or BRACKETED.fullmatch(bare) or ELIDED.fullmatch(bare):
        return True
    words = words_of(bare)
    return bool(words & MARKERS) and words <= MARKERS | FILLERS


class SecretText(Protocol):
    """Text that does not show itself, such as pydantic's `SecretStr`."""

    def get_secret_value(self) -> str:
        """The text."""
        ...


SecretOrText = str | SecretText
Pair = tuple[SecretOrText, SecretOrText]
Vault = Callable[[], Pair | Awaitable[Pair]]
"""Gives client id and secret, whenever a token is exchanged for them."""


class Secret:
    """A credential that is shown nowhere: neither by `repr` nor by what walks attributes.

    It takes the place of an argument as soon as that comes in: whatever is raised later, no frame
    on the way holds the text. What cannot be a credential is kept as it is; `problem` tells.
    """

    __slots__ = ("_value",)

    def __init__(self, value: object) -> None:
        reveal = getattr(value, "get_secret_value", None)
        plain = reveal() if callable(reveal) else value
        self._value = plain.strip() if isinstance(plain, str) else plain

    def get_secret_value(self) -> str:
        """The text, without blanks around it."""
        return str(self._value)

    @property
    def kind(self) -> str:
        """The type of what it holds."""
        return type(self._value).__name__

    @property
    def problem(self) -> str | None:
        """Why this can be no credential, in words that do not show it; None if it can."""
        if not isinstance(self._value, str):
            return f"takes text, not {self.kind}"
        try:
            # What is no UTF-8 in the environment comes from there as surrogate escapes.
            self._value.encode(errors="surrogateescape")
        except UnicodeEncodeError:
            return "has a lone surrogate in it, which no encoding can write"
        return None

    @property
    def remark(self) -> str | None:
        """What looks wrong about it, if it was rejected; in words that do not show it."""
        text = self.get_secret_value()
        if len(text) > 1 and text[0] in QUOTES and text[-1] in QUOTES:
            return "has quotes around it, which `docker run --env-file` leaves there: take them off"
        if meant(text) is None:
            return "looks like a placeholder"
        if text.lower().startswith("bearer "):
            return "begins with the word Bearer: leave that out"
        if re.search(r"\s", text):
            return "has a blank in it; `docker run --env-file` also leaves a comment there"
        return None

    def __bool__(self) -> bool:
        return self._value not in (None, "")

    def __eq__(self, other: object) -> bool:
        return self._value == (other._value if isinstance(other, Secret) else other)

    def __hash__(self) -> int:
        return hash(self._value)

    def __repr__(self) -> str:
        return "Secret(**********)"


def hidden(value: Any) -> Any:
    """An argument that may be a secret, as one; None and callables are what they are."""
    return value if value is None or callable(value) or isinstance(value, Secret) else Secret(value)
