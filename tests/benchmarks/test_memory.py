"""The memory under many clients: what the table compares, and that it looks at the process that serves them."""

import re

import pytest

from benchmarks import memory
from benchmarks.memory import Measured, Sample, table
from benchmarks.product import servers

MB = 1_000_000


def sample(minute, resident, peak=None):
    return Sample(minute * 60, resident * MB, resident * MB // 2, (peak or resident) * MB)


def test_compares_each_part_of_the_time_with_rest():
    samples = [
        sample(minute, 110 if minute < 13 else 120, peak=150 if minute == 14 else 120) for minute in range(1, 25)
    ]
    lines = table(Measured(sample(0, 100), samples, sample(24, 115), posted=7, read=8, refused=0))
    assert lines[2] == "| at rest | 100.0 | 50.0 | 100.0 | 1.00 |"
    assert lines[3] == "| until 2.0 | 110.0 | 55.0 | 120.0 | 1.10 |"
    assert lines[9] == "| until 14.0 | 120.0 | 60.0 | 150.0 | 1.20 |"
    assert lines[14] == "| until 24.0 | 120.0 | 60.0 | 120.0 | 1.20 |"
    assert lines[15] == "| at rest again | 115.0 | 57.5 | 115.0 | 1.15 |"
    assert lines[17] == "256 clients, 1,440 s: 7 transfers, 8 pages of a hundred ledgers; 0 refused."


@pytest.mark.thorough  # It starts the whole product.
def test_serves_all_clients_and_proves_the_books(monkeypatch):
    monkeypatch.setattr(memory, "SECONDS", 2.0)
    monkeypatch.setattr(memory, "PACE_SECONDS", 0.5)
    monkeypatch.setattr(memory, "REST_SECONDS", 0.1)
    monkeypatch.setattr(memory, "CLIENTS", 16)
    monkeypatch.setattr(memory, "LEDGERS", 200)
    with servers() as using:
        lines = memory.run(using)
    assert lines[-1] == "The books are proved."
    posted, read, refused = re.search(r": (\d+) transfers, (\d+) pages .*; (\d+) refused", lines[-2]).groups()
    assert int(posted) > 8
    assert int(read) > 8
    assert refused == "0"
    resident = [float(line.split("|")[2]) for line in lines[2:-3]]
    assert all(20 < megabytes < 1_000 for megabytes in resident)
