"""A whole journal of another system, made by beancount's example-maker: each balance of each day is the same here.

`make_beancount_example.py` says how the file was made. A transaction of several postings becomes as many transfers as
it takes, each from a credited account to a debited one of the same currency; what is exchanged for another currency
goes over an account of its own.
"""

import json
import lzma
import subprocess
from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path

import pytest

from tests.cli.running_dev import QUAESTOR, clean_environment
from tests.cli.test_import_commands import ask, call, write

__all__ = ["call"]

KINDS = {
    "Assets": "ASSET",
    "Expenses": "EXPENSE",
    "Liabilities": "LIABILITY",
    "Income": "REVENUE",
    "Equity": "EQUITY",
}
DEBIT_NORMAL = {"Assets", "Expenses"}
EXCHANGED = "Equity:Exchanged"
DECIMALS = 4
ASKED_AT_ONCE = 150


@pytest.fixture(scope="module")
def example():
    with lzma.open(Path(__file__).with_name("beancount_example.json.xz"), "rt") as file:
        return json.load(file)


def account_of(example):
    """One account with a wallet for each account and currency of the journal."""
    names = {(account, currency) for _, postings in example["transactions"] for account, _, currency in postings}
    names |= {(EXCHANGED, currency) for _, currency in names}
    wallets = [
        {
            "name": name,
            "currency": currency,
            "accountingType": KINDS[name.split(":")[0]],
            "decimalPlaces": DECIMALS,
            "allowNegative": True,
        }
        for name, currency in sorted(names)
    ]
    return {"type": "CHART", "reference": "beancount", "wallets": wallets}


def transfers_of(example):
    """A line for each transfer, in the journal's order, known by its transaction and its place there."""
    for number, (day, postings) in enumerate(example["transactions"]):
        by_currency = defaultdict(list)
        for account, units, currency in postings:
            by_currency[currency].append([account, Decimal(units)])
        for currency, moved in by_currency.items():
            rest = -sum(units for _, units in moved)
            debits = [one for one in [*moved, [EXCHANGED, rest]] if one[1] > 0]
            credits_ = [one for one in [*moved, [EXCHANGED, rest]] if one[1] < 0]
            for part in count():
                if not debits:
                    break
                amount = min(debits[0][1], -credits_[0][1])
                yield {
                    "debit": {"accountReference": "beancount", "name": debits[0][0], "currency": currency},
                    "credit": {"accountReference": "beancount", "name": credits_[0][0], "currency": currency},
                    "amount": {"value": str(amount), "asset": currency},
                    "effectiveAt": day,
                    "idempotencyKey": f"{number} {currency} {part}",
                    "metadata": {"transaction": number},
                }
                debits[0][1] -= amount
                credits_[0][1] += amount
                debits, credits_ = ([one for one in side if one[1]] for side in (debits, credits_))
            assert not credits_


def wallets_of(dev):
    """The ids of the wallets by name and currency."""
    found, after = {}, None
    while True:
        page = ask(
            dev,
            """query ($after: String) { wallets(first: 100, after: $after, filter: { accountReference: "beancount" }) {
                nodes { id name currency } pageInfo { hasNextPage endCursor } } }""",
            after=after,
        )["wallets"]
        found |= {(node["name"], node["currency"]): node["id"] for node in page["nodes"]}
        if not page["pageInfo"]["hasNextPage"]:
            return found
        after = page["pageInfo"]["endCursor"]


def balances_of(dev, wallet_id, days):
    """The balance of a wallet by value date at the end of each of these days."""
    found = {}
    for start in range(0, len(days), ASKED_AT_ONCE):
        some = days[start : start + ASKED_AT_ONCE]
        asked = " ".join(
            f'd{number}: balanceAt(at: "{day}T23:59:59.999999Z", by: EFFECTIVE) {{ minorUnits }}'
            for number, day in enumerate(some)
        )
        told = ask(dev, f"query ($id: ID!) {{ wallet(id: $id) {{ {asked} }} }}", id=wallet_id)["wallet"]
        found |= {day: int(told[f"d{number}"]["minorUnits"]) for number, day in enumerate(some)}
    return found


def expected_of(example):
    """By account and currency: the balance in minor units, on its normal side, at the end of each day on which it
    changed, and of the day before.
    """
    ends = defaultdict(dict)
    for day, account, currency, units in example["balances"]:
        sign = 1 if account.split(":")[0] in DEBIT_NORMAL else -1
        ends[account, currency][date.fromisoformat(day)] = sign * int(Decimal(units).scaleb(DECIMALS))
    expected = {}
    for key, changed in ends.items():
        last, told = 0, {}
        for day, balance in sorted(changed.items()):
            told.setdefault((day - timedelta(days=1)).isoformat(), last)
            told[day.isoformat()] = last = balance
        expected[key] = told
    return expected


@pytest.mark.thorough
@pytest.mark.timeout(900)
def test_keeps_every_balance_of_every_day(call, dev, tmp_path, example):
    assert len(example["transactions"]) > 10_000
    lines = list(transfers_of(example))
    assert call("accounts", write(tmp_path / "accounts.jsonl", [account_of(example)]))["imported"] == 1

    counts = call("transfers", write(tmp_path / "history.jsonl", lines))

    assert (counts["imported"], counts["refused"]) == (len(lines), 0)
    wallets, expected = wallets_of(dev), expected_of(example)
    assert {key for key in wallets if key[0] != EXCHANGED} == set(expected)
    compared = 0
    for key, of_days in expected.items():
        assert balances_of(dev, wallets[key], sorted(of_days)) == of_days, key
        compared += len(of_days)
    assert compared > 40_000
    command = [QUAESTOR, "verify", "--json", "--data-dir", str(dev.data_dir)]
    proof = subprocess.run(command, env=clean_environment(), capture_output=True, text=True, check=False)
    assert json.loads(proof.stdout)["findings"] == [], proof.stderr
    assert proof.returncode == 0
    report = ask(
        dev,
        """query ($at: DateTime!) { accountingReport(at: $at, by: EFFECTIVE) { balanced } }""",
        at="2010-06-30T23:59:59.999999Z",
    )
    assert report["accountingReport"] == {"balanced": True}
