"""`quaestor dev` heals by itself, whichever of its processes are killed."""

import asyncio
import contextlib
import os
import random
import signal
import socket
import sys
from pathlib import Path

import httpx
import pytest

from app.embedded.child import Child, Launch
from app.embedded.data_folder import running_servers
from app.embedded.leftovers import all_processes
from tests.faults.processes import SETTINGS, until_ready, without_settings
from tests.faults.story import story

pytestmark = [
    pytest.mark.faults,
    pytest.mark.timeout(300),
    pytest.mark.skipif(sys.platform != "linux", reason="finds the children in /proc"),
]

PARTS = ("worker", "api", "redis", "postgres")


async def test_heals_whichever_of_its_processes_is_killed(tmp_path, seed):
    port = _lasting_port()
    address, folder = f"http://127.0.0.1:{port}", tmp_path / "data"
    async with _dev(folder, port, tmp_path / "log") as dev, httpx.AsyncClient(trust_env=False) as client:
        await until_ready(client, address)
        database_url = running_servers(folder).database_url
        async with story(database_url, [address], seed=seed) as told:
            async with told.issuing():
                for part in PARTS:
                    await asyncio.sleep(told.random.uniform(0.2, 1.5))
                    await _kill_and_see_it_again(dev.pid, [part])
                await asyncio.sleep(told.random.uniform(0.2, 1.5))
                await _kill_and_see_it_again(dev.pid, PARTS)
            await until_ready(client, address)
            await told.prove_all_done()
        said = (tmp_path / "log").read_text(encoding="utf-8")
        for part in PARTS:
            assert said.count(f"{part} (process ") >= 2
        assert set(await _until_all_run(dev.pid)) == set(PARTS)


def _lasting_port():
    """A free port that no connection of others is given as its own while the API is dead."""
    for port in random.sample(range(20_000, 30_000), 100):
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError("no port is free")


@contextlib.asynccontextmanager
async def _dev(folder, port, log):
    """A `quaestor dev` that ends with us."""
    arguments = (sys.executable, "-m", "app.cli.main", "dev", "--port", str(port), "--data-dir", str(folder))
    with without_settings(), log.open("wb") as output:
        child = Child(Launch("dev", arguments, SETTINGS, stop=((signal.SIGTERM, 15),)), output=output)
        try:
            yield child
        except BaseException:
            print(log.read_text(encoding="utf-8", errors="replace"))
            raise
        finally:
            code = await asyncio.to_thread(child.stop)
    assert code == 0


async def _kill_and_see_it_again(dev_pid, parts):
    """Kill -9 the processes of these parts, all at once, and wait until there are others in their place."""
    before = await _until_all_run(dev_pid)
    for part in parts:
        os.kill(before[part], signal.SIGKILL)
    async with asyncio.timeout(60):
        while True:
            now = await _until_all_run(dev_pid)
            if all(now[part] != before[part] for part in parts):
                return
            await asyncio.sleep(0.02)


async def _until_all_run(dev_pid):
    """The process of each part."""
    async with asyncio.timeout(60):
        while True:
            found = {
                part: process.pid
                for process in all_processes()
                if _parent_of(process.pid) == dev_pid and (part := _part_of(process.arguments))
            }
            if len(found) == len(PARTS):
                return found
            await asyncio.sleep(0.02)


def _part_of(arguments):
    if "serve" in arguments:
        return "api"
    if "workers.main" in arguments or "worker" in arguments:
        return "worker"
    if "--unixsocket" in arguments:
        return "redis"
    return "postgres" if any(Path(argument).name == "postgres" for argument in arguments[:8]) else None


def _parent_of(pid):
    with contextlib.suppress(OSError):
        return int(
            Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[1]
        )
    return None
