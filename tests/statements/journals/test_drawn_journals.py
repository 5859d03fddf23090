"""Exports of books that Hypothesis draws, checked by the programs that they are for."""

import asyncio
import shutil
import subprocess
from datetime import timedelta
from decimal import Decimal
from unittest.mock import patch
from uuid import UUID

import pytest
from beancount import loader
from beancount.core.data import Transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from app.accounts.status import AccountingType
from app.db.identifiers import new_id
from app.kernel.actor import Actor, Via
from app.statements import export_journal as module
from app.statements.export_journal import JOURNALS
from tests.statements.made_statements import END, NAMES_DRAWN, REFERENCES, START
from tests.thoroughness import examples

HLEDGER = shutil.which("hledger")
ACTOR = Actor(UUID(int=1), frozenset({"*"}), Via.GRAPHQL, "test")
CODES = ("GBP", "GOLD", "1INCH", "NULL", "007", "USDC", "TRUE", "JPY")
AMOUNT_DIGITS = {"beancount": 26, "hledger": 37}
"""Twelve amounts of so many digits are summed in 28 and 38."""


@st.composite
def accounts_drawn(draw):
    """Accounts of every kind, two at least in each of some units, as columns of the export."""
    accounts = []
    for asset in draw(st.lists(st.sampled_from(CODES), min_size=1, max_size=3, unique=True)):
        scale = draw(st.integers(0, 18))
        for _ in range(draw(st.integers(2, 3))):
            kind = draw(st.sampled_from(("system", "wallet", "ledger")))
            accounts.append(
                {
                    "id": new_id(),
                    "asset": asset,
                    "scale": scale,
                    "is_system": kind == "system",
                    "book": "WALLET" if kind == "wallet" else "BANK",
                    "normal_side": draw(st.sampled_from(("DEBIT", "CREDIT"))),
                    "holder_name": draw(NAMES_DRAWN) if kind == "ledger" else None,
                    "wallet_name": draw(st.one_of(st.none(), NAMES_DRAWN)) if kind == "wallet" else None,
                    "account_reference": draw(st.one_of(st.none(), NAMES_DRAWN)) if kind == "wallet" else None,
                    "accounting_type": draw(st.sampled_from((None, *AccountingType))),
                    "system_name": draw(NAMES_DRAWN) if kind == "system" else None,
                    "iban": draw(st.sampled_from((None, "GB33BUKB20201555555555"))) if kind == "ledger" else None,
                }
            )
    return accounts


@st.composite
def rows_drawn(draw, amount_digits):
    """Up to twelve transfers over some days, as rows of the export, with the balances that they make."""
    accounts = draw(accounts_drawn())
    sequences = {account["id"]: 0 for account in accounts}
    debited = dict(sequences)
    rows, at = [], START
    for _ in range(draw(st.integers(1, 12))):
        at += timedelta(hours=draw(st.sampled_from((0, 1, 20, 24, 70))), microseconds=1)
        debit = draw(st.sampled_from(accounts))
        others = [one for one in accounts if one["asset"] == debit["asset"] and one is not debit]
        credit = draw(st.sampled_from(others))
        amount = draw(st.one_of(st.sampled_from((1, 10, 100)), st.integers(1, 10**amount_digits)))
        is_reversal = bool(rows) and draw(st.booleans())
        row = {
            "id": new_id(),
            "kind": "REVERSAL" if is_reversal else "INTER_LEDGER",
            "amount_minor_units": amount,
            "asset": debit["asset"],
            "scale": debit["scale"],
            "posted_at": at,
            "effective_at": draw(st.sampled_from((None, at - timedelta(days=40)))),
            "reference": draw(REFERENCES),
            "reverses_id": draw(st.sampled_from(rows))["id"] if is_reversal else None,
        }
        for side, account, change in (("debit", debit, amount), ("credit", credit, -amount)):
            sequences[account["id"]] += 1
            debited[account["id"]] += change
            known = debited[account["id"]]
            row |= {f"{side}_{name}": value for name, value in account.items()}
            row[f"{side}_sequence"] = sequences[account["id"]]
            row[f"{side}_balance_after"] = known if account["normal_side"] == "DEBIT" else -known
        rows.append(row)
    return rows


def exported(rows, name, page_size):
    """The journal of these rows, read in pages of so many."""

    async def page(_sql, _customer_id, _end, at, row_id, limit):
        return [row for row in rows if (row["posted_at"], row["id"]) > (at, row_id)][:limit]

    async def whole():
        return b"".join([piece async for piece in module._pieces(ACTOR, JOURNALS[name], END)])

    with patch.object(module, "fetch", page), patch.object(module, "PAGE_SIZE", page_size):
        return asyncio.run(whole()).decode()


@settings(max_examples=examples(400, 20))
@given(rows=rows_drawn(AMOUNT_DIGITS["beancount"]), page_size=st.sampled_from((1, 5, 100)))
def test_beancount_accepts_whatever_is_drawn(rows, page_size):
    entries, errors, _ = loader.load_string(exported(rows, "beancount", page_size))
    assert [error.message for error in errors] == []
    told = [
        (posting.account.rpartition(":")[2], posting.units.number)
        for entry in entries
        if isinstance(entry, Transaction)
        for posting in entry.postings
    ]
    amounts = [Decimal(row["amount_minor_units"]).scaleb(-row["scale"]) for row in rows]
    expected = [
        (str(row[f"{side}_id"]).upper(), sign * amount)
        for row, amount in zip(rows, amounts, strict=True)
        for side, sign in (("debit", 1), ("credit", -1))
    ]
    assert sorted(told) == sorted(expected)


@pytest.mark.skipif(HLEDGER is None, reason="no hledger: install it (Debian: apt-get install hledger)")
@settings(max_examples=examples(150, 5))
@given(rows=rows_drawn(AMOUNT_DIGITS["hledger"]), page_size=st.sampled_from((1, 5, 100)))
def test_hledger_accepts_whatever_is_drawn(rows, page_size):
    text = exported(rows, "hledger", page_size)
    checked = subprocess.run([HLEDGER, "-f", "-", "check"], input=text, capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stderr) == (0, "")
    assert text.count("; posted-at:") == len(rows)
