"""Make the files of a new PostgreSQL server, with our role and database in it."""

import errno
import re
import shutil
from pathlib import Path

from app.embedded.child import Child, Launch
from app.embedded.system_user import SystemUser, user_for
from app.embedded.wheels import postgres_version

ROLE = "quaestor"
DATABASE = "quaestor"
SUPERUSER = "postgres"
MADE_WITHIN_SECONDS = 120.0
BUILTIN_LOCALE_SINCE = 17
NO_SPACE = re.compile(r"[^\n]*No space left on device")
SETUP = f"CREATE ROLE {ROLE} LOGIN CREATEDB;\nCREATE DATABASE {DATABASE} OWNER {ROLE};\n"


class ClusterNotMade(Exception):
    """A program of PostgreSQL failed; the message holds what it said."""


def make_cluster(binaries: Path, folder: Path) -> None:
    """Fill the empty `folder`: UTF-8, anyone who reaches the socket is let in (its folder keeps others out).

    :raises ClusterNotMade: with what PostgreSQL said.
    :raises OSError: the disk is full.
    """
    user = user_for(folder)
    if user is not None:
        shutil.chown(folder, user.uid, user.gid)
    initdb = (str(binaries / "initdb"), "-D", str(folder), "-U", SUPERUSER, "--auth=trust", "--encoding=UTF8")
    _run((*initdb, "--no-instructions", *_locale(binaries)), user, folder)
    # With no server running: the single-user mode reads statements from standard input.
    setup = folder / "setup.sql"
    setup.write_text(SETUP, encoding="ascii")
    if user is not None:
        shutil.chown(setup, user.uid, user.gid)
    single = (str(binaries / "postgres"), "--single", "-D", str(folder), "-F", "-c", "log_checkpoints=off", "postgres")
    _run(("/bin/sh", "-c", 'exec "$@" <"$0"', str(setup), *single), user, folder)
    setup.unlink()


def _locale(binaries: Path) -> tuple[str, ...]:
    # PostgreSQL's own C.UTF-8 sorts by code point and knows every letter's case, the same on every system.
    if postgres_version(binaries) >= BUILTIN_LOCALE_SINCE:
        return ("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
    return ("--locale=C.UTF-8",)


def _run(arguments: tuple[str, ...], user: SystemUser | None, folder: Path) -> None:
    log = folder.with_name(f"{folder.name}.log")
    with log.open("wb") as output:
        child = Child(Launch(arguments[0], arguments, {"LC_ALL": "C"}, user=user), output=output)
        try:
            code = child.wait(MADE_WITHIN_SECONDS)
        except (TimeoutError, KeyboardInterrupt):
            child.stop()
            raise
    said = log.read_text(encoding="utf-8", errors="replace")
    log.unlink()
    if no_space := NO_SPACE.search(said):
        raise OSError(errno.ENOSPC, no_space[0], str(folder.parent))
    if code != 0 or "ERROR:" in said or "FATAL:" in said:
        raise ClusterNotMade(f"{' '.join(arguments)} ended with {code}:\n{said}")
