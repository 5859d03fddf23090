"""The commands that the pages print, run as they stand against a real `quaestor dev`; only the port is another."""

import itertools
import json
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from app.cli.main import application
from tests.cli.running_dev import QUAESTOR, clean_environment
from tests.needed_programs import needed

ROOT = Path(__file__).parents[2]
FENCE = re.compile(r"^```(?P<language>[a-z]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"(?:^|`)quaestor ([a-z]+(?: [a-z]+)?)((?: --[a-z-]+)*)", re.MULTILINE)
PRINTED_ADDRESS = "http://127.0.0.1:8000"
SECONDS_MAX = 150
TRIES_MAX = 5
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def fences(page: str) -> list[tuple[str, str]]:
    """The language and the text of each fence."""
    return [(found["language"], found["text"]) for found in FENCE.finditer((ROOT / page).read_text("utf-8"))]


def pairs(page: str) -> list[tuple[str, dict]]:
    """Each printed `curl` with the answer that is printed below it."""
    return [
        (command, json.loads(answer))
        for (language, command), (next_language, answer) in itertools.pairwise(fences(page))
        if (language, next_language) == ("sh", "json") and "curl" in command
    ]


def run(command: str, dev) -> str:
    assert PRINTED_ADDRESS in command
    needed("curl")
    done = subprocess.run(
        ["bash", "-c", command.replace(PRINTED_ADDRESS, dev.url)],
        cwd=dev.working_dir,
        env=clean_environment(),
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
        check=True,
    )
    return done.stdout


def test_the_requests_of_the_readme_answer_what_it_prints_and_the_webhook_comes(dev):
    (issue, printed_issued), (transfer, printed_transferred) = pairs("README.md")
    with listening(dev) as told:
        issued = json.loads(run(issue, dev))
        ledger_id = issued["data"]["issueLedger"]["ledger"]["id"]
        printed_id = printed_issued["data"]["issueLedger"]["ledger"]["id"]
        assert UUID.fullmatch(ledger_id)
        assert UUID.sub(printed_id, json.dumps(issued)) == json.dumps(printed_issued)

        wait_until_open(dev, ledger_id)
        assert f"LEDGER_ID={printed_id}\n" in transfer
        transferred = json.loads(run(transfer.replace(printed_id, ledger_id), dev))
        assert UUID.sub("", json.dumps(transferred)) == UUID.sub("", json.dumps(printed_transferred))

        transfer_id = transferred["data"]["postTransfer"]["transfer"]["id"]
        lines = [line.rstrip("\n") for line in until(told, transfer_id)]
    [printed] = [text for _, text in fences("README.md") if text.startswith("transfer.posted\n")]
    expected = form(printed.splitlines())
    assert form(lines[-len(expected) :]) == expected


@contextmanager
def listening(dev) -> Iterator[Iterator[str]]:
    """What the printed `quaestor listen` prints, once it listens."""
    [command] = [text for _, text in fences("README.md") if "quaestor listen" in text]
    process = subprocess.Popen(
        ["bash", "-c", "exec " + command.strip().replace(".venv/bin/quaestor", str(QUAESTOR))],
        cwd=dev.working_dir,
        env=clean_environment(),
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout.readline().startswith("Listening to ")
        yield process.stdout
    finally:
        process.terminate()
        process.wait(SECONDS_MAX)
        process.stdout.close()


def until(lines: Iterator[str], text: str) -> Iterator[str]:
    for line in lines:
        yield line
        if text in line:
            return


def wait_until_open(dev, ledger_id: str) -> None:
    """Until the new ledger is OK, and the demo data's has the money that the example moves."""
    document = """query ($new: ID!) {
      new: ledger(id: $new, wait: true) { status }
      payer: ledger(id: "0197a3c2-5b6e-7c11-8f00-c1a12e000001") { balance { available { value } } }
    }"""
    body = {"query": document, "variables": {"new": ledger_id}}
    deadline = time.monotonic() + SECONDS_MAX
    with httpx.Client(trust_env=False, timeout=60, headers={"Authorization": f"API-Key {dev.api_key}"}) as client:
        while time.monotonic() < deadline:
            data = client.post(f"{dev.url}/graphql", json=body).json()["data"]
            if data["new"]["status"] == "OK" and float(data["payer"]["balance"]["available"]["value"]) > 100:
                return
            time.sleep(0.2)
    raise AssertionError(f"the ledgers are not ready: {data}")


def form(lines: list[str]) -> list[str]:
    """The names of the headers, and the body with its names and those values that are the same each time."""
    body = json.loads(lines[-1])
    del body["timestamp"], body["cause"]["request_id"], body["data"]["posted_at"], body["data"]["effective_at"]
    for side in ("debit", "credit"):
        del body["data"][side]["balance_after"], body["data"][side]["sequence"]
    return [*(line.split(":")[0] for line in lines[:-1]), UUID.sub("", json.dumps(body))]


def test_the_stream_of_the_docs_tells_what_it_prints(dev):
    needed("curl")
    texts = [text for _, text in fences("docs/graphql.md")]
    [command] = [text for text in texts if "text/event-stream" in text]
    [printed] = [text for text in texts if text.startswith("event: next")]
    process = subprocess.Popen(
        ["bash", "-c", "exec " + command.replace(PRINTED_ADDRESS, dev.url)],
        cwd=dev.working_dir,
        env=clean_environment(),
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout.readline() == ":\n"  # It listens.
        for _ in range(TRIES_MAX):  # A machine slower than the bank tells of the new ledger when it is already OK.
            ledger_id = json.loads(run(pairs("README.md")[0][0], dev))["data"]["issueLedger"]["ledger"]["id"]
            told = (line for line in process.stdout if ledger_id in line)
            lines = [next(told).rstrip("\n") for _ in range(2)]
            if "PENDING" in lines[0]:
                break
    finally:
        process.terminate()
        process.wait(SECONDS_MAX)
        process.stdout.close()

    assert shape(lines) == shape([line for line in printed.splitlines() if line.startswith("data: ")])


def shape(lines: list[str]) -> list[str]:
    """What is the same each time: all but ids, cursors and IBANs."""
    cut = [re.sub(r'"cursor":"[^"]*"', '"cursor":"…"', UUID.sub("…", line)) for line in lines]
    return [re.sub(r'"iban":"[^"]*"', '"iban":"…"', line) for line in cut]


@pytest.mark.parametrize("page", ["README.md", "docs/running.md"])
def test_names_only_commands_and_options_that_there_are(page):
    commands = set(COMMAND.findall((ROOT / page).read_text("utf-8")))
    assert len(commands) > 3
    for command, options in sorted(commands):
        help_text = run_help(command)
        assert [option for option in options.split() if option not in help_text] == [], command


def run_help(command: str) -> str:
    done = CliRunner().invoke(application, [*command.split(), "--help"], env={"COLUMNS": "200"})
    assert done.exit_code == 0, f"quaestor {command}: {done.output}"
    return done.output
