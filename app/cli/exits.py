"""How a command ends: its exit codes, and what it says on standard error."""

import asyncio
import sys
from collections.abc import Coroutine
from enum import IntEnum
from typing import Any, TypeVar

import asyncpg

from app.db.migrate import MigrationBlocked, SchemaMismatch, ServerTooOld
from app.db.reachable import DatabaseUnreachable
from app.embedded.data_folder import DataFolderTaken
from app.embedded.leftovers import LeftOversRemain
from app.embedded.postgres import OtherVersion
from app.embedded.postgres_cluster import ClusterNotMade
from app.embedded.server import NotStarted
from app.embedded.system_user import NotOurData
from app.embedded.wheels import EmbeddedMissing
from app.kernel.errors import DomainError
from app.settings import WrongSetting

Answer = TypeVar("Answer")


class ExitCode(IntEnum):
    """What scripts rely on."""

    DONE = 0
    REFUSED = 1
    WRONG_USAGE = 2
    NOT_REACHABLE = 3
    INTERRUPTED = 130


class Refused(Exception):
    """The command was not done; the message says why and what to change."""


class WrongUsage(Exception):
    """The command was called in a way it cannot be; the message says what to change."""


class NotReachable(Exception):
    """A server that the command needs does not answer; the message names it and says how to start it."""


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
UNREACHABLE = (NotReachable, DatabaseUnreachable, EmbeddedMissing, ConnectionError, asyncpg.PostgresConnectionError)


def code_for(problem: BaseException) -> ExitCode | None:
    """The exit code that says what went wrong; None for a fault of ours, which deserves its traceback."""
    match problem:
        case WrongSetting() | WrongUsage():
            return ExitCode.WRONG_USAGE
        case KeyboardInterrupt():
            return ExitCode.INTERRUPTED
        case _ if isinstance(problem, UNREACHABLE):
            return ExitCode.NOT_REACHABLE
        case _ if isinstance(problem, REFUSALS):
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
        print(str(problem) or type(problem).__name__, file=sys.stderr)
    return code


def run(work: Coroutine[Any, Any, Answer]) -> Answer:
    """Run an asynchronous command on the main thread."""
    return asyncio.run(work)
