"""Text on the pages of a PDF, a whole page at a time.

The library's own methods take long for each text, and a statement of 100,000 entries has half a million of them. So the
texts of a page are put together here, and given to the library at once. Its font says how a text is encoded, as
`reportlab.pdfbase.ttfonts` describes for fonts that grow with a document.
"""

from typing import Any

from app.statements.formats.pdf_text import embedded_font

PLAIN = "".join(map(chr, range(32, 127)))
_ESCAPED = str.maketrans({"\\": r"\\", "(": r"\(", ")": r"\)"})


class PageInk:
    """Collects the texts of one page after another of a canvas, which counts in points from the lower left corner."""

    def __init__(self, canvas: Any) -> None:
        self._canvas = canvas
        self._font = embedded_font()
        # Letters without accents, digits and signs are in the font's first part, each as itself.
        assert self._parts_of(PLAIN) == [(0, PLAIN.encode("ascii"))], "the first part is readable"
        self._plain = self._name_of(0)
        self._operators: list[str] = []
        self._written = ("", 0.0, -1.0)
        """The font's part, the size and the gray of the last text."""

    def add(self, left: float, bottom: float, text: str, size: float, gray: float) -> None:
        """Add a text whose characters the font has, and that is drawn from left to right."""
        self._operators.append(f"1 0 0 1 {left:.2f} {bottom:.2f} Tm")
        if text.isascii():
            self._write(self._plain, size, gray, f"({text.translate(_ESCAPED)})")
            return
        for number, encoded in self._parts_of(text):
            self._write(self._name_of(number), size, gray, f"<{encoded.hex()}>")

    def put(self) -> None:
        """Give the canvas all that was added."""
        # What is set in between is undone after it, so that the canvas need not know of it.
        self._canvas.addLiteral("\n".join(("q BT", *self._operators, "ET Q")))
        self._operators.clear()
        self._written = ("", 0.0, -1.0)

    def _write(self, part: str, size: float, gray: float, encoded: str) -> None:
        if self._written != (part, size, gray):
            self._operators.append(f"{part} {size:.2f} Tf {gray:.2f} g")
            self._written = (part, size, gray)
        self._operators.append(f"{encoded} Tj")

    def _parts_of(self, text: str) -> list[tuple[int, bytes]]:
        """The text as numbers of parts of the font, each with the codes of characters in it."""
        parts: list[tuple[int, bytes]] = self._font.splitString(text, self._canvas._doc)  # noqa: SLF001 - as it asks for
        return parts

    def _name_of(self, part: int) -> str:
        name: str = self._font.getSubsetInternalName(part, self._canvas._doc)  # noqa: SLF001 - as it asks for
        return name
