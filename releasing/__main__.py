"""`make release`: first the version is set, then, with everything generated anew, its folder is written.

`python -m releasing set-version 0.2.0`, then `python -m releasing write`. Both may be repeated until the tag is made.
"""

import argparse
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

from releasing.changelog import NothingToRelease
from releasing.set_version import VersionRefused, set_version


def main() -> int:
    """Do one of the two steps; answers the exit code."""
    parser = argparse.ArgumentParser(prog="python -m releasing", description=__doc__)
    steps = parser.add_subparsers(dest="step", required=True)
    setting = steps.add_parser("set-version", help="write the version into pyproject.toml and uv.lock")
    setting.add_argument("version", nargs="?", help="as 0.2.0; left out: the one that pyproject.toml has")
    steps.add_parser("write", help="check the API against the last release, and write releases/<version>/")
    arguments = parser.parse_args()
    try:
        if arguments.step == "set-version":
            print(f"version {set_version(arguments.version, tags=_tags())}")
            return 0
        return _write(datetime.now(UTC).date())
    except (NothingToRelease, VersionRefused) as refused:
        print(refused, file=sys.stderr)
        return 1


def _write(today: date) -> int:
    from releasing.write_release import write_release  # noqa: PLC0415 - slow: it makes the schema

    written, faults = write_release(today)
    for fault in faults:
        print(fault, file=sys.stderr)
    if faults:
        print("Nothing was written. docs/versions.md says what a new version may change.", file=sys.stderr)
        return 1
    for file in written:
        print(f"wrote {file.relative_to(Path.cwd()) if file.is_relative_to(Path.cwd()) else file}")
    version = written[0].parent.name
    print(f"Commit it, then: git tag --annotate v{version} --message 'Quaestor {version}'")
    return 0


def _tags() -> set[str]:
    listed = subprocess.run(["git", "tag", "--list"], capture_output=True, text=True, check=False)  # noqa: S607
    return set(listed.stdout.split())


if __name__ == "__main__":
    sys.exit(main())
