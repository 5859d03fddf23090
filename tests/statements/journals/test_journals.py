"""Exports, checked by the programs that they are for: beancount and hledger."""

import random
import re
import shutil
import subprocess
from dataclasses import replace
from datetime import timedelta

import pytest
from beancount import loader
from beancount.core.data import Balance, Transaction

from app.db.connection import fetchval
from app.kernel.errors import Forbidden, Invalid
from app.kernel.money import Unit
from app.statements import export_journal as module
from app.statements.export_journal import JOURNALS, export_journal
from app.statements.journals.beancount import commodity
from tests.rich_books import write_rich_books
from tests.statements.books import move, open_wallets

HLEDGER = shutil.which("hledger")
needs_hledger = pytest.mark.skipif(HLEDGER is None, reason="no hledger: install it (Debian: apt-get install hledger)")
UNITS = [Unit("GBP", 2), Unit("1INCH", 18), Unit("007", 0), Unit("NULL", 3), Unit("TRUE", 1), Unit("JPY", 0)]
TEXTS = [None, 'say "hello" \\ twice', "a; b | c", "line\nand tab\t", "(code) =1+1", "*", "שלום 张", "1,000.00 GBP"]


@pytest.fixture
async def actor(make_actor):
    return await make_actor()


async def exported(actor, name):
    return b"".join([piece async for piece in await export_journal(actor, JOURNALS[name])]).decode()


def check_with_hledger(text):
    """What `hledger check` says of a journal: empty where it is right."""
    checked = subprocess.run([HLEDGER, "-f", "-", "check"], input=text, capture_output=True, text=True, check=False)
    assert (checked.returncode == 0) is (checked.stderr == ""), checked.stderr
    return checked.stderr


def check_with_beancount(text):
    entries, errors, _ = loader.load_string(text)
    return entries, [error.message for error in errors]


async def post_at_random(actor, seed, amount_max):
    """Thirty transfers in every unit, back and forth."""
    chance = random.Random(seed)
    for unit in UNITS:
        wallets = await open_wallets(actor, unit)
        for _ in range(5):
            amount = chance.choice([1, 10, 100, 10_000, amount_max, chance.randint(1, amount_max)])
            at = await fetchval("SELECT clock_timestamp()") - timedelta(days=chance.randint(0, 3))
            sides = chance.sample(wallets, 2)
            reference = chance.choice(TEXTS)
            await move(actor, *sides, amount, unit, reference=reference, effective_at=at)


@pytest.mark.parametrize("seed", range(3))
async def test_is_what_beancount_accepts(actor, seed):
    await post_at_random(actor, seed, 10**26)
    text = await exported(actor, "beancount")
    entries, errors = check_with_beancount(text)
    assert errors == []
    assert sum(isinstance(one, Transaction) for one in entries) == 5 * len(UNITS)
    assert sum(isinstance(one, Balance) for one in entries) >= 2 * len(UNITS)
    # A wrong amount is found, even one of the last decimal.
    wrong = re.sub(
        r"^(\d{4}-\d\d-\d\d balance \S+  -?\d+\.\d*)(\d)( ~ 0 C\.1INCH)",
        _other_digit,
        text,
        count=1,
        flags=re.MULTILINE,
    )
    assert wrong != text
    assert "Balance failed" in check_with_beancount(wrong)[1][0]


@needs_hledger
@pytest.mark.parametrize("seed", range(3))
async def test_is_what_hledger_accepts(actor, seed):
    await post_at_random(actor, seed, 10**36)
    text = await exported(actor, "hledger")
    assert check_with_hledger(text) == ""
    wrong = re.sub(r'( 0 "1INCH" = -?\d+\.\d*)(\d)( "1INCH")', _other_digit, text, count=1)
    assert wrong != text
    assert "balance assertion" in check_with_hledger(wrong)


def _other_digit(found):
    return f"{found[1]}{(int(found[2]) + 1) % 10}{found[3]}"


@needs_hledger
async def test_exports_books_in_which_everything_happened(database):
    books = await write_rich_books()
    text = await exported(books.actor, "hledger")
    assert check_with_hledger(text) == ""
    count = await fetchval("SELECT count(*) FROM transfers WHERE customer_id = $1", books.customer_id)
    assert text.count("; posted-at:") == count
    with pytest.raises(Invalid):  # An account there has moved an amount of 31 digits.
        await exported(books.actor, "beancount")


@pytest.mark.parametrize("page_size", [1, 2, 3])
async def test_reads_page_by_page(actor, monkeypatch, page_size):
    await post_at_random(actor, 1, 10**9)
    whole = await exported(actor, "beancount")
    monkeypatch.setattr(module, "PAGE_SIZE", page_size)
    assert await exported(actor, "beancount") == whole


async def test_refuses_amounts_that_beancount_would_round(actor):
    wallets = await open_wallets(actor, Unit("GBP", 2))
    await move(actor, *wallets, 10**28)
    with pytest.raises(Invalid, match="adds with 28 digits, and here an account has moved an amount of 29"):
        await exported(actor, "beancount")
    assert "100000000000000000000000000.00" in await exported(actor, "hledger")


async def test_is_not_for_one_holders_token(actor):
    with pytest.raises(Forbidden):
        await exported(replace(actor, holder_id=actor.customer_id), "hledger")
    with pytest.raises(Forbidden):
        await exported(replace(actor, scopes=frozenset({"transfers:read", "ledgers:read"})), "hledger")


async def test_is_empty_where_nothing_was_posted(actor):
    entries, errors = check_with_beancount(await exported(actor, "beancount"))
    assert (entries, errors) == ([], [])


@pytest.mark.parametrize(
    ("code", "told"), [("GBP", "GBP"), ("1INCH", "C.1INCH"), ("007", "C.007"), ("NULL", "C.NULL"), ("USD2", "USD2")]
)
def test_names_commodities_as_beancount_takes_them(code, told):
    assert commodity(code) == told
