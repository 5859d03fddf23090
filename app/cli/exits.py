"""How a command ends: its exit codes, and what it says on standard error."""

import asyncio
import errno
import sys
from collections.abc import Coroutine
from enum import IntEnum
from typing import Any, TypeVar

import asyncpg

from app.db.migrate import MigrationBlocked, SchemaMismatch, ServerTooOld
from app.db.not_written import NotWritten
from app.db.reachable import DatabaseUnreachable
from app.embedded.data_folder import DataFolderTaken
from app.embedded.leftovers import LeftOversRemain
from app.embedded.postgres import OtherVersion
from app.embedded.postgres_cluster import ClusterNotMade
from app.embedded.server import NotStarted
from app.embedded.system_user import NotOurData
from app.embedded.wheels import EmbeddedMissing
from app.kernel.errors import DomainError, NotReachable, Refused
from app.settings import WrongSetting

Answer = TypeVar("Answer")


class ExitCode(IntEnum):
    """What scripts rely on."""

    DONE = 0
    REFUSED = 1
    WRONG_USAGE = 2
    NOT_REACHABLE = 3
    INTERRUPTED = 130


class WrongUsage(Exception):
    """The command was called in a way it cannot be; the message says what to change."""


class NoneStarted(Exception):
    """The first of several processes ended before it was ready, with the exit code that it would have alone."""

    def __init__(self, name: str, code: int) -> None:
        super().__init__(f"{name} ended before it was ready, so no other one was started; what it said is above.")
        self.code = code


REFUSALS = (
    Refused,
    DomainError,
    DataFolderTaken,
    LeftOversRemain,
    OtherVersion,
    ClusterNotMade,
    NotStarted,
    NotOurData,
    SchemaMismatch,
    ServerTooOld,
    MigrationBlocked,
)
UNREACHABLE = (
    NotReachable,
    DatabaseUnreachable,
    EmbeddedMissing,
    ConnectionError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,  # It is shutting down, or starting, or was told to end our session.
    asyncpg.TooManyConnectionsError,
)
OF_THE_DATABASE = {
    asyncpg.DiskFullError: "The disk of the database is full: free some space, or give it more.",
    asyncpg.ReadOnlySQLTransactionError: "The database is read-only: is it a standby, or was it set so?",
    asyncpg.InsufficientPrivilegeError: "The role of DATABASE_URL may not do this: it must own the database's tables.",
    asyncpg.LockNotAvailableError: "A table or row is locked by somebody else for too long: try again.",
}
"""Errors of the database whose cause the operator can remove."""
OF_THE_MACHINE = {
    errno.ENOSPC: "The disk is full: free some space, or choose another data folder with --data-dir.",
    errno.EDQUOT: "The disk quota is used up: free some space, or choose another data folder with --data-dir.",
    errno.EROFS: "This file system is read-only: choose another data folder with --data-dir.",
    errno.EACCES: "This user may not do this: choose another data folder with --data-dir, or another user.",
    errno.EPERM: "This user may not do this: choose another data folder with --data-dir, or another user.",
    errno.EMFILE: "This process may open no more files: raise its limit (ulimit -n).",
    errno.ENFILE: "This machine may open no more files: raise its limit.",
}
"""Errors of the machine whose cause the operator can remove."""


def code_for(problem: BaseException) -> ExitCode | None:
    """The exit code that says what went wrong; None for a fault of ours, which deserves its traceback."""
    match problem:
        case WrongSetting() | WrongUsage():
            return ExitCode.WRONG_USAGE
        case KeyboardInterrupt():
            return ExitCode.INTERRUPTED
        case NoneStarted():
            return ExitCode(problem.code) if problem.code in set(ExitCode) else ExitCode.REFUSED
        case _ if isinstance(problem, UNREACHABLE):
            return ExitCode.NOT_REACHABLE
        case _ if isinstance(problem, REFUSALS) or _what_to_do(problem):
            return ExitCode.REFUSED
    return None


def end_with(problem: BaseException) -> int:
    """Say on standard error what went wrong, and answer the exit code.

    :raises BaseException: `problem` itself, if it is a fault of ours.
    """
    code = code_for(problem)
    if code is None:
        raise problem
    if code is not ExitCode.INTERRUPTED:
        said = str(problem) or type(problem).__name__
        what_to_do = _what_to_do(problem)
        print(f"{what_to_do} ({said.splitlines()[0]})" if what_to_do else said, file=sys.stderr)
    return code


def _what_to_do(problem: BaseException) -> str | None:
    if isinstance(problem, NotWritten) and problem.__cause__ is not None:
        problem = problem.__cause__
    if isinstance(problem, OSError):
        return OF_THE_MACHINE.get(problem.errno or 0)
    return next((told for kind, told in OF_THE_DATABASE.items() if isinstance(problem, kind)), None)


def run(work: Coroutine[Any, Any, Answer]) -> Answer:
    """Run an asynchronous command on the main thread."""
    return asyncio.run(work)
