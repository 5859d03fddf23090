"""What is not released yet becomes the section of a version."""

from datetime import date

import pytest

from releasing.changelog import NothingToRelease, release_dates, sections, with_release

DAY = date(2026, 12, 1)
HEAD = "# Changelog\n\nFor users.\n\n"
FIRST = f"{HEAD}## [Unreleased]\n\n### Added\n\n- One.\n- Two,\n  in two lines.\n\n### Fixed\n\n- Three.\n"
RELEASED = (
    f"{HEAD}## [Unreleased]\n\n## [0.1.0] - 2026-12-01\n\n"
    "### Added\n\n- One.\n- Two,\n  in two lines.\n\n### Fixed\n\n- Three.\n"
)


def test_gives_the_version_all_that_was_not_released():
    made = with_release(FIRST, "0.1.0", DAY)
    assert made == RELEASED
    assert release_dates(made) == {"0.1.0": DAY}
    assert sections(made)["Unreleased"] == ""
    assert sections(made)["0.1.0"].startswith("### Added\n\n- One.")


def test_changes_nothing_when_it_is_made_again():
    assert with_release(RELEASED, "0.1.0", DAY) == RELEASED


def test_adds_new_lines_when_it_is_made_again():
    more = "## [Unreleased]\n\n### Changed\n\n- Four.\n\n### Added\n\n- Five.\n\n## [0.1.0]"
    assert with_release(RELEASED.replace("## [Unreleased]\n\n## [0.1.0]", more), "0.1.0", date(2026, 12, 2)) == (
        f"{HEAD}## [Unreleased]\n\n## [0.1.0] - 2026-12-02\n\n"
        "### Added\n\n- One.\n- Two,\n  in two lines.\n- Five.\n\n### Changed\n\n- Four.\n\n### Fixed\n\n- Three.\n"
    )


def test_leaves_earlier_versions_as_they_are():
    with_more = RELEASED.replace("## [0.1.0]", "### Added\n\n- Six.\n\n## [0.1.0]")
    made = with_release(with_more, "0.2.0", date(2027, 1, 1))
    assert made == RELEASED.replace("## [0.1.0]", "## [0.2.0] - 2027-01-01\n\n### Added\n\n- Six.\n\n## [0.1.0]")


def test_refuses_a_release_of_nothing():
    with pytest.raises(NothingToRelease, match=r"no line below ## \[Unreleased\], and no section of 0\.2\.0"):
        with_release(RELEASED, "0.2.0", DAY)


def test_refuses_kinds_of_changes_that_there_are_not():
    with pytest.raises(ValueError, match="Improved: kinds of changes are Added, Changed"):
        with_release(f"{HEAD}## [Unreleased]\n\n### Improved\n\n- One.\n", "0.1.0", DAY)
