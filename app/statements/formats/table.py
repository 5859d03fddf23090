"""The formats of statements, and which of them a client gets."""

from app.kernel.checks import refuse
from app.statements.formats.camt053 import check_camt053, write_camt053
from app.statements.formats.document import Format
from app.statements.formats.mt940 import check_mt940, write_mt940
from app.statements.formats.pdf import check_pdf, write_pdf
from app.statements.formats.plain import write_csv, write_json, write_text

FORMATS = {
    one.name: one
    for one in (
        Format(name="json", media_type="application/json", ending="json", write=write_json),
        Format(name="csv", media_type="text/csv", ending="csv", write=write_csv),
        Format(name="text", media_type="text/plain", ending="txt", write=write_text),
        Format(name="pdf", media_type="application/pdf", ending="pdf", write=write_pdf, check=check_pdf),
        Format(name="camt053", media_type="application/xml", ending="xml", write=write_camt053, check=check_camt053),
        Format(
            name="mt940",
            media_type="application/vnd.swift.mt940",
            ending="sta",
            write=write_mt940,
            check=check_mt940,
        ),
    )
}
"""Every format by its name. Of those that are accepted equally, the first is taken."""


def format_named(name: str) -> Format:
    """The format of this name.

    :raises Invalid: there is none.
    """
    found = FORMATS.get(name)
    if found is None:
        refuse(f"There is no such format: give one of {', '.join(FORMATS)}.", ("format",))
    return found


def format_accepted(accept: str | None) -> Format | None:
    """The format that a client accepts best, by its `Accept` header; None if it accepts none of them."""
    ranges = _media_ranges(accept or "*/*")
    best: tuple[float, Format] | None = None
    for one in FORMATS.values():
        main_type = one.media_type.partition("/")[0]
        names = (one.media_type, f"{main_type}/*", "*/*")
        quality = next((ranges[name] for name in names if name in ranges), 0.0)
        if quality > 0 and (best is None or quality > best[0]):
            best = (quality, one)
    return None if best is None else best[1]


def _media_ranges(accept: str) -> dict[str, float]:
    """The media ranges of the header and how much each is wanted, 0 to 1. What cannot be read is not wanted."""
    ranges: dict[str, float] = {}
    for entry in accept.lower().split(","):
        name, *parameters = (part.strip() for part in entry.split(";"))
        quality = 1.0
        for parameter in parameters:
            if parameter.startswith("q="):
                try:
                    quality = min(max(float(parameter[2:]), 0.0), 1.0)
                except ValueError:
                    quality = 0.0
        ranges[name] = max(quality, ranges.get(name, 0.0))
    return ranges
