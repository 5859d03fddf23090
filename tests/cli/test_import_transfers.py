"""`quaestor import transfers`: a history with its own dates, in its order, each line once."""

import json
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

import pytest

from app.cli.import_records import imported_path, refused_path
from app.kernel.errors import Refused
from tests.cli.running_dev import clean_environment
from tests.cli.test_import_commands import SECONDS_MAX, ask, call, rows, write

__all__ = ["call"]

ACCOUNT = """mutation ($input: CreateAccountInput!) { createAccount(input: $input) { __typename
    ... on AccountSuccess { account { wallets { nodes { id name } } } } ... on Error { message } } }"""
TRANSFERS = """query ($id: ID!, $after: String) { transfers(first: 1000, after: $after, filter: { walletId: $id }) {
    nodes { id effectiveAt reference amount { minorUnits } debit { ... on Wallet { name } } }
    pageInfo { hasNextPage endCursor } } }"""
BALANCE = """query ($id: ID!, $at: DateTime!) { wallet(id: $id) {
    balance { posted { minorUnits } } then: balanceAt(at: $at, by: EFFECTIVE) { minorUnits } } }"""


@pytest.fixture
def wallets(dev):
    """A function that makes an account with these wallets; answers their ids by name."""

    def make(reference, *names, kind="EQUITY", currency="USD"):
        made = [
            {
                "name": name,
                "currency": currency,
                "accountingType": "LIABILITY" if name.startswith("user") else kind,
                "decimalPlaces": 2,
                "allowNegative": not name.startswith("user"),
            }
            for name in names
        ]
        answer = ask(dev, ACCOUNT, input={"type": "CHART", "reference": reference, "wallets": made})["createAccount"]
        return {node["name"]: node["id"] for node in answer["account"]["wallets"]["nodes"]}

    return make


def dollars(cents):
    return {"value": f"{cents // 100}.{cents % 100:02}", "asset": "USD"}


def history(ids, count, *, since=datetime(2015, 1, 1, tzinfo=UTC)):
    """A transfer every six hours, from the bank to the user."""
    return [
        {
            "debitId": ids["bank"],
            "creditId": ids["user"],
            "amount": dollars(n + 1),
            "effectiveAt": (since + n * timedelta(hours=6)).isoformat(),
            "reference": f"row {n}",
            "idempotencyKey": f"{ids['user']} {n}",
        }
        for n in range(count)
    ]


def transfers_of(dev, wallet_id):
    """All transfers of a wallet, in the order of posting."""
    found, after = [], None
    while True:
        page = ask(dev, TRANSFERS, id=wallet_id, after=after)["transfers"]
        found += page["nodes"]
        if not page["pageInfo"]["hasNextPage"]:
            return list(reversed(found))
        after = page["pageInfo"]["endCursor"]


