import json
import signal
import subprocess
import time
from pathlib import Path

import httpx
import pytest
from schwifty import IBAN

from tests.cli.running_dev import QUAESTOR, clean_environment

SECONDS_MAX = 120
NOBODY = "http://127.0.0.1:9"
# By holder and asset: the balance in the end, and how many webhooks told of the ledger. Created, OK and an IBAN for
# pounds, one more for the request of euros, and one for each entry.
LEDGERS = {
    ("Amara Whitfield", "GBP"): ("290.00", 3 + 4),
    ("Amara Whitfield", "WHISKY"): ("63.40", 2 + 1),
    ("Jonas Keller", "EUR"): ("774.50", 4 + 2),
    ("Pennine Ltd", "GBP"): ("2010.00", 3 + 6),
    ("Pennine Ltd", "GOLD"): ("12.5000", 2 + 1),
    ("Verre SARL", "EUR"): ("125.50", 4 + 1),
}
# Two for each of four holders, those of the ledgers, twelve transfers, and two statuses of each of two holds and of the
# payment sent; the two that arrived are ACCEPTED at once.
# Two accounts and three wallets were created, and two transfers changed the balances of two wallets each.
WEBHOOKS = 2 * 4 + sum(count for _, count in LEDGERS.values()) + 12 + 2 * 2 + 2 + 2 + 2 + 3 + 4


def run_demo(working_dir, *arguments, **settings):
    return subprocess.run(
        [QUAESTOR, "demo", *arguments],
        cwd=working_dir,
        env=clean_environment(**settings),
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
        check=False,
    )


def ask(dev, document):
    headers = {"Authorization": f"API-Key {dev.api_key}"}
    with httpx.Client(trust_env=False, timeout=60) as client:
        answer = client.post(f"{dev.url}/graphql", json={"query": document}, headers=headers).json()
    assert "errors" not in answer, answer
    return answer["data"]


def endpoints(dev):
    return [
        endpoint["description"] for endpoint in ask(dev, "{ webhookEndpoints { description } }")["webhookEndpoints"]
    ]


def test_ends_well_only_when_every_webhook_arrived_verified(dev):
    done = run_demo(dev.working_dir, "--json")

    assert (done.returncode, done.stderr) == (0, "")
    summary = json.loads(done.stdout)
    assert (summary["url"], summary["complete"]) == (dev.url, True)
    told = {
        (ledger["holder"], ledger["asset"]): (ledger["balance"], ledger["webhooks"]) for ledger in summary["ledgers"]
    }
    assert told == LEDGERS
    assert {ledger["status"] for ledger in summary["ledgers"]} == {"OK"}
    for ledger in summary["ledgers"]:
        real = ledger["asset"] in {"GBP", "EUR"}
        assert (ledger["iban"] is not None and IBAN(ledger["iban"]).is_valid) is real
    assert summary["money"] == {"transfers": 12, "balanced": True}
    assert summary["wallets"] == [
        {"name": "everyday", "currency": "USD", "balance": "70.00"},
        {"name": "savings", "currency": "USD", "balance": "30.00"},
    ]
    assert summary["webhooks"] == {"expected": WEBHOOKS, "verified": WEBHOOKS, "unverified": 0, "repeated": 0}


@pytest.mark.thorough
def test_shows_a_table_and_deletes_its_endpoint(dev):
    done = run_demo(dev.working_dir)

    assert (done.returncode, done.stderr) == (0, "")
    assert f"Quaestor at {dev.url}" in done.stdout
    assert done.stdout.count(" ✓ ") == 6
    assert "12 transfers, and the books balance.\n" in done.stdout
    assert "6 of 6 ledgers are OK.\nAn account with 2 wallets: everyday 70.00 USD, savings 30.00 USD.\n" in done.stdout
    assert f"{WEBHOOKS} of {WEBHOOKS} webhooks arrived and were verified.\n" in done.stdout
    assert endpoints(dev) == []


@pytest.mark.thorough
def test_uses_the_named_server_and_key(dev, tmp_path):
    done = run_demo(tmp_path, "--json", QUAESTOR_URL=f"{dev.url}/", QUAESTOR_API_KEY=dev.api_key)

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["url"] == dev.url
    assert list(tmp_path.iterdir()) == []


@pytest.mark.thorough
def test_starts_a_server_of_its_own_where_none_runs_and_leaves_nothing(tmp_path):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    done = run_demo(tmp_path, "--json", TMPDIR=str(scratch))

    assert done.returncode == 0, done.stderr
    url = json.loads(done.stdout)["url"]
    assert list(scratch.iterdir()) == []
    with httpx.Client(trust_env=False) as client, pytest.raises(httpx.ConnectError):
        client.get(url)


@pytest.mark.thorough
def test_deletes_its_endpoint_when_it_is_ended_early(dev):
    process = subprocess.Popen(
        [QUAESTOR, "demo"], cwd=dev.working_dir, env=clean_environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    deadline = time.monotonic() + SECONDS_MAX
    while endpoints(dev) != ["quaestor demo"]:
        assert process.poll() is None
        assert time.monotonic() < deadline
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=SECONDS_MAX)

    assert (process.returncode, said.decode()) == (1, "The demo was ended before it was done.\n")
    assert endpoints(dev) == []


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("settings", "code", "line"),
    [
        (
            {"QUAESTOR_URL": NOBODY, "QUAESTOR_API_KEY": "a-key"},
            3,
            (
                f"The API at {NOBODY} does not answer (All connection attempts failed). "
                "Start it with `quaestor dev`, or set QUAESTOR_URL to where it is.\n"
            ),
        ),
        (
            {"QUAESTOR_URL": NOBODY},
            2,
            "QUAESTOR_URL is set, but not QUAESTOR_API_KEY: set it to a key of that server.\n",
        ),
        (
            {"DATABASE_URL": "postgresql://quaestor@db/quaestor"},
            3,
            (
                "No `quaestor dev` is running on the data folder, and DATABASE_URL or REDIS_URL is set: "
                "set QUAESTOR_URL and QUAESTOR_API_KEY to the API that uses them, or unset them for a demo of its "
                "own.\n"
            ),
        ),
    ],
    ids=["nobody there", "no key", "servers from outside"],
)
def test_says_what_to_do_where_it_reaches_nothing(tmp_path, settings, code, line):
    done = run_demo(tmp_path, "--json", **settings)

    assert (done.returncode, done.stdout, done.stderr) == (code, "", line)


def test_refuses_a_key_that_is_not_accepted(dev, tmp_path):
    done = run_demo(tmp_path, QUAESTOR_URL=dev.url, QUAESTOR_API_KEY="qk_wrong")

    assert done.returncode == 1
    assert done.stderr == (f"The API at {dev.url} does not accept this key: set QUAESTOR_API_KEY to one of its keys.\n")


def test_lets_the_first_server_hold_the_printed_examples(dev):
    found = ask(
        dev,
        """{ nodes(ids: ["753fa673-66b4-4c94-9ddb-f9f4b5c1e9a3", "c91b339e-57d7-41ea-a805-8966ce8fe4ed"]) {
             ... on Holder { name status } } }""",
    )
    assert found["nodes"] == [
        {"name": "Imogen Clarke", "status": "OK"},
        {"name": "Thornbury Bullion Ltd", "status": "OK"},
    ]


def test_keeps_the_key_to_its_owner(dev):
    assert Path(dev.data_dir / "api-key").stat().st_mode & 0o777 == 0o600
