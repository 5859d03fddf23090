"""The words of a text as they are searched: without case, accents or punctuation."""

import re
import unicodedata

_WORD = re.compile(r"[^\W_]+")
_APOSTROPHES = re.compile("['\u2019\u02bc]")
# Letters that Unicode does not take apart into a plain one and an accent.
_PLAIN = str.maketrans(
    {"\u00f8": "o", "\u0142": "l", "\u0111": "d", "\u00f0": "d", "\u0127": "h", "\u0131": "i", "\u0167": "t"}
    | {"\u00e6": "ae", "\u0153": "oe", "\u00fe": "th"}
)


def words_of(text: str) -> list[str]:
    """Its words, each once, in their order: `words_of("Łukasz O'Brien")` is `["lukasz", "o", "brien"]`."""
    return list(dict.fromkeys(_WORD.findall(_folded(text))))


def words_to_find(*texts: str) -> list[str]:
    """All words by which these texts are found: a name with an apostrophe also as one word, `obrien`."""
    return list(
        dict.fromkeys(word for text in texts for one in (text, _APOSTROPHES.sub("", text)) for word in words_of(one))
    )


def _folded(text: str) -> str:
    plain = _without_accents(text).casefold().translate(_PLAIN)
    return _without_accents(plain)  # Some letters are taken apart only once they are small.


def _without_accents(text: str) -> str:
    return "".join(one for one in unicodedata.normalize("NFKD", text) if unicodedata.category(one) != "Mn")
