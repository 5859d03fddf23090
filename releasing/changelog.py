"""The changelog: what is not released yet becomes the section of a version."""

import re
from datetime import date

UNRELEASED = "## [Unreleased]"
SECTION = re.compile(
    r"^## \[(?P<name>[^\]]+)\](?: - (?P<date>\d{4}-\d{2}-\d{2}))?\n(?P<text>.*?)(?=^## \[|\Z)", re.MULTILINE | re.DOTALL
)
KINDS = ("Added", "Changed", "Deprecated", "Removed", "Fixed", "Security")
"""In the order of Keep a Changelog."""


class NothingToRelease(Exception):
    """The changelog has no section of the version, and nothing that is not released."""


def sections(changelog: str) -> dict[str, str]:
    """The text of each section, by its name: `Unreleased`, `0.1.0`."""
    return {found["name"]: found["text"].strip() for found in SECTION.finditer(changelog)}


def release_dates(changelog: str) -> dict[str, date]:
    """When each version was released."""
    return {found["name"]: date.fromisoformat(found["date"]) for found in SECTION.finditer(changelog) if found["date"]}


def with_release(changelog: str, version: str, today: date) -> str:
    """The changelog in which all that is not released is this version's.

    A version that has a section already, since it is made again, keeps its lines, and gets the new ones after them.

    :raises NothingToRelease: there are no lines for it.
    """
    known = sections(changelog)
    kinds = _kinds(known.get(version, ""))
    for kind, lines in _kinds(known.get("Unreleased", "")).items():
        kinds[kind] = "\n".join(filter(None, (kinds.get(kind), lines)))
    if not kinds:
        raise NothingToRelease(f"CHANGELOG.md has no line below {UNRELEASED}, and no section of {version}.")
    text = "\n\n".join(f"### {kind}\n\n{kinds[kind]}" for kind in sorted(kinds, key=KINDS.index))
    without = SECTION.sub(lambda found: "" if found["name"] in {version, "Unreleased"} else found[0], changelog)
    head, _, tail = _before_sections(without)
    rest = f"\n\n{tail.strip()}" if tail.strip() else ""
    return f"{head.rstrip()}\n\n{UNRELEASED}\n\n## [{version}] - {today}\n\n{text}{rest}\n"


def _kinds(text: str) -> dict[str, str]:
    """The lines of each kind of change of a section."""
    parts = re.split(r"^### (\w+)\n", text, flags=re.MULTILINE)[1:]
    unknown = set(parts[::2]) - set(KINDS)
    if unknown:
        raise ValueError(f"CHANGELOG.md: {', '.join(sorted(unknown))}: kinds of changes are {', '.join(KINDS)}")
    return {kind: lines.strip() for kind, lines in zip(parts[::2], parts[1::2], strict=True) if lines.strip()}


def _before_sections(changelog: str) -> tuple[str, str, str]:
    found = re.search(r"^## \[", changelog, flags=re.MULTILINE)
    where = len(changelog) if found is None else found.start()
    return changelog[:where], "", changelog[where:]
