"""Counts of several processes are told as one, and go on where one of them ended."""

import os
import re
import shutil
import subprocess
import sys

import pytest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, SummaryMetricFamily

from app.api.operations import process_counts
from app.api.operations.add_up import add_up
from app.api.operations.process_counts import CountsNotWritten, OneProcess, SeveralProcesses
from app.settings import Sibling, this_sibling
from app.siblings import read_ready, ready_file, tell_ready


class Counting:
    """Counts something by reason, and seconds."""

    def __init__(self):
        self.counts = {}

    def __call__(self):
        counter = CounterMetricFamily("example", "Of an example.", labels=["reason"])
        for reason, count in self.counts.items():
            counter.add_metric([reason], count)
        total = sum(self.counts.values())
        seconds = HistogramMetricFamily(
            "example_seconds", "Its seconds.", buckets=[("0.1", total), ("+Inf", 2 * total)], sum_value=0.5 * total
        )
        return [counter, seconds]


def told(families):
    return {(sample.name, *sample.labels.values()): sample.value for family in families for sample in family.samples}


@pytest.fixture
def start(tmp_path):
    def start(number):
        own = Counting()
        return SeveralProcesses(Sibling(number, tmp_path), own), own

    return start


async def test_tells_the_sum_whichever_is_asked(start):
    (first, counts), (second, counts_of_second) = start(1), start(2)
    counts.counts, counts_of_second.counts = {"a": 1, "b": 2}, {"b": 3, "c": 4}
    async with second.published():
        pass
    expected = {
        ("example_total", "a"): 1,
        ("example_total", "b"): 5,
        ("example_total", "c"): 4,
        ("example_seconds_bucket", "0.1"): 10,
        ("example_seconds_bucket", "+Inf"): 20,
        ("example_seconds_count",): 20,
        ("example_seconds_sum",): 5,
    }
    assert told(first.metrics()) == expected
    assert told(second.metrics()) == expected


async def test_what_it_tells_it_has_written_so_the_next_one_tells_no_less(start):
    (first, counts), (second, _) = start(1), start(2)
    for count in range(1, 4):
        counts.counts = {"a": count}
        assert told(first.metrics())["example_total", "a"] == count
        assert told(second.metrics())["example_total", "a"] == count


async def test_goes_on_where_a_killed_one_of_its_number_ended(start):
    (first, counts), (second, _) = start(1), start(2)
    counts.counts = {"a": 5}
    first.metrics()
    assert told(second.metrics())["example_total", "a"] == 5  # It is gone, and what it counted is not.
    again, counts = start(1)
    assert told(again.metrics())["example_total", "a"] == 5
    counts.counts = {"a": 2}
    assert told(again.metrics())["example_total", "a"] == 7
    assert told(second.metrics())["example_total", "a"] == 7
    assert told(second.metrics())["example_seconds_count",] == 14


async def test_writes_by_itself(start, monkeypatch):
    monkeypatch.setattr(process_counts, "WRITE_EVERY_SECONDS", 0.001)
    (first, counts), (second, _) = start(1), start(2)
    async with first.published():
        counts.counts = {"a": 5}
        while told(second.metrics()).get(("example_total", "a")) != 5:
            await process_counts.asyncio.sleep(0.001)


async def test_goes_on_while_its_file_cannot_be_written(start, monkeypatch, tmp_path, caplog):
    monkeypatch.setattr(process_counts, "WRITE_EVERY_SECONDS", 0.001)
    (first, counts), _ = start(1), start(2)
    problem = f"the counts cannot be written to {tmp_path / 'counts-1.json'}: No such file or directory"
    async with first.published():
        tmp_path.rename(tmp_path.with_name("away"))
        counts.counts = {"a": 5}
        await process_counts.asyncio.sleep(0.05)
        with pytest.raises(CountsNotWritten, match=f"^{re.escape(problem)}$"):
            first.metrics()
        tmp_path.with_name("away").rename(tmp_path)
        while told(start(2)[0].metrics()).get(("example_total", "a")) != 5:
            await process_counts.asyncio.sleep(0.001)
        tmp_path.rename(tmp_path.with_name("away"))
        counts.counts = {"a": 6}
    tmp_path.with_name("away").rename(tmp_path)
    assert caplog.messages == [f"{problem}; trying on"] * 2


def test_writes_again_what_was_removed(start, tmp_path):
    (first, counts), (second, _) = start(1), start(2)
    counts.counts = {"a": 5}
    first.metrics()
    (tmp_path / "counts-1.json").unlink()
    first.metrics()
    assert told(second.metrics())["example_total", "a"] == 5


def test_tells_of_each_process_that_serves(start, tmp_path):
    several, _ = start(1)
    with subprocess.Popen([sys.executable, "-c", "pass"]) as ended:
        pass
    tell_ready(Sibling(1, tmp_path))
    ready_file(Sibling(2, tmp_path)).write_text(str(os.getppid()), encoding="ascii")
    ready_file(Sibling(3, tmp_path)).write_text(str(ended.pid), encoding="ascii")
    ready_file(Sibling(4, tmp_path)).write_text("", encoding="ascii")
    found = told(several.processes())
    assert found["quaestor_processes",] == 2
    if sys.platform == "linux":
        assert {key[1] for key in found if key[0] == "process_cpu_seconds_total"} == {"1", "2"}
        alone = {sample.name for family in OneProcess(Counting()).processes() for sample in family.samples}
        assert {key[0] for key in found} == alone | {"quaestor_processes"}


def test_counts_all_processes_in_a_folder_that_was_made_again(start, tmp_path):
    several, _ = start(1)
    several.metrics()
    assert told(several.processes())["quaestor_processes",] == 0  # It does not serve yet.
    tell_ready(Sibling(1, tmp_path))
    ready_file(Sibling(2, tmp_path)).write_text(str(os.getppid()), encoding="ascii")
    several.metrics()
    shutil.rmtree(tmp_path)
    with pytest.raises(CountsNotWritten):
        several.metrics()
    tmp_path.mkdir()
    ready_file(Sibling(2, tmp_path)).write_text(str(os.getppid()), encoding="ascii")  # The one that was started again.
    several.metrics()
    assert told(several.processes())["quaestor_processes",] == 2


def test_adds_up_nothing_but_amounts():
    with pytest.raises(AssertionError, match="example is a summary, which cannot be added up"):
        add_up([[SummaryMetricFamily("example", "Of an example.", count_value=1, sum_value=1)]])


def test_tells_gauges_of_those_that_serve_alone(tmp_path):
    def start(number, value):
        return SeveralProcesses(Sibling(number, tmp_path), lambda: [GaugeMetricFamily("waiting", "Now.", value=value)])

    first, second, third = start(1, 1), start(2, 10), start(3, 100)
    for one in (second, third):
        one.metrics()
    ready_file(Sibling(2, tmp_path)).write_text(str(os.getppid()), encoding="ascii")
    assert told(first.metrics()) == {("waiting",): 11}  # The third has ended, and left its file.
    assert told(start(3, 5).metrics()) == {("waiting",): 15}  # Only the second is known to serve beside itself.


def test_knows_from_its_environment_which_one_it_is(monkeypatch, tmp_path):
    assert this_sibling() is None
    sibling = Sibling(3, tmp_path)
    for name, value in sibling.environment.items():
        monkeypatch.setenv(name, value)
    assert this_sibling() == sibling
    assert read_ready(ready_file(sibling)) is None
    tell_ready(this_sibling())
    assert read_ready(ready_file(sibling)) == os.getpid()
    tell_ready(None)
