"""`quaestor statement --all` that is killed: what is there is whole, and the next run goes on."""

import asyncio
import signal
import subprocess
import time

import asyncpg
import httpx
import pypdfium2
import pytest

from app.embedded.data_folder import running_servers
from tests.cli.running_dev import QUAESTOR, clean_environment

MONTH = "2026-01"
LEDGERS = 60
ISSUE = """mutation { issueVirtualLedger(input: { asset: "GOLD" }) { ... on LedgerSuccess { ledger { id } } } }"""
LONG_SINCE = "UPDATE ledgers SET created_at = '2025-12-01T00:00:00Z' WHERE id = ANY($1::uuid[])"


@pytest.fixture(scope="module")
def ledgers(dev):
    """Ledgers that there were in that month."""
    headers = {"Authorization": f"API-Key {dev.api_key}"}
    with httpx.Client(trust_env=False, timeout=60, headers=headers) as client:
        answers = [client.post(f"{dev.url}/graphql", json={"query": ISSUE}).json() for _ in range(LEDGERS)]
    ids = [answer["data"]["issueVirtualLedger"]["ledger"]["id"] for answer in answers]

    async def backdate():
        connection = await asyncpg.connect(running_servers(dev.data_dir).database_url)
        await connection.execute(LONG_SINCE, ids)
        await connection.close()

    asyncio.run(backdate())
    return ids


def start(dev, folder, format_name="pdf"):
    options = ("--all", "--month", MONTH, "--format", format_name, "--to-folder", str(folder))
    environment = clean_environment(QUAESTOR_URL=dev.url, QUAESTOR_API_KEY=dev.api_key)
    return subprocess.Popen(
        [QUAESTOR, "statement", *options], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def end_of(process):
    said, complained = process.communicate(timeout=300)
    return process.returncode, said, complained


def until_some_are_there(folder, count):
    deadline = time.monotonic() + 200
    while len(list(folder.glob("*.pdf"))) < count:
        assert time.monotonic() < deadline
        time.sleep(0.001)


@pytest.mark.faults
def test_leaves_no_half_file_and_goes_on(dev, ledgers, tmp_path):
    for count in (1, 5, 20):
        killed = start(dev, tmp_path)
        until_some_are_there(tmp_path, count)
        killed.send_signal(signal.SIGKILL)
        killed.communicate()
        for file in tmp_path.glob("*.pdf"):
            assert len(pypdfium2.PdfDocument(file.read_bytes())) == 1
    there = {file: file.stat().st_mtime_ns for file in tmp_path.glob("*.pdf")}

    code, said, _ = end_of(start(dev, tmp_path))

    assert code == 0
    assert said.startswith(f"{LEDGERS - len(there)} written, {len(there)} there already, 0 refused")
    assert {file.name for file in tmp_path.iterdir()} == {".lock", *(f"{one}-{MONTH}.pdf" for one in ledgers)}
    assert all(file.stat().st_mtime_ns == at for file, at in there.items())


@pytest.mark.thorough
def test_refuses_a_second_run_and_tells_what_a_format_cannot_say(dev, ledgers, tmp_path):
    first = start(dev, tmp_path)
    until_some_are_there(tmp_path, 1)
    first.send_signal(signal.SIGSTOP)  # It writes still when the second one comes, however slow that one is.
    code, _, complained = end_of(start(dev, tmp_path))
    first.send_signal(signal.SIGCONT)
    assert (code, end_of(first)[0]) == (1, 0)
    assert "Another `quaestor statement --all` writes to" in complained

    code, said, complained = end_of(start(dev, tmp_path, "camt053"))
    assert (code, said.split(":")[0]) == (1, f"0 written, 0 there already, {LEDGERS} refused")
    assert f"{ledgers[0]}: camt.053 knows currencies of ISO 4217 only, and GOLD is none" in complained
    assert not list(tmp_path.glob("*.xml"))
