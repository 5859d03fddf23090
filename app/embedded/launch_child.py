"""Become another program that ends when its parent does. Run by path, with the standard library alone.

    launch_child.py PARENT SIGNAL USER LIFELINE PROGRAM ARGUMENT…

PARENT is the process that must live, SIGNAL the number of the signal its end sends us, USER is `uid:gid:capability` or
`-`, LIFELINE the descriptor of a pipe whose end of file means the parent's end, or `-` where Linux watches for us.

Why a program of its own: the request to end with the parent is lost when the user changes, so it must be made between
that and the start; and Python may not run code of ours between fork and exec when it has threads.
"""

import contextlib
import ctypes
import os
import select
import sys
import time

PR_SET_PDEATHSIG = 1
PR_SET_KEEPCAPS = 8
PR_SET_SECUREBITS = 28
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_RAISE = 2
SECBIT_NO_SETUID_FIXUP = 1 << 2
SECBIT_KEEP_CAPS = 1 << 4
CAPABILITY_VERSION = 0x20080522
LOOK_EVERY_SECONDS = 0.5
PARENT_GONE = 1


def main() -> None:
    """Do what the module says; returns only if it fails."""
    parent, signal_number, user, lifeline = sys.argv[1:5]
    program = sys.argv[5:]
    if lifeline != "-":
        _leave_a_watcher(int(lifeline), int(signal_number))
    if user != "-":
        _become(*(int(part) for part in user.split(":")))
    if lifeline == "-":
        _prctl(PR_SET_PDEATHSIG, int(signal_number))
        if os.getppid() != int(parent):
            sys.exit(PARENT_GONE)  # It ended before we could ask to be told.
    os.execvp(program[0], program)  # noqa: S606 - the program is ours, and no shell is wanted


def _become(uid: int, gid: int, capability: int) -> None:
    """Change the user. Keep one capability (none if negative): to search folders that only root may."""
    if capability >= 0:
        _prctl(PR_SET_KEEPCAPS, 1)
        # PostgreSQL looks for its own program with access(2), which ignores the capability without this. Some
        # containers lack the right to do it; there the program must be in a folder that everybody may search.
        with contextlib.suppress(PermissionError):
            _prctl(PR_SET_SECUREBITS, SECBIT_KEEP_CAPS | SECBIT_NO_SETUID_FIXUP)
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)
    if capability >= 0:
        header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION, 0)
        # Effective, permitted, inheritable; then the same again for the capabilities from 32 on.
        sets = (ctypes.c_uint32 * 6)(1 << capability, 1 << capability, 1 << capability, 0, 0, 0)
        _check(ctypes.CDLL(None, use_errno=True).capset(header, sets), "capset")
        _prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability)


def _prctl(option: int, *arguments: int) -> None:
    words = [ctypes.c_ulong(word) for word in (*arguments, 0, 0, 0, 0)[:4]]
    _check(ctypes.CDLL(None, use_errno=True).prctl(option, *words), "prctl")


def _check(result: int, name: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


def _leave_a_watcher(lifeline: int, signal_number: int) -> None:
    """Fork a process that signals us when the pipe ends, and ends when we do."""
    watched = os.getpid()
    if os.fork() != 0:
        os.close(lifeline)
        return
    os.setpgid(0, 0)
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    while os.getppid() == watched:
        readable, _, _ = select.select([lifeline], [], [], LOOK_EVERY_SECONDS)
        if readable and os.getppid() == watched:
            os.kill(watched, signal_number)
            time.sleep(LOOK_EVERY_SECONDS)
    os._exit(0)


if __name__ == "__main__":
    main()
