"""What our own commands leave in the log of the database's server: nothing."""

import asyncio
import subprocess
import time

import asyncpg
import pytest

from app.embedded.data_folder import running_servers
from tests.cli.running_dev import QUAESTOR, clean_environment

SECONDS_MAX = 60


@pytest.mark.thorough
def test_take_leave_of_the_database(dev):
    for command in (["customers", "list"], ["keys", "list"], ["work", "list"], ["verify"], ["migrate", "--check"]) * 2:
        subprocess.run(
            [QUAESTOR, *command],
            cwd=dev.working_dir,
            env=clean_environment(),
            capture_output=True,
            check=True,
            timeout=150,
        )
    url = running_servers(dev.data_dir).database_url
    with pytest.raises(asyncpg.InvalidCatalogNameError):
        asyncio.run(asyncpg.connect(url.replace("/quaestor?", "/a_mark_in_the_log?")))
    log, until = dev.working_dir / "log", time.monotonic() + SECONDS_MAX
    while "a_mark_in_the_log" not in log.read_text("utf-8"):
        assert time.monotonic() < until
        time.sleep(0.05)
    faults = [line for line in log.read_text("utf-8").splitlines() if "FATAL" in line or "connection to client" in line]
    assert len(faults) == 1, faults
