"""The limit is the process's, and cannot be raised again by all: so each is tried in a process of its own."""

import subprocess
import sys

import pytest

SCRIPT = """
import logging, resource, sys
from app.kernel.open_files import allow_open_files

logging.basicConfig(format="%(message)s")
soft, hard, wanted = map(int, sys.argv[1:])
resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
allow_open_files(wanted, needed_by="this test needs", instead=" or be patient")
print(*resource.getrlimit(resource.RLIMIT_NOFILE))
"""
TOO_FEW = (
    "the system allows this process 300 open files, and this test needs 301: "
    "raise the limit (`ulimit -n`) or be patient\n"
)


@pytest.mark.parametrize(
    ("soft", "hard", "wanted", "left", "told"),
    [
        (100, 300, 200, "200 300\n", ""),
        (250, 300, 200, "250 300\n", ""),
        (100, 300, 300, "300 300\n", ""),
        (100, 300, 301, "300 300\n", TOO_FEW),
    ],
)
def test_raises_the_limit_as_far_as_it_may(soft, hard, wanted, left, told):
    ran = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(soft), str(hard), str(wanted)], capture_output=True, text=True, check=True
    )
    assert (ran.stdout, ran.stderr) == (left, told)