def test_posts_a_history_in_its_order_with_its_own_dates(call, dev, tmp_path, wallets):
    ids = wallets("import order", "bank", "user")
    values = history(ids, 2_300)
    path = write(tmp_path / "history.jsonl", values)
    assert call("transfers", path, "--dry-run")["imported"] == 0
    assert transfers_of(dev, ids["user"]) == []

    counts = call("transfers", path)

    assert (counts["imported"], counts["refused"]) == (2_300, 0)
    posted = transfers_of(dev, ids["user"])
    assert [one["reference"] for one in posted] == [value["reference"] for value in values]
    assert [datetime.fromisoformat(one["effectiveAt"]) for one in posted] == [
        datetime.fromisoformat(value["effectiveAt"]) for value in values
    ]
    assert [row["line"] for row in rows(imported_path(path))] == list(range(1, 2_301))
    assert [row["id"] for row in rows(imported_path(path))] == [one["id"] for one in posted]
    told = ask(dev, BALANCE, id=ids["user"], at="2015-01-02T00:00:00Z")["wallet"]
    assert told["then"]["minorUnits"] == str(1 + 2 + 3 + 4 + 5)
    assert told["balance"]["posted"]["minorUnits"] == str(2_300 * 2_301 // 2)

    again = call("transfers", path)
    assert (again["imported"], again["already_imported"]) == (0, 2_300)
    imported_path(path).unlink()
    again = call("transfers", path)
    assert (again["imported"], again["replayed"]) == (0, 2_300)
    assert len(transfers_of(dev, ids["user"])) == 2_300


@pytest.mark.thorough
def test_spends_what_an_earlier_line_paid_in(call, dev, tmp_path, wallets):
    ids = wallets("import spend", "bank", "user one", "user two")
    values = []
    for n in range(1_500):
        same = {"amount": dollars(100), "effectiveAt": f"2020-01-01T00:00:{n % 60:02}Z", "reference": f"{n}"}
        paid_in = {"debitId": ids["bank"], "creditId": ids["user one"], "idempotencyKey": f"in {n}"}
        spent = {"debitId": ids["user one"], "creditId": ids["user two"], "idempotencyKey": f"out {n}"}
        values += [{**paid_in, **same}, {**spent, **same}]
    counts = call("transfers", write(tmp_path / "history.jsonl", values))
    assert (counts["imported"], counts["refused"]) == (3_000, 0)
    assert ask(dev, BALANCE, id=ids["user two"], at="2020-01-02T00:00:00Z")["wallet"]["then"]["minorUnits"] == "150000"


def test_reads_csv_with_addresses_of_wallets_and_dates(call, dev, tmp_path, wallets):
    ids = wallets("import csv", "bank", "user")
    path = tmp_path / "history.csv"
    header = "debit.accountReference,debit.name,debit.currency,creditId,amount.value,amount.asset,effectiveAt"
    lines = [
        f"{header},idempotencyKey,metadata.row",
        f"import csv,bank,USD,{ids['user']},1.25,USD,2021-05-31,first,1",
        f"import csv,bank,USD,{ids['user']},2.50,usd,2021-05-31T23:00:00-05:00,second,2",
        f"import csv,nowhere,USD,{ids['user']},2.50,USD,2021-05-31,third,3",
        f"import csv,bank,,{ids['user']},2.50,USD,2021-05-31,fourth,4",
    ]
    path.write_text("\n".join(lines) + "\n")
    dry = call("transfers", path, "--dry-run", exit_code=1)
    assert (dry["refused"], [row["line"] for row in rows(refused_path(path))]) == (1, [5])

    counts = call("transfers", path, exit_code=1)

    assert (counts["imported"], counts["refused"]) == (2, 2)
    assert [one["effectiveAt"] for one in transfers_of(dev, ids["user"])] == [
        "2021-05-31T00:00:00.000000Z",
        "2021-06-01T04:00:00.000000Z",
    ]
    refused = {row["line"]: (row["code"], row["path"]) for row in rows(refused_path(path))}
    assert refused == {4: ("NOT_FOUND", ["debit"]), 5: ("VALIDATION", ["debit"])}
    again = {"debitId": ids["bank"], "creditId": ids["user"], "amount": {"value": "1.25", "asset": "USD"}}
    again |= {"effectiveAt": "2021-05-31T00:00:00Z", "idempotencyKey": "first", "metadata": {"row": "1"}}
    told = ask(
        dev,
        """mutation ($input: PostTransferInput!) { postTransfer(input: $input) { ... on TransferSuccess { replayed }
            ... on Error { message } } }""",
        input=again,
    )
    assert told["postTransfer"] == {"replayed": True}


def test_says_of_each_line_what_is_wrong_with_it_and_posts_the_others(call, dev, tmp_path, wallets):
    ids = wallets("import refused", "bank", "user")
    good = history(ids, 3)
    wrong = [
        {"effectiveAt": "2999-01-01T00:00:00Z"},
        {"amount": {"value": "1.001", "asset": "USD"}},
        {"amount": {"value": 5, "asset": "USD"}},
        {"creditId": "nobody"},
        {"debitId": ids["user"], "creditId": ids["bank"], "amount": dollars(10**6)},
        {"metadata": {"a": 2**70}},
        {"effective_at": "2019-01-01T00:00:00Z"},
        {"creditId": None},
        {"amount": "5 USD"},
        {"amount": None},
        {"idempotencyKey": None},
        {"idempotencyKey": 7},
        {"idempotencyKey": good[0]["idempotencyKey"]},
    ]
    bad = [{**good[0], "idempotencyKey": f"bad {n}", **one} for n, one in enumerate(wrong)]
    path = write(tmp_path / "history.jsonl", [good[0], *bad, good[1]])
    path.write_text(path.read_text() + "nonsense\n" + json.dumps(good[2]) + "\n")
    assert call("transfers", path, "--dry-run", exit_code=1)["refused"] == len(bad) - 1
    dry = rows(refused_path(path))

    counts = call("transfers", path, exit_code=1)

    assert (counts["imported"], counts["refused"]) == (3, len(bad) + 1)
    refused = rows(refused_path(path))
    told = {row["line"]: (row["code"], ".".join(row["path"])) for row in refused}
    assert told == {
        2: ("VALIDATION", "effectiveAt"),
        3: ("VALIDATION", "amount.value"),
        4: ("VALIDATION", "amount.value"),
        5: ("VALIDATION", "creditId"),
        6: ("INSUFFICIENT_FUNDS", "debitId"),
        7: ("VALIDATION", "metadata"),
        8: ("VALIDATION", "effective_at"),
        9: ("VALIDATION", "creditId"),
        10: ("VALIDATION", "amount"),
        11: ("VALIDATION", "amount"),
        12: ("VALIDATION", "idempotencyKey"),
        13: ("VALIDATION", "idempotencyKey"),
        14: ("VALIDATION", "idempotencyKey"),
        16: ("UNREADABLE", ""),
    }
    messages = {row["line"]: row["message"] for row in refused}
    assert messages[4] == "`amount.value` is a text: write it in quotes."
    assert messages[8] == "There is no field `effective_at` here. Did you mean `effectiveAt`?"
    assert messages[11] == "`amount` is missing, with value, asset."
    assert not [one for one in messages.values() if "$" in one or "Input" in one]
    # A dry run says the same; it knows neither balances nor the decimals of a wallet.
    assert [(row["line"], row["path"]) for row in dry] == [
        (row["line"], row["path"]) for row in refused if row["line"] not in (3, 6)
    ]
    assert len(transfers_of(dev, ids["user"])) == 3


def test_knows_a_line_by_its_key_in_whichever_file_it_stands(call, dev, tmp_path, wallets):
    """The rents of two months are two transfers, and what was posted is not posted again when it is corrected."""
    ids = wallets("import keys", "bank", "user")
    rent = {"debitId": ids["bank"], "creditId": ids["user"], "amount": dollars(50_000), "reference": "rent"}
    may, june = {**rent, "idempotencyKey": "may"}, {**rent, "idempotencyKey": "june"}
    assert call("transfers", write(tmp_path / "may.jsonl", [may]))["imported"] == 1
    assert call("transfers", write(tmp_path / "june.jsonl", [june]))["imported"] == 1

    again = call("transfers", write(tmp_path / "both.jsonl", [may, june]))
    corrected = write(tmp_path / "may.jsonl", [{**may, "amount": dollars(50_100)}, {**rent, "amount": dollars(1)}])
    counts = call("transfers", corrected, exit_code=1)

    assert (again["imported"], again["replayed"]) == (0, 2)
    assert (counts["imported"], counts["refused"]) == (0, 2)
    first, second = rows(refused_path(corrected))
    assert (first["code"], first["path"]) == ("IDEMPOTENCY_MISMATCH", ["idempotencyKey"])
    assert (second["code"], second["path"]) == ("VALIDATION", ["idempotencyKey"])
    assert "Give each line an `idempotencyKey` of its own" in second["message"]
    assert len(transfers_of(dev, ids["user"])) == 2


def test_stops_where_the_key_may_not_post(call, dev, tmp_path, wallets, monkeypatch):
    ids = wallets("import scopes", "bank", "user")
    made = ask(
        dev,
        """mutation { createApiKey(input: { name: "reads", scopes: ["transfers:read"] }) {
            ... on ApiKeySuccess { key } } }""",
    )
    monkeypatch.setenv("QUAESTOR_API_KEY", made["createApiKey"]["key"])
    with pytest.raises(Refused, match="lacks the scope transfers:write"):
        call("transfers", write(tmp_path / "history.jsonl", history(ids, 20)))
    assert transfers_of(dev, ids["user"]) == []


@pytest.mark.thorough
def test_goes_on_after_a_kill_at_any_moment(dev, tmp_path, wallets):
    ids = wallets("import killed", "bank", "user")
    values = history(ids, 12_000)
    path = write(tmp_path / "history.jsonl", values)
    environment = {**clean_environment(), "QUAESTOR_URL": dev.url, "QUAESTOR_API_KEY": dev.api_key}
    command = [sys.executable, "-m", "app.cli.main", "import", "transfers", str(path), "--json"]
    kills = 0
    deadline = time.monotonic() + SECONDS_MAX
    for lines in (1, 3_000, 8_000):
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        while process.poll() is None and time.monotonic() < deadline:
            if imported_path(path).exists() and len(imported_path(path).read_bytes().splitlines()) >= lines:
                process.send_signal(signal.SIGKILL)
                kills += 1
                break
            time.sleep(0.005)
        process.communicate()

    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert kills >= 2
    posted = transfers_of(dev, ids["user"])
    assert [one["reference"] for one in posted] == [value["reference"] for value in values]
    assert len({row["line"] for row in rows(imported_path(path))}) == 12_000


# ── without a server ──
