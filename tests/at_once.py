"""Several tests at once: one process collects them all, then forks others, which run them and tell it what came out.

A process that starts anew would import and collect for itself, which takes as long as hundreds of tests. Each of ours
has its own fixtures of every scope, so a PostgreSQL of its own, and its own temporary folder. Most tests of a file stay
together. When a process dies, the test that it ran has failed, and another process takes its place.
"""

import contextlib
import multiprocessing
import os
import sys
import traceback
import warnings
from collections import deque
from multiprocessing.connection import Connection, wait
from types import SimpleNamespace
from typing import Any, NoReturn

import pytest

PROCESSES_MAX = 8
AHEAD = 2
"""Tests that a process knows of: the one that it runs, and the next, which says what fixtures are still wanted."""


def pytest_addoption(parser):
    told = f"how many tests run at once; auto: two for each processor, at most {PROCESSES_MAX}"
    parser.addoption("--at-once", metavar="N", default="1", help=told)


def processes_of(asked: str) -> int:
    """How many processes `--at-once` asks for: with `auto` two for each processor, as a test spends much time waiting.

    :raises pytest.UsageError: it is neither that nor a number.
    """
    if asked == "auto":
        return min(2 * (os.cpu_count() or 1), PROCESSES_MAX)
    if not (asked.isascii() and asked.isdecimal()) or int(asked) < 1:
        raise pytest.UsageError(f"--at-once is a number from 1 on, or auto, not {asked!r}")
    return int(asked)


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session):
    """Run all that was collected in other processes, if several are asked for."""
    option = session.config.option
    count = min(processes_of(option.at_once), len(session.items))
    is_of_others = hasattr(session.config, "workerinput")  # A worker of pytest-xdist: its tests come one by one.
    if count <= 1 or session.testsfailed or option.collectonly or option.usepdb or is_of_others:
        return None
    session.config._tmp_path_factory.getbasetemp()  # Made now, so that theirs are all in one.
    crew = _Crew(session)
    try:
        crew.start(count)
        crew.run()
    finally:
        crew.leave()
    return True


class _Member:
    """A process, seen from the one that forked it. Tests are places in the session's list of them."""

    def __init__(self, number: int, pid: int, connection: Connection, share: deque[int]) -> None:
        self.number = number
        self.connection = connection
        self.share = share
        self.under_way: deque[int] = deque()
        self._pid = pid

    def give(self, place: int | None) -> None:
        """Have it run this test after those that it knows of; None: no more."""
        if place is not None:
            self.under_way.append(place)
        with contextlib.suppress(OSError):  # It has ended, which is seen when we read.
            self.connection.send(place)

    def wait(self) -> int:
        """Let it end when it has run its test, and answer its exit code, negative for a signal."""
        self.connection.close()
        return os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1])


