"""A worker looks for garbage seldom, and never through what is loaded."""

import json
import subprocess
import sys

from app.kernel.garbage import THRESHOLDS
from tests.cli.running_dev import clean_environment

TELLS = """
import gc, json
from workers.process import run_process

async def run(_settings, _stopped):
    print(json.dumps([gc.isenabled(), gc.get_threshold(), gc.get_freeze_count()]))

raise SystemExit(run_process(run, "quaestor-tests"))
"""


def test_looks_for_garbage_seldom():
    settings = {
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
        "QUAESTOR_SECRET_KEY": "a key that only this test of workers uses",
    }
    ran = subprocess.run(
        [sys.executable, "-c", TELLS], env=clean_environment(**settings), capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    is_enabled, thresholds, frozen = json.loads(ran.stdout)
    assert (is_enabled, tuple(thresholds)) == (True, THRESHOLDS)
    assert frozen > 10_000
