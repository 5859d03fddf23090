"""The user that PostgreSQL runs as when we are root: it refuses to run as root."""

import os
import pwd
import sys
from dataclasses import dataclass
from pathlib import Path

# Either lets a process search folders that only root may search, such as a clone below /root. The first cannot write.
CAP_DAC_READ_SEARCH = 2
CAP_DAC_OVERRIDE = 1
NO_CAPABILITY = -1
UNPRIVILEGED = "nobody"


class NotOurData(Exception):
    """The data belongs to a user whom we may not become. The message says what to do."""


@dataclass(frozen=True, slots=True)
class SystemUser:
    """A user to become, and the one capability of root's to keep (-1: none)."""

    uid: int
    gid: int
    capability: int

    def as_argument(self) -> str:
        """`uid:gid:capability`, as `launch_child.py` reads it."""
        return f"{self.uid}:{self.gid}:{self.capability}"


def user_for(data: Path) -> SystemUser | None:
    """Whom a server with its files in `data` must run as: None is whoever we are.

    As root it is the owner of the files, and of new ones `nobody`.

    :raises NotOurData: the files are another user's, and we are not root.
    """
    owner = data.stat().st_uid if data.exists() else None
    if os.geteuid() != 0:
        if owner not in (None, os.geteuid()):
            raise NotOurData(
                f"{data} belongs to the user of id {owner}: run as that user or as root, or choose another data folder."
            )
        return None
    try:
        entry = pwd.getpwuid(owner) if owner else pwd.getpwnam(UNPRIVILEGED)
    except KeyError as unknown:
        raise NotOurData(
            f"PostgreSQL refuses to run as root, and the user {owner or UNPRIVILEGED} is not known here: "
            "start Quaestor as a plain user."
        ) from unknown
    return SystemUser(entry.pw_uid, entry.pw_gid, _capability_to_keep())


def _capability_to_keep() -> int:
    if sys.platform != "linux":
        return NO_CAPABILITY
    status = Path("/proc/self/status").read_text(encoding="ascii")
    effective = int(next(line for line in status.splitlines() if line.startswith("CapEff:")).split()[1], 16)
    kept = (number for number in (CAP_DAC_READ_SEARCH, CAP_DAC_OVERRIDE) if effective >> number & 1)
    return next(kept, NO_CAPABILITY)
