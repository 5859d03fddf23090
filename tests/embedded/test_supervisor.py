import asyncio
import os
import signal
import sys

import pytest

from app.embedded.child import Launch
from app.embedded.leftovers import LeftOversRemain, find_process
from app.embedded.supervisor import Supervisor

SAYS_AND_SLEEPS = (sys.executable, "-c", "import os, time; print('I am', os.getpid(), flush=True); time.sleep(600)")


IS_LOUD = """
import time
for line in ("shown", "secret", "x" * 2_000_000, "last"):
    print(line, flush=True)
time.sleep(600)
"""
SAYS_BYE = """
import signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: (print("bye", flush=True), sys.exit()))
print("up", flush=True)
time.sleep(600)
"""


class Part:
    """What is kept: a program, and the faults of its first clean-ups."""

    def __init__(self, name="part", arguments=SAYS_AND_SLEEPS, faults=()):
        self.name = name
        self.arguments = arguments
        self.faults = list(faults)
        self.retired = 0

    def clean_up(self):
        if self.faults:
            raise self.faults.pop(0)

    def retire(self):
        self.retired += 1

    def launch(self):
        return Launch(self.name, self.arguments, {}, hides=lambda line: "secret" in line)

    def accepts(self, pid):
        return find_process(pid) is not None


@pytest.fixture
async def lines():
    return []


@pytest.fixture
async def supervisor(lines, monkeypatch):
    monkeypatch.setattr("app.embedded.supervisor.HEALTHY_AFTER_SECONDS", 600)  # No slow start is taken for health.
    made = Supervisor(lambda name, line: lines.append((name, line)))
    yield made
    await made.stop()


async def until(condition):
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.01)


def said_by(lines, name):
    return [line for who, line in lines if who == name]


async def test_starts_again_what_was_killed_and_says_so(supervisor, lines):
    part = Part()
    supervisor.keep(part)
    await until(lambda: said_by(lines, "part"))
    first = int(said_by(lines, "part")[0].removeprefix("I am "))

    os.kill(first, signal.SIGKILL)

    await until(lambda: len(said_by(lines, "part")) == 2)
    assert said_by(lines, "quaestor") == [f"part (process {first}) was ended by SIGKILL; starting it again now."]
    await supervisor.until_accepting(part)


async def test_waits_longer_each_time_for_what_cannot_live(supervisor, lines):
    supervisor.keep(Part(arguments=(sys.executable, "-c", "raise SystemExit(3)")))
    await until(lambda: len(said_by(lines, "quaestor")) == 3)
    assert [line.partition(") ")[2] for line in said_by(lines, "quaestor")] == [
        "ended with exit code 3; starting it again now.",
        "ended with exit code 3; starting it again in 0.2 s.",
        "ended with exit code 3; starting it again in 0.5 s.",
    ]


async def test_tries_again_when_leftovers_remain(supervisor, lines):
    supervisor.keep(Part(faults=[LeftOversRemain("they still run"), LeftOversRemain("they still run")]))
    await until(lambda: said_by(lines, "part"))
    assert said_by(lines, "quaestor") == [
        "part cannot be started: they still run; starting it again now.",
        "part cannot be started: they still run; starting it again in 0.2 s.",
    ]


async def test_tries_again_when_the_program_is_not_there(supervisor, lines):
    part = Part(arguments=("/nonexistent/program",))
    supervisor.keep(part)
    await until(lambda: said_by(lines, "quaestor"))
    part.arguments = SAYS_AND_SLEEPS
    await until(lambda: any(line.startswith("I am") for line in said_by(lines, "part")))


async def test_passes_lines_on_but_not_the_hidden_ones(supervisor, lines):
    supervisor.keep(Part(arguments=(sys.executable, "-c", IS_LOUD)))
    await until(lambda: "last" in said_by(lines, "part"))
    assert said_by(lines, "part")[0] == "shown"
    assert "secret" not in said_by(lines, "part")
    assert max(len(line) for line in said_by(lines, "part")) < 1_100_000


async def test_ends_the_last_group_first_and_all_of_it(supervisor, lines):
    first, *second = [Part(name, (sys.executable, "-c", SAYS_BYE)) for name in ("first", "second", "third")]
    supervisor.keep(first)
    supervisor.keep(*second)
    await until(lambda: len(lines) == 3)

    await supervisor.stop()

    byes = [name for name, line in lines if line == "bye"]
    assert (set(byes[:2]), byes[2]) == ({"second", "third"}, "first")
    assert [part.retired for part in (first, *second)] == [1, 1, 1]
    assert said_by(lines, "quaestor") == []


async def test_ends_one_for_good_and_keeps_the_others(supervisor, lines):
    one, other = Part("one"), Part("other")
    supervisor.keep(one, other)
    await until(lambda: len(lines) == 2)

    await supervisor.end(one)
    os.kill(int(said_by(lines, "other")[0].removeprefix("I am ")), signal.SIGKILL)

    await until(lambda: len(said_by(lines, "other")) == 2)
    assert len(said_by(lines, "one")) == 1


async def test_leaves_alone_what_shall_not_go_on(lines):
    asked = []

    def goes_on(kept, code):
        asked.append((kept.name, code))
        return len(asked) < 3

    supervisor = Supervisor(lambda name, line: lines.append((name, line)), goes_on=goes_on)
    supervisor.keep(Part(arguments=(sys.executable, "-c", "raise SystemExit(3)")))
    await until(lambda: len(asked) == 3)
    await supervisor.stop()
    assert asked == [("part", 3)] * 3
    assert len(said_by(lines, "quaestor")) == 2


async def test_kills_in_a_hurry_what_does_not_end(supervisor, lines):
    stubborn = "import signal, time; signal.signal(15, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"
    part = Part(arguments=(sys.executable, "-c", stubborn))
    part.launch = lambda: Launch(part.name, part.arguments, {}, stop=((signal.SIGTERM, 600.0),))
    supervisor.keep(part)
    await until(lambda: said_by(lines, "part"))
    ending = asyncio.create_task(supervisor.stop())
    await asyncio.sleep(0.1)
    assert not ending.done()
    supervisor.hurry()
    await asyncio.wait_for(ending, 60)


async def test_lets_children_print_where_we_do_if_asked(lines, tmp_path):
    supervisor = Supervisor(lambda name, line: lines.append((name, line)), takes_lines=False)
    part = Part(arguments=(sys.executable, "-c", f"open({str(tmp_path / 'up')!r}, 'w'); print(end='')"))
    supervisor.keep(part)
    await until((tmp_path / "up").exists)
    await supervisor.stop()
    assert said_by(lines, "part") == []