class _Crew:
    """All processes that run the tests of a session."""

    def __init__(self, session: pytest.Session) -> None:
        self._session = session
        self._members: dict[Connection, _Member] = {}

    def start(self, count: int) -> None:
        """So many processes, each with a part of the list."""
        bounds = [len(self._session.items) * number // count for number in range(count + 1)]
        for number in range(count):
            self._start(number, deque(range(bounds[number], bounds[number + 1])))

    def run(self) -> None:
        """Until all tests have run.

        :raises pytest.Session.Failed: as many failed as may.
        """
        while self._members:
            for connection in wait(list(self._members)):
                member = self._members[connection]
                try:
                    told = connection.recv()
                except (EOFError, OSError):
                    self._has_ended(member)
                else:
                    member.under_way.popleft()
                    self._pass_on(member.number, *told)
                    self._give(member)

    def leave(self) -> None:
        """Let each end the test that it runs, and then itself."""
        for member in self._members.values():
            member.connection.close()
        for member in self._members.values():
            member.wait()

    def _start(self, number: int, share: deque[int]) -> None:
        ours, theirs = multiprocessing.Pipe()
        pid = os.fork()
        if pid == 0:
            # Who holds the other ends open would keep their processes from noticing that the first one has ended.
            for connection in (ours, *self._members):
                connection.close()
            _run_tests(self._session, theirs)
        theirs.close()
        self._members[ours] = member = _Member(number, pid, ours, share)
        for _ in range(AHEAD):
            self._give(member)

    def _give(self, member: _Member) -> None:
        """One more test; when its own are given out, from the end of the longest part that is left."""
        if not member.share:
            longest = max((other.share for other in self._members.values()), key=len)
            for _ in range((len(longest) + 1) // 2):
                member.share.appendleft(longest.pop())
        member.give(member.share.popleft() if member.share else None)

    def _pass_on(self, number: int, reports: list[Any], warned: list[Any]) -> None:
        """Tell pytest what a process told."""
        hook = self._session.config.hook
        for known in warned:
            hook.pytest_warning_recorded.call_historic(kwargs=known)
        for data in reports:
            report = hook.pytest_report_from_serializable(config=self._session.config, data=data)
            # What pytest shows of it: in its lines with -v, and above a failure.
            report.node = SimpleNamespace(gateway=SimpleNamespace(id=number), _workerinfocache=None)
            hook.pytest_runtest_logreport(report=report)
        if self._session.shouldfail:
            raise self._session.Failed(self._session.shouldfail)

    def _has_ended(self, member: _Member) -> None:
        """As it was told to, or else the test that it ran has failed."""
        del self._members[member.connection]
        code = member.wait()
        if not member.under_way:
            assert code == 0, f"a process ended with {code} after its last test"
            return
        item = self._session.items[member.under_way.popleft()]
        member.share.extendleft(reversed(member.under_way))
        said = f"The process that ran it ended with {code}."
        report = pytest.TestReport(item.nodeid, item.location, {}, "failed", said, "call")
        self._session.config.hook.pytest_runtest_logreport(report=report)
        if member.share:
            self._start(member.number, member.share)


class _Teller:
    """A plugin in each process: gathers what pytest would tell people of a test."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self.reports: list[Any] = []
        self.warned: list[Any] = []

    def pytest_runtest_logreport(self, report):
        self.reports.append(self._config.hook.pytest_report_to_serializable(config=self._config, report=report))

    def pytest_warning_recorded(self, warning_message, when, nodeid, location):
        # Its class and its arguments may be of a kind that cannot be sent.
        text = UserWarning(f"{warning_message.category.__name__}: {warning_message.message}")
        same = warnings.WarningMessage(text, UserWarning, warning_message.filename, warning_message.lineno)
        self.warned.append({"warning_message": same, "when": when, "nodeid": nodeid, "location": location})


def _run_tests(session: pytest.Session, connection: Connection) -> NoReturn:
    """Run the tests whose places come, each when the next is known, and end."""
    code = 1
    try:
        teller = _become_a_process_of_its_own(session.config)
        item = _next_item(session, connection)
        while item is not None:
            following = _next_item(session, connection)
            session.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            connection.send((teller.reports, teller.warned))
            teller.reports, teller.warned = [], []
            item = None if session.shouldfail else following
        code = 0
    except (BrokenPipeError, ConnectionResetError, KeyboardInterrupt):
        pass  # The first process has ended, or whoever started it has enough.
    except BaseException:  # noqa: BLE001 - nobody above this
        traceback.print_exc()
    finally:
        try:
            session._setupstate.teardown_exact(None)
        finally:
            sys.stderr.flush()
            os._exit(code)


def _next_item(session: pytest.Session, connection: Connection) -> pytest.Item | None:
    try:
        place = connection.recv()
    except EOFError:
        return None
    return None if place is None else session.items[place]


def _become_a_process_of_its_own(config: pytest.Config) -> _Teller:
    """Share no file with the others: neither what output is captured in, nor the temporary folder."""
    plugins = config.pluginmanager
    plugins.unregister(name="terminalreporter")
    capture = plugins.getplugin("capturemanager")
    capture.stop_global_capturing()
    capture.start_global_capturing()
    capture.suspend_global_capture()
    folders = config._tmp_path_factory
    folders._basetemp = folders.mktemp("process")
    folders._next_number.clear()
    teller = _Teller(config)
    plugins.register(teller)
    return teller
