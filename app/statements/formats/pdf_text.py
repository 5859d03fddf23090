"""Text on paper: the one font, what it lacks, and the direction of writing."""

import unicodedata
from functools import lru_cache
from pathlib import Path

import arabic_reshaper
from bidi import get_display
from reportlab import rl_config
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

from app.kernel.harmless_text import printable

FONT = "QuaestorSans"
FONT_FILE = Path(__file__).parent / "fonts" / "DejaVuSans.ttf"
LACKING = "\u25a1"
"""Stands for a character that the font has not: a white square."""
ELLIPSIS = "\u2026"
TEXTS_KEPT_MAX = 4_096
CHARACTERS_KEPT_MAX = 1_024
_RIGHT_TO_LEFT = {"R", "AL"}
_UNSEEN = {"Cf", "Mn", "Me"}
"""Marks and joiners: if the font has not one of them, nothing is lost that could be read without it."""


@lru_cache(1)
def embedded_font() -> TTFont:
    """The one font, made known to the library once for a process."""
    rl_config.useA85 = 0  # Plain bytes: a fifth less, and no time spent on making text of them.
    font = TTFont(FONT, str(FONT_FILE))
    pdfmetrics.registerFont(font)
    return font


def width_of(text: str, size: float) -> float:
    """How wide a text is, in points."""
    return sum(map(_width_of_character, text)) * size


@lru_cache(CHARACTERS_KEPT_MAX)
def _width_of_character(character: str) -> float:
    """How wide it is at the size of one point. The library asks for it each time."""
    width: float = embedded_font().stringWidth(character, 1)
    return width


@lru_cache(TEXTS_KEPT_MAX)
def shown(text: str, size: float, width: float) -> tuple[str, bool]:
    """The text as it is drawn from left to right, cut to this width, and whether the font lacks characters of it."""
    if all(map(_is_plain, text)) and unicodedata.is_normalized("NFC", text):
        return _fitting(text, size, width), False
    known = embedded_font().face.charToGlyph
    plain = unicodedata.normalize("NFC", printable(text))
    goes_left = any(unicodedata.bidirectional(character) in _RIGHT_TO_LEFT for character in plain)
    if goes_left:
        plain = arabic_reshaper.reshape(plain)
    drawn = [
        character if ord(character) in known else LACKING
        for character in plain
        if ord(character) in known or unicodedata.category(character) not in _UNSEEN
    ]
    fitting = _fitting("".join(drawn), size, width)
    return (str(get_display(fitting)) if goes_left else fitting), LACKING in drawn and LACKING not in plain


@lru_cache(CHARACTERS_KEPT_MAX)
def _is_plain(character: str) -> bool:
    """Whether the font has it, and it is drawn as it is read."""
    is_there = character.isprintable() and ord(character) in embedded_font().face.charToGlyph
    return is_there and unicodedata.bidirectional(character) not in _RIGHT_TO_LEFT


def _fitting(text: str, size: float, width: float) -> str:
    if width_of(text, size) <= width:
        return text
    fits, too_long = 0, len(text)
    while too_long - fits > 1:
        middle = (fits + too_long) // 2
        if width_of(text[:middle] + ELLIPSIS, size) <= width:
            fits = middle
        else:
            too_long = middle
    return text[:fits] + ELLIPSIS
