"""The whole of `python -m benchmarks.peers postgraphile`. Collected only where PostGraphile is installed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.pages import SHAPES

ROOT = Path(__file__).parents[2]


@pytest.mark.thorough
def test_reads_the_same_pages_from_both():
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.peers", "postgraphile"],
        cwd=ROOT,
        env=os.environ | {"QUAESTOR_BENCHMARK_ROUNDS": "1", "QUAESTOR_BENCHMARK_SECONDS": "0.5"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    rows = [line for line in done.stdout.splitlines() if line.startswith("| ")][1:]
    assert [row.split("|")[2].strip() for row in rows] == ["PostGraphile", "Quaestor"] * len(SHAPES)
