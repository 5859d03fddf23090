"""Words are folded: neither case nor accents nor punctuation matters."""

import pytest

from app.kernel.words import words_of, words_to_find


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ada Lovelace", ["ada", "lovelace"]),
        ("ada.lovelace+news@Example.COM", ["ada", "lovelace", "news", "example", "com"]),
        ("Łukasz Ångström", ["lukasz", "angstrom"]),
        ("Straße STRASSE", ["strasse"]),
        ("Ægir Þór Øyvind Đặng", ["aegir", "thor", "oyvind", "dang"]),
        ("\u0130stanbul ISTANBUL \u0131s\u0131", ["istanbul", "isi"]),
        ("e\u0301cole École", ["ecole"]),
        ("ﬁne Ⅳ", ["fine", "iv"]),
        ("Ελλάδα", ["ελλαδα"]),
        ("山田 太郎", ["山田", "太郎"]),
        ("O'Brien & Sons_Ltd.", ["o", "brien", "sons", "ltd"]),
        ("7-Eleven", ["7", "eleven"]),
        ("!?", []),
    ],
)
def test_folds(text, expected):
    assert words_of(text) == expected


def test_finds_a_name_with_an_apostrophe_as_one_word_too():
    assert words_to_find("Conan O'Brien", "conan@example.com") == ["conan", "o", "brien", "obrien", "example", "com"]
    assert words_to_find("D\u2019Arcy", "") == ["d", "arcy", "darcy"]


def test_is_the_same_when_folded_again():
    for letter in map(chr, [*range(0x20, 0x3000), *range(0x1F100, 0x1F1FF)]):
        words = words_of(letter)
        assert words_of(" ".join(words)) == words, hex(ord(letter))
