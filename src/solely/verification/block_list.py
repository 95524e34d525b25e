"""Passwords that are guessed first: common ones, and those made of the service's or the person's own words.

- The list is `passwords` of zxcvbn's frequency lists: the 30 000 most frequent of leaked passwords, lower case.
- Compared after NFKC and case folding, and once more without the digits and punctuation around it, up to six
  of them (a date, `123!`). More are left on: they are then most of what there is to guess.
- One word or character again and again is that word.
- Only what is common is refused: no rule asks for kinds of characters (SP 800-63B-4 §3.1.1.2).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from functools import lru_cache
from typing import Literal

__all__ = ["Found", "find", "fold"]

Found = Literal["common", "own-word"]

_AROUND = 6  # characters around a word that add little
_LEAST_WORD = 3  # characters: the words of people's names that are shorter are in too many passwords
_LEFT = 3  # characters left beside own words that add little


@lru_cache(maxsize=1)
def _common() -> frozenset[str]:
    # Imported at first need: zxcvbn builds its matching tables on import, and no command line waits for those.
    from zxcvbn.frequency_lists import FREQUENCY_LISTS  # type: ignore[import-untyped]  # noqa: PLC0415 - as said

    return frozenset(FREQUENCY_LISTS["passwords"])


def fold(text: str) -> str:
    """NFKC and case folding: what is compared."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def find(text: str, words: Collection[str]) -> Found | None:
    """Why a password is guessed first, or None. `words` are names of service and person, in any spelling."""
    folded = fold(text)
    if _is_common(folded):
        return "common"
    rest = folded
    for word in sorted(_parts(words), key=len, reverse=True):
        rest = rest.replace(word, "")
    core = _core(rest)
    return "own-word" if rest != folded and (len(core) <= _LEFT or _is_common(core)) else None


def _parts(words: Collection[str]) -> set[str]:
    """The words themselves, what an address or a full name is made of, and that without what parts it."""
    folded = [fold(word) for word in words]
    parts = {part for word in folded for part in [word, *re.findall(r"[^\W_]+", word), re.sub(r"[\W_]+", "", word)]}
    return {part for part in parts if len(part) >= _LEAST_WORD}


def _is_common(folded: str) -> bool:
    core = _core(folded)
    return any(one in _common() or len(one) <= 1 for one in (folded, core, _unit(folded), _unit(core)))


def _core(folded: str) -> str:
    """Without digits, punctuation and spaces at both ends; all of it where those are more than six."""
    core = re.sub(r"^[\W\d_]+|[\W\d_]+$", "", folded)
    return core if len(folded) - len(core) <= _AROUND else folded


def _unit(text: str) -> str:
    """What a text is so many times over: `abab` is `ab`. A text is found within its double at its period."""
    return text[: (text + text).find(text, 1)] if text else text
