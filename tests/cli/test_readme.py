"""The commands that the pages print, run as they stand against a real `quaestor dev`; only the port is another."""

import itertools
import json
import re
import subprocess
from pathlib import Path

import pytest
from schwifty import IBAN
from typer.testing import CliRunner

from app.cli.main import application
from tests.cli.running_dev import clean_environment

ROOT = Path(__file__).parents[2]
FENCE = re.compile(r"^```(?P<language>[a-z]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"(?:^|`)quaestor ([a-z]+(?: [a-z]+)?)((?: --[a-z-]+)*)", re.MULTILINE)
PRINTED_ADDRESS = "http://127.0.0.1:8000"
SECONDS_MAX = 150
TRIES_MAX = 5
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def pairs(page: str) -> list[tuple[str, dict]]:
    """Each printed `curl` with the answer that is printed below it."""
    fences = [(found["language"], found["text"]) for found in FENCE.finditer((ROOT / page).read_text("utf-8"))]
    return [
        (command, json.loads(answer))
        for (language, command), (next_language, answer) in itertools.pairwise(fences)
        if (language, next_language) == ("sh", "json") and "curl" in command
    ]


def run(command: str, dev) -> str:
    assert PRINTED_ADDRESS in command
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


def test_the_first_requests_of_the_readme_answer_what_it_prints(dev):
    (issue, printed_issued), (wait, printed_ledger), (receive, printed_receipt) = pairs("README.md")
    issued = json.loads(run(issue, dev))
    ledger_id = issued["data"]["issueLedger"]["ledger"]["id"]
    printed_id = printed_issued["data"]["issueLedger"]["ledger"]["id"]
    assert UUID.fullmatch(ledger_id)
    assert UUID.sub(printed_id, json.dumps(issued)) == json.dumps(printed_issued)

    assert f"LEDGER_ID={printed_id}\n" in wait
    answer = json.loads(run(wait.replace(printed_id, ledger_id), dev))
    ledger, printed = answer["data"]["ledger"], printed_ledger["data"]["ledger"]
    account = ledger["ukBankAccount"]
    assert IBAN(ledger["iban"]).bban == IBAN(printed["iban"]).bban[:4] + account["sortCode"] + account["accountNumber"]
    given_by_the_bank = {"iban": ledger["iban"], "ukBankAccount": account}
    assert {**printed, **given_by_the_bank} == ledger

    assert json.loads(run(receive.replace(printed_id, ledger_id), dev)) == printed_receipt


def test_the_stream_of_the_docs_tells_what_it_prints(dev):
    fences = [found["text"] for found in FENCE.finditer((ROOT / "docs" / "graphql.md").read_text("utf-8"))]
    [command] = [text for text in fences if "text/event-stream" in text]
    [printed] = [text for text in fences if text.startswith("event: next")]
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
