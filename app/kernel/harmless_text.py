"""Text that others chose, made harmless where it is shown: on a terminal, on a line, in a spreadsheet."""

FORMULA_BEGINNINGS = ("=", "+", "-", "@", "\t", "\r")


def printable(text: str) -> str:
    """The text without characters that move a cursor or begin a line."""
    return "".join(character if character.isprintable() else " " for character in text)


def spreadsheet_cell(text: str | None) -> str:
    """The text, with an apostrophe in front if a spreadsheet would take it for a formula. None becomes empty."""
    if text is None:
        return ""
    return f"'{text}" if text.startswith(FORMULA_BEGINNINGS) else text
